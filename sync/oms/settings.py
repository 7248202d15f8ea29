"""What may be set of the receiver."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from sync.settings import BrokerSettings

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class OmsSettings(BaseModel):
    """Settings of the reference receiver.

    Attributes:
        data_dir: Folder of the ledger.
        broker: Where the MQTT broker is.
        client_id: The receiver's session at the broker; one receiver has it at a time.
        expected: Files of expected returns, one a site.
        reference: Files of reference data, one a site.
        site: The site of files that name none.
        batch: Events applied in one transaction, with those that share the last one's message; less than half
            of a station's window, so that the station works on the answers to one batch while the next one
            is applied.
        events_per_message: How many events it says to take in one message.
        watch_s: How often the files are looked at for changes.
        gap_quiet_s: A station silent for that long with sequences missing is asked to send them again.
        gap_cap_s: Longest wait between such requests, which doubles each time.
        reconcile_every_s: How often a connected station is asked to compare.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    data_dir: Path
    broker: BrokerSettings = BrokerSettings()
    client_id: str = Field(default="oms", min_length=1, max_length=64)
    expected: tuple[Path, ...] = ()
    reference: tuple[Path, ...] = ()
    site: str | None = None
    batch: int = Field(default=150, ge=1, le=5000)
    events_per_message: int = Field(default=100, ge=1, le=1000)
    watch_s: Seconds = 1.0
    gap_quiet_s: Seconds = 10.0
    gap_cap_s: Seconds = 600.0
    reconcile_every_s: Seconds = 21_600.0
