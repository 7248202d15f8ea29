"""How far the station may decide alone, as the staff see it (`edge.station.services.Calibrations`)."""

from collections.abc import Sequence
from math import ceil

from edge.grading.calibration import Bound, least_returns
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import PolicyShelf
from edge.inspection.calibrating import CalibrationBook, KeptCalibration
from edge.inspection.desk import Message, ParameterValue
from edge.station.trust import CalibrationView

SIGNS = ("confidence", "overrides", "harm")
"""Signs of drift with a word of their own; all others are figures of pictures."""


class CalibrationsView:
    """Each pack's standing in one plain sentence."""

    def __init__(self, book: CalibrationBook, policies: PolicyShelf) -> None:
        self._book = book
        self._policies = policies

    def standings(self) -> Sequence[CalibrationView]:
        """What is in force for each policy pack."""
        return [self._of(pack, self._book.kept(pack)) for pack in self._policies.packs]

    def calibrate(self, *, write: bool) -> Sequence[CalibrationView]:
        """Work out each pack's threshold from what people judged; `write` puts it in force."""
        found = self._book.calibrate(write=write)
        return [self._of(pack, found.get(pack.name)) for pack in self._policies.packs]

    def _of(self, pack: PolicyPack, kept: KeptCalibration | None) -> CalibrationView:
        if self._book.model is None or pack.bound is None:
            return CalibrationView(pack.name, "uncalibrated", Message("calibration.no_model"))
        if pack.confidence.person_confirms_always:
            return CalibrationView(pack.name, "uncalibrated", Message("calibration.always"))
        if kept is None or kept.threshold is None:
            return self._without(pack, pack.bound, kept)
        threshold = max(kept.threshold, pack.confidence.ask_below)
        found = kept.found
        params: dict[str, ParameterValue] = {
            "threshold": f"{threshold:.2f}",
            "harm": f"{found.bound.harm * 100:g}",
            "certainty": f"{found.bound.certainty * 100:g}",
            "tested": found.above,
            "days": found.days,
            "asked": ceil(kept.asked_share * 100),
        }
        if kept.standing == "tightened":
            params["sign"] = _sign(kept)
        return _figures(
            kept,
            CalibrationView(
                pack.name, kept.standing, Message(f"calibration.{kept.standing}", params), threshold
            ),
        )

    def _without(self, pack: PolicyPack, bound: Bound, kept: KeptCalibration | None) -> CalibrationView:
        """No threshold: why, and what is wanting, as last counted."""
        found = self._book.progress(pack) or (kept.found if kept is not None else None)
        standing = kept.standing if kept is not None else "uncalibrated"
        params: dict[str, ParameterValue] = {"wanting": found.wanting if found else least_returns(bound)}
        code = "calibration.too_few"
        if not pack.confidence.uncalibrated_asks:
            code, params = (
                "calibration.not_asking",
                {"threshold": f"{pack.confidence.ask_below:.2f}", **params},
            )
        elif standing == "alarmed" and kept is not None:
            code, params = "calibration.alarmed", {"sign": _sign(kept), **params}
        elif found is not None and found.reason == "too_harmful":
            code, params = "calibration.too_harmful", {"judged": found.labelled}
        elif found is not None and found.reason == "certified":
            code, params = "calibration.ready", {}
        plain = CalibrationView(
            pack.name, standing, Message(code, params), wanting=int(params.get("wanting", 0))
        )
        return _figures(kept, plain) if kept is not None else plain


def _figures(kept: KeptCalibration, view: CalibrationView) -> CalibrationView:
    """The same with the figures behind it."""
    return CalibrationView(
        view.policy,
        view.standing,
        view.message,
        view.threshold,
        wanting=view.wanting,
        asked_share=kept.asked_share,
        judged=kept.found.labelled,
        tested=kept.found.above,
        harmful=kept.found.harmful_above,
        days=kept.found.days,
        design_effect=kept.found.design_effect,
        computed_at=kept.at,
        signs=tuple(sign.what for sign in kept.signs),
    )


def _sign(kept: KeptCalibration) -> str:
    """The gravest difference, by the word that the pages have for it."""
    what = kept.signs[0].what if kept.signs else ""
    return what if what in SIGNS else "picture"
