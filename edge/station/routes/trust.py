"""How far the station may decide alone: its calibration."""

from fastapi import APIRouter

from edge.station.schemas import CalibrateIn
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

    return router
