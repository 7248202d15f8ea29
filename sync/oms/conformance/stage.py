"""Where one rule is played: its own stations, the run's set-up, and its transcript."""

import threading
from collections.abc import Callable

from sync.oms.conformance.helper import Helper
from sync.oms.conformance.options import Options
from sync.oms.conformance.rules import NotJudged
from sync.oms.conformance.setup import SetUp
from sync.oms.conformance.station import ActedStation
from sync.oms.conformance.transcript import Transcript
from sync.topics import StationIdentity


class Stage:
    """What a check works with.

    Args:
        options: How patiently.
        setup: Returns and articles of this run.
        helper: Sells an article.
        new_name: Gives the next station's name.
    """

    def __init__(
        self, options: Options, setup: SetUp, helper: Helper, *, new_name: Callable[[], str]
    ) -> None:
        self.options = options
        self.setup = setup
        self._helper = helper
        self._new_name = new_name
        self.transcript = Transcript()
        self._stations: list[ActedStation] = []

    def station(self, *, born: bool = True, counter: int = 1) -> ActedStation:
        """Another station of the site, connected.

        Raises:
            BrokerNotReached: The broker doesn't let it in.
        """
        made = ActedStation(
            self.options,
            StationIdentity(self.options.site, self._new_name()),
            self.transcript,
            blind_sku=self.setup.article,
            counter=counter,
        )
        self._stations.append(made)
        made.connect(born=born)
        return made

    def sell(self, sku: str, quantity: int) -> None:
        """Has an article sold.

        Raises:
            NotJudged: Nobody can.
        """
        if not self._helper.sell(self.options.site, sku, quantity):
            raise NotJudged("Nobody sold the article: give --sell-command, or run the kit in a terminal.")

    def clear(self) -> None:
        """All stations leave."""
        for station in self._stations:
            station.leave()
        self._stations.clear()


class Names:
    """Names of acted stations: unlike all that the receiver has ever met."""

    def __init__(self, prefix: str, token: str) -> None:
        self._prefix = f"{prefix}-{token}"
        self._lock = threading.Lock()
        self._given = 0

    def __call__(self) -> str:
        """The next name."""
        with self._lock:
            self._given += 1
            return f"{self._prefix}-{self._given:03d}"
