"""One defect that several cameras see is one defect: told once, drawn on every picture.

Nothing in the pictures proves that the dent on the top view is the dent on the front view. So the station
takes the fewest defects that explain the pictures: of each kind, the gravest of one view is taken for the
same defect as the gravest of every other, the second gravest for the same as their second, and so on. A unit
then has as many dents as the view that shows most of them.

That changes what is counted and told, never the grade: of each defect the gravest look at it stands for it.
"""

from collections import Counter
from collections.abc import Sequence

from edge.grading.decision import GradedFinding
from edge.grading.observation import PERSON
from vision.findings import DefectKind


def marked_same(graded: Sequence[GradedFinding]) -> tuple[GradedFinding, ...]:
    """The same findings in the same order; those that show another view's defect again name that view.

    What a person reported stands for itself, and a finding too weak to count stays as it is.

    >>> from edge.grading.decision import Grade, Severity
    >>> from edge.grading.observation import SeenFinding
    >>> def dent(view, extent):
    ...     seen = SeenFinding(kind=DefectKind.DEFORMATION, score=0.9, extent=extent, view=view)
    ...     return GradedFinding(finding=seen, severity=Severity.MINOR, counted=True, grade=Grade.B)
    >>> found = marked_same([dent("top", 0.03), dent("front", 0.05), dent("front", 0.01)])
    >>> [one.same_as for one in found]
    ['front', None, None]
    """
    looks: Counter[tuple[DefectKind, str]] = Counter()
    standing: dict[tuple[DefectKind, int], str] = {}
    same_as: dict[int, str] = {}
    for index in sorted(range(len(graded)), key=lambda index: _mildness(graded[index])):
        kind, view = graded[index].finding.kind, graded[index].finding.view
        if not graded[index].counted or graded[index].finding.source == PERSON:
            continue
        # Gravest first, so the first view that has an n-th look at a kind has the gravest n-th look.
        stands = standing.setdefault((kind, looks[kind, view]), view)
        looks[kind, view] += 1
        if stands != view:
            same_as[index] = stands
    return tuple(
        one.model_copy(update={"same_as": same_as[index]}) if index in same_as else one
        for index, one in enumerate(graded)
    )


def _mildness(one: GradedFinding) -> tuple[int, float, float]:
    return -one.severity.gravity, -one.finding.extent, -one.finding.score
