"""Plays the rules: most side by side, those that need a restart together, one restart for all of them."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from sync.contract.messages import ExpectedBatch, ExpectedUpsert, StreamName
from sync.oms.conformance import (
    checks_answering,
    checks_asking,
    checks_counting,
    checks_marks,
    checks_repeating,
    checks_validity,
)
from sync.oms.conformance.checks_answering import state_of
from sync.oms.conformance.checks_asking import read_stream
from sync.oms.conformance.errors import ConformanceError, RuleUnknown
from sync.oms.conformance.helper import Helper
from sync.oms.conformance.options import Options
from sync.oms.conformance.rules import Need, NotJudged, Rule, RuleBroken, RuleResult, Verdict
from sync.oms.conformance.setup import SetUp
from sync.oms.conformance.stage import Names, Stage

ALL_RULES: tuple[Rule, ...] = tuple(
    rule
    for module in (
        checks_answering,
        checks_repeating,
        checks_marks,
        checks_validity,
        checks_counting,
        checks_asking,
    )
    for rule in module.book.rules
)

Told = Callable[[RuleResult], None]

LOADING_S = 5.0
"""How long the streams may take to tell of the set-up, once it was loaded."""

NOT_LOADED = (
    "The receiver was not told of the set-up's returns: load the two files that --files names, with "
    "--load-command or by hand in a terminal."
)
NO_RESTART = "Nobody restarted the receiver: give --restart-command, or run the kit in a terminal."


def rules_named(names: Sequence[str]) -> tuple[Rule, ...]:
    """The rules of these names, all where none is named.

    Raises:
        RuleUnknown: There is none of a name.
    """
    known = {rule.id: rule for rule in ALL_RULES}
    for name in names:
        if name not in known:
            raise RuleUnknown(name)
    return tuple(rule for rule in ALL_RULES if not names or rule.id in names)


class Run:
    """One run of the kit.

    Args:
        options: The broker, and how patiently.
        helper: Loads, sells and restarts.
        token: Makes all ids of this run unlike those of others.
        files: Where the files of the set-up are written.
    """

    def __init__(self, options: Options, helper: Helper, *, token: str, files: Path) -> None:
        self._options = options
        self._helper = helper
        self._files = files
        self._names = Names(options.station_prefix, token)
        self.setup = SetUp(options.site, token)

    def play(self, rules: Sequence[Rule] = ALL_RULES, on_result: Told = lambda _: None) -> list[RuleResult]:
        """Plays the rules, in an order of its own; gives the results in the order of the rules.

        Raises:
            BrokerNotReached: There is no broker.
            HelpFailed: A command did not load the set-up.
        """
        results: dict[str, RuleResult] = {}

        def take(result: RuleResult) -> None:
            results[result.rule.id] = result
            on_result(result)

        absent = self._absent()
        known = absent is None and self._load(rules)
        left = []
        for rule in rules:
            if absent is not None and rule.id == "oms-online":
                take(RuleResult(rule, Verdict.FAIL, absent))
            elif absent is not None:
                take(RuleResult(rule, Verdict.SKIPPED, "The OMS is not there: stations would send nothing."))
            elif Need.RETURNS in rule.needs and not known:
                take(RuleResult(rule, Verdict.SKIPPED, NOT_LOADED))
            else:
                left.append(rule)
        self._play_side_by_side([rule for rule in left if not rule.in_two_parts], take)
        self._play_around_a_restart([rule for rule in left if rule.in_two_parts], take)
        return [results[rule.id] for rule in rules]

    def _stage(self) -> Stage:
        return Stage(self._options, self.setup, self._helper, new_name=self._names)

    def _absent(self) -> str | None:
        """Why the receiver can't be judged at all: it does not say that it is there."""
        stage = self._stage()
        try:
            state_of(stage.station(born=False), self._options.timeout_s)
        except RuleBroken as broken:
            return str(broken)
        finally:
            stage.clear()
        return None

    def _load(self, rules: Sequence[Rule]) -> bool:
        """Has the set-up loaded, where a rule needs it; whether the receiver knows it now."""
        if not any(Need.RETURNS in rule.needs for rule in rules):
            return False
        done = self._helper.load(*self.setup.write(self._files))
        deadline = time.monotonic() + min(LOADING_S, self._options.timeout_s)
        while True:
            if self._told_of_returns():
                return True
            if time.monotonic() >= deadline:
                return done  # no stream tells it; who loaded the files is believed
            time.sleep(0.3)

    def _told_of_returns(self) -> bool:
        stage = self._stage()
        try:
            stretches = read_stream(stage.station(), StreamName.EXPECTED, min(2.0, self._options.timeout_s))
        except RuleBroken:
            return False
        finally:
            stage.clear()
        told = {
            item.expected.return_id
            for stretch in stretches
            if isinstance(stretch, ExpectedBatch)
            for item in stretch.items
            if isinstance(item, ExpectedUpsert)
        }
        return self.setup.return_ids() <= told

    def _play_side_by_side(self, rules: list[Rule], take: Told) -> None:
        """The patient ones first, since they mostly wait."""
        in_order = sorted(rules, key=lambda rule: not rule.patient)
        patient = sum(rule.patient for rule in rules)
        with ThreadPoolExecutor(self._options.side_by_side + patient, "conformance") as pool:
            played: list[Future[RuleResult]] = [pool.submit(self._play_one, rule) for rule in in_order]
            for future in as_completed(played):
                take(future.result())

    def _play_one(self, rule: Rule) -> RuleResult:
        stage = self._stage()
        began = time.monotonic()
        return _judged(rule, stage, began, lambda: rule.check(stage))

    def _play_around_a_restart(self, rules: list[Rule], take: Told) -> None:
        if not rules:
            return
        began = {rule.id: time.monotonic() for rule in rules}
        playing: list[tuple[Rule, Stage, Iterator[None]]] = []
        watch = self._stage()
        try:
            watcher = watch.station(born=False)
            state_of(watcher, self._options.timeout_s)
            for rule in rules:
                stage = self._stage()
                acts = rule.check(stage)
                assert acts is not None  # noqa: S101 - a check in two parts
                broken = _judged(rule, stage, began[rule.id], lambda acts=acts: next(acts), leave=False)  # type: ignore[misc]
                if broken.verdict is Verdict.PASS:
                    playing.append((rule, stage, acts))
                else:
                    stage.clear()
                    take(broken)
            seen = len(watcher.heard.states)
            restarted = self._helper.restart()
            back = restarted and watcher.wait_for(
                lambda: len(watcher.heard.states) > seen and watcher.heard.states[-1].state == "online",
                self._options.patience_s,
            )
            for rule, stage, acts in playing:
                if not restarted:
                    stage.clear()
                    take(RuleResult(rule, Verdict.SKIPPED, NO_RESTART))
                elif not back:
                    stage.clear()
                    reason = f"The receiver did not come back within {self._options.patience_s:g} s."
                    take(RuleResult(rule, Verdict.FAIL, reason, evidence=stage.transcript.exchanges()))
                else:
                    take(_judged(rule, stage, began[rule.id], lambda acts=acts: next(acts, None)))  # type: ignore[misc]
        finally:
            watch.clear()
            for _, stage, _ in playing:
                stage.clear()


def _judged(
    rule: Rule, stage: Stage, began: float, check: Callable[[], object], *, leave: bool = True
) -> RuleResult:
    """Runs a check, or a part of it, and says what became of the rule."""
    verdict, reason = Verdict.PASS, ""
    try:
        check()
    except RuleBroken as broken:
        verdict, reason = Verdict.FAIL, str(broken)
    except NotJudged as unjudged:
        verdict, reason = Verdict.SKIPPED, str(unjudged)
    except ConformanceError as error:
        verdict, reason = Verdict.SKIPPED, str(error)
    finally:
        if leave:
            stage.clear()
    return RuleResult(rule, verdict, reason, round(time.monotonic() - began, 3), stage.transcript.exchanges())
