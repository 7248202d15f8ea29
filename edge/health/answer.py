"""How a check answers; its sentence is `health.NAME.WHAT`, what to do next is that code with `.next`."""

from edge.inspection.desk import Message, ParameterValue
from edge.station.services import HealthCheck, HealthState


def well(name: str, what: str = "ok", **params: ParameterValue) -> HealthCheck:
    """All is in order."""
    return HealthCheck(name, HealthState.OK, Message(f"health.{name}.{what}", params))


def warning(name: str, what: str, **params: ParameterValue) -> HealthCheck:
    """Work goes on, but someone should look."""
    return _with_next_step(name, HealthState.WARNING, what, params)


def failed(name: str, what: str, **params: ParameterValue) -> HealthCheck:
    """Something can't be done now."""
    return _with_next_step(name, HealthState.FAILED, what, params)


def _with_next_step(
    name: str, state: HealthState, what: str, params: dict[str, ParameterValue]
) -> HealthCheck:
    code = f"health.{name}.{what}"
    return HealthCheck(name, state, Message(code, params), Message(f"{code}.next", params))
