"""How records are declared, so that one class serves several databases in one process.

A record class names no database. Queries are bound when they run:

    rows = database.run(OutboxRecord.select().where(OutboxRecord.state == "DEAD"))
    database.run(OutboxRecord.update(state="PENDING").where(OutboxRecord.message_id == wanted))

so `record.save()` and `Record.create()` are not used. Times are kept as text in UTC with microseconds, which
sorts by time and reads well in any SQLite tool; a naive time is refused.
"""

from datetime import UTC, datetime

import peewee


def utc_text(moment: datetime) -> str:
    """The one spelling of a time in our databases and messages: UTC, microseconds, `Z`.

    >>> utc_text(datetime(2026, 11, 22, 6, 30, tzinfo=UTC))
    '2026-11-22T06:30:00.000000Z'
    """
    if moment.tzinfo is None:
        raise ValueError("a naive time was given; times are aware and in UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_utc(text: str) -> datetime:
    """Read what `utc_text` wrote, or any RFC 3339 time with an offset.

    Raises:
        ValueError: if the text is no time, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset; expected a time in UTC such as 2026-11-22T06:30:00Z")
    return moment.astimezone(UTC)


class UtcField(peewee.Field):
    """An aware UTC time, kept as sortable text."""

    field_type = "TEXT"

    def db_value(self, value: datetime | None) -> str | None:
        """Write."""
        return None if value is None else utc_text(value)

    def python_value(self, value: str | None) -> datetime | None:
        """Read."""
        return None if value is None else parse_utc(value)


class Record(peewee.Model):
    """Base of all record classes; bound to no database (see the module's docstring)."""

    class Meta:
        """Table names are snake case of the class names, unless a record says otherwise."""

        legacy_table_names = False
