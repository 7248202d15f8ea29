"""The folder on the disk that is tested: a database and pictures as a station has them, and nobody's goods.

DIR/powertest.json   that this is a test, and its own name; a station's folder is refused
DIR/station.db       the outbox, as a station keeps it
DIR/pictures/        two pictures a commit
"""

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.bootstrap import DATABASE_FILE, EDGE_MIGRATIONS
from edge.lab.powertest.errors import FolderUnusable
from edge.locking import DataFolderLock
from sync.database import Database
from sync.folders import make_folder, sync_folder
from sync.records import SYNC_MIGRATIONS

MARKER = "powertest.json"


class TestFolder:
    """One power test's folder.

    Args:
        path: The folder.
    """

    __test__ = False  # no test of pytest's

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.pictures = self.path / "pictures"

    def begin(self) -> str:
        """The folder's own name; a new folder is given one, on the disk before anything else.

        Raises:
            FolderUnusable: A station lives here, or something else does.
        """
        marker = self.path / MARKER
        if marker.exists():
            return self.name()
        if self.path.exists() and any(self.path.iterdir()):
            raise FolderUnusable(f"{self.path} is not empty and holds no power test.")
        make_folder(self.path)
        name = secrets.token_hex(8)
        with marker.open("w", encoding="utf-8") as file:
            file.write(json.dumps({"folder": name}))
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.path)
        return name

    def name(self) -> str:
        """The name of a test that was begun before.

        Raises:
            FolderUnusable: None was.
        """
        try:
            return str(json.loads((self.path / MARKER).read_text(encoding="utf-8"))["folder"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FolderUnusable(f"{self.path} holds no power test ({error}).") from error

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, locked and opened as a station opens it.

        Raises:
            StationLocked: A writer is at work.
            DatabaseDamaged: It fails its integrity check.
        """
        with DataFolderLock(self.path):
            migrations = [SYNC_MIGRATIONS, EDGE_MIGRATIONS]
            database = Database.open(self.path / DATABASE_FILE, migrations, now=lambda: datetime.now(UTC))
            try:
                yield database
            finally:
                database.close()
