"""Carrying what a dying device still owes to another one, as a file.

JSON lines: a head, one line for each event, and a foot with their number and SHA-256, so that a half-copied
file is noticed. Events keep their station, epoch, sequence, id and bytes; the machine that imports them
delivers them under its own connection, and the OMS can't tell them twice, whoever delivers.
"""

import base64
import binascii
import hashlib
import json
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sync.carried import CarriedEpoch, epochs_to_export, take_epochs
from sync.database import Database
from sync.errors import TransferRefused

FORMAT = "darkstore-outbox/1"
PAGE = 1000

EXPORT = (
    "SELECT o.position, o.message_id, o.site, o.station, o.epoch, o.sequence, o.type, o.subject, "
    "o.replaces, o.committed_at, o.state, o.reason, p.envelope, "
    "EXISTS (SELECT 1 FROM outbox_holds h WHERE h.message_id = o.message_id) "
    "FROM outbox o JOIN outbox_payloads p USING (position) "
    "WHERE o.state IN ({states}) AND o.position > ? ORDER BY o.position LIMIT ?"
)
INSERT = (
    "INSERT INTO outbox (position, message_id, site, station, epoch, sequence, type, subject, place, "
    "replaces, committed_at, state, status, reason) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True)
class TransferSummary:
    """What an export wrote, or an import took.

    Attributes:
        taken: Events written or taken in.
        known: Events of the file that were here already.
        first_position: Where the imported ones begin here.
    """

    taken: int
    known: int = 0
    first_position: int = 0


class _Head(BaseModel):
    """The first line: whose runs these are, also those of which nothing is owed."""

    model_config = ConfigDict(extra="forbid")

    format: str
    epochs: list[CarriedEpoch] = Field(default_factory=list, max_length=10_000)


class _Line(BaseModel):
    """One event in the file."""

    model_config = ConfigDict(extra="forbid")

    message_id: str = Field(min_length=1, max_length=64)
    site: str = Field(min_length=1, max_length=64)
    station: str = Field(min_length=1, max_length=64)
    epoch: str = Field(min_length=1, max_length=64)
    sequence: int = Field(ge=1)
    type: str = Field(min_length=1, max_length=256)
    subject: str = Field(min_length=1, max_length=256)
    replaces: str | None = Field(default=None, max_length=64)
    committed_at: str = Field(min_length=20, max_length=40)
    dead: bool
    held: bool = True  # a dead letter that was repaired or released holds nothing back
    reason: str | None = None
    envelope: str


def export_rows(database: Database, path: Path) -> TransferSummary:
    """Write every event that is not settled, rejected ones too; the file appears when it is whole."""
    digest, count = hashlib.sha256(), 0
    partial = path.with_name(path.name + ".part")
    with database.read(), partial.open("wb") as file:
        epochs = [epoch.model_dump() for epoch in epochs_to_export(database)]
        file.write(_json({"format": FORMAT, "epochs": epochs}))
        for line in _owed_lines(database):
            digest.update(line)
            file.write(line)
            count += 1
        file.write(_json({"events": count, "sha256": digest.hexdigest()}))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return TransferSummary(taken=count)


def import_rows(database: Database, path: Path, *, max_event_bytes: int) -> TransferSummary:
    """Owe the events of a file, inside the caller's transaction; those that are here already are left alone.

    Raises:
        TransferRefused: not an export, damaged, or an event that contradicts its own envelope.
    """
    epochs, lines = _checked(path)
    first = position = int(database.sql("SELECT coalesce(max(position), 0) + 1 FROM outbox")[0][0])
    known = 0
    places: dict[str, int] = {}
    for line in lines:
        if database.sql("SELECT 1 FROM outbox WHERE message_id = ?", (line.message_id,)):
            known += 1
            continue
        envelope = _envelope_of(line, path, max_event_bytes)
        place = places.get(line.replaces or "", position)
        places[line.message_id] = place
        _insert(database, line, envelope, position, place)
        position += 1
    take_epochs(database, [*epochs, *_epochs_of(lines)])
    return TransferSummary(taken=position - first, known=known, first_position=first)


def _owed_lines(database: Database) -> Iterator[bytes]:
    query = EXPORT.format(states="'PENDING', 'SENT', 'DEAD'")
    position = 0
    while rows := database.sql(query, (position, PAGE)):
        for row in rows:
            position = row[0]
            yield _json(
                {
                    "message_id": row[1],
                    "site": row[2],
                    "station": row[3],
                    "epoch": row[4],
                    "sequence": row[5],
                    "type": row[6],
                    "subject": row[7],
                    "replaces": row[8],
                    "committed_at": row[9],
                    "dead": row[10] == "DEAD",
                    "held": bool(row[13]),
                    "reason": row[11],
                    "envelope": base64.b64encode(row[12]).decode(),
                }
            )


def _epochs_of(lines: list[_Line]) -> list[CarriedEpoch]:
    """The runs of the events themselves, with what is known of their ends."""
    last: dict[tuple[str, str, str], int] = {}
    for line in lines:
        key = (line.site, line.station, line.epoch)
        last[key] = max(line.sequence, last.get(key, 0))
    return [CarriedEpoch(site=key[0], station=key[1], epoch=key[2], last=end) for key, end in last.items()]


def _checked(path: Path) -> tuple[list[CarriedEpoch], list[_Line]]:
    try:
        raw = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise TransferRefused(path, str(error)) from error
    if len(raw) < 2 or _object(raw[0], path).get("format") != FORMAT:
        raise TransferRefused(path, f"it does not begin as {FORMAT}")
    body, foot = raw[1:-1], _object(raw[-1], path)
    if foot.get("events") != len(body) or foot.get("sha256") != hashlib.sha256(b"".join(body)).hexdigest():
        raise TransferRefused(path, "it is not whole: its number of events or its digest differs")
    try:
        return _Head.model_validate_json(raw[0]).epochs, [_Line.model_validate_json(line) for line in body]
    except ValidationError as error:
        raise TransferRefused(path, f"a line is malformed ({error.errors()[0]['msg']})") from error


def _envelope_of(line: _Line, path: Path, max_event_bytes: int) -> bytes:
    try:
        envelope = base64.b64decode(line.envelope, validate=True)
    except binascii.Error as error:
        raise TransferRefused(path, f"event {line.message_id} is not base64") from error
    content = _object(envelope, path)
    stated = (line.message_id, line.site, line.station, line.epoch, line.sequence, line.type, line.subject)
    written = tuple(
        content.get(name) for name in ("id", "site", "station", "epoch", "sequence", "type", "subject")
    )
    if stated != written:
        raise TransferRefused(path, f"event {line.message_id} contradicts its own envelope")
    if len(envelope) > max_event_bytes:
        raise TransferRefused(path, f"event {line.message_id} is larger than {max_event_bytes} bytes")
    return envelope


def _insert(database: Database, line: _Line, envelope: bytes, position: int, place: int) -> None:
    state = "DEAD" if line.dead else "PENDING"
    database.sql(
        INSERT,
        (
            position,
            line.message_id,
            line.site,
            line.station,
            line.epoch,
            line.sequence,
            line.type,
            line.subject,
            place,
            line.replaces,
            line.committed_at,
            state,
            "rejected" if line.dead else None,
            line.reason,
        ),
    )
    database.sql(
        "INSERT INTO outbox_payloads (position, envelope, checksum) VALUES (?, ?, ?)",
        (position, envelope, zlib.crc32(envelope)),
    )
    database.sql("UPDATE outbox_counts SET total = total + 1 WHERE state = ?", (state,))
    if line.dead and line.held:
        database.sql(
            "INSERT INTO outbox_holds (message_id, subject, place, since) VALUES (?, ?, ?, ?)",
            (line.message_id, line.subject, place, line.committed_at),
        )


def _object(line: bytes, path: Path) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise TransferRefused(path, "a line is not JSON") from error
    if not isinstance(content, dict):
        raise TransferRefused(path, "a line is not a JSON object")
    return content


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
