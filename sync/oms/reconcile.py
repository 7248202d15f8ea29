"""Owed against applied: nothing lost, nothing twice, said by the OMS's own database and by a journal.

Two sources, neither of which believes the other:

- the *ledger*: each event with its answer, each inspection with its postings, each epoch with its gaps;
- a *journal*, kept by whoever drove the stations, of what they showed as *Saved*: JSON lines of
  `inspection_id`, `message_id`, `type`, `saved_at`. Further fields are ignored.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sync.contract.messages import BLOCK_SIZE
from sync.database import Database
from sync.oms.comparing import Comparing, digest, ranges
from sync.oms.errors import JournalUnreadable

NAMED_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Saved:
    """One line of the journal: something that a station showed as saved."""

    inspection_id: str | None
    message_id: str | None
    type: str | None


@dataclass(frozen=True, slots=True)
class BlockReport:
    """A thousand sequences of an epoch."""

    block: int
    answered: int
    sha256: str


@dataclass(frozen=True, slots=True)
class EpochReport:
    """One epoch of one station.

    Attributes:
        last: Its last sequence, as far as births and events tell.
        missing: Sequences that exist and have no answer, as (from, to).
        lost_at_station: Sequences that the station itself reported as lost in a salvage, and that never came.
    """

    site: str
    station: str
    epoch: str
    last: int
    answered: int
    rejected: int
    missing: tuple[tuple[int, int], ...]
    lost_at_station: tuple[tuple[int, int], ...]
    blocks: tuple[BlockReport, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The reconciliation.

    Attributes:
        owed: Events that must have been applied: by the journal where there is one, else by the epochs.
        applied: Of them, those that were.
        lost: The others, by name: message or inspection id, or `site/station epoch:sequence`.
        applied_twice: Inspections whose goods were booked more than once; articles whose books don't balance.
        rejected: Rejected and not repaired: waiting for the staff, not lost.
        unknown_to_journal: Applied inspections that the journal doesn't have.
        missing: How many events are lost; all of them, also where `lost` is cut short.
        doubled: How many inspections and articles were booked wrongly, likewise.
    """

    owed: int
    applied: int
    missing: int
    doubled: int
    lost: tuple[str, ...]
    applied_twice: tuple[str, ...]
    rejected: tuple[str, ...]
    unknown_to_journal: tuple[str, ...]
    exceptions: dict[str, int]
    epochs: tuple[EpochReport, ...]

    @property
    def good(self) -> bool:
        """Whether nothing is missing and nothing doubled."""
        return not self.missing and not self.doubled

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "good": self.good}


def reconcile(database: Database, journal: Iterable[Saved] | None = None) -> Report:
    """Compares, reading the ledger at one moment; the receiver may be running."""
    with database.read():
        epochs = _epochs(database)
        twice = _booked_twice(database)
        rejected = [
            row[0]
            for row in database.sql(
                "SELECT id FROM events WHERE status = 'rejected' AND replaced_by IS NULL ORDER BY id"
            )
        ]
        exceptions = dict(
            database.sql(
                "SELECT exception, count(*) FROM events WHERE exception IS NOT NULL GROUP BY exception"
            )
        )
        if journal is None:
            owed = sum(one.answered for one in epochs) + sum(_size(one.missing) for one in epochs)
            lost = [
                f"{one.site}/{one.station} {one.epoch}:{first}-{last}"
                for one in epochs
                for first, last in (*one.missing, *one.lost_at_station)
            ]
            missing = sum(_size(one.missing) + _size(one.lost_at_station) for one in epochs)
            applied = sum(one.answered - one.rejected for one in epochs)
            unknown: list[str] = []
        else:
            owed, applied, lost, unknown = _by_journal(database, list(journal))
            missing = len(lost)
    return Report(
        owed=owed,
        applied=applied,
        missing=missing,
        doubled=len(twice),
        lost=tuple(lost[:NAMED_AT_MOST]),
        applied_twice=tuple(twice[:NAMED_AT_MOST]),
        rejected=tuple(rejected[:NAMED_AT_MOST]),
        unknown_to_journal=tuple(unknown[:NAMED_AT_MOST]),
        exceptions=exceptions,
        epochs=tuple(epochs),
    )


def read_journal(path: Path) -> list[Saved]:
    """Reads a journal. A torn last line, such as a killed driver leaves, is left out.

    Raises:
        JournalUnreadable: Another line is damaged, or the file can't be read.
    """
    try:
        content = path.read_text(encoding="utf-8", errors="strict")
    except (OSError, UnicodeDecodeError) as error:
        raise JournalUnreadable(path, 0, str(error)) from error
    lines = content.split("\n")
    torn = lines.pop()
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise JournalUnreadable(path, number, f"not JSON ({error})") from error
        found.append(_saved(path, number, entry))
    if torn.strip():
        with contextlib.suppress(ValueError):
            found.append(_saved(path, len(lines) + 1, json.loads(torn)))
    return found


def _saved(path: Path, number: int, entry: Any) -> Saved:
    if not isinstance(entry, dict):
        raise JournalUnreadable(path, number, "not an object")
    inspection, message = entry.get("inspection_id"), entry.get("message_id")
    if not isinstance(inspection, str) and not isinstance(message, str):
        raise JournalUnreadable(path, number, "names neither an inspection_id nor a message_id")
    return Saved(
        inspection if isinstance(inspection, str) else None,
        message if isinstance(message, str) else None,
        str(entry["type"]) if "type" in entry else None,
    )


def _by_journal(database: Database, journal: list[Saved]) -> tuple[int, int, list[str], list[str]]:
    """Compares what was shown as saved with what was applied."""
    answered = {
        row[0]: row[1] for row in database.sql("SELECT id, coalesce(replaced_by, status) FROM events")
    }
    inspections = {row[0] for row in database.sql("SELECT inspection_id FROM inspections")}
    lost = []
    for saved in journal:
        if saved.message_id is not None:
            if saved.message_id not in answered:
                lost.append(saved.message_id)
        elif saved.inspection_id not in inspections:
            lost.append(str(saved.inspection_id))
    known = {saved.inspection_id for saved in journal}
    unknown = sorted(inspections - known) if known - {None} else []
    return len(journal), len(journal) - len(lost), lost, unknown


def _epochs(database: Database) -> list[EpochReport]:
    keys = database.sql(
        "SELECT site, station, epoch FROM events UNION SELECT site, station, epoch FROM epochs "
        "ORDER BY site, station, epoch"
    )
    return [_epoch(database, *key) for key in keys]


def _epoch(database: Database, site: str, station: str, epoch: str) -> EpochReport:
    key = (site, station, epoch)
    last = database.sql(
        "SELECT max(coalesce((SELECT max(sequence) FROM events WHERE site=? AND station=? AND epoch=?), 0),"
        " coalesce((SELECT last FROM epochs WHERE site=? AND station=? AND epoch=?), 0))",
        (*key, *key),
    )[0][0]
    held = Comparing(database, new_id=str).held(key, 1, last)
    known = {sequence for sequence, _, _ in held}
    lost = {
        sequence
        for first, end in database.sql(
            "SELECT first, last FROM lost_sequences WHERE site=? AND station=? AND epoch=?", key
        )
        for sequence in range(first, end + 1)
    } - known  # what came before the station lost it is applied all the same
    known |= lost
    blocks: dict[int, list[tuple[int, str, str]]] = {}
    for one in held:
        blocks.setdefault((one[0] - 1) // BLOCK_SIZE, []).append(one)
    return EpochReport(
        site=site,
        station=station,
        epoch=epoch,
        last=last,
        answered=len(held),
        rejected=sum(1 for _, _, state in held if state == "rejected"),
        missing=tuple(ranges([number for number in range(1, last + 1) if number not in known])),
        lost_at_station=tuple(ranges(list(lost))),
        blocks=tuple(BlockReport(block, len(lines), digest(lines)) for block, lines in blocks.items()),
    )


def _booked_twice(database: Database) -> list[str]:
    """Looks for doubling in the postings themselves, whatever the rules believe that they did.

    Each inspection takes its goods out of `RETURNING` once; only what an undo gave back may be taken again.
    And the postings of an article sum to zero, and to its balances.
    """
    out: Counter[str] = Counter()
    quantity: dict[str, Decimal] = {}
    for inspection_id, posted in database.sql(
        "SELECT events.inspection_id, postings.quantity FROM postings "
        "JOIN events ON events.id = postings.event_id WHERE postings.account = 'RETURNING'"
    ):
        quantity[inspection_id] = quantity.get(inspection_id, Decimal(0)) - Decimal(posted)
    for inspection_id, holdings in database.sql("SELECT inspection_id, holdings FROM inspections"):
        held = sum((Decimal(one["quantity"]) for one in json.loads(holdings)), Decimal(0))
        if quantity.get(inspection_id, Decimal(0)) > held:
            out[f"inspection {inspection_id}"] += 1
    sums: dict[tuple[str, str, str], Decimal] = {}
    accounts: dict[tuple[str, str, str, str], Decimal] = {}
    for site, item, account, unit, posted in database.sql(
        "SELECT site, item, account, unit, quantity FROM postings"
    ):
        sums[site, item, unit] = sums.get((site, item, unit), Decimal(0)) + Decimal(posted)
        key = (site, item, account, unit)
        accounts[key] = accounts.get(key, Decimal(0)) + Decimal(posted)
    for (site, item, _), total in sums.items():
        if total:
            out[f"postings of {item} at {site}"] += 1
    for site, item, account, unit, balance in database.sql(
        "SELECT site, item, account, unit, quantity FROM balances"
    ):
        if accounts.get((site, item, account, unit), Decimal(0)) != Decimal(balance):
            out[f"balance of {item} in {account} at {site}"] += 1
    return sorted(out)


def _size(found: Iterable[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in found)
