"""The results of a run, for scripts."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sync.oms.conformance.options import Options
from sync.oms.conformance.rules import RuleResult, Verdict


@dataclass(frozen=True, slots=True)
class Report:
    """All results of a run.

    Attributes:
        token: Stands in all ids that the run left in the receiver's books.
    """

    options: Options
    token: str
    results: tuple[RuleResult, ...]

    @property
    def good(self) -> bool:
        """Whether the receiver keeps every required rule; one that was skipped is not kept."""
        return all(one.verdict is Verdict.PASS for one in self.results if one.rule.required)

    @property
    def counts(self) -> Counter[Verdict]:
        """How many rules have each verdict."""
        return Counter(one.verdict for one in self.results)

    def of(self, verdict: Verdict, *, required: bool) -> list[RuleResult]:
        """The results with this verdict."""
        return [one for one in self.results if one.verdict is verdict and one.rule.required is required]

    def as_json(self) -> dict[str, Any]:
        """One JSON document."""
        return {
            "good": self.good,
            "site": self.options.site,
            "token": self.token,
            "passed": self.counts[Verdict.PASS],
            "failed": self.counts[Verdict.FAIL],
            "skipped": self.counts[Verdict.SKIPPED],
            "rules": [_as_json(one) for one in self.results],
        }


def said_of(results: Sequence[RuleResult]) -> str:
    """The names of rules, for a sentence."""
    return ", ".join(one.rule.id for one in results)


def _as_json(result: RuleResult) -> dict[str, Any]:
    rule = result.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "required": rule.required,
        "contract": rule.contract,
        "how": rule.how,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "seconds": result.seconds,
        "evidence": [asdict(one) for one in result.evidence],
    }
