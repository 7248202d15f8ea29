"""Errors as people and programs read them: what happened, what it means, what to do next.

An answer carries codes and parameters, so that a page says them in the person's language, and the English
text, so that a program's log is readable without a catalogue.
"""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from edge.errors import EdgeError, StorageFull, StorageReadOnly, WorkflowRefused
from edge.inspection.desk import Message
from edge.station.catalogue import FALLBACK, Catalogues
from edge.station.errors import InvalidRequest, NotFound, StationRequestError
from edge.station.schemas import ApiMessage, Problem

_log = logging.getLogger(__name__)
_STORAGE_ERRORS = (StorageFull, StorageReadOnly)


class ProblemWriter:
    """Turns errors into JSON answers."""

    def __init__(self, catalogues: Catalogues) -> None:
        self._catalogues = catalogues

    def answer(self, error: StationRequestError) -> JSONResponse:
        """A request that the web station refused by itself."""
        return self.say(error.status, Message(error.code, error.params))

    def say(self, status: int, message: Message, what_next: Message | None = None) -> JSONResponse:
        """Any problem; without `what_next` the catalogue's `CODE.next` is said where there is one."""
        if what_next is None and self._catalogues.knows(f"{message.code}.next"):
            what_next = Message(f"{message.code}.next", message.params)
        problem = Problem(
            **self._in_english(message).model_dump(),
            what_next=self._in_english(what_next) if what_next else None,
        )
        return JSONResponse(problem.model_dump(), status_code=status)

    def _in_english(self, message: Message) -> ApiMessage:
        text = self._catalogues.text(FALLBACK, message.code, message.params)
        return ApiMessage(code=message.code, params=message.params, message=text)


def install(app: FastAPI, problems: ProblemWriter) -> None:
    """Make the application answer every error as a problem."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, WorkflowRefused)  # noqa: S101  # registered for this class
        return problems.say(HTTPStatus.CONFLICT, error.message, error.what_next)

    async def station(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, EdgeError)  # noqa: S101  # registered for this class
        _log.error("station_error code=%s", error.code, exc_info=error)
        known = isinstance(error, _STORAGE_ERRORS)
        status = HTTPStatus.INSUFFICIENT_STORAGE if known else HTTPStatus.INTERNAL_SERVER_ERROR
        return problems.say(status, Message(error.code))

    async def request(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StationRequestError)  # noqa: S101  # registered for this class
        return problems.answer(error)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"] if part != "body") or "body"
        return problems.answer(InvalidRequest(field=field[:100], problem=str(first["msg"])[:200]))

    async def http(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
        if error.status_code == HTTPStatus.NOT_FOUND:
            return problems.answer(NotFound())
        return problems.say(error.status_code, Message("error.request"))

    async def unexpected(_: Request, error: Exception) -> JSONResponse:
        _log.error("unexpected_error", exc_info=error)
        return problems.say(HTTPStatus.INTERNAL_SERVER_ERROR, Message("error.unexpected"))

    app.add_exception_handler(WorkflowRefused, refused)
    app.add_exception_handler(EdgeError, station)
    app.add_exception_handler(StationRequestError, request)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, unexpected)
