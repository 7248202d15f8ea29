"""The outbox and its relay as the staff see them (`edge.station.services.Delivery`)."""

import json
from collections.abc import Iterable, Iterator, Sequence

from edge.errors import WorkflowRefused
from edge.inspection.desk import Message
from edge.station.services import ComparedMessage, ComparisonView, Connection, OutboxRowView
from sync.comparison import Stretch
from sync.envelope import OutgoingEvent
from sync.errors import EventNotRepairable, EventUnknown
from sync.outbox import Outbox
from sync.reconciliation import Reconciliation
from sync.records import OutboxRow, OutboxState
from sync.relay import Relay

NAMED_AT_MOST = 20
AT = "SELECT message_id FROM outbox WHERE epoch = ? AND sequence BETWEEN ? AND ? ORDER BY sequence LIMIT ?"


class DeliveryView:
    """Reads outbox and relay; repairs dead letters; asks for comparisons."""

    def __init__(self, outbox: Outbox, relay: Relay, reconciliation: Reconciliation) -> None:
        self._outbox = outbox
        self._relay = relay
        self._reconciliation = reconciliation

    def connection(self) -> Connection:
        """How delivery stands now."""
        counts, status = self._outbox.counts(), self._relay.status()
        problem = None
        if status.last_error is not None:
            problem = Message(status.last_error)
        return Connection(
            broker_connected=status.connected,
            oms_present=status.oms_present,
            owed=counts.owed,
            in_flight=status.in_flight,
            dead=counts.dead,
            oldest_owed_at=counts.oldest_owed_at,
            session_taken_over=status.session_taken_over,
            last_error=problem,
        )

    def rows(
        self, *, states: Sequence[str] | None, limit: int, before: str | None
    ) -> Sequence[OutboxRowView]:
        """Messages, newest first."""
        wanted = [OutboxState(state) for state in states] if states else None
        try:
            position = self._outbox.get(before).position if before is not None else None
        except EventUnknown:
            position = None
        return [_view(row) for row in self._outbox.rows(states=wanted, limit=limit, before=position)]

    def retry(self, message_id: str) -> None:
        """Send a dead letter again as a new event that replaces it; what still waits is sent again as it is.

        Raises:
            WorkflowRefused: There is no such message, or it is settled.
        """
        try:
            row = self._outbox.get(message_id)
            if row.state is not OutboxState.DEAD:
                self._outbox.requeue(message_id)
                return
            sealed = json.loads(row.envelope)
            repaired = OutgoingEvent(
                type=row.type,
                subject=row.subject,
                data=sealed["data"],
                dataschema=sealed.get("dataschema"),
                clock_ok=bool(sealed.get("clockok", True)),
                replaces=message_id,
            )
            with self._outbox.database.write():
                self._outbox.append(repaired)
        except (EventUnknown, EventNotRepairable) as error:
            raise WorkflowRefused(Message("refused.not_repairable"), Message("next.look_again")) from error

    def release(self, message_id: str) -> None:
        """Leave a dead letter out, and let its return go on without it.

        Raises:
            WorkflowRefused: There is no such message, or it is no dead letter.
        """
        try:
            self._outbox.release(message_id)
        except (EventUnknown, EventNotRepairable) as error:
            raise WorkflowRefused(Message("refused.not_repairable"), Message("next.look_again")) from error

    def compare_now(self) -> None:
        """Compare as soon as the OMS is there."""
        self._reconciliation.ask()

    def comparison(self) -> ComparisonView:
        """What comparing with the OMS has shown."""
        found = self._reconciliation.result
        return ComparisonView(
            state=found.state.value,
            finished_at=found.finished_at,
            compared=found.compared,
            missing=_size(found.missing),
            doubled=len(found.doubled),
            foreign=_size(found.foreign),
            resent=found.resent,
            forgotten=_size(found.forgotten),
            named_missing=self._named(self._ids(found.missing)),
            named_foreign=self._named(self._ids(found.foreign)),
            named_doubled=self._named(found.doubled),
        )

    def _ids(self, stretches: Iterable[Stretch]) -> Iterator[str]:
        for one in stretches:
            for (message_id,) in self._outbox.database.sql(
                AT, (one.epoch, one.first, one.last, NAMED_AT_MOST)
            ):
                yield message_id

    def _named(self, message_ids: Iterable[str]) -> tuple[ComparedMessage, ...]:
        named: list[ComparedMessage] = []
        for message_id in message_ids:
            if len(named) == NAMED_AT_MOST:
                break
            try:
                row = self._outbox.get(message_id)
            except EventUnknown:
                continue
            data = json.loads(row.envelope).get("data", {}) if row.envelope else {}
            named.append(
                ComparedMessage(
                    epoch=row.epoch,
                    sequence=row.sequence,
                    message_id=message_id,
                    type=row.type,
                    subject=row.subject,
                    inspection_id=data.get("inspection_id"),
                )
            )
        return tuple(named)


def _size(stretches: Iterable[Stretch]) -> int:
    return sum(one.size for one in stretches)


def _view(row: OutboxRow) -> OutboxRowView:
    answer = None
    if row.reason or row.exception:
        answer = Message("outbox.answer", {"reason": row.reason or "", "exception": row.exception or ""})
    return OutboxRowView(
        message_id=row.message_id,
        epoch=row.epoch,
        sequence=row.sequence,
        type=row.type,
        subject=row.subject,
        state=row.state.value,
        created_at=row.committed_at,
        attempts=row.attempts,
        answer=answer,
        not_before=None,
    )
