"""What came of a torture, for programs and for people."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console

from edge.lab.torture.faults import BrokerKind, FaultKind
from edge.lab.torture.findings import KINDS

NOT_REVIVED = "not_revived"
"""A process did not come back, a station did not settle, twins did not notice each other."""


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    rounds_asked: int
    seed: int
    plan: str = ""
    rounds: int = 0
    saved: int = 0
    events: int = 0
    found: Counter[str] = field(default_factory=Counter)
    faults: Counter[FaultKind] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    brokers: Counter[BrokerKind] = field(default_factory=Counter)
    wires: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    kept: str | None = None
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether every round was played and nothing was found."""
        return self.rounds == self.rounds_asked and not self.found

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "ok": self.good,
            "seed": self.seed,
            "plan": self.plan,
            "rounds": self.rounds,
            "rounds_asked": self.rounds_asked,
            "saved": self.saved,
            "events": self.events,
            **{kind: self.found[kind] for kind in (*KINDS, NOT_REVIVED)},
            "faults": {kind.value: self.faults[kind] for kind in FaultKind},
            "skipped": self.skipped,
            "brokers": {kind.value: self.brokers[kind] for kind in BrokerKind},
            "on_the_wires": dict(sorted(self.wires.items())),
            "seconds": round(self.seconds, 1),
            "story": self.story,
            "kept": self.kept,
        }


def tell_people(console: Console, outcome: Outcome) -> None:
    """Figures, faults, and the story where there is one."""
    figures = outcome.as_json()
    for kind in (*KINDS, NOT_REVIVED):
        console.print(f"{kind:18} {figures[kind]}")
    console.print(
        f"{outcome.rounds} of {outcome.rounds_asked} rounds, {outcome.saved} units shown as saved, "
        f"{sum(outcome.faults.values())} faults, {outcome.seconds:.0f} s"
    )
    for kind, count in figures["faults"].items():
        console.print(f"  {count:5}  {kind}")
    for kind, why in outcome.skipped.items():
        console.print(f"  not done: {kind}: {why}")
    for line in outcome.story:
        console.print(line, markup=False, soft_wrap=True)
    if outcome.kept:
        console.print(f"Everything is kept in {outcome.kept}", soft_wrap=True)
    elif outcome.rounds < outcome.rounds_asked:
        console.print("The time was over before all rounds were played; give more with --minutes.")
