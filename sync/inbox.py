"""What arrives for this station: answers, commands, the OMS's presence and its streams.

Every message is validated against the contract before anything is done with it. What fails (malformed,
oversized, on a topic that nobody knows) goes to the quarantine, is acknowledged to the broker so that it
can't block what follows, and harms nothing else. `read` never raises; it gives the relay what to do inside
and after the transaction.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sync.answers import Answer, Answers, AnswerStatus, Inbound, OmsPresence, Through, Work
from sync.contract.errors import ContractError, MessageOversized
from sync.contract.messages import (
    Acks,
    Birth,
    Command,
    Death,
    ExpectedBatch,
    OmsState,
    RebirthCommand,
    ReconcileCommand,
    ReferenceBatch,
    ResendCommand,
)
from sync.contract.validation import parse
from sync.joining import MOST_EVENTS
from sync.outbox import OutboxChange
from sync.presence import Presence
from sync.quarantine import Quarantine
from sync.reconciliation import Reconciliation
from sync.resending import Resending
from sync.settings import OutboxSettings
from sync.streams import StreamBatch, Streams
from sync.topics import StationTopics
from sync.wire import Received

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reactions:
    """What messages make the station do beyond its own tables.

    Attributes:
        publish_birth: Say again who is here.
        reopened: Tell the relay that rows are owed again.
        identity_conflict: Another station uses our name.
    """

    publish_birth: Callable[[], None]
    reopened: Callable[[OutboxChange], None]
    identity_conflict: Callable[[str], None]


class Inbox:
    """Reads what the broker delivers.

    Args:
        settings: The largest message that is looked at.
        topics: This station's.
        streams: Takes in stretches of streams.
        presence: Knows our own birth and death.
        reconciliation: Answers `reconcile`.
        resending: Answers `resend`.
        quarantine: Keeps what can't be used.
        reactions: What else messages cause.
    """

    def __init__(
        self,
        settings: OutboxSettings,
        topics: StationTopics,
        *,
        streams: Streams,
        presence: Presence,
        reconciliation: Reconciliation,
        resending: Resending,
        quarantine: Quarantine,
        reactions: Reactions,
    ) -> None:
        self._max_bytes = settings.max_inbound_bytes
        self._streams = streams
        self._presence = presence
        self._reconciliation = reconciliation
        self._resending = resending
        self._quarantine = quarantine
        self._reactions = reactions
        self._never_retained = frozenset((topics.acks, topics.commands))
        self._readers: dict[str, Callable[[Received], Inbound]] = {
            topics.acks: self._acks,
            topics.commands: self._command,
            topics.expected: lambda received: self._stream(parse(ExpectedBatch, received.payload)),
            topics.reference: lambda received: self._stream(parse(ReferenceBatch, received.payload)),
            topics.oms_state: self._oms_state,
            topics.birth: self._birth,
            topics.death: self._death,
        }

    def read(self, received: Received) -> Inbound:
        """What a message asks for; an unusable one asks for quarantine."""
        reader = self._readers.get(received.topic)
        if reader is None:
            return self._refuse(received, "unknown_topic", "nobody here listens to this topic")
        if received.retained and received.topic in self._never_retained:
            # Each subscription would bring it again, however much has happened since.
            return self._refuse(received, "retained", "answers and commands are not kept by the broker")
        if len(received.payload) > self._max_bytes:
            return self._refuse(received, "oversized", f"{len(received.payload)} bytes")
        try:
            return reader(received)
        except MessageOversized as error:
            return self._refuse(received, "oversized", str(error))
        except ContractError as error:
            return self._refuse(received, "malformed", str(error))

    def _refuse(self, received: Received, reason: str, detail: str) -> Work:
        logger.warning("refused a message on %s: %s: %s", received.topic, reason, detail)
        return Work(lambda: self._quarantine.put(received.topic, received.payload, reason, detail))

    def _acks(self, received: Received) -> Answers:
        acks = parse(Acks, received.payload)
        through = None
        if acks.through_id is not None and acks.through > 0:
            through = Through(acks.epoch, acks.through, acks.through_id)
        results = tuple(
            Answer(
                message_id=result.id,
                status=AnswerStatus(result.status),
                exception=result.exception,
                reason=result.reason,
                not_before=result.not_before,
            )
            for result in acks.results
        )
        if acks.compared is not None:
            self._reconciliation.told(acks.epoch, acks.compared)
        if acks.forgotten:
            self._reconciliation.forgot(acks.epoch, acks.forgotten)
        return Answers(results, through)

    def _oms_state(self, received: Received) -> OmsPresence:
        if not received.payload:  # the retained state was cleared
            return OmsPresence(online=False, instance="")
        state = parse(OmsState, received.payload)
        return OmsPresence(
            online=state.state == "online",
            instance=state.instance,
            events_per_message=min(max(1, state.events_per_message or 1), MOST_EVENTS),
        )

    def _command(self, received: Received) -> Work:
        command = parse(Command, received.payload).root
        logger.info("the OMS commands %s (%s)", command.kind, command.id)
        if isinstance(command, ResendCommand):
            return Work(steps=lambda: self._resend(command))
        if isinstance(command, ReconcileCommand):
            return Work(steps=lambda: self._reconcile(command))
        if isinstance(command, RebirthCommand):
            return Work(afterwards=self._reactions.publish_birth)
        raise AssertionError(f"unhandled command {command!r}")

    def _resend(self, command: ResendCommand) -> Iterator[None]:
        for change in self._resending.steps(command.epoch, command.first, command.last):
            self._reactions.reopened(change)
            yield

    def _reconcile(self, command: ReconcileCommand) -> Iterator[None]:
        if command.epoch is not None and command.block is not None:
            self._reconciliation.send_block(command.epoch, command.block)
            return
        yield from self._reconciliation.send_digests(command.epoch)

    def _stream(self, batch: StreamBatch) -> Work:
        return Work(lambda: self._streams.take_in(batch), self._streams.ask_for_gaps)

    def _birth(self, received: Received) -> Work:
        if not received.payload:
            return Work()
        birth = parse(Birth, received.payload)
        if not self._presence.gives_way_to(birth):
            return Work()
        detail = f"a station announced itself as {birth.site}/{birth.station} with epoch {birth.epoch}"
        return Work(afterwards=lambda: self._reactions.identity_conflict(detail))

    def _death(self, received: Received) -> Work:
        if not received.payload:
            return Work()
        death = parse(Death, received.payload)
        if received.retained or not self._presence.is_own_death(death) or death.graceful:
            return Work()
        return Work(afterwards=self._reactions.publish_birth)
