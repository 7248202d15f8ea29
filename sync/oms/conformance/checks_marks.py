"""Rules of through-marks, epochs and of what has to wait."""

from sync.contract.messages import AnswerStatus
from sync.oms.conformance import events
from sync.oms.conformance.events import Event
from sync.oms.conformance.rules import GUIDE, NotJudged, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage
from sync.oms.conformance.station import ActedStation, insist

book = Rulebook()
rule = book.rule

APPLIED, RETRY, REJECTED = AnswerStatus.APPLIED, AnswerStatus.RETRY, AnswerStatus.REJECTED
ANSWERS = f"{GUIDE}#4-answers"
MARKS = "docs/protocol.md#through-marks"
IDENTITY = "docs/protocol.md#identity-of-an-event"


@rule(
    "through-not-beyond-gap",
    "The mark stays below a sequence that did not come",
    contract=MARKS,
    how="Sequences 1, 2, 4 and 5 are sent; the mark may reach 2. Then 3 comes.",
)
def _through_not_beyond_gap(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(5)]
    for event in (*arrivals[:2], *arrivals[3:]):
        station.expect(event, APPLIED)
    _at_most(station, 2, "sequence 3 was never sent")
    station.expect(arrivals[2], APPLIED)


@rule(
    "through-named",
    "The mark names the event at its place",
    contract=MARKS,
    how="Every `through_id` that comes is compared with the event at `through`, among them some that were "
    "sent out of order.",
)
def _through_named(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(6)]
    ids = {event.sequence: event.id for event in arrivals}
    for event in (arrivals[1], arrivals[0], *arrivals[5:1:-1]):
        station.tell(event)
    for through, through_id in station.hearing.through(station.epoch):
        if ids.get(through) != through_id:
            raise RuleBroken(
                f"`through` {through} came with `through_id` {through_id}; the event there is "
                f"{ids.get(through, 'none that was sent')}. A station ignores such a mark."
            )


@rule(
    "through-stops-at-retry",
    "The mark stays below an event that was answered `retry`",
    contract=MARKS,
    how="An event that replaces an unknown one is answered `retry`; later events of other returns are "
    "applied. The mark may not pass it.",
)
def _through_stops_at_retry(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    waiting = station.commit(events.inspected(bag), replaces=events.new_id())
    if station.tell(waiting).status is not RETRY:
        raise NotJudged("Nothing was answered `retry`; see the rule `replacement-of-unknown`.")
    station.drain([station.commit(events.received(station.blind_bag())) for _ in range(3)])
    _at_most(station, waiting.sequence - 1, f"sequence {waiting.sequence} has to come again")


@rule(
    "early-event-retried",
    "An event that builds on one which has not come is answered `retry`, and applied afterwards",
    contract=ANSWERS,
    how="A correction comes before the inspection that it corrects; then the inspection; then it again.",
)
def _early_event_retried(stage: Stage) -> None:
    station = stage.station()
    inspection, correction, _ = _early_correction(station)
    told = station.expect(correction, RETRY)
    station.expect(inspection, APPLIED)
    insist(correction, station.again_after_retry(correction, told), APPLIED)


@rule(
    "retry-holds-its-return",
    "Later events of a return wait behind a `retry`",
    contract=ANSWERS,
    how="After a correction was answered `retry`, a later event of its return is sent: it must wait, too.",
)
def _retry_holds_its_return(stage: Stage) -> None:
    station = stage.station()
    inspection, correction, later = _early_correction(station)
    if station.tell(correction).status is not RETRY:
        raise NotJudged("Nothing was answered `retry`; see the rule `early-event-retried`.")
    told = station.tell(later)
    if told.status is not RETRY:
        raise RuleBroken(f"An earlier event of the return waits, and {later} was answered {told}.")
    station.expect(inspection, APPLIED)


@rule(
    "retry-holds-no-other",
    "Other returns go on behind a `retry`",
    contract=ANSWERS,
    how="After a correction was answered `retry`, events of other returns are sent and must be applied.",
)
def _retry_holds_no_other(stage: Stage) -> None:
    station = stage.station()
    _, correction, _ = _early_correction(station)
    station.tell(correction)
    bag = station.blind_bag()
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))


@rule(
    "previous-waited-for",
    "An event waits for the one of its return that it names in `previous`",
    contract=IDENTITY,
    how="The second of two inspections comes first: it must be answered `retry`; then the first; then it "
    "again.",
)
def _previous_waited_for(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    received = station.applied(events.received(bag))
    first = station.commit(events.inspected(bag)).but("previous", value=received.place)
    second = station.commit(events.inspected(bag)).but("previous", value=first.place)
    told = station.expect(second, RETRY)
    station.expect(first, APPLIED)
    insist(second, station.again_after_retry(second, told), APPLIED)


@rule(
    "previous-lost",
    "A lost event is not waited for, although `previous` names it",
    contract=IDENTITY,
    how="A birth says that 2 is lost; 1 comes, then 3 of the same return, which names 2 in `previous`: it "
    "must be applied, at the second time at the latest.",
)
def _previous_lost(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    lost = station.commit(events.inspected(bag))
    after = station.commit(events.inspected(bag)).but("previous", value=lost.place)
    station.say_birth(lost=((lost.sequence, lost.sequence),))
    told = station.tell(after)
    if told.status is RETRY:  # the birth has a topic of its own, and may have come after it
        told = station.again_after_retry(after, told)
    insist(after, told, APPLIED)


@rule(
    "epochs-apart",
    "Each epoch counts for itself",
    contract=IDENTITY,
    how="Two runs of a station send sequences 1 and 2; each is answered under its own epoch.",
)
def _epochs_apart(stage: Stage) -> None:
    station = stage.station(counter=3)
    for counter in (3, 4):
        if counter == 4:
            station.begin_epoch(4)
            station.say_birth()
        bag = station.blind_bag()
        sent = [station.applied(events.received(bag)), station.applied(events.inspected(bag))]
        known = {event.epoch for event in sent}
        told_under = {
            acks.epoch
            for acks in station.hearing.since(0)
            if any(line.id in {event.id for event in sent} for line in acks.results)
        }
        if not told_under <= known:
            raise RuleBroken(f"Events of {known} were answered under {told_under - known}.")


@rule(
    "sequence-taken",
    "Another event at a taken sequence is rejected",
    contract=f"{GUIDE}#3-what-belongs-in-one-transaction",
    how="Two events with different ids claim one sequence of one epoch, as a copied disk would.",
)
def _sequence_taken(stage: Stage) -> None:
    station = stage.station()
    first = station.applied(events.received(station.blind_bag()))
    other = station.place(events.received(station.blind_bag()), first.sequence)
    told = station.tell(other, repeated=True)
    insist(other, told, REJECTED)


def _at_most(station: ActedStation, limit: int, why: str) -> None:
    beyond = [through for through, _ in station.hearing.through(station.epoch) if through > limit]
    if beyond:
        raise RuleBroken(
            f"`through` said {max(beyond)}, but {why}: the station would settle what was never applied."
        )


def _early_correction(station: ActedStation) -> tuple[Event, Event, Event]:
    """An inspection that is held back, its correction, and a later unit of the same return."""
    bag = station.blind_bag()
    station.applied(events.received(bag))
    inspection = station.commit(events.inspected(bag))
    correction = station.commit(events.corrected(inspection))
    later = station.commit(events.inspected(bag))
    return inspection, correction, later
