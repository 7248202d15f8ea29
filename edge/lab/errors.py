"""What can go wrong while a shift is played or a benchmark runs.

LabError
├── ProgramEnded         a program of ours stopped by itself
├── ProgramSilent        a program of ours was not ready in time
├── StationRefused       the station answered a request with an error
├── StationUnreachable   the station did not answer
├── DeskStuck            the desk did not come to what the play waits for
├── JournalUnreadable    the driver's own journal can't be read
├── PicturesUnusable     the folder of photographs holds none
├── MosquittoMissing     Debian's Mosquitto is not installed
├── EnduranceFailed      an outage or a fleet's return could not be brought to its end
└── BenchFailed          a benchmark could not be brought to its end
"""

from pathlib import Path

from edge.errors import EdgeError


class LabError(EdgeError):
    """Base of the lab's errors."""

    code = "lab.error"


class ProgramEnded(LabError):
    """A program of ours stopped by itself."""

    code = "lab.program_ended"

    def __init__(self, name: str, status: int | None, log: Path, tail: str) -> None:
        super().__init__(f"{name} ended by itself with status {status}. Its log is {log}; it ends:\n{tail}")


class ProgramSilent(LabError):
    """A program of ours was not ready in time."""

    code = "lab.program_silent"

    def __init__(self, name: str, seconds: float, log: Path, tail: str) -> None:
        super().__init__(
            f"{name} was not ready within {seconds:.0f} s. The machine may be too busy; try again. "
            f"Its log is {log}; it ends:\n{tail}"
        )


class StationRefused(LabError):
    """The station answered with an error."""

    code = "lab.station_refused"

    def __init__(self, request: str, status: int, problem: str, refusal: str | None) -> None:
        super().__init__(f"The station answered {request} with {status}: {problem}")
        self.status = status
        self.refusal = refusal


class StationUnreachable(LabError):
    """The station did not answer: it stopped, or the machine is overloaded."""

    code = "lab.station_unreachable"

    def __init__(self, request: str, reason: str) -> None:
        super().__init__(f"The station did not answer {request}: {reason}. Look into its log.")


class DeskStuck(LabError):
    """The desk did not come to what the play waits for."""

    code = "lab.desk_stuck"

    def __init__(self, waited_for: str, seconds: float, desk: str) -> None:
        super().__init__(f"The desk did not come to {waited_for} within {seconds:.0f} s; it shows {desk}.")


class JournalUnreadable(LabError):
    """The driver's own journal can't be read, so that nothing could be compared."""

    code = "lab.journal_unreadable"


class PicturesUnusable(LabError):
    """The folder of photographs holds none; give a folder with one sub-folder a class."""

    code = "lab.pictures_unusable"


class MosquittoMissing(LabError):
    """Debian's Mosquitto is not installed; what needs it can't run."""

    code = "lab.mosquitto_missing"

    def __init__(self) -> None:
        super().__init__(
            "Mosquitto is not installed, so nothing was started. "
            "Install it: sudo apt install --no-install-recommends mosquitto"
        )


class EnduranceFailed(LabError):
    """An outage or a fleet's return could not be brought to its end."""

    code = "lab.endurance_failed"

    def __init__(self, what: str) -> None:
        super().__init__(f"The endurance run was given up: {what}. Look into the logs of its folder.")


class BenchFailed(LabError):
    """A benchmark could not be brought to its end; its figures would mean nothing."""

    code = "lab.bench_failed"

    def __init__(self, what: str) -> None:
        super().__init__(f"The benchmark was given up: {what}. Try again when the machine is less busy.")
