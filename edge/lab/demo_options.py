"""What may be asked of the demo. Free of heavy imports, because the command line reads it."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_RETURNS = 36
DEFAULT_SEED = 20


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """The command's options.

    Attributes:
        headless: End after the shift instead of keeping the station up.
        as_json: Print the outcome as JSON.
        returns: How many returns are played.
        seed: Equal seeds play equal shifts.
        pictures: Photographs in place of drawn pictures.
        data: Data folder; None takes a temporary one.
        resume: Go on with the shift in `data`.
        broker: An outside broker; None starts the embedded one.
        port: The station's port; None takes a free one.
    """

    headless: bool = False
    as_json: bool = False
    returns: int = DEFAULT_RETURNS
    seed: int = DEFAULT_SEED
    pictures: Path | None = None
    data: Path | None = None
    resume: bool = False
    broker: str | None = None
    port: int | None = None
