"""What follows where a unit differs from the intact ones that the site has shown.

The difference has no name: a torn flap, a price sticker, another print run. So it never makes a grade, never
brings a unit nearer to sale and never spoils one; it makes the station ask a person.
"""

from edge.grading.decision import Disposition
from edge.grading.observation import GoldenVerdict, Observation, SeenView
from edge.grading.policy import AskOrHold, GoldenPolicy, PolicyPack
from edge.grading.voice import Voice, fired
from edge.returns.holds import HoldReason
from vision.findings import DefectKind


def golden_voices(seen: Observation, policy: PolicyPack) -> list[Voice]:
    """One voice for each view that differs, was never shown, or could not be compared."""
    if policy.golden is None:
        return []
    found = [*_unlike(seen, policy.golden)]
    for view in seen.views:
        voice = _of_view(view, policy.golden)
        if voice is not None:
            found.append(voice)
    return found


def _unlike(seen: Observation, golden: GoldenPolicy) -> list[Voice]:
    views = {
        one.view: None
        for one in seen.findings
        if one.kind is DefectKind.UNLIKE and one.score >= golden.unlike_from
    }
    return [_asking("golden_unlike", golden.unlike, HoldReason.UNLIKE_GOLDEN, view=view) for view in views]


def _of_view(view: SeenView, golden: GoldenPolicy) -> Voice | None:
    if view.golden is None:
        return None
    match view.golden.verdict:
        case GoldenVerdict.UNKNOWN_SIDE:
            return _asking(
                "golden_unknown_side", golden.unknown_side, HoldReason.UNLIKE_GOLDEN, view=view.view
            )
        case GoldenVerdict.OTHER_PRODUCT:
            named = view.golden.looks_like or "-"
            return _asking(
                "golden_other_product",
                golden.other_product,
                HoldReason.WRONG_PRODUCT,
                view=view.view,
                sku=named,
            )
        case GoldenVerdict.BROKEN:
            return Voice(fired("golden_broken", view=view.view))
        case _:
            return None


def _asking(code: str, wanted: AskOrHold, hold: HoldReason, **params: str) -> Voice:
    at_best = Disposition.HOLD_FOR_REVIEW if wanted == "hold" else None
    return Voice(fired(code, **params), at_best=at_best, hold=hold, person=True)
