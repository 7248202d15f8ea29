"""Reading a database whose table of contents is destroyed, with the contents of a fresh one.

SQLite keeps on page 1 where each table begins; without that page it can't read any other. Our schema steps
always lay out the same pages in the same order, so that the first page of a new database fits: where the
schema is larger than a page, page 1 holds only the way to the pages behind it, and these are the file's own.
"""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path

PAGE_SIZE = 4096
COMMENT = re.compile(r"--[^\n]*")
HEADER = 100
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)  # SQLite quotes damaged text in its own words
LENGTH, FREE_LIST, FREE_PAGES = 28, 32, 36  # places of big-endian numbers in the header


def readable(copy: Path) -> bool:
    """Whether SQLite finds tables in it."""
    try:
        with closing(sqlite3.connect(copy)) as opened:
            return bool(
                opened.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'").fetchone()[0]
            )
    except UNREADABLE:
        return False


def graft(copy: Path, donor: Path) -> bool:
    """Give a damaged copy the first page of a fresh database, if it can be read with that; else leave it.

    Where the pages behind it are gone too, those of the fresh database are tried: they fit a file that was
    made by this version.

    Args:
        copy: A copy of the damaged file; changed.
        donor: A new database of the same schema steps, its log worked in.
    """
    whole = copy.read_bytes()
    if len(whole) < 2 * PAGE_SIZE:
        return False
    fresh = donor.read_bytes()
    for pages in ([1], _schema_pages(fresh)):
        content = bytearray(whole)
        for number in pages:
            place = slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE)
            content[place] = fresh[place]
        content[LENGTH : LENGTH + 4] = (len(whole) // PAGE_SIZE).to_bytes(4, "big")
        content[FREE_LIST : FREE_PAGES + 4] = bytes(8)
        copy.write_bytes(content)
        if _versions_fit(copy, donor):
            return True
    copy.write_bytes(whole)
    return False


def mend_texts(copy: Path, donor: Path) -> None:
    """Write the definitions of tables and indexes anew where they can be read but say something else.

    A flipped bit in the name of a column passes every check of SQLite's, and then no statement finds it. Each
    keeps its own place in the file. A copy of an earlier version is left as it is.
    """
    with suppress(*UNREADABLE), closing(sqlite3.connect(copy)) as opened:
        try:
            if _versions(copy) != _versions(donor):
                return
        except UNREADABLE:
            pass  # the table of versions is itself among what is damaged
        with closing(sqlite3.connect(donor)) as fresh:
            texts = fresh.execute(
                "SELECT sql, type, name FROM sqlite_master WHERE sql IS NOT NULL"
            ).fetchall()
        opened.execute("PRAGMA writable_schema = ON")
        opened.executemany("UPDATE sqlite_master SET sql = ? WHERE type = ? AND name = ?", texts)
        opened.commit()


def definitions(rows: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], str]:
    r"""What a schema says, by type and name, whatever its comments and line breaks.

    >>> definitions([("table", "a", "CREATE TABLE a (  -- first\n  x)")])
    {('table', 'a'): 'CREATE TABLE a ( x)'}
    """
    return {
        (kind, name): " ".join(COMMENT.sub("", text).split())
        for kind, name, text in rows
        if not name.startswith("sqlite_")
    }


def _versions_fit(copy: Path, donor: Path) -> bool:
    """The applied schema steps are read at the place where the grafted page says: then it fits the file."""
    try:
        return _versions(copy) == _versions(donor)
    except UNREADABLE:
        return False


def _versions(path: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(path)) as opened:
        return opened.execute("SELECT set_name, version FROM schema_version ORDER BY 1, 2").fetchall()


def _schema_pages(fresh: bytes) -> list[int]:
    """Page 1 and the pages below it."""
    found, waiting = [], [1]
    while waiting:
        number = waiting.pop()
        found.append(number)
        start = (number - 1) * PAGE_SIZE
        head = start + (HEADER if number == 1 else 0)
        if fresh[head] != 5:  # not an inner page
            continue
        cells = int.from_bytes(fresh[head + 3 : head + 5], "big")
        waiting.append(int.from_bytes(fresh[head + 8 : head + 12], "big"))
        for cell in range(cells):
            pointer = int.from_bytes(fresh[head + 12 + 2 * cell : head + 14 + 2 * cell], "big")
            waiting.append(int.from_bytes(fresh[start + pointer : start + pointer + 4], "big"))
    return found
