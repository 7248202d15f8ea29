"""A station as `darkstore run` has it, but with a clock that the driver can shift."""

import logging
from contextlib import closing
from pathlib import Path

from edge.bootstrap import open_station
from edge.clock import SystemClock
from edge.lab.torture.shifted_clock import ShiftedWall
from edge.serving import bind, serve
from edge.settings import load_settings


def main(arguments: list[str]) -> None:
    """Run until SIGTERM.

    Args:
        arguments: The settings file, and the file that shifts the clock.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config, clock = (Path(one) for one in arguments)
    settings = load_settings(config)
    listener = bind(settings.station.host, settings.station.port)
    with (
        closing(listener),
        open_station(
            settings, clock=SystemClock(wall=ShiftedWall(clock), synchronised=lambda: False)
        ) as station,
    ):
        serve(station, listener)
