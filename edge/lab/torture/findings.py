"""What a comparison may find."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be.

    Attributes:
        kind: `lost`, `applied_twice`, `order_violations`, `stock`, `unknown`, `rejected`.
        what: In a sentence.
        inspection_id: Whose.
        return_id: Which return's.
    """

    kind: str
    what: str
    inspection_id: str | None = None
    return_id: str | None = None


MAY_HEAL = frozenset({"lost", "stock"})
KINDS = ("lost", "applied_twice", "order_violations", "stock", "unknown", "rejected")


@dataclass(frozen=True, slots=True)
class Verdict:
    """The comparison.

    Attributes:
        findings: What is wrong.
        saved: Inspections that were shown as saved.
        events: Events in the ledger.
    """

    findings: tuple[Finding, ...]
    saved: int
    events: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    @property
    def may_heal(self) -> bool:
        """Whether something is wrong that is right once everything has arrived, and nothing else is."""
        return bool(self.findings) and all(one.kind in MAY_HEAL for one in self.findings)

    def counts(self) -> dict[str, int]:
        """How many of each kind, zeros included."""
        found = Counter(one.kind for one in self.findings)
        return {kind: found[kind] for kind in KINDS}
