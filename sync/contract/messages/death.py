"""A station's end, retained: its MQTT will, or its own word on a graceful stop."""

from pydantic import Field

from sync.contract.messages.identifiers import EpochText, Site, Station
from sync.contract.messages.wire import WireModel


class Death(WireModel):
    """The station is gone. A death of an epoch that is not the current one is ignored.

    Attributes:
        graceful: True when the station stopped in order; the will, which the broker publishes, says false.
    """

    site: Site
    station: Station
    epoch: EpochText
    graceful: bool = Field(default=False)
