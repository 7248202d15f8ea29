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
from edge.waking import Waking
from sync.database import Database

logger = logging.getLogger(__name__)


def sweep_pictures(store: InspectionStore, pictures: PictureStore) -> list[str]:
    """Put pictures aside whose inspection is not in the records; they wait in the folder `unclaimed`."""
    known = {str(row.path) for row in store.database.run(EvidenceRecord.select(EvidenceRecord.path))}
    swept = pictures.sweep(known, pictures.folder.parent / "unclaimed")
    if swept:
        logger.warning("put %d pictures aside that belong to no saved inspection", len(swept))
    return swept


def tell_of_waking(
    waking: Waking, swept: list[str], tasks: TaskStore, database: Database, clock: Clock
) -> None:
    """Make a task of what the records have lost; the birth tells the OMS which events never come.

    Args:
        waking: What the start found.
        swept: Pictures that belong to no record; after a loss they show which units had been inspected.
        tasks: The staff's.
        database: Where they are kept.
        clock: The time.
    """
    if waking.trouble is None:
        return
    params: dict[str, str | int | float] = {
        "events": waking.lost_events,
        "units": len({unit_of(path) for path in swept}),
    }
    if waking.salvaged is not None:
        tables = waking.salvaged.tables
        params["places"] = sum(table.dropped + len(table.gaps) for table in tables)
        params["folder"] = str(waking.salvaged.set_aside)
    with database.write():
        tasks.add(waking.trouble, f"task.{waking.trouble}", params, clock.reading(), owner="supervisor")


def unit_of(path: str) -> str:
    """The inspection whose picture this is, by the name of the file.

    >>> unit_of("2026-11-22/0190a1b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b-top.jpg")
    '0190a1b2-7c3d-7e4f-8a9b-0c1d2e3f4a5b'
    """
    return path.rpartition("/")[2].rpartition("-")[0]


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
            whole = bool(kept) and len(kept) == len(draft.pictures)
            compare = judge.comparing(item, opened)
            seen = judge.see(kept, references.current(), compare) if whole else Seen()
            workflow.resume(seen if seen.pictures else None)
            state.say(Level.INFO, "notice.restored_item", {**params, "item": item.name}, then="next.go_on")
        state.show()
