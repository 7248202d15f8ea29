"""Can the detector be run? Its package is verified: digest, shape, classes."""

from collections.abc import Callable

from edge.health.answer import failed, warning, well
from edge.station.services import HealthCheck
from models.errors import ModelError
from vision.errors import VisionError


def check_model(load: Callable[[], str | None]) -> HealthCheck:
    """Load the active package as the station would.

    Args:
        load: Gives name and version of the loaded package, None where the station is set up to work without
        one.
    """
    try:
        version = load()
    except (ModelError, VisionError) as error:
        return failed("model", "refused", problem=str(error))
    if version is None:
        return warning("model", "none")
    return well("model", version=version)
