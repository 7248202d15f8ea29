"""How the parts of the desk know each other; each alone knows only those named in its constructor.

The bootstrap gives it real cameras and eyes, a test hand-written ones.
"""

from collections.abc import Callable
from dataclasses import dataclass

from edge.clock import Clock
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import PolicyShelf
from edge.ids import new_id
from edge.inspection.aftercare import Aftercare
from edge.inspection.arrivals import Arrivals
from edge.inspection.comparing import GoldenComparer
from edge.inspection.confirming import Confirming, Staff
from edge.inspection.desk_state import DeskState
from edge.inspection.drafts import DraftKeeper
from edge.inspection.evidence import PictureStore
from edge.inspection.holds import HoldStore
from edge.inspection.journal import Journal
from edge.inspection.judging import Cameras, Eyes, Judge
from edge.inspection.lookup import Lookup
from edge.inspection.references import ReferenceStore
from edge.inspection.saved import ModelUsed
from edge.inspection.second_looks import SecondLooks
from edge.inspection.storage import StorageGovernor
from edge.inspection.store import InspectionStore
from edge.inspection.tasks import TaskStore
from edge.inspection.unit_in_hand import UnitInHand
from edge.inspection.workflow import InspectionWorkflow
from edge.returns.identified import Identified
from edge.returns.identify import identify
from edge.returns.store import LocalCopy
from edge.settings import Settings
from edge.versions import SOFTWARE
from sync.database import Database
from sync.outbox import Outbox


@dataclass(frozen=True, slots=True)
class AssembledDesk:
    """The desk with the parts that others need too."""

    workflow: InspectionWorkflow
    journal: Journal
    state: DeskState
    store: InspectionStore
    copy: LocalCopy
    pictures: PictureStore
    references: ReferenceStore
    holds: HoldStore
    tasks: TaskStore
    drafts: DraftKeeper
    judge: Judge
    storage: StorageGovernor
    second_looks: SecondLooks
    staff: Staff


def assemble_desk(
    settings: Settings,
    database: Database,
    outbox: Outbox,
    *,
    cameras: Cameras,
    eyes: Eyes,
    policies: PolicyShelf,
    model: ModelUsed | None,
    clock: Clock,
    threshold: Callable[[PolicyPack], float | None] = lambda _: None,
    golden: GoldenComparer | None = None,
) -> AssembledDesk:
    """Build the desk; nothing is started. `threshold` and `golden`: as `Judge` is given them."""
    section, data = settings.station, settings.station.data_dir
    state, staff = DeskState(), Staff(settings.staff.supervisors)
    store = InspectionStore(database, outbox)
    pictures, references = PictureStore(data / "pictures"), ReferenceStore(data / "references")
    holds, tasks = HoldStore(database, new_id), TaskStore(database, new_id)
    copy = LocalCopy(database, now=clock.now, on_refused=_task_of_refused(tasks, clock))
    storage = StorageGovernor(
        database,
        pictures.folder,
        reserve_mb=settings.storage.reserve_mb,
        stop_mb=settings.storage.stop_mb,
        picture_days=settings.storage.picture_days,
        now=clock.now,
        clock_ok=lambda: clock.reading().ok,
        message_days=settings.outbox.retention_days,
        previews=data / "drafts",
        queue_mb=settings.storage.queue_mb,
    )
    drafts = DraftKeeper(database, data / "drafts", clock, is_short=storage.is_short)
    judge = Judge(
        cameras,
        eyes,
        references,
        copy,
        model=model,
        site=section.site,
        utc_offset_minutes=section.utc_offset_minutes,
        threshold=threshold,
        golden=golden,
    )
    arrivals = Arrivals(
        state,
        copy,
        store,
        clock,
        site=section.site,
        station=section.station,
        bag_time_limit_minutes=settings.policies.bag_closes_after_minutes,
    )
    confirming = Confirming(state, store, pictures, copy, holds, staff, clock, software=SOFTWARE, model=model)
    aftercare = Aftercare(state, store, holds, tasks, copy, policies, confirming, staff, clock)
    lookup = Lookup(copy, policies, site=section.site)
    workflow = InspectionWorkflow(
        state=state,
        identify=identifier(settings, clock),
        arrivals=arrivals,
        unit=UnitInHand(state, arrivals, lookup, judge, confirming, policies, storage, clock, new_id),
        confirming=confirming,
        aftercare=aftercare,
        drafts=drafts,
        store=store,
        clock=clock,
    )
    journal = Journal(
        database,
        store,
        holds,
        pictures,
        state,
        now=clock.now,
        utc_offset_minutes=section.utc_offset_minutes,
    )
    return AssembledDesk(
        workflow=workflow,
        journal=journal,
        state=state,
        store=store,
        copy=copy,
        pictures=pictures,
        references=references,
        holds=holds,
        tasks=tasks,
        drafts=drafts,
        judge=judge,
        storage=storage,
        second_looks=SecondLooks(
            database,
            clock,
            share=settings.second_looks.share,
            bag_is_open=lambda: state.opened is not None,
            who=lambda: state.badge,
        ),
        staff=staff,
    )


def _task_of_refused(tasks: TaskStore, clock: Clock) -> Callable[[str, str], None]:
    def refused(item: str, why: str) -> None:
        params: dict[str, str | int | float] = {"what": item[:80], "reason": why[:200]}
        tasks.add("item_refused", "task.item_refused", params, clock.reading(), owner="supervisor")

    return refused


def identifier(settings: Settings, clock: Clock) -> Callable[[str, str | None], Identified]:
    """Tells what a scanned text is, by this site's patterns."""

    def identify_here(text: str, symbology: str | None) -> Identified:
        reading = clock.reading()
        return identify(text, symbology, settings.patterns, today=reading.now.date() if reading.ok else None)

    return identify_here
