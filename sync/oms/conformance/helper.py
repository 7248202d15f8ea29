"""What the kit can't do itself: a person or a command of the receiver's engineers does it.

Commands are given as words and run without a shell.
"""

import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from sync.oms.conformance.errors import HelpFailed

COMMAND_TIMEOUT_S = 120.0


class Helper(Protocol):
    """Loads, sells and restarts; each returns False where nobody can do it."""

    def load(self, expected: Path, reference: Path) -> bool:
        """Makes the returns and articles of these files known to the receiver."""

    def sell(self, site: str, sku: str, quantity: int) -> bool:
        """Lets the receiver book a sale, so that the goods are no longer available."""

    def restart(self) -> bool:
        """Kills the receiver as a power cut would, and starts it again."""


class GivenHelp:
    """Help by the commands that were given, else by the person at the terminal, else none.

    Args:
        load: Command that loads; both files' names are added.
        sell: Command that sells; site, article and quantity are added.
        restart: Command that kills and starts the receiver again.
        ask: Asks the person to do something and returns when it is done; None where nobody is there.
    """

    def __init__(
        self,
        *,
        load: Sequence[str] = (),
        sell: Sequence[str] = (),
        restart: Sequence[str] = (),
        ask: Callable[[str], None] | None = None,
    ) -> None:
        self._load, self._sell, self._restart = tuple(load), tuple(sell), tuple(restart)
        self._ask = ask

    def load(self, expected: Path, reference: Path) -> bool:
        """Makes the returns and articles of these files known to the receiver."""
        return self._help(
            "The command that loads",
            self._load,
            (str(expected), str(reference)),
            f"Load the expected returns of {expected} and the articles of {reference} into the receiver.",
        )

    def sell(self, site: str, sku: str, quantity: int) -> bool:
        """Lets the receiver book a sale."""
        return self._help(
            "The command that sells",
            self._sell,
            (site, sku, str(quantity)),
            f"Book a sale of {quantity} of article {sku} at site {site}, so that none is available.",
        )

    def restart(self) -> bool:
        """Kills the receiver and starts it again."""
        return self._help(
            "The command that restarts",
            self._restart,
            (),
            "Kill the receiver (SIGKILL, not an orderly stop) and start it again on the same database.",
        )

    def _help(self, what: str, command: Sequence[str], more: Sequence[str], asked: str) -> bool:
        if command:
            _run(what, [*command, *more])
            return True
        if self._ask is not None:
            self._ask(asked)
            return True
        return False


def _run(what: str, command: Sequence[str]) -> None:
    with tempfile.TemporaryFile() as said:  # no pipe: a receiver left running in the background would hold it
        try:
            done = subprocess.run(  # noqa: S603 - words that the person at the command line gave
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=COMMAND_TIMEOUT_S,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise HelpFailed(what, str(error)) from error
        if done.returncode:
            said.seek(0)
            words = said.read().decode("utf-8", "replace").strip()[-300:]
            raise HelpFailed(what, f"it ended with status {done.returncode} {words}".strip())
