"""When something is wrong: the shortest story of what happened to it.

Of all that the driver and the OMS wrote down, only what concerns one unit or return: when it was shown, what
was done to the chain in that round, and what the OMS's books say of it.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from edge.lab.torture.books import read_lines
from edge.lab.torture.findings import MAY_HEAL, Finding

STORIES = 3
LINES_PER_STORY = 40
OURS = ("asked", "saved", "undone", "put_away", "closed", "not_shown")
CHAIN = ("round", "fault", "started", "restored")


def tell(findings: Sequence[Finding], journal: Path, ledger: Path) -> list[str]:
    """The stories of the first findings, a line each step.

    Args:
        findings: What is wrong.
        journal: The driver's.
        ledger: The OMS's database file.
    """
    lines = read_lines(journal)
    told: list[str] = []
    heals_never_first = sorted(findings, key=lambda one: one.kind in MAY_HEAL)
    for finding in heals_never_first[:STORIES]:
        told += [f"{finding.kind}: {finding.what}", *_story(finding, lines, ledger), ""]
    if len(findings) > STORIES:
        told.append(f"… and {len(findings) - STORIES} more findings.")
    return told


def _story(finding: Finding, lines: Sequence[dict[str, Any]], ledger: Path) -> list[str]:
    return_id = finding.return_id or _return_of(finding.inspection_id, lines)
    ours = [line for line in lines if line["kind"] in OURS and _concerns(line, finding, return_id)]
    rounds = {line["round"] for line in (*ours, *lines[-1:])}
    told = [
        _sentence(line)
        for line in lines
        if line in ours or (line["kind"] in CHAIN and line["round"] in rounds)
    ]
    return [f"  {one}" for one in (told[-LINES_PER_STORY:] + _booked(finding, return_id, ledger))]


def _return_of(inspection_id: str | None, lines: Iterable[dict[str, Any]]) -> str | None:
    for line in lines:
        if line["kind"] == "saved" and line["inspection_id"] == inspection_id:
            return str(line["return_id"])
    return None


def _concerns(line: dict[str, Any], finding: Finding, return_id: str | None) -> bool:
    inspection = line.get("inspection_id")
    if inspection is not None and finding.inspection_id is not None:
        return bool(inspection == finding.inspection_id)
    return return_id is not None and line.get("return_id") == return_id


def _sentence(line: dict[str, Any]) -> str:
    at, kind = str(line["at"])[11:23], line["kind"]
    match kind:
        case "round":
            what = f"round {line['round']} begins on {line['broker']}"
        case "fault":
            what = f"{line['fault']} at {line['target']}: {line['what']}"
        case "started":
            what = f"{line['desk']} runs as {line['epoch']}"
        case "restored":
            what = f"{line['desk']} has its old data back"
        case "not_shown":
            what = f"{line['desk']} did not save unit {line['unit']} of bag {line['bag']}: {line['why']}"
        case _:
            unit = line.get("serial") or line.get("inspection_id") or line.get("return_id")
            what = f"{line['desk']}: {unit} {kind}" + (
                f" as {line['disposition']}" if "disposition" in line else ""
            )
    return f"{at}  {what}"


def _booked(finding: Finding, return_id: str | None, ledger: Path) -> list[str]:
    if not ledger.exists():
        return ["the OMS has not come to keep books"]
    with closing(sqlite3.connect(f"{ledger.absolute().as_uri()}?mode=ro", uri=True)) as books:
        rows = books.execute(
            "SELECT o.place, e.station, e.epoch, e.sequence, e.type, e.status, e.exception, e.reason, "
            "e.answered_at, e.inspection_id FROM events e LEFT JOIN torture_order o ON o.id = e.id "
            "WHERE e.subject = ? OR e.inspection_id = ? ORDER BY o.place",
            (return_id, finding.inspection_id),
        ).fetchall()
    return [
        f"OMS #{place} {str(at)[11:23]} {station} {epoch}:{sequence} {kind.split('.')[-2]} {status}"
        + (f" ({exception or ''}{' ' if exception and reason else ''}{reason or ''})" if reason else "")
        + (f" [{inspection_id}]" if inspection_id else "")
        for place, station, epoch, sequence, kind, status, exception, reason, at, inspection_id in rows
    ] or ["the OMS's books know nothing of it"]
