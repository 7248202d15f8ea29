"""Rules of answering: who is there, and what right events are answered."""

import itertools

from sync.contract.messages import AnswerStatus, OmsState
from sync.joining import EACH_BYTES, MOST_EVENTS
from sync.oms.conformance import events
from sync.oms.conformance.rules import GUIDE, Need, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage
from sync.oms.conformance.station import ActedStation, insist
from sync.settings import JOIN_BYTES

book = Rulebook()
rule = book.rule

APPLIED = AnswerStatus.APPLIED
MAX_INBOUND_BYTES = 1_048_576  # a station sets a larger message aside unread


def state_of(station: ActedStation, timeout_s: float) -> OmsState:
    """What the OMS says of itself.

    Raises:
        RuleBroken: Nothing, or that it is not there.
    """
    states = station.heard.states
    station.wait_for(lambda: bool(states), timeout_s)
    if not states:
        told = station.heard.unreadable[0] if station.heard.unreadable else "nothing is retained there"
        raise RuleBroken(f"`returns/v1/oms/state` does not say that the OMS is there: {told}.")
    if states[-1].state != "online":
        raise RuleBroken("`returns/v1/oms/state` says offline: stations would send nothing.")
    return states[-1]


@rule(
    "oms-online",
    "The receiver says that it is there",
    contract=f"{GUIDE}#2-an-afternoons-first-receiver",
    how="The retained message on `returns/v1/oms/state` is read: online, an instance, version 1 understood.",
)
def _oms_online(stage: Stage) -> None:
    state = state_of(stage.station(), stage.options.timeout_s)
    if not any(version.startswith("1.") for version in state.contract):
        raise RuleBroken(f"It understands {state.contract}, not 1.0.")


@rule(
    "event-applied",
    "An event is answered after it is applied",
    contract=f"{GUIDE}#4-answers",
    how="A blind return arrives and one unit of it is inspected; both are answered `applied`.",
)
def _event_applied(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))


@rule(
    "every-type-applied",
    "Every type of event is applied",
    contract=f"{GUIDE}#5-mapping-to-your-erp",
    how="One unit is held, resolved and put away, another one corrected, and the return closed.",
)
def _every_type_applied(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    held = station.applied(events.inspected(bag, to="QUARANTINE"))
    station.applied(events.resolved(held))
    sound = station.applied(events.inspected(bag, to="AWAITING_PUTAWAY"))
    station.applied(events.put_away(sound))
    wrong = station.applied(events.inspected(bag))
    changed = station.applied(events.corrected(wrong, change_to="SCRAP"))
    station.applied(events.corrected(changed))
    station.applied(events.closed(bag, expected="0", received_quantity="3"))


@rule(
    "answers-readable",
    "Answers keep the schema",
    contract=f"{GUIDE}#4-answers",
    how="Right and wrong events are sent; every message on `acks` is read against the schema, and a "
    "rejection gives its reason.",
)
def _answers_readable(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    station.tell(station.commit(events.inspected(bag)))
    told = station.tell(station.commit(events.inspected(bag)).but("data", "quantity", "value", value="-1"))
    if station.hearing.unreadable:
        raise RuleBroken(f"An answer breaks the schema: {station.hearing.unreadable[0]}")
    if told.status is AnswerStatus.REJECTED and not told.reason:
        raise RuleBroken("A rejection came without `reason`: the staff can't know what to do.")


@rule(
    "equal-goods-are-two",
    "Two equal units are two, because their ids differ",
    contract=f"{GUIDE}#3-what-belongs-in-one-transaction",
    how="Two events that differ in their ids alone are sent for a line that expects two.",
    needs=(Need.RETURNS,),
)
def _equal_goods_are_two(stage: Stage) -> None:
    station = stage.station()
    bag = stage.setup.bag("equal")
    station.applied(events.received(bag))
    first = station.applied(events.inspected(bag))
    station.applied({**first.data, "inspection_id": events.new_id()})
    third = station.tell(station.commit({**first.data, "inspection_id": events.new_id()}))
    if third.exception != "over_received":
        raise RuleBroken(
            "Two equal units on a line for two left room for a third: one of them was taken for a "
            f"repetition. The third was answered {third}."
        )


@rule(
    "sequence-imposes-no-order",
    "Events of different returns are applied in any order",
    contract=f"{GUIDE}#4-answers",
    how="Twenty events of twenty returns are sent with their sequences backwards.",
)
def _sequence_imposes_no_order(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(20)]
    for event, told in zip(arrivals[::-1], station.drain(arrivals[::-1]).values(), strict=True):
        if told.status is not APPLIED:
            raise RuleBroken(f"{event}, sent before its predecessors, was answered {told}.")


@rule(
    "wrong-clock-applied",
    "A station's wrong clock changes nothing",
    contract=f"{GUIDE}#8-compatibility",
    how="Events of 1970 and of 2045 with `clockok: false` are sent.",
)
def _wrong_clock_applied(stage: Stage) -> None:
    station = stage.station()
    for year in (1970, 2045):
        event = station.commit(
            events.received(station.blind_bag()), at=events.utc_now().replace(year=year, day=1)
        )
        station.expect(event.but("clockok", value=False), APPLIED)


@rule(
    "exact-decimals",
    "Quantities are exact decimals",
    contract=f"{GUIDE}#8-compatibility",
    how="0.3 kg are inspected and moved as 0.1 kg and 0.2 kg: floating-point numbers say that this differs.",
)
def _exact_decimals(stage: Stage) -> None:
    station = stage.station()
    bag = events.Bag(station.blind_bag().return_id, stage.setup.weighed_article, unit="KGM")
    station.applied(events.received(bag))
    data = events.inspected(bag, quantity="0.3")
    data["movements"] = [
        events.movement(bag, "AVAILABLE", quantity="0.1"),
        events.movement(bag, "SCRAP", quantity="0.2", place="BIN-1"),
    ]
    station.applied(data)


@rule(
    "carried-events",
    "Events that another station of the site carries are answered to the carrier",
    contract="docs/protocol.md#another-device-takes-over",
    how="Two events of one station are published on the topic of another one, whose birth says that it "
    "carries them; the answers must come there.",
)
def _carried_events(stage: Stage) -> None:
    dying, carrier = stage.station(), stage.station()
    bag = dying.blind_bag()
    carried = (dying.commit(events.received(bag)), dying.commit(events.inspected(bag)))
    carrier.say_birth(carries=(dying.as_carried(),))
    for event in carried:
        since = carrier.hearing.sending(event)
        carrier.publish(carrier.identity.topics.events, event.payload)
        told = carrier.answer(event, since)
        if told.status is AnswerStatus.RETRY:  # brokers keep the order of a topic; the birth has another one
            told = carrier.again_after_retry(event, told)
        if told.status is not APPLIED:
            raise RuleBroken(f"{event}, carried by {carrier.identity.station}, was answered {told}.")


@rule(
    "strangers-not-carried",
    "A station speaks for another one only where its birth says so",
    contract=f"{GUIDE}#3-what-belongs-in-one-transaction",
    how="An event of one station is published on the topic of another one, whose birth doesn't name it; it "
    "must not be applied.",
)
def _strangers_not_carried(stage: Stage) -> None:
    owner, stranger = stage.station(), stage.station()
    event = owner.commit(events.received(owner.blind_bag()))
    stranger.hearing.sending(event)
    stranger.publish(stranger.identity.topics.events, event.payload)
    stranger.applied(events.received(stranger.blind_bag()))
    told = stranger.hearing.lines(event) + owner.hearing.lines(event)
    if any(one.status is APPLIED for one in told):
        raise RuleBroken(f"{stranger.identity.station} had {event} applied in another station's name.")


@rule(
    "other-site-not-applied",
    "A station speaks for its own site alone",
    contract=f"{GUIDE}#3-what-belongs-in-one-transaction",
    how="An event that names another site is published, then a right one, which must be applied.",
)
def _other_site_not_applied(stage: Stage) -> None:
    station = stage.station()
    foreign = station.commit(events.received(station.blind_bag())).but("site", value="elsewhere")
    foreign = foreign.but("source", value=f"/elsewhere/{station.identity.station}")
    station.send(foreign)
    station.applied(events.received(station.blind_bag()))
    if any(told.status is APPLIED for told in station.hearing.lines(foreign)):
        raise RuleBroken("The event of another site was applied.")


@rule(
    "big-batch",
    "Many events at once are all answered",
    contract=f"{GUIDE}#2-an-afternoons-first-receiver",
    how="Two stations send a thousand events together, up to 500 unanswered each; every event is answered to "
    "its own station, in messages that a station takes.",
)
def _big_batch(stage: Stage) -> None:
    stations = (stage.station(), stage.station())
    crowd = stage.options.crowd
    for station, number in zip(stations, (crowd * 7 // 10, crowd * 3 // 10), strict=True):
        bags = [station.blind_bag() for _ in range(number // 10)]
        arrivals = [station.commit(events.received(bag)) for bag in bags]
        units = itertools.islice(itertools.cycle(bags), number - len(bags))
        mine = arrivals + [station.commit(events.inspected(bag)) for bag in units]
        for event, told in zip(mine, station.drain(mine).values(), strict=True):
            if (told.status, told.exception) != (APPLIED, None):
                raise RuleBroken(f"{event} was answered {told}.")
        if station.hearing.largest > MAX_INBOUND_BYTES:
            raise RuleBroken(f"An answer had {station.hearing.largest} bytes; stations take a MiB.")


@rule(
    "joined-events",
    "As many events in one message as the receiver says to take are each answered",
    contract=f"{GUIDE}#2-an-afternoons-first-receiver",
    how="The presence's `events_per_message` events, within 12,000 bytes, are sent in one message; of three "
    "or more, one breaks the schema and one was answered before. Where it says nothing, one is sent alone.",
)
def _joined_events(stage: Stage) -> None:
    station = stage.station()
    most = min(state_of(station, stage.options.timeout_s).events_per_message or 1, MOST_EVENTS)
    known = station.applied(events.received(station.blind_bag()))
    most = max(1, min(most, JOIN_BYTES // (len(known.payload) + 2 * EACH_BYTES)))
    strange = most > 2  # one of them is wrong then, and one known
    message = [station.commit(events.received(station.blind_bag())) for _ in range(most - strange)]
    odd = []
    if strange:
        message[1:2] = odd = [message[1].but("data", "custody", value="NOBODY"), known]
    since = station.send_joined(*message)
    for event in message:
        told = station.answer(event, since, repeated=event is known)
        if event not in odd:  # what is answered to those is the matter of other rules
            insist(event, told, APPLIED)
