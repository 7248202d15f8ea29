"""Drawn views: true boxes, the same bytes for the same seed, nothing drawn on an empty station."""

import numpy as np
import pytest

from models.training.rendering import (
    ItemSpec,
    Shape,
    StationLook,
    View,
    render_empty,
    render_item,
    render_view,
)
from models.training.rendering.items import POSSIBLE
from models.training.rendering.spec import HEIGHT, WIDTH, RenderedView
from vision.findings import DefectKind

GTIN = "8901234567890"
LOOK = StationLook(seed=3)


def draw(spec: ItemSpec, view: View, seed: int = 4) -> RenderedView:
    return render_view(render_item(spec, np.random.default_rng(seed)), view, LOOK, seed)


@pytest.mark.parametrize(
    ("shape", "kind"), [(shape, kind) for shape in Shape for kind in sorted(POSSIBLE[shape])], ids=str
)
def test_each_defect_is_seen_by_a_camera_and_boxed_inside_the_picture(shape: Shape, kind: DefectKind) -> None:
    spec = ItemSpec(shape, "RUSK", GTIN, colours=2, defects=(kind,), severity=0.8)
    views = [draw(spec, view) for view in View]
    boxes = [entry for seen in views for entry in seen.boxes]
    assert boxes
    for found, box in boxes:
        assert found is kind
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= WIDTH
        assert box.y + box.height <= HEIGHT


@pytest.mark.parametrize("shape", list(Shape))
def test_an_intact_item_has_no_boxes_and_lies_inside_the_picture(shape: Shape) -> None:
    for view in View:
        seen = draw(ItemSpec(shape, "RUSK", GTIN, colours=3, distractors=3), view)
        assert seen.boxes == []
        assert seen.bgr.shape == (HEIGHT, WIDTH, 3)
        assert seen.bgr.dtype == np.uint8
        assert 0 < seen.item_box.area < WIDTH * HEIGHT / 2
        border = np.concatenate(
            [seen.item_mask[0], seen.item_mask[-1], seen.item_mask[:, 0], seen.item_mask[:, -1]]
        )
        assert not border.any()


def test_a_defect_box_lies_on_the_item() -> None:
    seen = draw(ItemSpec(Shape.CARTON, "RUSK", GTIN, defects=(DefectKind.PENETRATION,)), View.FRONT, seed=9)
    item = seen.item_box
    for _, box in seen.boxes:
        assert box.x >= item.x - 1
        assert box.x + box.width <= item.x + item.width + 1


def test_the_same_seed_gives_the_same_bytes() -> None:
    spec = ItemSpec(Shape.POUCH, "RUSK", GTIN, defects=(DefectKind.SPILLAGE,), distractors=2)
    first, second = draw(spec, View.TOP, seed=7), draw(spec, View.TOP, seed=7)
    assert np.array_equal(first.bgr, second.bgr)
    assert first.boxes == second.boxes


def test_another_moment_differs_by_noise_only() -> None:
    item = render_item(ItemSpec(Shape.CAN, "RUSK", GTIN), np.random.default_rng(1))
    first = render_view(item, "front", LOOK, 1).bgr.astype(np.int16)
    second = render_view(item, "front", LOOK, 2).bgr.astype(np.int16)
    difference = np.abs(first - second)
    assert difference.any()
    assert difference.mean() < 4 * LOOK.noise


def test_the_empty_station_is_what_surrounds_the_item() -> None:
    seen = draw(ItemSpec(Shape.CAN, "RUSK", GTIN), View.FRONT)
    empty = render_empty("front", LOOK).astype(np.int16)
    corner = np.abs(seen.bgr[:80, :200].astype(np.int16) - empty[:80, :200])
    assert corner.mean() < 4 * LOOK.noise


def test_a_blurred_picture_has_lost_its_edges() -> None:
    def sharpness(blurred: bool) -> float:
        seen = draw(ItemSpec(Shape.CARTON, "RUSK", GTIN, blurred=blurred), View.FRONT).bgr[::4, ::4]
        return float(np.abs(np.diff(seen.astype(np.float32), axis=1)).max())

    assert sharpness(blurred=True) < 0.6 * sharpness(blurred=False)


def test_a_defect_that_the_pack_cannot_have_is_refused_with_what_it_can() -> None:
    spec = ItemSpec(Shape.POUCH, "RUSK", GTIN, defects=(DefectKind.BREAKAGE,))
    with pytest.raises(ValueError, match="a pouch cannot show breakage; choose from"):
        render_item(spec, np.random.default_rng(1))


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ValueError, match="side"):
        render_empty("side", LOOK)
