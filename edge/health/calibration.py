"""Do the returns still resemble those that the station was calibrated on?"""

from collections.abc import Sequence

from edge.health.answer import warning, well
from edge.station.services import HealthCheck
from edge.station.trust import CalibrationView


def check_calibration(standings: Sequence[CalibrationView]) -> HealthCheck:
    """A station that was never calibrated is well: it asks at every unit, as it should.

    Args:
        standings: Each pack's.
    """
    alarmed = [one.policy for one in standings if one.standing == "alarmed"]
    if alarmed:
        return warning("calibration", "alarmed", packs=", ".join(alarmed))
    tightened = [one.policy for one in standings if one.standing == "tightened"]
    if tightened:
        return warning("calibration", "tightened", packs=", ".join(tightened))
    calibrated = sum(one.standing == "calibrated" for one in standings)
    return well("calibration", calibrated=calibrated, all=len(standings))
