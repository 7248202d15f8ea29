"""The work in hand: scans, answers, and what is done with the proposal."""

from fastapi import APIRouter

from edge.inspection.desk import Desk
from edge.station.live import read_state
from edge.station.schemas import AnswerIn, OverrideIn, ProposalIn, ScanIn, SetAsideIn, StationState
from edge.station.services import StationServices
from hardware.scanners.scan import Scan

PAGE_SCANNER = "page"


def desk_routes(services: StationServices) -> APIRouter:
    """Routes of the desk; each change answers with the desk after it."""
    router = APIRouter(prefix="/api", tags=["desk"])
    workflow = services.workflow

    @router.get("/state")
    def state() -> StationState:
        """The desk, the connection and today's figures."""
        return read_state(services)

    @router.post("/scans")
    def scan(body: ScanIn) -> Desk:
        """A scanner's read: a return, an item, a badge or a command."""
        read = Scan(body.text, PAGE_SCANNER, services.monotonic_ns(), body.symbology)
        return workflow.scan(read)

    @router.post("/answers")
    def answer(body: AnswerIn) -> Desk:
        """Answer the open question."""
        return workflow.answer(body.question_id, body.value)

    @router.post("/proposal/accept")
    def accept(body: ProposalIn) -> Desk:
        """Save the proposal as it stands. When this answers, the unit survives a power cut."""
        return workflow.accept(body.inspection_id)

    @router.post("/proposal/override")
    def override(body: OverrideIn) -> Desk:
        """Save another grade or disposition, with a coded reason and perhaps a supervisor's badge."""
        return workflow.override(
            body.inspection_id,
            grade=body.grade,
            disposition=body.disposition,
            reason_code=body.reason_code,
            badge=body.badge,
        )

    @router.post("/proposal/retake")
    def retake(body: ProposalIn) -> Desk:
        """Take new pictures and judge again."""
        return workflow.retake(body.inspection_id)

    @router.post("/proposal/set-aside")
    def set_aside(body: SetAsideIn) -> Desk:
        """Save as a hold: someone decides later."""
        return workflow.set_aside(body.inspection_id, body.reason_code)

    @router.post("/item-without-code")
    def item_without_code() -> Desk:
        """Begin a unit whose code cannot be read."""
        return workflow.item_without_code()

    @router.post("/return/close")
    def close_return() -> Desk:
        """The bag is empty."""
        return workflow.close_return()

    @router.post("/return/leave")
    def leave_return() -> Desk:
        """Put the bag aside unfinished."""
        return workflow.leave_return()

    return router
