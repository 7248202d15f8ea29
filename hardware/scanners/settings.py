"""What an operator writes in `[scanners.NAME]`. Unknown keys are refused."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

LONGEST_SCAN = 10_240
"""Bytes: more than any symbology can hold in one symbol."""


class CommonScannerSettings(BaseModel):
    """What every scanner has.

    Attributes:
        max_length: Longest read in bytes; longer ones are refused and reported.
        retry_base_s: Ceiling in seconds of the random wait before a lost scanner is tried again; doubles each
            time.
        retry_cap_s: Highest ceiling in seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    driver: str
    max_length: int = Field(default=LONGEST_SCAN, ge=1, le=LONGEST_SCAN)
    retry_base_s: float = Field(default=0.25, gt=0, le=3600, allow_inf_nan=False)
    retry_cap_s: float = Field(default=5.0, gt=0, le=3600, allow_inf_nan=False)


class SerialScannerSettings(CommonScannerSettings):
    """A scanner on a serial line, or a USB scanner set to its serial (CDC) mode.

    Attributes:
        port: Device file; prefer the `/dev/serial/by-id/...` link.
        baud_rate: Bits per second; USB scanners ignore it.
        parity: `none`, `even` or `odd`.
        data_bits: 7 or 8.
        stop_bits: 1 or 2.
        framing: `auto` understands CR, LF, CR LF and STX ... ETX; `stx_etx` takes line ends inside as text.
        end_after_silence_ms: For scanners that send no end mark: milliseconds of silence that end a read.
            None: off.
        aim_prefix: Take a leading AIM identifier (`]d2`) as the symbology.
    """

    driver: Literal["serial"] = "serial"
    port: Path
    baud_rate: int = Field(default=9600, ge=300, le=4_000_000)
    parity: Literal["none", "even", "odd"] = "none"
    data_bits: Literal[7, 8] = 8
    stop_bits: Literal[1, 2] = 1
    framing: Literal["auto", "stx_etx"] = "auto"
    end_after_silence_ms: int | None = Field(default=None, ge=10, le=5000)
    aim_prefix: bool = True


class SimulatorScannerSettings(CommonScannerSettings):
    """A simulated scanner that is given its reads through a Unix socket (`hardware.sim.scanner.send_scan`).

    Attributes:
        socket: Where the socket is made; only the station's user may write to it.
    """

    driver: Literal["simulator"] = "simulator"
    socket: Path


class CameraScannerSettings(CommonScannerSettings):
    """A station camera that serves as a scanner. Who opens the station puts camera and decoders together.

    Attributes:
        camera: Name of the camera's section.
        votes: Pictures that must show the same code; one more where the open return doesn't hold it.
        again_after_s: How long a code must be out of sight before it counts as another scan.
        look_every_ms: Pause between two looks, in milliseconds.
    """

    driver: Literal["camera"] = "camera"
    camera: str = Field(min_length=1, max_length=64)
    votes: int = Field(default=2, ge=1, le=10)
    again_after_s: float = Field(default=2.0, ge=0, le=60, allow_inf_nan=False)
    look_every_ms: int = Field(default=200, ge=20, le=5000)


ScannerSettings = Annotated[
    SerialScannerSettings | SimulatorScannerSettings | CameraScannerSettings, Field(discriminator="driver")
]
"""One `[scanners.NAME]` section; use in a settings model as `scanners: dict[str, ScannerSettings]`."""
