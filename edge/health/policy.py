"""Can every policy pack be read, and does each say something possible?"""

from collections.abc import Callable, Sequence

from edge.grading.errors import GradingError
from edge.health.answer import failed, well
from edge.station.services import HealthCheck


def check_policies(load: Callable[[], Sequence[str]]) -> HealthCheck:
    """Read the packs as the station would.

    Args:
        load: Gives the packs' names.
    """
    try:
        names = load()
    except GradingError as error:
        return failed("policy", "refused", problem=str(error))
    return well("policy", packs=", ".join(names))
