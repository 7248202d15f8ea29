"""The kit finds what is wrong in a receiver, and nothing else: one that keeps the contract passes.

`CARELESS` says which rules each carelessness breaks. By default several that don't meddle with each other are
judged in one receiver, which takes seconds. `DARKSTORE_CAMPAIGN=1` judges each alone, in some minutes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_conformance import failed, judged, kit_options, skipped
from fakes_receiver import Receiver
from fakes_receiver_careless import Careless
from fakes_sync import free_port

from sync.broker import EmbeddedBroker
from sync.oms.conformance.running import ALL_RULES

C = Careless

CARELESS: dict[Careless, set[str]] = {
    C.FORGETS_IDS: {
        "duplicate-answered",
        "duplicate-counts-nothing",
        "burst-applied-once",
        "old-order-repeated",
        "exception-repeated",
        "replay-after-weeks",
        "restart-keeps-ids",
        "crash-applied-once",
    },
    C.FORGETS_IDS_AT_RESTART: {"restart-keeps-ids", "crash-applied-once"},
    C.FORGETS_UNITS_AT_RESTART: {"crash-applied-once"},
    C.PRUNES_IDS_BY_DATE: {"replay-after-weeks"},
    C.LOOKS_IDS_UP_BEFORE_THE_BATCH: {"burst-applied-once"},
    C.DUPLICATE_FOR_A_REJECTION: {"rejection-repeated", "restart-keeps-rejections"},
    C.EXCEPTION_TOLD_ONCE: {"exception-repeated"},
    C.DEDUPLICATES_BY_CONTENT: {"equal-goods-are-two"},
    C.MARK_JUMPS_GAPS: {"through-not-beyond-gap", "through-stops-at-retry"},
    C.MARK_JUMPS_RETRIES: {"through-stops-at-retry"},
    C.MARK_MISNAMED: {"through-named"},
    C.MARK_WAITS_FOR_LOST: {"lost-passed-over"},
    C.EPOCHS_MIXED: {"epochs-apart"},
    C.SEQUENCE_TWICE: {"sequence-taken"},
    C.ORDER_BY_SEQUENCE: {
        "sequence-imposes-no-order",
        "other-site-not-applied",
        "crash-applied-once",
        "through-not-beyond-gap",
        "retry-holds-no-other",
        "rejection-holds-no-other",
        "gap-asked-for",
        "lost-passed-over",
        "previous-lost",
        "birth-retells",
    },
    C.PREVIOUS_UNREAD: {"previous-waited-for"},
    C.PREVIOUS_WAITS_FOR_LOST: {"previous-lost"},
    C.CLOSED_SCHEMA: {"unknown-field-ignored"},
    C.CLOSED_WORDS: {"unknown-words-accepted"},
    C.CLOCK_BELIEVED: {"wrong-clock-applied"},
    C.UNKNOWN_TYPE_UNANSWERED: {"unknown-type-rejected"},
    C.PUTAWAY_UNKNOWN: {"every-type-applied"},
    C.NOTHING_VALIDATED: {"invalid-rejected"},
    C.REJECTS_WITHOUT_REASON: {"answers-readable", "invalid-rejected"},
    C.GIVES_UP_AT_NOISE: {"noise-set-aside"},
    C.STOPS_AT_REJECTION: {
        "unknown-type-rejected",
        "invalid-rejected",
        "rejection-holds-no-other",
        "joined-events",
    },
    C.OTHER_SITES_BELIEVED: {"other-site-not-applied"},
    C.CARRIER_UNANSWERED: {"carried-events"},
    C.STRANGERS_CARRIED: {"strangers-not-carried"},
    C.NO_RETRY: {"early-event-retried", "previous-waited-for", "replacement-of-unknown"},
    C.RETRY_HOLDS_NOTHING: {"retry-holds-its-return"},
    C.RETRY_HOLDS_EVERYTHING: {"retry-holds-no-other"},
    C.REPLACES_ANYTHING: {"replacement-once", "replacement-of-applied", "replacement-of-unknown"},
    C.REPLACES_TWICE: {"replacement-once"},
    C.NOTHING_REPLACED: {
        "replacement-applied",
        "partial-movements-rejected",
        "mixed-movements-rejected",
        "overdrawn-rejected",
        "half-correction-rejected",
    },
    C.BIT_BY_BIT: {"partial-movements-rejected", "mixed-movements-rejected", "half-correction-rejected"},
    C.SUMS_UNCHECKED: {"partial-movements-rejected"},
    C.FLOATING_POINT: {"exact-decimals"},
    C.OVERDRAWS: {"overdrawn-rejected", "half-correction-rejected"},
    C.LINES_UNCOUNTED: {
        "bundle-by-component",
        "over-receipt-counted",
        "two-desks-counted",
        "equal-goods-are-two",
        "blind-return-matched",
        "crash-applied-once",
    },
    C.SERIALS_UNCOUNTED: {"same-serial-counted"},
    C.DESKS_APART: {"two-desks-counted"},
    C.WEIGHT_TO_THE_GRAM: {"weight-tolerance"},
    C.BUNDLE_AS_ONE_PIECE: {"bundle-by-component"},
    C.BLIND_UNMATCHED: {"blind-return-matched"},
    C.UNDO_KEEPS_THE_COUNT: {"undo-frees-the-line"},
    C.ANY_REVERSAL: {"false-reversal-rejected"},
    C.CORRECTS_TWICE: {"corrected-once"},
    C.SALES_FORGOTTEN: {"correction-after-sale"},
    C.CLOSING_BELIEVED: {"closing-compared"},
    C.CLOSING_DISPUTED: {"closing-agrees"},
    C.CROWD_UNANSWERED: {"big-batch", "replay-after-weeks", "crash-applied-once"},
    C.FIRST_OF_JOINED_ALONE: {"joined-events"},
    C.NEVER_ASKS: {"gap-asked-for", "restored-oms-asks"},
    C.NO_REBIRTH: {"birth-asked-for"},
    C.BIRTH_UNHEARD: {"birth-retells"},
    C.DIGESTS_UNREAD: {"difference-asked-for"},
    C.NO_SNAPSHOT: {"snapshot-answered", "snapshot-continued"},
    C.SNAPSHOT_FROM_THE_START: {"snapshot-continued"},
    C.SAME_INSTANCE: {"restart-announced"},
    C.NO_WILL: {"restart-announced"},
}
"""What a careless receiver does wrong, and the rules that it breaks by that."""

SKIPPED: dict[Careless, set[str]] = {
    C.NOTHING_VALIDATED: {
        "rejection-repeated",
        "restart-keeps-rejections",
        "rejection-holds-no-other",
        "replacement-applied",
        "replacement-once",
    },
    C.NO_RETRY: {"through-stops-at-retry", "retry-holds-its-return"},
    C.REPLACES_ANYTHING: {"through-stops-at-retry"},
    C.NOTHING_REPLACED: {"replacement-once"},
    C.LINES_UNCOUNTED: {"exception-repeated"},
}
"""Rules that can't be judged where another one is broken, because nothing comes of it to judge."""

TOGETHER: tuple[tuple[Careless, ...], ...] = (
    (C.FORGETS_IDS, C.ORDER_BY_SEQUENCE, C.REPLACES_ANYTHING),
    (C.LINES_UNCOUNTED, C.NOTHING_VALIDATED, C.RETRY_HOLDS_EVERYTHING),
    (
        C.FORGETS_UNITS_AT_RESTART,
        C.DUPLICATE_FOR_A_REJECTION,
        C.PRUNES_IDS_BY_DATE,
        C.EXCEPTION_TOLD_ONCE,
        C.DEDUPLICATES_BY_CONTENT,
        C.MARK_JUMPS_RETRIES,
        C.SEQUENCE_TWICE,
        C.PREVIOUS_WAITS_FOR_LOST,
        C.CLOSED_SCHEMA,
        C.CLOSED_WORDS,
        C.CLOCK_BELIEVED,
        C.PUTAWAY_UNKNOWN,
        C.REJECTS_WITHOUT_REASON,
        C.OTHER_SITES_BELIEVED,
        C.STRANGERS_CARRIED,
        C.RETRY_HOLDS_NOTHING,
        C.REPLACES_TWICE,
        C.BIT_BY_BIT,
        C.FLOATING_POINT,
        C.SERIALS_UNCOUNTED,
        C.DESKS_APART,
        C.WEIGHT_TO_THE_GRAM,
        C.BUNDLE_AS_ONE_PIECE,
        C.BLIND_UNMATCHED,
        C.UNDO_KEEPS_THE_COUNT,
        C.CORRECTS_TWICE,
        C.SALES_FORGOTTEN,
        C.CLOSING_BELIEVED,
        C.SNAPSHOT_FROM_THE_START,
        C.SAME_INSTANCE,
        C.FIRST_OF_JOINED_ALONE,
    ),
    (
        C.FORGETS_IDS_AT_RESTART,
        C.LOOKS_IDS_UP_BEFORE_THE_BATCH,
        C.MARK_JUMPS_GAPS,
        C.EPOCHS_MIXED,
        C.PREVIOUS_UNREAD,
        C.STOPS_AT_REJECTION,
        C.SUMS_UNCHECKED,
        C.OVERDRAWS,
        C.ANY_REVERSAL,
        C.CLOSING_DISPUTED,
    ),
    (
        C.CROWD_UNANSWERED,
        C.MARK_MISNAMED,
        C.MARK_WAITS_FOR_LOST,
        C.NO_RETRY,
        C.NOTHING_REPLACED,
        C.UNKNOWN_TYPE_UNANSWERED,
        C.GIVES_UP_AT_NOISE,
        C.CARRIER_UNANSWERED,
        C.NO_SNAPSHOT,
        C.NEVER_ASKS,
        C.NO_REBIRTH,
        C.BIRTH_UNHEARD,
        C.DIGESTS_UNREAD,
        C.NO_WILL,
    ),
)
"""Every carelessness once, in receivers where each still breaks its own rules."""

ALONE = tuple((one,) for one in Careless)
PLAYED = ALONE if os.environ.get("DARKSTORE_CAMPAIGN") == "1" else TOGETHER


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with EmbeddedBroker(port=free_port()) as broker:
        yield broker.port


def test_a_receiver_that_keeps_the_contract_passes(port: int, tmp_path: Path) -> None:
    with Receiver(port) as receiver:
        report = judged(kit_options(port, crowd=200, side_by_side=8), receiver, tmp_path)
    assert (failed(report), skipped(report)) == ({}, {})
    assert report.good


def _waits_long(careless: tuple[Careless, ...]) -> bool:
    """A receiver that is silent where an answer is due makes the kit wait its patience out."""
    return C.CROWD_UNANSWERED in careless


@pytest.mark.parametrize(
    "careless",
    [pytest.param(one, marks=pytest.mark.slow) if _waits_long(one) else one for one in PLAYED],
    ids=lambda found: "+".join(found)[:60],
)
def test_a_careless_receiver_fails_exactly_the_rules_that_it_breaks(
    careless: tuple[Careless, ...], port: int, tmp_path: Path
) -> None:
    with Receiver(port, *careless) as receiver:
        report = judged(
            kit_options(port, crowd=100, timeout_s=8, patience_s=10, side_by_side=8), receiver, tmp_path
        )
    unjudged = set.union(*(SKIPPED.get(one, set()) for one in careless))
    broken = set.union(*(CARELESS[one] for one in careless))
    assert set(failed(report)) == broken
    assert set(skipped(report)) == unjudged - broken
    assert report.good is not any(rule.required for rule in ALL_RULES if rule.id in broken | unjudged)
    assert all(one.reason and one.evidence for one in report.results if one.rule.id in broken)


def test_every_rule_is_broken_by_some_carelessness_and_every_carelessness_is_played() -> None:
    found = set.union(*CARELESS.values())
    assert {rule.id for rule in ALL_RULES} - found == {"oms-online", "event-applied"}
    assert [len(one) for one in CARELESS.values()].count(0) == 0
    assert sorted(one for group in TOGETHER for one in group) == sorted(Careless) == sorted(CARELESS)
