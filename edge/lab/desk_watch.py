"""The desk as the driver sees it over HTTP: waits until the station has done its part."""

import time
from collections.abc import Callable
from typing import Any

from edge.lab.errors import DeskStuck, StationRefused
from edge.lab.station_client import StationClient

Desk = dict[str, Any]

BUSY_PHASES = frozenset({"inspecting"})
POLL_S = 0.01


class DeskWatch:
    """Looks at the station's desk.

    Args:
        client: The station.
        monotonic: Seconds that never go back.
        sleep: Waits some seconds.
        patience_s: Longest wait for the desk to come to rest.
    """

    def __init__(
        self,
        client: StationClient,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        patience_s: float = 20.0,
    ) -> None:
        self.client = client
        self._monotonic = monotonic
        self._sleep = sleep
        self._patience_s = patience_s

    def now(self) -> Desk:
        """The desk as it is."""
        desk: Desk = self.client.get("/api/state")["desk"]
        return desk

    def after(self, version: int) -> Desk:
        """The desk at rest, changed since `version`.

        Raises:
            DeskStuck: It did not change, or did not come to rest, in time.
        """
        return self.until(
            lambda desk: int(desk["version"]) > version and desk["phase"] not in BUSY_PHASES, "rest"
        )

    def heard(self, scans: int) -> Desk:
        """The desk at rest, which has taken more than so many reads.

        Its version alone does not tell: the desk is also shown anew by the minute.

        Raises:
            DeskStuck: It did not hear, or did not come to rest, in time.
        """
        return self.until(
            lambda desk: int(desk["scans"]) > scans and desk["phase"] not in BUSY_PHASES, "a read taken"
        )

    def until(self, good: Callable[[Desk], bool], waited_for: str) -> Desk:
        """The first desk that is good.

        Raises:
            DeskStuck: None came in time.
        """
        deadline = self._monotonic() + self._patience_s
        while True:
            desk = self.now()
            if good(desk):
                return desk
            if self._monotonic() > deadline:
                raise DeskStuck(waited_for, self._patience_s, describe(desk))
            self._sleep(POLL_S)

    def do(self, path: str, body: dict[str, Any] | None = None) -> tuple[Desk, str | None]:
        """Touch a button of the page; gives the desk at rest afterwards, and the code of a refusal."""
        before = self.now()
        try:
            self.client.post(path, body)
        except StationRefused as error:
            if error.status == 409:
                return self.now(), error.refusal
            raise
        desk = self.now()
        if desk["phase"] in BUSY_PHASES:
            desk = self.after(int(before["version"]))
        return desk, None


def describe(desk: Desk) -> str:
    """A desk in a few words, for error messages."""
    notice = (desk.get("notice") or {}).get("message", {}).get("code", "no notice")
    return f"{desk['phase']} ({notice})"
