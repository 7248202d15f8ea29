"""What may be set of a run of the kit."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sync.contract.messages import TOPIC_LEVEL_PATTERN
from sync.settings import BrokerSettings

Seconds = Annotated[float, Field(gt=0, le=3600)]


class Options(BaseModel):
    """How the stations are acted, and how patiently.

    Attributes:
        broker: The broker of the receiver's test instance.
        site: The site that the acted stations belong to; one that the receiver uses for nothing else.
        station_prefix: How the stations' names begin.
        timeout_s: Longest wait for an answer.
        patience_s: Longest wait for what the receiver does by itself, such as asking for a gap.
        crowd: Events of the rules that send many.
        side_by_side: Rules that are played at the same time.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    broker: BrokerSettings = BrokerSettings()
    site: str = Field(default="conformance", pattern=TOPIC_LEVEL_PATTERN)
    station_prefix: str = Field(default="kit", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,23}$")
    timeout_s: Seconds = 10.0
    patience_s: Seconds = 60.0
    crowd: int = Field(default=1000, ge=10, le=100_000)
    side_by_side: int = Field(default=4, ge=1, le=32)
