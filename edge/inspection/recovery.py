"""After a stop, however it came: sweep what a crash left behind, and put the staff back where they were."""

import logging

from edge.clock import Clock
from edge.inspection.desk import Level
from edge.inspection.desk_state import DeskState
from edge.inspection.drafts import DraftKeeper
from edge.inspection.evidence import PictureStore
from edge.inspection.judging import Judge, Seen
from edge.inspection.records import EvidenceRecord
from edge.inspection.references import ReferenceStore
from edge.inspection.store import InspectionStore
from edge.inspection.tasks import TaskStore
from edge.inspection.workflow import InspectionWorkflow
from sync.database import Database
from sync.salvage import SalvageReport

logger = logging.getLogger(__name__)


def sweep_pictures(store: InspectionStore, pictures: PictureStore) -> list[str]:
    """Put pictures aside whose inspection is not in the records; they wait in the folder `unclaimed`."""
    known = {str(row.path) for row in store.database.run(EvidenceRecord.select(EvidenceRecord.path))}
    swept = pictures.sweep(known, pictures.folder.parent / "unclaimed")
    if swept:
        logger.warning("put %d pictures aside that belong to no saved inspection", len(swept))
    return swept


def tell_of_salvage(report: SalvageReport, tasks: TaskStore, database: Database, clock: Clock) -> None:
    """Make a task of what a damaged database has lost; the birth tells the OMS which events never come."""
    events = sum(last - first + 1 for _, first, last in report.lost_events)
    rows = sum(table.dropped + len(table.gaps) for table in report.tables)
    params: dict[str, str | int | float] = {"events": events, "places": rows, "folder": str(report.set_aside)}
    logger.error("the database was damaged: %d events lost; the old file is in %s", events, report.set_aside)
    with database.write():
        tasks.add("salvaged", "task.salvaged", params, clock.reading(), owner="supervisor")


def restore_desk(
    state: DeskState,
    drafts: DraftKeeper,
    store: InspectionStore,
    judge: Judge,
    references: ReferenceStore,
    workflow: InspectionWorkflow,
) -> None:
    """Open the return that lay on the desk, with the unit in hand if it was not saved."""
    found = drafts.restore()
    if found is None:
        return
    draft, kept = found
    opened = store.open_return(draft.opened.return_id) or draft.opened
    with state.lock:
        state.badge = draft.badge
        state.opened = opened
        params: dict[str, str | int | float] = {
            "reference": opened.reference.value,
            "units": len(opened.units),
        }
        item = draft.item
        if item is None or store.inspection(item.inspection_id) is not None:
            # The unit was saved before the stop: only the return is still in hand.
            state.say(Level.INFO, "notice.restored_return", params, then="next.scan_item")
        else:
            state.item = item
            seen = (
                judge.see(kept, references.current()) if len(kept) == len(draft.pictures) and kept else Seen()
            )
            workflow.resume(seen if seen.pictures else None)
            state.say(Level.INFO, "notice.restored_item", {**params, "item": item.name}, then="next.go_on")
        state.show()
