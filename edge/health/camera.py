"""Do the cameras give pictures? Losing one degrades the station, it never stops it."""

from collections.abc import Mapping

from edge.health.answer import failed, warning, well
from edge.station.services import HealthCheck
from hardware.cameras.health import CameraHealth, CameraState


def check_cameras(cameras: Mapping[str, CameraHealth]) -> HealthCheck:
    """All cameras at once: the worst one speaks.

    Args:
        cameras: What the camera bank says, by camera.
    """
    if not cameras:
        return warning("camera", "none")
    lost = [name for name, health in cameras.items() if health.state is CameraState.LOST]
    stalled = [name for name, health in cameras.items() if health.state is CameraState.STALLED]
    if lost:
        problem = cameras[lost[0]].last_error or "-"
        answer = failed if len(lost) == len(cameras) else warning
        return answer("camera", "lost", cameras=", ".join(lost), problem=problem)
    if stalled:
        return warning("camera", "stalled", cameras=", ".join(stalled))
    return well("camera", cameras=", ".join(cameras))
