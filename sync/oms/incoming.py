"""An event as it came from the broker: parsed, or refused with enough known to answer it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, NamedTuple

from pydantic import StringConstraints

from sync.contract.errors import MessageInvalid
from sync.contract.messages import AnyEvent, EpochText, MessageId, Sequence, Station
from sync.contract.messages.envelope import EventPlace
from sync.contract.messages.wire import WireModel
from sync.contract.validation import parse, parse_event
from sync.oms.outcomes import Refused


class _Head(WireModel):
    """The least that an answer needs."""

    id: MessageId
    epoch: EpochText
    sequence: Sequence
    type: Annotated[str, StringConstraints(max_length=200)] = ""
    subject: Annotated[str, StringConstraints(max_length=300)] = ""
    site: str
    station: Station
    replaces: MessageId | None = None
    previous: EventPlace | None = None


class Incoming(NamedTuple):
    """One event to be answered. Either `event` or `refusal` is set."""

    id: str
    site: str
    station: str
    epoch: str
    sequence: int
    subject: str
    type: str
    replaces: str | None
    payload: bytes
    event: AnyEvent | None = None
    refusal: Refused | None = None
    previous: tuple[str, int] | None = None  # epoch and sequence

    @property
    def subject_key(self) -> tuple[str, str, str]:
        """The return, as a key."""
        return self.site, self.station, self.subject


@dataclass(frozen=True, slots=True)
class Unanswerable:
    """Nothing in it says whose answer it waits for; it goes into quarantine."""

    reason: str


def read_event(site: str, station: str, payload: bytes) -> Incoming | Unanswerable:
    """Parses an event that came on the topic of `site` and `station`.

    A station may carry events of another one of its site, whose outbox was imported there: they stay that
    station's by name, epoch and sequence, and are answered where they came from.
    """
    head: AnyEvent | _Head
    event: AnyEvent | None = None
    refusal: Refused | None = None
    try:
        head = event = parse_event(payload)
    except MessageInvalid as error:
        refusal = Refused(str(error), error.field or None)
        try:
            head = parse(_Head, payload)
        except MessageInvalid:
            return Unanswerable(str(error))
    if head.site != site:
        return Unanswerable(
            f"It says {head.site}/{head.station}, but came on the topic of {site}/{station}. "
            "A station carries events of its own site only."
        )
    return Incoming(
        id=head.id,
        site=site,
        station=head.station,
        epoch=head.epoch,
        sequence=head.sequence,
        subject=head.subject,
        type=head.type,
        replaces=head.replaces,
        payload=payload,
        event=event,
        refusal=refusal,
        previous=_place(head.previous),
    )


def _place(text: str | None) -> tuple[str, int] | None:
    if text is None:
        return None
    epoch, _, sequence = text.partition(":")
    return epoch, int(sequence)


@lru_cache(maxsize=4096)
def station_of(topic: str) -> tuple[str, str]:
    """Site and station of a station's topic.

    >>> station_of("returns/v1/blr-01/desk-1/events")
    ('blr-01', 'desk-1')
    """
    _, _, site, station, _ = topic.split("/")
    return site, station


def check_owner(said: tuple[str, str], topic: tuple[str, str]) -> None:
    """A station speaks of itself only.

    Raises:
        MessageInvalid: The message names another station than its topic.
    """
    if said != topic:
        raise MessageInvalid(f"It says {'/'.join(said)}, but came on the topic of {'/'.join(topic)}.")
