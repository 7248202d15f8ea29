"""A rule of the contract that a receiver must keep, and what became of it.

A check acts as one or more stations on a `Stage` and returns if the rule holds; it raises `RuleBroken` or
`NotJudged` otherwise. A check that needs the receiver to be restarted is a generator: what stands before its
`yield` happens before the restart, the rest afterwards, so that one restart serves all of them.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from sync.oms.conformance.transcript import Exchange

if TYPE_CHECKING:
    from sync.oms.conformance.stage import Stage

Check = Callable[["Stage"], Iterator[None] | None]

GUIDE = "docs/integrate-your-oms.md"
PROTOCOL = "docs/protocol.md"


class Need(StrEnum):
    """What a rule needs of the person who runs the kit."""

    RETURNS = "returns"  # the expected returns of the set-up are known to the receiver
    SALE = "sale"  # an article of the set-up is sold on demand
    RESTART = "restart"  # the receiver is killed and started again


class Verdict(StrEnum):
    """What became of a rule."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    SKIPPED = "skipped"


class RuleBroken(Exception):
    """The receiver did what the contract forbids, or not what it asks for; the text is the reason."""


class NotJudged(Exception):
    """The rule could not be judged; the text says what was missing."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        id: Its name, which stays the same from release to release.
        title: What the receiver must do.
        contract: Where that is written, as a path with an anchor.
        how: How it is checked.
        check: Acts it out.
        needs: What it needs of the person who runs the kit.
        required: Whether a receiver conforms only if it keeps this one; the others are good advice.
        patient: It waits for the receiver to do something by itself, perhaps for long.
    """

    id: str
    title: str
    contract: str
    how: str
    check: Check
    needs: frozenset[Need] = frozenset()
    required: bool = True
    patient: bool = False

    @property
    def in_two_parts(self) -> bool:
        """Whether it goes on after a restart."""
        return inspect.isgeneratorfunction(self.check)


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of a rule.

    Attributes:
        reason: Why it failed or was skipped; empty where it passed.
        seconds: How long it took, waits included.
        evidence: What was said, oldest first; the end where it was much.
    """

    rule: Rule
    verdict: Verdict
    reason: str = ""
    seconds: float = 0.0
    evidence: tuple[Exchange, ...] = field(default=())


class Rulebook:
    """Collects the rules of a module, in the order in which they are written."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def rule(
        self,
        name: str,
        title: str,
        *,
        contract: str,
        how: str,
        needs: tuple[Need, ...] = (),
        required: bool = True,
        patient: bool = False,
    ) -> Callable[[Check], Check]:
        """Makes a check a rule."""

        def made(check: Check) -> Check:
            self.rules.append(Rule(name, title, contract, how, check, frozenset(needs), required, patient))
            return check

        return made
