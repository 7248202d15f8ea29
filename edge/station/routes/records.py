"""The work done and the work to do: inspections with their pictures, holds, tasks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from edge.inspection.desk import Desk
from edge.inspection.summaries import HoldSummary, InspectionDetail, InspectionSummary, OmsState, TaskSummary
from edge.station.errors import NotFound
from edge.station.schemas import Done, PutAwayIn, ResolveIn
from edge.station.services import StationServices

RecordId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$")]
ViewName = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


def record_routes(services: StationServices) -> APIRouter:
    """Routes of what was saved and what waits."""
    router = APIRouter(prefix="/api", tags=["records"])
    workflow, journal = services.workflow, services.journal

    @router.get("/inspections")
    def inspections(
        limit: Annotated[int, Query(ge=1, le=500, description="At most so many.")] = 100,
        before: Annotated[
            str | None,
            Query(
                pattern=r"^[A-Za-z0-9-]{1,64}$",
                description="Go on from here: the id of the last inspection of the page before.",
            ),
        ] = None,
        oms: Annotated[
            list[OmsState] | None, Query(description="Only those that the OMS knows so far; may be repeated.")
        ] = None,
    ) -> list[InspectionSummary]:
        """Today's inspections, newest first, page by page."""
        return list(journal.today(limit=limit, before=before, states=oms or ()))

    @router.get("/inspections/{inspection_id}")
    def inspection(inspection_id: RecordId) -> InspectionDetail:
        """One inspection with findings, rules and movements."""
        detail = journal.get(inspection_id)
        if detail is None:
            raise NotFound(what=inspection_id)
        return detail

    @router.get("/inspections/{inspection_id}/pictures/{view}", response_class=Response)
    def picture(inspection_id: RecordId, view: ViewName) -> Response:
        """The JPEG of a view, as it was judged."""
        jpeg = journal.picture(inspection_id, view)
        if jpeg is None:
            raise NotFound(what=view)
        return Response(jpeg, media_type="image/jpeg")

    @router.post("/inspections/{inspection_id}/undo")
    def undo(inspection_id: RecordId) -> Desk:
        """Correct a saved inspection; the OMS is told to reverse its movements."""
        return workflow.undo(inspection_id)

    @router.post("/inspections/{inspection_id}/put-away")
    def put_away(inspection_id: RecordId, body: PutAwayIn) -> Done:
        """The unit lies in its place."""
        workflow.put_away(inspection_id, body.place_code)
        return Done()

    @router.get("/holds")
    def holds() -> list[HoldSummary]:
        """Units that wait for a decision, the nearest deadline first."""
        return list(journal.holds())

    @router.post("/holds/{hold_id}/resolve")
    def resolve(hold_id: RecordId, body: ResolveIn) -> Done:
        """End a hold by a decision."""
        workflow.resolve_hold(
            hold_id, disposition=body.disposition, reason_code=body.reason_code, badge=body.badge
        )
        return Done()

    @router.get("/tasks")
    def tasks() -> list[TaskSummary]:
        """What the OMS asked the staff to find, move or recount."""
        return list(journal.tasks())

    @router.post("/tasks/{task_id}/done")
    def finish_task(task_id: RecordId) -> Done:
        """A task has been done."""
        workflow.finish_task(task_id)
        return Done()

    return router
