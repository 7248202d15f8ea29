"""Events of one station that come through another one, where its outbox was imported.

A broker's access list tells stations apart by their topics, so an event on a station's topic that names
another station needs a reason. It is accepted where both hold:

- the carrier's own birth names the station and the epoch: it says openly what was imported there;
- of what it names, at least one epoch was told by that station itself, in a birth on its own topic. The
  random part of an epoch stands in no topic but the station's own, so whoever knows it has the station's
  records. (A station that was never heard has no records here that could be spoiled.)

Without the first the event is put off, and the birth may still be on its way; without the second it is
refused, visibly on both sides, and nothing is recorded in the other station's name.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sync.contract.messages import AnswerStatus, Birth
from sync.database import Database
from sync.oms.book import EpochKey
from sync.oms.incoming import Incoming
from sync.oms.outcomes import EventAnswer

WAIT = timedelta(seconds=30)


class Carrying:
    """Knows who carries whose events.

    Args:
        database: The ledger's.
        now: Wall time, UTC.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def take(self, birth: Birth) -> None:
        """Remember what a birth says to be carried, in place of what the one before it said.

        In a transaction.
        """
        self._database.sql("DELETE FROM carried WHERE site = ? AND carrier = ?", (birth.site, birth.station))
        self._database.sql_many(
            "INSERT OR REPLACE INTO carried (site, carrier, station, epoch, last) VALUES (?,?,?,?,?)",
            [
                (birth.site, birth.station, one.station, epoch.epoch, epoch.last)
                for one in birth.carries or ()
                for epoch in one.epochs
                if one.station != birth.station
            ],
        )

    def losses(self, birth: Birth) -> list[tuple[EpochKey, list[tuple[int, int]]]]:
        """What a salvage at a carried station could not bring back, as far as the carrier is believed."""
        return [
            ((birth.site, one.station, epoch.epoch), [(lost.first, lost.last) for lost in epoch.lost])
            for one in birth.carries or ()
            if one.station != birth.station and self._vouched(birth.site, birth.station, one.station)
            for epoch in one.epochs
            if epoch.lost
        ]

    def refusal(self, carrier: str, incoming: Incoming) -> EventAnswer | None:
        """The answer to an event that may not come through `carrier`; None where it may, or is its own."""
        if incoming.station == carrier:
            return None
        if not self._named(incoming.site, carrier, incoming.station, incoming.epoch):
            return EventAnswer(
                incoming.id,
                AnswerStatus.RETRY,
                reason=f"No birth of {carrier} says that it carries epoch {incoming.epoch} "
                f"of {incoming.station}.",
                not_before=self._now() + WAIT,
            )
        if not self._vouched(incoming.site, carrier, incoming.station):
            return EventAnswer(
                incoming.id,
                AnswerStatus.REJECTED,
                reason=f"{carrier} shows no epoch that {incoming.station} itself has told. "
                f"Import an outbox that was exported on {incoming.station}.",
                field="station",
            )
        return None

    def epochs_of(self, site: str, carrier: str) -> list[tuple[EpochKey, int]]:
        """What a station carries rightly: epochs of others, each with its last sequence."""
        rows = self._database.sql(
            "SELECT station, epoch, last FROM carried WHERE site = ? AND carrier = ? ORDER BY station, epoch",
            (site, carrier),
        )
        vouched = {station: self._vouched(site, carrier, station) for station in {row[0] for row in rows}}
        return [((site, station, epoch), last) for station, epoch, last in rows if vouched[station]]

    def _named(self, site: str, carrier: str, station: str, epoch: str) -> bool:
        return bool(
            self._database.sql(
                "SELECT 1 FROM carried WHERE site = ? AND carrier = ? AND station = ? AND epoch = ?",
                (site, carrier, station, epoch),
            )
        )

    def _vouched(self, site: str, carrier: str, station: str) -> bool:
        if not self._database.sql(
            "SELECT 1 FROM epochs WHERE site = ? AND station = ? LIMIT 1", (site, station)
        ):
            return True  # never heard
        return bool(
            self._database.sql(
                "SELECT 1 FROM carried c JOIN epochs e USING (site, station, epoch) "
                "WHERE c.site = ? AND c.carrier = ? AND c.station = ? LIMIT 1",
                (site, carrier, station),
            )
        )
