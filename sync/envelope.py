"""The envelope around every event: CloudEvents 1.0, structured JSON.

`id` and `(station, epoch, sequence)` are fixed at commit, and so are the bytes: an event is never edited
afterwards. `id` alone tells a duplicate. `sequence` has no gaps within an epoch and reveals a loss; it
imposes no order. `time` is the station's wall clock; where `clockok` is false, the order and `elapsed`
(seconds since the epoch began, from a clock that nobody can set) are what to believe.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sync.errors import EventInvalid
from sync.fields import utc_text
from sync.topics import StationIdentity

CONTENT_TYPE = "application/cloudevents+json"
MAX_TEXT = 256  # characters in type and subject
ATTRIBUTE = re.compile(r"[a-z0-9]{1,20}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
OWN_ATTRIBUTES = frozenset(
    (
        *("specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"),
        *("site", "station", "epoch", "sequence", "replaces", "previous", "clockok", "elapsed"),
    )
)


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """Something that happened at the station and that the OMS must learn.

    Attributes:
        type: Such as `darkstore.return.inspected.v1`.
        subject: What it is about, a return's id; order is kept among events of one subject.
        data: The message itself, plain JSON values.
        dataschema: URI of the schema that `data` follows.
        clock_ok: Whether the wall clock was known to be right.
        replaces: Id of the dead letter that this event repairs.
        extensions: Further CloudEvents attributes, such as `source` details of a site's own.
    """

    type: str
    subject: str
    data: Mapping[str, Any]
    dataschema: str | None = None
    clock_ok: bool = True
    replaces: str | None = None
    extensions: Mapping[str, str | int | bool] = field(default_factory=dict)


def seal(
    event: OutgoingEvent,
    *,
    message_id: str,
    identity: StationIdentity,
    epoch: str,
    sequence: int,
    time: datetime,
    elapsed_s: float,
    previous: str | None = None,
) -> bytes:
    """The bytes that are stored and published.

    Args:
        event: What the OMS must learn.
        message_id: Its id.
        identity: Whose.
        epoch: The present one.
        sequence: Its place in the epoch.
        time: Wall time.
        elapsed_s: Since the epoch began.
        previous: This station's event before it about the same subject, as `epoch:sequence`.

    Raises:
        EventInvalid: a text that no envelope can carry, or data that is not plain JSON.
    """
    for name, text in (("type", event.type), ("subject", event.subject)):
        if not 0 < len(text) <= MAX_TEXT:
            raise EventInvalid(name, f"must have 1 to {MAX_TEXT} characters, and has {len(text)}")
        if CONTROL.search(text):
            raise EventInvalid(name, "holds a control character")
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": message_id,
        "source": identity.source,
        "type": event.type,
        "subject": event.subject,
        "time": utc_text(time),
        "datacontenttype": "application/json",
        "site": identity.site,
        "station": identity.station,
        "epoch": epoch,
        "sequence": sequence,
        "clockok": event.clock_ok,
        "elapsed": int(elapsed_s),
    }
    if event.dataschema is not None:
        envelope["dataschema"] = event.dataschema
    if event.replaces is not None:
        envelope["replaces"] = event.replaces
    if previous is not None:
        envelope["previous"] = previous
    for name, value in event.extensions.items():
        if ATTRIBUTE.fullmatch(name) is None or name in OWN_ATTRIBUTES:
            raise EventInvalid(
                f"extension {name!r}", "must be 1 to 20 lower-case letters or digits, not taken"
            )
        envelope[name] = value
    envelope["data"] = event.data
    try:
        return json.dumps(envelope, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError, UnicodeEncodeError) as error:
        raise EventInvalid("data", f"is not plain JSON ({error})") from error
