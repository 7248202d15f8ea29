"""What the driver does first when a killed shift goes on: look, as staff would after a power cut.

Between the station's commit and the driver's own note a kill may fall: then the station shows a unit as
saved that the journal doesn't know. The staff see it in today's list; from then on it counts as shown.
"""

from typing import Any

from edge.lab.desk_watch import DeskWatch
from edge.lab.driver_journal import DriverJournal
from edge.lab.played import PlayedUnit

PAGE = 500
"""Units read at once; the station gives no more."""


def recollect(watch: DeskWatch, journal: DriverJournal) -> int:
    """Note what the station shows as saved and the journal lacks; put an unfinished bag aside.

    Returns:
        How many units were found that way.
    """
    found = 0
    known = {entry["inspection_id"] for entry in journal.entries("saved")}
    undone = {entry["inspection_id"] for entry in journal.entries("undone")}
    begun = journal.entries("begun")
    for shown in reversed(_all_of_today(watch)):
        inspection_id = str(shown["inspection_id"])
        if inspection_id not in known and begun:
            one = PlayedUnit(
                unit_id=str(begun[-1]["unit_id"]),
                play_id=str(begun[-1]["play_id"]),
                return_id=str(shown["return_id"]),
                item=str(shown["name"]),
                inspection_id=inspection_id,
                grade=shown["grade"],
                proposed=str(shown["disposition"]),
                disposition=str(shown["disposition"]),
                findings=(),
                rules=(),
                decided_ms=float(shown["decided_ms"] or 0),
                overridden=bool(shown["overridden"]),
            )
            journal.write_unit(one)
            found += 1
        if shown["corrected"] and inspection_id not in undone and inspection_id in known:
            journal.write("undone", inspection_id=inspection_id, return_id=str(shown["return_id"]))
    if watch.now()["current_return"] is not None:
        watch.do("/api/return/leave")
    return found


def _all_of_today(watch: DeskWatch) -> list[dict[str, Any]]:
    """Every unit of the station's list, newest first."""
    shown: list[dict[str, Any]] = []
    while True:
        before = f"&before={shown[-1]['inspection_id']}" if shown else ""
        page = watch.client.get(f"/api/inspections?limit={PAGE}{before}")
        shown.extend(page)
        if len(page) < PAGE:
            return shown
