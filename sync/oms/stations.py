"""What the receiver knows of each station: its epochs, what it lost, what is missing, what to tell it.

A gap in an epoch's sequences means that something was lost on the way, or that this ledger is older than the
station remembers (an OMS restored from a backup). Once the station has been quiet for a while, so that
nothing is still on its way, it is asked to send just that stretch again. A station that speaks without a
birth having been heard (not every broker gives a retained one to a session that it knows) is asked for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sync.contract.messages import (
    Acks,
    AnswerStatus,
    Birth,
    Compared,
    RebirthCommand,
    ReconcileCommand,
    ResendCommand,
    SequenceRange,
)
from sync.database import Database
from sync.oms.batches import StationAcks, acks_of
from sync.oms.book import EpochKey
from sync.oms.carrying import Carrying
from sync.oms.comparing import named
from sync.oms.forgotten import forgotten
from sync.oms.marks import Marks
from sync.oms.outcomes import EventAnswer
from sync.oms.settings import OmsSettings

GAPS_AT_ONCE = 20
LOOK_INTO_LIMIT = 1000

StationKey = tuple[str, str]  # site, station
StationCommand = ResendCommand | RebirthCommand | ReconcileCommand


@dataclass
class _Contact:
    """When we last heard of a station, and how patient to be with its gaps."""

    heard: float
    wait: float
    reconciled: float
    alive: bool = True
    born: bool = False
    asked_birth: float | None = None
    epoch: str | None = None  # of the last birth


class Stations:
    """Keeps track of stations.

    Args:
        database: The ledger's.
        marks: The through-marks.
        settings: How long to wait.
        carrying: Whose events come through whom.
        new_id: Gives ids of commands.
        monotonic: Seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        database: Database,
        marks: Marks,
        settings: OmsSettings,
        carrying: Carrying,
        *,
        new_id: Callable[[], str],
        monotonic: Callable[[], float],
    ) -> None:
        self._database = database
        self._marks = marks
        self._settings = settings
        self._new_id = new_id
        self._monotonic = monotonic
        self._contacts: dict[StationKey, _Contact] = {}
        self._carrying = carrying

    def heard(self, station: StationKey) -> None:
        """Events came in: whatever is missing may still be on its way."""
        contact = self._contact(station)
        contact.heard, contact.wait, contact.alive = self._monotonic(), self._settings.gap_quiet_s, True

    def asks(self, station: StationKey) -> None:
        """A request came: the station is there, and its events may be complete."""
        self._contact(station).alive = True

    def died(self, station: StationKey, epoch: str) -> None:
        """A death came: nothing is asked of the station until it speaks again.

        That of another epoch than the present one is the late will of an earlier run, and means nothing.
        """
        contact = self._contact(station)
        if contact.epoch not in (None, epoch):
            return
        contact.alive = contact.born = False

    def born(self, birth: Birth) -> list[StationAcks]:
        """A birth came: remembers what exists and what is lost for good; returns where each epoch stands.

        The answers told again are those that a station must not miss: rejections and exceptions. Should the
        broker have lost one, the mark alone would settle a rejected event as though it had been applied.
        """
        station = (birth.site, birth.station)
        self.heard(station)
        contact = self._contact(station)
        contact.born, contact.epoch = True, birth.epoch
        epochs = {one.epoch: one for one in birth.epochs}
        with self._database.write():
            for one in epochs.values():
                key = (birth.site, birth.station, one.epoch)
                self._database.sql(
                    "INSERT INTO epochs (site, station, epoch, last) VALUES (?,?,?,?) "
                    "ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
                    (*key, one.last),
                )
                if one.lost:
                    self._lose(key, [(lost.first, lost.last) for lost in one.lost])
            self._carrying.take(birth)
            for key, lost_there in self._carrying.losses(birth):
                self._lose(key, lost_there)
            told = []
            for epoch in {birth.epoch, *epochs}:
                key = (birth.site, birth.station, epoch)
                through = self._marks.advance(key, ())
                answers = self._to_look_into(key)
                if through.through or answers:
                    told += [
                        StationAcks(birth.site, birth.station, acks)
                        for acks in acks_of(epoch, through, answers)
                    ]
        self._marks.keep()
        return told + [
            StationAcks(*station, self._acks((*station, epoch), forgotten=named(sequences)))
            for epoch, sequences in forgotten(self._database, birth).items()
        ]

    def compared(self, key: EpochKey, found: Compared) -> StationAcks:
        """What a comparison found, for the station; the mark goes back to where nothing is missing."""
        if found.missing:
            with self._database.write():
                self._marks.lower(key, found.missing[0].first)
        return StationAcks(key[0], key[1], self._acks(key, compared=found))

    def commands(self) -> list[tuple[StationKey, StationCommand]]:
        """What is to be asked of stations now."""
        now = self._monotonic()
        asked: list[tuple[StationKey, StationCommand]] = []
        for station, contact in self._contacts.items():
            if not contact.alive:
                continue
            if not contact.born and (
                contact.asked_birth is None or now - contact.asked_birth >= self._settings.gap_cap_s
            ):
                contact.asked_birth = now
                asked.append((station, RebirthCommand(id=self._new_id())))
            if now - contact.heard >= contact.wait:
                asked += [(station, command) for command in self._resends(station)]
                contact.heard, contact.wait = now, min(contact.wait * 2, self._settings.gap_cap_s)
            if now - contact.reconciled >= self._settings.reconcile_every_s:
                contact.reconciled = now
                asked.append((station, ReconcileCommand(id=self._new_id())))
        return asked

    def answers(self, key: EpochKey, event_ids: list[str]) -> list[Acks]:
        """The recorded answers to these events, told again."""
        found = []
        for event_id in event_ids:
            found += self._database.sql(
                "SELECT sequence, id, status, exception, reason, field FROM events WHERE id = ?", (event_id,)
            )
        return acks_of(key[2], self._marks.through(key), [_answer_of(row) for row in found])

    def _acks(
        self,
        key: EpochKey,
        *,
        compared: Compared | None = None,
        forgotten: tuple[SequenceRange, ...] | None = None,
    ) -> Acks:
        mark = self._marks.through(key)
        return Acks(
            epoch=key[2],
            through=mark.through,
            through_id=mark.through_id,
            compared=compared,
            forgotten=forgotten,
        )

    def _resends(self, station: StationKey) -> list[ResendCommand]:
        rows = self._database.sql(
            "SELECT epoch, max(last) FROM ("
            "  SELECT epoch, last FROM epochs WHERE site = ? AND station = ?"
            "  UNION ALL SELECT epoch, through FROM marks WHERE site = ? AND station = ?"
            ") GROUP BY epoch ORDER BY epoch",
            (*station, *station),
        )
        wanted = [((*station, epoch), last) for epoch, last in rows] + self._carrying.epochs_of(*station)
        commands: list[ResendCommand] = []
        for key, last in wanted:
            for row in self._database.sql(
                "SELECT max(sequence) FROM events WHERE site = ? AND station = ? AND epoch = ?", key
            ):
                last = max(last, row[0] or 0)  # noqa: PLW2901 - the ledger may know more than the birth
            gaps = self._marks.missing(key, last, GAPS_AT_ONCE - len(commands))
            commands += [
                ResendCommand(id=self._new_id(), epoch=key[2], first=first, last=end) for first, end in gaps
            ]
        return commands

    def _lose(self, key: EpochKey, ranges: list[tuple[int, int]]) -> None:
        self._database.sql_many(
            "INSERT INTO lost_sequences (site, station, epoch, first, last) VALUES (?,?,?,?,?) "
            "ON CONFLICT DO UPDATE SET last = excluded.last",
            [(*key, first, last) for first, last in ranges],
        )
        for first, last in ranges:  # nothing waits for what never comes
            self._database.sql(
                "DELETE FROM held_subjects "
                "WHERE site = ? AND station = ? AND epoch = ? AND sequence BETWEEN ? AND ?",
                (*key, first, last),
            )
        self._marks.forget(key)

    def _to_look_into(self, key: EpochKey) -> list[tuple[int, EventAnswer]]:
        rows = self._database.sql(
            "SELECT sequence, id, status, exception, reason, field FROM events "
            "WHERE site = ? AND station = ? AND epoch = ? AND (status = 'rejected' OR exception IS NOT NULL) "
            "ORDER BY sequence DESC LIMIT ?",
            (*key, LOOK_INTO_LIMIT),
        )
        return [_answer_of(row) for row in reversed(rows)]

    def _contact(self, station: StationKey) -> _Contact:
        if station not in self._contacts:
            now = self._monotonic()
            self._contacts[station] = _Contact(now, self._settings.gap_quiet_s, now)
        return self._contacts[station]


def _answer_of(row: tuple[int, str, str, str | None, str | None, str | None]) -> tuple[int, EventAnswer]:
    sequence, event_id, status, exception, reason, field = row
    if status == "rejected":
        return sequence, EventAnswer(
            event_id, AnswerStatus.REJECTED, reason=reason or "rejected", field=field
        )
    return sequence, EventAnswer(event_id, AnswerStatus.DUPLICATE, exception, reason)
