"""Can the station's one file be read, is it whole, and do we know its version?

After a start on damaged records it stays a warning until the next start, however whole the new file is.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from edge.health.answer import failed, warning, well
from edge.station.services import HealthCheck
from sync.errors import DatabaseTooNew
from sync.migrating import MigrationSet
from sync.sealing import SealState, check_seal


def check_database(
    path: Path,
    *,
    thorough: bool = False,
    migrations: Sequence[MigrationSet] = (),
    trouble: str | None = None,
) -> HealthCheck:
    """Open the file read-only and look.

    Args:
        path: The database; one that does not exist yet is in order.
        thorough: Read every page, which takes seconds on a large file; otherwise only that it opens.
        migrations: The schemas that this program knows; a later one is refused, as the station would.
        trouble: What the start found: `salvaged`, `went_back` or `altered`.
    """
    if not path.exists():
        return well("database", "absent", path=str(path))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0)) as file:
            file.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if thorough:
                found = str(file.execute("PRAGMA quick_check(1)").fetchone()[0])
                if found != "ok":
                    return failed("database", "damaged", path=str(path), problem=found)
            for known in migrations:
                version = _version_of(file, known.name)
                if version > len(known.steps()):
                    newer = DatabaseTooNew(path, known.name, version, len(known.steps()))
                    return failed("database", "refused", problem=str(newer))
    except sqlite3.OperationalError as error:
        return failed("database", "unreadable", path=str(path), problem=str(error))
    except sqlite3.DatabaseError as error:
        return failed("database", "damaged", path=str(path), problem=str(error))
    if thorough and check_seal(path) is SealState.BROKEN:
        return warning("database", "altered")
    if trouble == "salvaged":
        return warning("database", "salvaged", folder=str(path.parent / "damaged"))
    if trouble == "went_back":
        return warning("database", "went_back")
    if trouble == "altered":
        return warning("database", "altered")
    return well("database", size_mb=round(path.stat().st_size / 1e6, 1))


def _version_of(file: sqlite3.Connection, name: str) -> int:
    """The last schema step applied; 0 in a file that has none yet."""
    if file.execute("SELECT 1 FROM sqlite_schema WHERE name = 'schema_version'").fetchone() is None:
        return 0
    found = file.execute("SELECT max(version) FROM schema_version WHERE set_name = ?", (name,)).fetchone()
    return int(found[0] or 0)
