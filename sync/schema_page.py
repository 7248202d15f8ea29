"""Reading a database whose table of contents is destroyed, with the contents of a fresh one.

SQLite keeps on page 1 where each table begins; without that page it can't read any other. Our schema steps
always lay out the same pages in the same order, so that the first page of a new database fits: where the
schema is larger than a page, page 1 holds only the way to the pages behind it, and these are the file's own.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

PAGE_SIZE = 4096
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
