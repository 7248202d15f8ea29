"""What vision said of a view, in the words in which it is kept."""

from edge.inspection.comparing import Compared
from edge.inspection.saved import JudgedView, PictureBox, PictureFinding
from vision.findings import Box
from vision.view_inspector import ViewInspection


def judged_view(
    inspected: ViewInspection, reference: tuple[str, bytes] | None, compared: Compared | None
) -> JudgedView:
    """A view's picture and what was made of it.

    Args:
        inspected: The picture, judged.
        reference: Digest and bytes of the empty station that it was compared with.
        compared: What came of comparing it with golden pictures.
    """
    unlike = compared.finding if compared is not None else None
    return JudgedView(
        view=inspected.view,
        width=inspected.width,
        height=inspected.height,
        quality=inspected.quality.code,
        usable=inspected.quality.ok,
        item_box=_box(inspected.region) if inspected.region is not None else None,
        findings=tuple(
            PictureFinding(
                kind=found.kind,
                box=_box(found.box),
                score=min(max(found.score, 0.0), 1.0),
                extent=min(max(found.extent, 0.0), 1.0),
                source=found.source,
            )
            for found in inspected.findings
        )
        + ((unlike,) if unlike is not None else ()),
        reference_sha256=reference[0] if reference is not None else None,
        measures=dict(inspected.quality.measures),
        golden=compared.record if compared is not None else None,
    )


def busy_ms(runs: list[tuple[float, float]]) -> float:
    """How long at least one of several runs went on, milliseconds."""
    busy, until = 0.0, float("-inf")
    for start, end in sorted(runs):
        busy += max(end - max(start, until), 0.0)
        until = max(until, end)
    return busy * 1e3


def no_picture(view: str, why: str) -> JudgedView:
    """A view without a picture that could be judged."""
    return JudgedView(view=view, width=0, height=0, quality=why, usable=False)


def _box(box: Box) -> PictureBox:
    return PictureBox(x=box.x, y=box.y, width=box.width, height=box.height)
