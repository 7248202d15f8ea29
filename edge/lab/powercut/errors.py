"""What keeps an enumeration of power cuts from being made.

LabError
└── PowercutError
    ├── StraceMissing        the program that records is not installed
    ├── StraceRefused        it could not trace the station here
    └── RecordingUnusable    the recording does not say what the disk saw
"""

from pathlib import Path

from edge.lab.errors import LabError


class PowercutError(LabError):
    """Base of the errors of the enumeration; it judged nothing."""

    code = "lab.powercut"


class StraceMissing(PowercutError):
    """The program that records is not installed."""

    code = "lab.powercut.strace_missing"

    def __init__(self) -> None:
        super().__init__(
            "strace is not installed, so nothing can be recorded. "
            "Install it (apt install strace), or use a recording of another machine by --from."
        )


class StraceRefused(PowercutError):
    """It could not trace the station here."""

    code = "lab.powercut.strace_refused"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The station could not be traced: {what}. Some containers and hardened kernels forbid tracing; "
            "record where it is allowed, and use that by --from."
        )


class RecordingUnusable(PowercutError):
    """The recording does not say what the disk saw."""

    code = "lab.powercut.recording_unusable"

    def __init__(self, folder: Path, what: str) -> None:
        super().__init__(f"The recording {folder} can't be used: {what}. Record afresh.")
