"""Instants on the wire: RFC 3339 with microseconds, always in UTC (`2026-11-22T05:40:32.250000Z`)."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, WithJsonSchema


def write_utc(value: datetime) -> str:
    """The text of an instant as the contract writes it.

    >>> write_utc(datetime(2026, 11, 22, 5, 40, 32, 250000, tzinfo=UTC))
    '2026-11-22T05:40:32.250000Z'
    """
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _in_utc(value: datetime) -> datetime:
    """Most are in UTC already; naming that zone alone costs a tenth of converting to it."""
    return value.astimezone(UTC) if value.utcoffset() else value.replace(tzinfo=UTC)


UtcTime = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(write_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-22T05:40:32.250000Z"]}),
]
