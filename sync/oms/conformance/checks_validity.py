"""Rules of validity: what is unknown, wrong or noise, and that nothing else suffers from it."""

from sync.contract.messages import AnswerStatus
from sync.oms.conformance import events
from sync.oms.conformance.events import Event
from sync.oms.conformance.rules import GUIDE, NotJudged, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage
from sync.oms.conformance.station import ActedStation

book = Rulebook()
rule = book.rule

APPLIED, REJECTED, RETRY = AnswerStatus.APPLIED, AnswerStatus.REJECTED, AnswerStatus.RETRY
COMPATIBILITY = f"{GUIDE}#8-compatibility"
VALID = f"{GUIDE}#3-what-belongs-in-one-transaction"


@rule(
    "unknown-field-ignored",
    "Unknown fields are ignored",
    contract=COMPATIBILITY,
    how="An inspection with new fields in the envelope, the data and a movement is sent.",
)
def _unknown_field_ignored(stage: Stage) -> None:
    station, bag = _arrived(stage)
    event = station.commit(events.inspected(bag))
    event = event.but("addedlater", value="x").but("data", "added_later", value={"deep": [1, None, {}]})
    station.expect(event.but("data", "movements", 0, "added_later", value=7), APPLIED)


@rule(
    "unknown-words-accepted",
    "Words that may grow are accepted",
    contract=COMPATIBILITY,
    how="An inspection with a finding, a severity and a rule that no version knows is sent.",
)
def _unknown_words_accepted(stage: Stage) -> None:
    station, bag = _arrived(stage)
    data = events.inspected(bag)
    data["findings"] = [
        {
            "kind": "frostbite",
            "severity": "odd",
            "view": "inside",
            "score": 0.5,
            "extent": 0.1,
            "source": "nose",
        }
    ]
    data["rules"] = [{"code": "rule.of_tomorrow", "params": {"limit": 3}}]
    station.applied(data)


@rule(
    "unknown-type-rejected",
    "An unknown event type is rejected, naming the field `type`",
    contract=COMPATIBILITY,
    how="An event of the type `darkstore.return.weighed.v9` is sent, then a right one of another return.",
)
def _unknown_type_rejected(stage: Stage) -> None:
    station, bag = _arrived(stage)
    event = station.commit(events.inspected(bag)).but("type", value="darkstore.return.weighed.v9")
    told = station.expect(event, REJECTED)
    if told.field != "type":
        raise RuleBroken(f"{event} was answered {told}; `field` must be `type`.")
    station.applied(events.received(station.blind_bag()))


def _wrong(event: Event) -> dict[str, Event]:
    """The event in many ways that the schema forbids."""
    first = ("data", "movements", 0)
    return {
        "a negative quantity": event.but("data", "quantity", "value", value="-1"),
        "a quantity of nothing": event.but("data", "quantity", "value", value="0"),
        "a quantity that is a number, not text": event.but("data", "quantity", "value", value=1),
        "a quantity in words": event.but("data", "quantity", "value", value="one"),
        "a state that does not exist": event.but(*first, "to_state", value="LIMBO"),
        "a movement of no article": event.without(*first, "sku"),
        "a movement without a quantity": event.without(*first, "quantity"),
        "a list of no movements": event.but("data", "movements", value=[]),
        "a missing inspection_id": event.without("data", "inspection_id"),
        "an unknown disposition": event.but("data", "result", "disposition", value="EAT"),
        "a subject that is another return": event.but("subject", value="another-return"),
    }


@rule(
    "invalid-rejected",
    "An event that breaks the schema is rejected with a reason",
    contract=VALID,
    how="Eleven events are sent, each with one thing wrong: quantities, states, missing fields.",
)
def _invalid_rejected(stage: Stage) -> None:
    station = stage.station()
    taken = []
    for what in _wrong(station.place(events.inspected(station.blind_bag()), 1)):
        bag = station.blind_bag()
        station.applied(events.received(bag))
        event = _wrong(station.commit(events.inspected(bag)))[what]
        told = station.tell(event)
        if told.status is not REJECTED or not told.reason:
            taken.append(f"{what} was answered {told}")
    if taken:
        raise RuleBroken("; ".join(taken) + ".")


@rule(
    "noise-set-aside",
    "What is no message at all disturbs nothing",
    contract=VALID,
    how="Bytes that are no JSON, no object, too many, nested too deeply or no UTF-8 are published as events, "
    "births and requests; then a right event, which must be applied.",
)
def _noise_set_aside(stage: Stage) -> None:
    station, bag = _arrived(stage)
    noise = (
        b"",
        b"\xff\xfe\x00 no text",
        b'"text"',
        b"[]",
        b"null",
        b'{"id":',
        b'{"id": 5, "epoch": {}, "sequence": "one"}',
        b"[" * 20_000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b"x" * 300_000,
    )
    topics = station.identity.topics
    for payload in noise:
        for topic in (topics.events, topics.requests, topics.birth):
            station.publish(topic, payload)
    station.applied(events.inspected(bag))


@rule(
    "rejection-holds-no-other",
    "A rejected event holds back its own return alone",
    contract="docs/protocol.md#rejection-and-repair",
    how="A wrong event is sent among right ones of other returns, which must be applied.",
)
def _rejection_holds_no_other(stage: Stage) -> None:
    station, bag = _arrived(stage)
    wrong = station.commit(events.inspected(bag)).but("data", "quantity", "value", value="-1")
    others = [station.commit(events.received(station.blind_bag())) for _ in range(6)]
    told = station.drain([*others[:3], wrong, *others[3:]])
    if all(one.status is not REJECTED for one in station.hearing.lines(wrong)):
        raise NotJudged("Nothing was rejected; see the rule `invalid-rejected`.")
    for event in others:
        if told[event.id].status is not APPLIED:
            raise RuleBroken(f"{event} was answered {told[event.id]}.")


@rule(
    "replacement-applied",
    "A new event repairs a rejected one",
    contract="docs/protocol.md#rejection-and-repair",
    how="A wrong event is rejected; a right one that names it in `replaces` must be applied.",
)
def _replacement_applied(stage: Stage) -> None:
    station, bag = _arrived(stage)
    station.applied(events.inspected(bag), replaces=_rejected(station, bag))


@rule(
    "replacement-once",
    "A rejected event is replaced once",
    contract=f"{GUIDE}#4-answers",
    how="Two right events name the same rejected one in `replaces`; the second must be rejected.",
)
def _replacement_once(stage: Stage) -> None:
    station, bag = _arrived(stage)
    wrong = _rejected(station, bag)
    if station.tell(station.commit(events.inspected(bag), replaces=wrong)).status is not APPLIED:
        raise NotJudged("Nothing was replaced; see the rule `replacement-applied`.")
    station.expect(station.commit(events.inspected(bag), replaces=wrong), REJECTED)


@rule(
    "replacement-of-applied",
    "An applied event can't be replaced",
    contract=f"{GUIDE}#4-answers",
    how="An event names an applied one in `replaces`: applying it too would move the stock twice.",
)
def _replacement_of_applied(stage: Stage) -> None:
    station, bag = _arrived(stage)
    good = station.applied(events.inspected(bag))
    station.expect(station.commit(events.inspected(bag), replaces=good), REJECTED)


@rule(
    "replacement-of-unknown",
    "What replaces an unknown event waits for it",
    contract=VALID,
    how="An event names one in `replaces` that never came; it must be answered `retry`.",
)
def _replacement_of_unknown(stage: Stage) -> None:
    station, bag = _arrived(stage)
    station.expect(station.commit(events.inspected(bag), replaces=events.new_id()), RETRY)


def _arrived(stage: Stage) -> tuple[ActedStation, events.Bag]:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    return station, bag


def _rejected(station: ActedStation, bag: events.Bag) -> Event:
    wrong = station.commit(events.inspected(bag)).but("data", "quantity", "value", value="-1")
    if station.tell(wrong).status is not REJECTED:
        raise NotJudged("Nothing was rejected; see the rule `invalid-rejected`.")
    return wrong
