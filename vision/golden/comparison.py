"""The golden set of one product in one view: what intact units look like, how far a unit is from that.

Two comparisons complement each other. Where all units lie alike, each place of the item has its usual look
(mean and spread over the golden units). Where they lie in several poses or show several sides, a unit is laid
over the few golden ones most like it, and each place may look like any of those. To these come the outline's
own numbers and how far the print is displaced (a dent moves it).

Each signal is compared with what the golden units get when each is left out and judged by the others: that is
what makes the score mean the same for every product.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from vision.errors import GoldenRefused
from vision.golden.alignment import FITS, Fit, at_scale, by_way_of, coarse, fit, fit_picture, laid_over
from vision.golden.colours import ItemColours
from vision.golden.differences import nearest_look, top
from vision.golden.displacement import Print, Search, print_grey
from vision.golden.features import CELLS, dense_features
from vision.golden.fusion import SIGNALS, Limits
from vision.golden.light import UsualLight
from vision.golden.shape import hull_gap_depth, shape_numbers
from vision.golden.views import SIDE, Floats, ItemView, Square, axis, lie_in_any_direction, squared

FEWEST = 5
NEIGHBOURS = 2
_TOP = 0.01  # share of the item's cells that make a map's score
_MOVED_TOP = 0.05  # the same for how far the print is displaced
_SAME_SIZE = 0.08  # golden units whose sizes vary less were taken by a fixed camera
_FEW = 0.1  # share of a set's units that may lie otherwise where all others lie alike


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one view of a unit stands to the golden ones.

    Attributes:
        score: 0 to 1; 0.5 is the worst that golden units themselves get, with some room.
        known_side: False where no golden unit was shown from this side: then the score means nothing.
        likeness: To the nearest golden unit, -1 to 1.
        signals: Standard deviations beyond golden units, by signal; negative is nearer than usual.
        unlike: Map of the square: what is unlike, in the same measure for every product.
        square: The unit as it was compared.
    """

    score: float
    known_side: bool
    likeness: float
    signals: dict[str, float]
    unlike: Floats
    square: Square


@dataclass(frozen=True, slots=True)
class _Prepared:
    square: Square
    look: Floats  # coarse
    fitted: Floats  # fit picture


@dataclass(frozen=True, slots=True)
class _Golden:
    square: Square
    look: Floats
    fitted: Floats
    features: Floats
    print: Print


@dataclass(slots=True)
class _Laid:
    """A unit laid over one golden unit."""

    which: int
    placing: Floats
    likeness: float
    map: Floats
    displaced: float
    cover: npt.NDArray[np.bool_]


class GoldenSet:
    """What the intact units of one product look like from one camera."""

    def __init__(self, views: Sequence[ItemView]) -> None:
        """Learn from intact units.

        Raises:
            GoldenRefused: There are too few.
        """
        if len(views) < FEWEST:
            raise GoldenRefused(
                f"{len(views)} golden pictures are too few: show at least {FEWEST} intact units.", "too_few"
            )
        self._light = UsualLight(views)
        views = [self._light.levelled(view) for view in views]
        self._colours = ItemColours(views)
        views = [self._colours.refined(view) for view in views]
        sizes = np.array([max(view.box.width, view.box.height) for view in views])
        self._longest = float(np.median(sizes)) if sizes.std() < _SAME_SIZE * sizes.mean() else None
        self._turned = lie_in_any_direction([view.mask for view in views])
        self._search = Search()
        squares = self._alike([self._poses(view) for view in views])
        self._goldens = [self._golden(square) for square in squares]
        self._looks = np.array([one.look for one in self._goldens])
        self._centre = int((self._looks @ self._looks.T).sum(axis=1).argmax())
        self._learn_usual_look()
        self._learn_neighbours()
        self._learn_limits()

    def __len__(self) -> int:
        return len(self._goldens)

    @property
    def colours_tell(self) -> bool:
        """Whether the item is found by its colours alone: then any mask around it does."""
        return self._colours.tells

    @property
    def lie_alike(self) -> bool:
        """Whether nearly all golden units lie as the central one does; else in several poses."""
        return float(np.quantile([likeness for _, likeness in self._fits], _FEW)) >= FITS

    def compare(self, view: ItemView) -> Comparison:
        """How far this unit is from the golden ones."""
        prepared = self._nearest_pose(self._poses(self._colours.refined(self._light.levelled(view))))
        numbers, unlike, likeness = self._judge(prepared)
        beyond = self._limits.beyond(numbers)
        return Comparison(
            score=self._limits.score(self._limits.fused(beyond)),
            known_side=bool(likeness >= self._least_likeness),
            likeness=likeness,
            signals=dict(zip(SIGNALS, (float(value) for value in beyond), strict=True)),
            unlike=unlike / self._map_scale,
            square=prepared.square,
        )

    # --- learning

    def _poses(self, view: ItemView) -> list[_Prepared]:
        turns = [0.0]
        if self._turned:
            angle, _ = axis(view.mask)
            turns = [angle, angle + 180]
        squares = [squared(view, turn, self._longest) for turn in turns]
        return [_Prepared(square, coarse(square), fit_picture(square)) for square in squares]

    @staticmethod
    def _alike(poses: list[list[_Prepared]]) -> list[_Prepared]:
        """Of each golden unit the way round in which the set is most alike."""
        mean = poses[0][0].look
        chosen = [entry[0] for entry in poses]
        for _ in range(3):
            chosen = [max(entry, key=lambda one: float(one.look @ mean)) for entry in poses]
            mean = np.mean([one.look for one in chosen], axis=0)
        return chosen

    def _golden(self, prepared: _Prepared) -> _Golden:
        square = prepared.square
        return _Golden(square, prepared.look, prepared.fitted, dense_features(square), Print.of(square))

    def _learn_usual_look(self) -> None:
        self._fits = [self._on_centre(one.look, one.fitted) for one in self._goldens]
        placed = [
            laid_over(one.square, found) for one, (found, _) in zip(self._goldens, self._fits, strict=True)
        ]
        self._placed = np.array([dense_features(square) for square in placed])
        cover = (self._placed[..., -1] > 1).mean(axis=0)
        self._usual_item = cv2.dilate((cover > 0.5).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        self._sum = self._placed.sum(axis=0)
        self._squares = (self._placed**2).sum(axis=0)

    def _learn_neighbours(self) -> None:
        count = len(self._goldens)
        self._pairs: dict[tuple[int, int], _Laid] = {}
        for number, one in enumerate(self._goldens):
            for other in self._closest(one.look, without=number, many=NEIGHBOURS + 1):
                self._pairs[number, other] = self._lay(one.square, one.fitted, self._fits[number], other)
        maps = [laid.map for laid in self._pairs.values()]
        self._plain = np.mean(maps, axis=0) + 1e-3
        self._ordinary = [self._ordinary_of(number, None) for number in range(count)]
        self._items = [self._item_of(number) for number in range(count)]

    def _learn_limits(self) -> None:
        rows, likenesses, maps = [], [], []
        for number, one in enumerate(self._goldens):
            row, unlike, likeness = self._judge(_Prepared(one.square, one.look, one.fitted), without=number)
            rows.append(row)
            likenesses.append(likeness)
            maps.append(np.quantile(unlike[one.square.mask > 0], 0.99))
        self._limits = Limits.learned(np.array(rows), alike=self.lie_alike)
        close = np.array(likenesses)
        middle = float(np.median(close))
        scatter = 1.4826 * float(np.median(np.abs(close - middle))) + 0.02
        self._least_likeness = min(middle - 6 * scatter, float(close.min()) - 0.1)
        self._map_scale = float(np.median(maps)) + 1e-6

    # --- judging

    def _nearest_pose(self, poses: list[_Prepared]) -> _Prepared:
        return max(poses, key=lambda one: float((self._looks @ one.look).max()))

    def _closest(self, look: Floats, *, without: int | None, many: int = NEIGHBOURS) -> list[int]:
        likenesses = self._looks @ look
        if without is not None:
            likenesses[without] = -np.inf
        return [int(place) for place in np.argsort(-likenesses)[: min(many, len(likenesses) - 1)]]

    def _on_centre(self, look: Floats, fitted: Floats) -> Fit:
        """How a unit lies on the central golden one; alike only if the coarse look says so too.

        The fine fit goes by the outline most of all, which a pack turned about shares.
        """
        centre = self._goldens[self._centre]
        placing, likeness = fit(centre.fitted, fitted, tilted=False)
        return placing, min(likeness, float(look @ centre.look))

    def _lay(self, square: Square, fitted: Floats, on_centre: Fit, which: int) -> _Laid:
        """Lay a unit over a golden one; how both lie on the set's central one says where to begin."""
        golden = self._goldens[which]
        placing, likeness = fit(
            golden.fitted, fitted, tilted=True, start=by_way_of(self._fits[which], on_centre)
        )
        over = laid_over(square, placing)
        features = dense_features(over)
        moved = golden.print.displaced(self._search.flow(golden.print.grey, print_grey(over)))
        cover = features[..., -1] > 1
        return _Laid(
            which,
            placing,
            likeness,
            nearest_look(golden.features, features),
            top(moved[golden.print.inside], _MOVED_TOP),
            cover,
        )

    def _ordinary_of(self, which: int, without: int | None) -> Floats:
        """What golden units laid over this one differ by, place by place: no news."""
        maps = [laid.map for (unit, over), laid in self._pairs.items() if over == which and unit != without]
        own = np.sum(maps, axis=0) if maps else np.zeros_like(self._plain)
        mean = (own + self._plain) / (len(maps) + 1)
        return np.asarray(cv2.GaussianBlur(mean, (3, 3), 0) + 0.5 * float(self._plain.mean()), np.float32)

    def _item_of(self, which: int) -> npt.NDArray[np.bool_]:
        covers = [laid.cover for (_, over), laid in self._pairs.items() if over == which]
        own = self._goldens[which].features[..., -1] > 1
        share = np.mean([own, *covers], axis=0)
        return cv2.dilate((share > 0.6).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0

    def _judge(self, prepared: _Prepared, without: int | None = None) -> tuple[Floats, Floats, float]:
        """The signals' numbers, the map in the square, the likeness to the nearest golden unit."""
        square = prepared.square
        nearest = self._closest(prepared.look, without=without)
        if without is None:
            on_centre = self._on_centre(prepared.look, prepared.fitted)
        else:
            on_centre = self._fits[without]
        laid = []
        for which in nearest:
            known = self._pairs.get((without, which)) if without is not None else None
            laid.append(known or self._lay(square, prepared.fitted, on_centre, which))
        best, unlike, displaced = np.inf, None, np.inf
        for one in laid:
            ordinary = (
                self._ordinary_of(one.which, without) if without is not None else self._ordinary[one.which]
            )
            item = self._items[one.which]
            relative = one.map / ordinary
            back = cv2.warpPerspective(
                np.where(item, relative, 0).astype(np.float32),
                at_scale(one.placing, CELLS / SIDE),
                (CELLS, CELLS),
            )
            unlike = back if unlike is None else np.minimum(unlike, back)
            best = min(best, top(relative[item], _TOP))
            displaced = min(displaced, one.displaced)
        usual = self._unusual(square, on_centre[0], without)
        assert unlike is not None  # noqa: S101 - there are golden units
        shape = shape_numbers(square)
        numbers = np.array([usual, best, displaced, *shape, np.log(square.size)], np.float32)
        whole = cv2.resize(np.asarray(unlike, np.float32), (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
        return numbers, np.maximum(whole, 0), max(one.likeness for one in laid)

    def _unusual(self, square: Square, placing: Floats, without: int | None) -> float:
        if without is None:
            features = dense_features(laid_over(square, placing))
            total, squares, count = self._sum, self._squares, len(self._goldens)
        else:
            features = self._placed[without]
            total, squares = self._sum - features, self._squares - features**2
            count = len(self._goldens) - 1
        mean = total / count
        spread = cv2.GaussianBlur(np.maximum(squares / count - mean**2, 0), (3, 3), 0)
        spread = spread + 0.0025 + 0.3 * spread[self._usual_item].mean(axis=0)
        away = cv2.GaussianBlur(np.sqrt(((features - mean) ** 2 / spread).mean(axis=-1)), (3, 3), 0)
        return top(np.asarray(away, np.float32)[self._usual_item], _TOP)


__all__ = ["FEWEST", "SIGNALS", "Comparison", "GoldenSet", "hull_gap_depth"]
