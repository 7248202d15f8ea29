"""On the device: commit as a station commits, and tell the witness of each commit once it is confirmed.

A commit is two pictures, forced to the disk with their names, and then one transaction with the event: the
same picture store, database and outbox as at a returns desk.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime

from edge.ids import new_id
from edge.inspection.evidence import PictureStore
from edge.lab.powertest.confirmations import Confirmation
from edge.lab.powertest.folder import TestFolder
from edge.lab.powertest.witness_line import WitnessLine
from sync.envelope import OutgoingEvent
from sync.outbox import Outbox
from sync.settings import OutboxSettings
from sync.topics import StationIdentity

IDENTITY = StationIdentity("POWERTEST", "device")
EVENT = "darkstore.powertest.committed.v1"
VIEWS = ("top", "front")


def write_commits(
    folder: TestFolder,
    line: WitnessLine,
    *,
    commits: int | None,
    per_second: float,
    picture_kb: int,
    on_confirmed: Callable[[int], None] = lambda _: None,
) -> int:
    """Commit until somebody pulls the plug, or so many times; gives how many were witnessed.

    Args:
        folder: On the disk that is tested.
        line: To the witness.
        commits: How many; None goes on for ever.
        per_second: At most so many.
        picture_kb: Size of each picture, in thousands of bytes; random bytes, which no disk can compress.
        on_confirmed: Told of the number of each.

    Raises:
        FolderUnusable: The folder is not one for power tests.
        WitnessUnreachable, WitnessRefused: The witness is lost; the last commit was not witnessed.
        SyncError, EdgeError: The device's disk refused.
    """
    name, run, number = folder.begin(), secrets.token_hex(4), 0
    with folder.database() as database:
        outbox = Outbox(database, OutboxSettings(), identity=IDENTITY, now=_now, new_id=new_id)
        outbox.begin_epoch()
        pictures = PictureStore(folder.pictures)
        while commits is None or number < commits:
            began = time.monotonic()
            number += 1
            unit = new_id()
            evidence = pictures.save(unit, {view: _picture(picture_kb) for view in VIEWS}, _now())
            data = {"unit": unit, "pictures": {one.path: one.sha256 for one in evidence}}
            with database.write():
                row = outbox.append(OutgoingEvent(type=EVENT, subject=f"run-{run}", data=data))
            # The device has confirmed the commit; only now may the witness hear of it.
            line.tell(
                Confirmation(
                    folder=name,
                    run=run,
                    number=number,
                    message_id=row.message_id,
                    sha256=hashlib.sha256(row.envelope).hexdigest(),
                    pictures={one.path: one.sha256 for one in evidence},
                )
            )
            on_confirmed(number)
            time.sleep(max(0.0, 1 / per_second - (time.monotonic() - began)))
    return number


def _now() -> datetime:
    return datetime.now(UTC)


def _picture(kilobytes: int) -> bytes:
    return secrets.token_bytes(kilobytes * 1000)
