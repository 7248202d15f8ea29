"""Rules of repetition: an id is applied once, however often and however late it comes."""

from collections.abc import Iterator
from datetime import timedelta

from sync.contract.messages import AnswerStatus, OmsState
from sync.oms.conformance import events
from sync.oms.conformance.checks_answering import state_of
from sync.oms.conformance.rules import GUIDE, Need, NotJudged, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage

book = Rulebook()
rule = book.rule

APPLIED, DUPLICATE, REJECTED = AnswerStatus.APPLIED, AnswerStatus.DUPLICATE, AnswerStatus.REJECTED
OVER = "over_received"
TRANSACTION = f"{GUIDE}#3-what-belongs-in-one-transaction"
UNREJECTED = "Nothing was rejected; see the rule `invalid-rejected`."


@rule(
    "duplicate-answered",
    "A repeated event is answered `duplicate`",
    contract=TRANSACTION,
    how="An inspection is sent, answered, and sent again with the same bytes.",
)
def _duplicate_answered(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    event = station.applied(events.inspected(bag))
    station.expect(event, DUPLICATE, repeated=True)


@rule(
    "duplicate-counts-nothing",
    "A repeated event moves nothing",
    contract=TRANSACTION,
    how="The first of two expected units is sent three times; the second one must still find room.",
    needs=(Need.RETURNS,),
)
def _duplicate_counts_nothing(stage: Stage) -> None:
    station = stage.station()
    bag = stage.setup.bag("twice")
    station.applied(events.received(bag))
    first = station.applied(events.inspected(bag))
    for _ in range(2):
        station.tell(first, repeated=True)
    second = station.tell(station.commit(events.inspected(bag)))
    if second.exception is not None:
        raise RuleBroken(
            f"The line expects two units, one came (three times), and the second was answered {second}."
        )


@rule(
    "burst-applied-once",
    "An event that comes twice in one breath is applied once",
    contract=TRANSACTION,
    how="One of two expected units is sent three times without waiting; the second one must still find room.",
    needs=(Need.RETURNS,),
)
def _burst_applied_once(stage: Stage) -> None:
    station = stage.station()
    bag = stage.setup.bag("burst")
    station.applied(events.received(bag))
    first = station.commit(events.inspected(bag))
    station.send(first, first, first)
    told = station.answer(first)
    second = station.tell(station.commit(events.inspected(bag)))
    if second.exception is not None:
        raise RuleBroken(
            f"The line expects two units; one came three times at once and was answered {told}; the second "
            f"was answered {second}."
        )


@rule(
    "old-order-repeated",
    "Old events that come again out of order are duplicates",
    contract=TRANSACTION,
    how="A unit is held, then resolved; then its events come again, the later one first.",
)
def _old_order_repeated(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    arrival = station.applied(events.received(bag))
    held = station.applied(events.inspected(bag, to="QUARANTINE"))
    ended = station.applied(events.resolved(held))
    for event in (ended, arrival, held, ended):
        station.expect(event, DUPLICATE, repeated=True)


@rule(
    "exception-repeated",
    "A repetition is told the exception again",
    contract=f"{GUIDE}#4-answers",
    how="A unit beyond its line is answered `over_received`; sent again, it must be told so again.",
    needs=(Need.RETURNS,),
)
def _exception_repeated(stage: Stage) -> None:
    station = stage.station()
    bag = stage.setup.bag("exception")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    excess = station.commit(events.inspected(bag))
    first = station.tell(excess)
    again = station.tell(excess, repeated=True)
    if first.exception is None:
        raise NotJudged("The excess was not told; see the rule `over-receipt-counted`.")
    if (again.status, again.exception) != (DUPLICATE, first.exception):
        raise RuleBroken(f"First it was answered {first}, then {again}: its staff would never hear of it.")


@rule(
    "rejection-repeated",
    "A repeated event that was rejected is rejected again",
    contract="docs/protocol.md#through-marks",
    how="A wrong event is sent twice. A `duplicate` would settle it as though it had been applied.",
)
def _rejection_repeated(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    wrong = station.commit(events.inspected(bag)).but("data", "quantity", "value", value="-1")
    if station.tell(wrong).status is not REJECTED:
        raise NotJudged(UNREJECTED)
    station.expect(wrong, REJECTED, repeated=True)


@rule(
    "replay-after-weeks",
    "A replay after weeks is a duplicate",
    contract=TRANSACTION,
    how="Events dated 60 days ago are applied; a thousand other events and another epoch later they come "
    "again.",
)
def _replay_after_weeks(stage: Stage) -> None:
    station = stage.station(counter=7)
    long_ago = events.utc_now() - timedelta(days=60)
    bag = station.blind_bag()
    old = [
        station.applied(events.received(bag), at=long_ago),
        station.applied(events.inspected(bag), at=long_ago),
    ]
    station.begin_epoch(8)
    station.say_birth()
    bags = [station.blind_bag() for _ in range(stage.options.crowd // 2)]
    arrivals = [station.commit(events.received(bag)) for bag in bags]
    station.drain(arrivals + [station.commit(events.inspected(bag)) for bag in bags])
    for event in old:
        station.expect(event, DUPLICATE, repeated=True)


@rule(
    "restart-keeps-ids",
    "What was answered before a crash is a duplicate after it",
    contract=f"{GUIDE}#1-what-the-two-sides-promise",
    how="Events are applied and answered, the receiver is killed and started again, the events come again.",
    needs=(Need.RESTART,),
)
def _restart_keeps_ids(stage: Stage) -> Iterator[None]:
    station = stage.station()
    bag = station.blind_bag()
    told = [station.applied(events.received(bag))]
    told += [station.applied(events.inspected(bag)) for _ in range(5)]
    yield
    for event in told:
        station.expect(event, DUPLICATE, repeated=True)


@rule(
    "restart-keeps-rejections",
    "What was rejected before a crash is rejected after it",
    contract="docs/protocol.md#through-marks",
    how="A wrong event is rejected, the receiver is killed and started again, the event comes again.",
    needs=(Need.RESTART,),
)
def _restart_keeps_rejections(stage: Stage) -> Iterator[None]:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    wrong = station.commit(events.inspected(bag)).but("data", "quantity", "value", value="-1")
    if station.tell(wrong).status is not REJECTED:
        raise NotJudged(UNREJECTED)
    yield
    station.expect(wrong, REJECTED, repeated=True)


@rule(
    "restart-announced",
    "A crash shows: offline by the will, then online as another instance",
    contract=f"{GUIDE}#2-an-afternoons-first-receiver",
    how="`returns/v1/oms/state` is read while the receiver is killed and started again.",
    needs=(Need.RESTART,),
)
def _restart_announced(stage: Stage) -> Iterator[None]:
    station = stage.station()
    before = state_of(station, stage.options.timeout_s)
    seen = len(station.heard.states)
    yield
    station.wait_for(lambda: _is_back(station.heard.states[seen:]), stage.options.patience_s)
    since = station.heard.states[seen:]
    if not any(one.state == "offline" for one in since):
        raise RuleBroken("Nobody said offline: stations went on sending to a receiver that was not there.")
    if since[-1].state != "online":
        raise RuleBroken("It did not come back online.")
    if since[-1].instance == before.instance:
        raise RuleBroken(
            f"It came back as the same instance, {before.instance}: stations send what is unanswered again "
            "only where they see another one."
        )


@rule(
    "crash-applied-once",
    "A crash between apply and answer neither loses nor doubles",
    contract=f"{GUIDE}#1-what-the-two-sides-promise",
    how="The receiver is killed while forty units of a line for forty are on their way; afterwards all are "
    "sent again. None may be excess, and the forty-first must be.",
    needs=(Need.RETURNS, Need.RESTART),
)
def _crash_applied_once(stage: Stage) -> Iterator[None]:
    station = stage.station()
    bag = stage.setup.bag("restart")
    station.applied(events.received(bag))
    units = [station.commit(events.inspected(bag)) for _ in range(40)]
    others = [station.commit(events.received(station.blind_bag())) for _ in range(200)]
    station.send(*others[:20], *units[:20])
    station.answer(units[0])
    station.send(
        *(event for pair in zip(units[20:], others[20:], strict=False) for event in pair), *others[40:]
    )
    yield
    again = station.drain(units + others)
    for event in units + others:
        for told in (again[event.id], *station.hearing.lines(event)):
            if told.status not in (APPLIED, DUPLICATE) or told.exception is not None:
                raise RuleBroken(f"{event} was answered {told}, before or after the restart.")
    more = station.tell(station.commit(events.inspected(bag)))
    if more.exception != OVER:
        raise RuleBroken(
            f"The line expects forty units and forty came; the forty-first was answered {more}: at least "
            "one that was answered is not in the books."
        )


def _is_back(states: list[OmsState]) -> bool:
    return len(states) > 1 and states[-1].state == "online"
