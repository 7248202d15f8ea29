"""How `darkstore` ends: exit codes for scripts, sentences for people.

| code | meaning |
|---|---|
| 0 | done, and every check passed |
| 1 | done, and something failed its check (or an error that nobody foresaw) |
| 2 | used wrongly: an unknown option, a typo in settings or policy, a file that is not what it should be |
| 3 | not now: the station is running or not running, a port, a disk or a device is not to be had |
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from rich.console import Console
from rich.text import Text

#: People read stderr; stdout carries the results.
console = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    NOT_NOW = 3


class CommandFailed(Exception):
    """A command can't do its work; the sentence says what happened and what to do next."""

    def __init__(self, message: str, exit_code: Exit = Exit.CHECK_FAILED) -> None:
        super().__init__(message)
        self.exit_code = exit_code


#: Codes (or their beginnings) of our packages' errors that mean "used wrongly" and "not now"; all else is a
#: failure.
_USAGE = (
    "error.settings",
    "policy.",
    "returns.",
    "hardware.settings",
    "picture.",
    "golden.",
    "model.",
    "outbox.event_unknown",
    "outbox.event_not_repairable",
    "outbox.transfer_refused",
    "contract.",
    "oms.loading",
    "oms.journal",
    "oms.ledger_missing",
)
_NOT_NOW = (
    "error.station_locked",
    "error.storage",
    "error.port_in_use",
    "database.",
    "broker.",
    "hardware.",
    "camera.",
    "scanner.",
    "oms.running",
    "oms.session_taken_over",
)


def exit_code_of(error: Exception) -> Exit:
    """The exit code for an error of one of our packages."""
    code = str(getattr(error, "code", ""))
    if code.startswith(_USAGE):
        return Exit.USAGE
    if code.startswith(_NOT_NOW):
        return Exit.NOT_NOW
    return Exit.CHECK_FAILED


def say_error(message: str) -> None:
    """One error for a person, on stderr; words in brackets are text, not markup."""
    console.print(Text("Error: ", style="bold red") + Text(message), soft_wrap=True)


@contextmanager
def errors_for_people() -> Iterator[None]:
    """Turn our packages' errors into one sentence and an exit code; a bug keeps its traceback."""
    from edge.errors import EdgeError, WorkflowRefused
    from edge.grading.errors import GradingError
    from edge.returns.errors import ReturnsError
    from hardware.errors import HardwareError
    from models.errors import ModelError
    from sync.errors import SyncError
    from vision.errors import VisionError

    try:
        yield
    except CommandFailed as error:
        say_error(str(error))
        sys.exit(error.exit_code)
    except WorkflowRefused as error:
        from edge.station.catalogue import FALLBACK, Catalogues

        say_error(Catalogues().text(FALLBACK, error.message.code, error.message.params))
        sys.exit(Exit.CHECK_FAILED)
    except (
        EdgeError,
        GradingError,
        ReturnsError,
        HardwareError,
        ModelError,
        SyncError,
        VisionError,
    ) as error:
        say_error(str(error))
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        sys.stderr.close()  # `darkstore … | head`: the reader has seen enough
        sys.exit(Exit.OK)
