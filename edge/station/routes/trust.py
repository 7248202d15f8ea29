"""How far the station may decide alone: its calibration, and second looks at its work."""

from fastapi import APIRouter

from edge.inspection.second_looks import Answer
from edge.station.schemas import CalibrateIn, InspectionId, LookIn, SecondLooksNow
from edge.station.services import StationServices
from edge.station.trust import CalibrationView


def trust_routes(services: StationServices) -> APIRouter:
    """Routes of what makes the station trustworthy."""
    router = APIRouter(tags=["trust"])

    @router.get("/api/calibration")
    def calibration() -> list[CalibrationView]:
        """From which confidence the station decides alone, by policy pack."""
        return list(services.calibrations.standings())

    @router.post("/api/calibration")
    def calibrate(wanted: CalibrateIn) -> list[CalibrationView]:
        """Work it out from the units that people judged, and put it in force unless `dry_run`."""
        return list(services.calibrations.calibrate(write=not wanted.dry_run))

    @router.get("/api/second-looks")
    def second_looks() -> SecondLooksNow:
        """Units that wait for a person's grade, without the station's, and how far both agreed so far."""
        looks = services.second_looks
        return SecondLooksNow(share=looks.share, waiting=list(looks.waiting()), agreement=looks.agreement())

    @router.post("/api/second-looks/{inspection_id}")
    def look(inspection_id: InspectionId, said: LookIn) -> Answer:
        """Keep a person's grade; the answer is what the station had said."""
        return services.second_looks.look(inspection_id, said.grade, said.kinds)

    return router
