"""The tables of a policy pack: defects to grades, grades to dispositions.

Both run one way only: a graver defect never gets a better grade, a worse grade never comes nearer to sale.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from edge.grading.decision import Disposition, Grade, Severity, nearness
from edge.grading.observation import Share
from edge.returns.catalogue import StorageClass
from edge.returns.expected import Custody, ReturnType
from edge.returns.values import FrozenValue
from vision.findings import DefectKind

Chosen = Literal[
    Disposition.RESTOCK,
    Disposition.RESTOCK_MARKDOWN,
    Disposition.REFURBISH,
    Disposition.RETURN_TO_VENDOR,
    Disposition.LIQUIDATE,
    Disposition.DONATE,
    Disposition.SCRAP,
    Disposition.HOLD_FOR_REVIEW,
]
"""What a table may say; whose a unit is decides about HAND_BACK and TRANSFER, no table."""


def _is_minor(severity: Severity) -> bool:
    return severity is Severity.MINOR


class DefectPolicy(FrozenValue):
    """`[defects.<kind>]`: what one kind of defect does to the grade.

    Attributes:
        count_from: Score from which a finding counts.
        major_from: Share of the item from which it is major, below that it is minor.
        critical_from: Share of the item from which it is critical.
        edge_at_least: What a finding at the item's edge is at least. The one key that a pack may leave out;
            `minor`, which has no effect, is left out of the pack's fingerprint, so that packs of before there
            was this key keep theirs.
    """

    count_from: Share
    major_from: Share
    critical_from: Share
    edge_at_least: Severity = Field(default=Severity.MINOR, exclude_if=_is_minor)
    minor: Grade
    major: Grade
    critical: Grade

    @model_validator(mode="after")
    def _graver_is_never_better(self) -> Self:
        if self.critical_from < self.major_from:
            raise ValueError("critical_from must not be below major_from")
        if not self.minor.value <= self.major.value <= self.critical.value:
            raise ValueError("a graver defect may not get a better grade: minor, major, critical from A to D")
        return self


class DefectPolicies(FrozenValue):
    """`[defects]`: one table for each kind of defect."""

    deformation: DefectPolicy
    penetration: DefectPolicy
    opening: DefectPolicy
    breakage: DefectPolicy
    spillage: DefectPolicy
    superficial: DefectPolicy
    missing_part: DefectPolicy

    def of(self, kind: DefectKind) -> DefectPolicy | None:
        """The table of a kind; None for what names no damage: `wrong_item` and `unlike`."""
        found: DefectPolicy | None = getattr(self, kind.value, None)
        return found


class TableException(FrozenValue):
    """`[[disposition.exception]]`: stricter for some returns. It can never bring a unit nearer to sale.

    A condition left out fits everything; unknown custody fits `CUSTOMER`.
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    custody: tuple[Custody, ...] | None = None
    return_type: tuple[ReturnType, ...] | None = None
    storage_class: tuple[StorageClass, ...] | None = None
    at_best: Chosen


class DispositionTable(FrozenValue):
    """`[disposition]`: what is done with each grade when nothing else speaks against it."""

    A: Chosen
    B: Chosen
    C: Chosen
    D: Chosen
    presumed: Chosen
    exception: Annotated[tuple[TableException, ...], Field(max_length=40)] = ()

    @model_validator(mode="after")
    def _worse_is_never_nearer(self) -> Self:
        order = [nearness(self.A), nearness(self.B), nearness(self.C), nearness(self.D)]
        if order != sorted(order, reverse=True):
            raise ValueError(
                "a worse grade may not be nearer to sale; from nearest to farthest: RESTOCK, "
                "RESTOCK_MARKDOWN, LIQUIDATE, DONATE, REFURBISH, HOLD_FOR_REVIEW, RETURN_TO_VENDOR, SCRAP"
            )
        return self

    def of(self, grade: Grade) -> Disposition:
        """What the table says of a grade."""
        by_grade = {Grade.A: self.A, Grade.B: self.B, Grade.C: self.C, Grade.D: self.D}
        return by_grade[grade]
