"""Errors of the web station: a request that cannot be served.

    StationRequestError
    ├── HostNotAllowed       the page was opened under a name that is not this station's
    ├── OriginNotAllowed     another web site tried to make the station do something
    ├── BodyTooLarge         more was sent than any scan or answer can hold
    ├── NotJson              a change was sent as something other than JSON
    ├── InvalidRequest       a field is missing or holds something impossible
    └── NotFound             there is no such page, inspection, view, or language

Each has a `code`; the catalogues hold its sentence under the code and what to do next under `CODE.next`.
"""

from edge.inspection.desk import ParameterValue


class StationRequestError(Exception):
    """Base of everything that the web station refuses by itself."""

    code = "error.request"
    status = 400

    def __init__(self, **params: ParameterValue) -> None:
        super().__init__(self.code)
        self.params: dict[str, ParameterValue] = params


class HostNotAllowed(StationRequestError):
    """The page was opened under a name that is not this station's; use loopback or a configured host."""

    code = "error.host_not_allowed"
    status = 421


class OriginNotAllowed(StationRequestError):
    """Another web site tried to make the station do something; nothing was done."""

    code = "error.origin_not_allowed"
    status = 403


class BodyTooLarge(StationRequestError):
    """More was sent than any scan or answer can hold; nothing was done."""

    code = "error.body_too_large"
    status = 413


class NotJson(StationRequestError):
    """A change was sent as something other than JSON; nothing was done."""

    code = "error.not_json"
    status = 415


class InvalidRequest(StationRequestError):
    """A field is missing or holds something impossible; nothing was done."""

    code = "error.invalid_request"
    status = 422


class NotFound(StationRequestError):
    """There is no such page, inspection, view, or language."""

    code = "error.not_found"
    status = 404
