"""Rules of asking: gaps, births, comparisons, and the streams that stations follow."""

import hashlib
from typing import Any

from sync.contract.errors import MessageInvalid
from sync.contract.messages import (
    AnswerStatus,
    BlockDigest,
    ExpectedBatch,
    RebirthCommand,
    ReconcileCommand,
    ReconciliationRequest,
    ReferenceBatch,
    ResendCommand,
    SettledEvent,
    SettledState,
    SnapshotRequest,
    StreamName,
)
from sync.contract.validation import parse
from sync.oms.conformance import events
from sync.oms.conformance.events import Event
from sync.oms.conformance.rules import GUIDE, Need, NotJudged, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage
from sync.oms.conformance.station import ActedStation

book = Rulebook()
rule = book.rule

APPLIED, REJECTED = AnswerStatus.APPLIED, AnswerStatus.REJECTED
GAPS = f"{GUIDE}#6-gaps-restores-reconciliation"
STREAMS = f"{GUIDE}#7-what-you-tell-the-stations"

Stretch = ExpectedBatch | ReferenceBatch


@rule(
    "gap-asked-for",
    "A sequence that is missing is asked for",
    contract=GAPS,
    how="Sequences 1, 2 and 4 come, and the birth says 4; within the patience of the kit, `resend` must ask "
    "for 3, and what is sent then must be applied.",
    patient=True,
)
def _gap_asked_for(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(4)]
    for event in (*arrivals[:2], arrivals[3]):
        station.expect(event, APPLIED)
    station.say_birth()
    if not station.wait_for(lambda: _asks_for(station, 3), stage.options.patience_s):
        raise RuleBroken(f"Nobody asked for sequence 3 within {stage.options.patience_s:g} s.")
    station.expect(arrivals[2], APPLIED)


@rule(
    "restored-oms-asks",
    "An OMS that knows less than the birth says asks for what it lacks",
    contract=GAPS,
    how="A birth names an epoch of which nothing ever came, as after a restore from a backup.",
    patient=True,
)
def _restored_oms_asks(stage: Stage) -> None:
    station = stage.station(counter=5)
    earlier = [station.commit(events.received(station.blind_bag())) for _ in range(3)]
    old_epoch = station.epoch
    station.begin_epoch(6)
    station.say_birth(last={old_epoch: 3})
    wanted = station.wait_for(
        lambda: any(_asks_for(station, one, epoch=old_epoch) for one in (1, 2, 3)), stage.options.patience_s
    )
    if not wanted:
        raise RuleBroken(f"Nobody asked for {old_epoch} within {stage.options.patience_s:g} s.")
    for event in earlier:
        station.expect(event, APPLIED)


@rule(
    "lost-passed-over",
    "What a station lost for good is not waited for",
    contract=GAPS,
    how="A birth says that 3 and 4 are lost; 1, 2 and 5 come. The mark must reach 5, where marks are used.",
)
def _lost_passed_over(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(5)]
    station.say_birth(lost=((3, 4),))
    for event in (*arrivals[:2], arrivals[4]):
        station.expect(event, APPLIED)
    reached = station.wait_for(
        lambda: (5, arrivals[4].id) in station.hearing.through(station.epoch), stage.options.timeout_s
    )
    if reached:
        return
    marks = station.hearing.through(station.epoch)
    if not marks:
        raise NotJudged("The receiver tells every answer in a line and sends no marks, which is allowed.")
    raise RuleBroken(f"The mark stays at {marks[-1][0]}: it waits for what never comes.")


@rule(
    "birth-asked-for",
    "A station without a birth is asked for it",
    contract=GAPS,
    how="A station sends an event and never says its birth; `rebirth` must come.",
    required=False,
    patient=True,
)
def _birth_asked_for(stage: Stage) -> None:
    station = stage.station(born=False)
    station.applied(events.received(station.blind_bag()))
    if not station.wait_for(
        lambda: any(isinstance(one, RebirthCommand) for one in station.heard.commands),
        stage.options.patience_s,
    ):
        raise RuleBroken(f"No `rebirth` came within {stage.options.patience_s:g} s.")


@rule(
    "birth-retells",
    "Rejections and exceptions are told again at a birth",
    contract=f"{GUIDE}#4-answers",
    how="A rejected event and one with `over_received` are answered; after another birth both must be told "
    "again, because the broker may have lost the first answers.",
    needs=(Need.RETURNS,),
    required=False,
)
def _birth_retells(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("reborn")
    other = station.blind_bag()
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    excess = station.commit(events.inspected(bag))
    station.applied(events.received(other))
    wrong = station.commit(events.inspected(other)).but("data", "quantity", "value", value="-1")
    told = {one.id: station.tell(one) for one in (excess, wrong)}
    before = len(station.hearing.since(0))
    station.say_birth()
    for event, notable in ((excess, told[excess.id].exception), (wrong, told[wrong.id].status is REJECTED)):
        if notable and not _heard_again(station, event, before, stage.options.timeout_s):
            raise RuleBroken(f"{event} was answered {told[event.id]}, and the birth did not bring it again.")


@rule(
    "difference-asked-for",
    "A digest that differs leads to the missing events",
    contract=GAPS,
    how="A station says that two events are settled, of which the OMS has one; it must ask for the block or "
    "the event.",
    required=False,
)
def _difference_asked_for(stage: Stage) -> None:
    station = stage.station()
    arrivals = [station.commit(events.received(station.blind_bag())) for _ in range(2)]
    station.expect(arrivals[0], APPLIED)
    lines = "".join(f"{one.sequence} {one.id} settled\n" for one in arrivals)
    digest = BlockDigest(block=0, first=1, last=2, count=2, sha256=hashlib.sha256(lines.encode()).hexdigest())
    station.ask(ReconciliationRequest(id=events.new_id(), epoch=station.epoch, blocks=(digest,)))

    def block_wanted() -> bool:
        return _asks_for(station, 2) or any(
            isinstance(one, ReconcileCommand) and one.epoch == station.epoch and one.block == 0
            for one in station.heard.commands
        )

    if not station.wait_for(block_wanted, stage.options.timeout_s):
        raise RuleBroken("The digest differs, and neither `reconcile` with the block nor `resend` came.")
    named = tuple(
        SettledEvent(sequence=one.sequence, id=one.id, state=SettledState.SETTLED) for one in arrivals
    )
    station.ask(ReconciliationRequest(id=events.new_id(), epoch=station.epoch, events=named))
    if not station.wait_for(lambda: _asks_for(station, 2), stage.options.timeout_s):
        raise RuleBroken("The event that the OMS lacks was named, and no `resend` came.")
    station.expect(arrivals[1], APPLIED)


@rule(
    "snapshot-answered",
    "A new station gets what it asks for",
    contract=STREAMS,
    how="Both streams are asked for from 0; stretches must come that join without gaps and reach as far as "
    "they say.",
)
def _snapshot_answered(stage: Stage) -> None:
    station = stage.station()
    for stream in StreamName:
        stretches = read_stream(station, stream, stage.options.timeout_s)
        for stretch in stretches:
            offsets = [item.offset for item in stretch.items]
            if offsets != sorted(set(offsets)) or not all(
                stretch.after < one <= stretch.through for one in offsets
            ):
                raise RuleBroken(
                    f"A stretch of {stream} from {stretch.after} to {stretch.through} has the offsets "
                    f"{offsets[:20]}."
                )


@rule(
    "snapshot-continued",
    "A station with a gap gets what it lacks",
    contract=STREAMS,
    how="The stream of expected returns is asked for from its end, with its `stream_id`: an empty stretch, "
    "or what is new; never another place of the stream.",
)
def _snapshot_continued(stage: Stage) -> None:
    station = stage.station()
    last = read_stream(station, StreamName.EXPECTED, stage.options.timeout_s)[-1]
    before = len(station.heard.streams)
    station.ask(
        SnapshotRequest(
            id=events.new_id(), stream=StreamName.EXPECTED, after=last.through, stream_id=last.stream_id
        )
    )

    def follows() -> bool:
        return any(one.after == last.through for one in _stretches(station, StreamName.EXPECTED, before))

    if not station.wait_for(follows, stage.options.timeout_s):
        raise RuleBroken(f"No stretch came that goes on after {last.through}, not even an empty one.")


def _heard_again(station: ActedStation, event: Event, before: int, timeout_s: float) -> bool:
    return station.wait_for(lambda: bool(station.hearing.lines(event, before)), timeout_s)


def read_stream(station: ActedStation, stream: StreamName, timeout_s: float) -> list[Stretch]:
    """Asks for a whole stream; the stretches that came from 0 on, joined.

    Raises:
        RuleBroken: None came, or they leave a gap.
    """
    before = len(station.heard.streams)
    station.ask(SnapshotRequest(id=events.new_id(), stream=stream, after=0))
    if not station.wait_for(lambda: bool(_joined(_stretches(station, stream, before))), timeout_s):
        unreadable = [one for one in station.heard.unreadable if stream in one]
        raise RuleBroken(
            f"No stretch of the stream {stream} from 0 on came. {' '.join(unreadable[:1])}".rstrip()
        )
    station.wait_for(lambda: False, 0.3)  # a long stream comes in several messages
    return _joined(_stretches(station, stream, before))


def _stretches(station: ActedStation, stream: StreamName, before: int) -> list[Stretch]:
    topics = station.identity.topics
    model: type[Any] = ExpectedBatch if stream is StreamName.EXPECTED else ReferenceBatch
    wanted = topics.expected if stream is StreamName.EXPECTED else topics.reference
    found = []
    for topic, payload in station.heard.streams[before:]:
        if topic == wanted:
            try:
                found.append(parse(model, payload))
            except MessageInvalid as error:
                station.heard.unreadable.append(f"{stream}: {error}")
    return found


def _joined(stretches: list[Stretch]) -> list[Stretch]:
    """Those that begin at 0 and go on from each other; others belong to stations beside us."""
    found: list[Stretch] = []
    for stretch in stretches:
        at = found[-1].through if found else 0
        if stretch.after == at and (not found or stretch.through > at):
            found.append(stretch)
    return found


def _asks_for(station: ActedStation, sequence: int, *, epoch: str = "") -> bool:
    return any(
        isinstance(one, ResendCommand)
        and one.epoch == (epoch or station.epoch)
        and one.first <= sequence <= (one.last or sequence)
        for one in station.heard.commands
    )
