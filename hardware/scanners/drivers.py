"""The table of scanner drivers: what `driver = "..."` in a scanner's settings stands for."""

import importlib
from typing import NamedTuple

from hardware.errors import DriverUnavailable
from hardware.scanners.driver import ScannerDriver
from hardware.scanners.settings import CommonScannerSettings


class DriverPlace(NamedTuple):
    """Where a driver's class is."""

    module: str
    class_name: str


DRIVERS = {
    "serial": DriverPlace("hardware.scanners.serial_line", "SerialScanner"),
    "simulator": DriverPlace("hardware.sim.scanner", "SimulatedScanner"),
}


def build_driver(scanner: str, settings: CommonScannerSettings) -> ScannerDriver:
    """Builds a configured scanner's driver.

    Args:
        scanner: The scanner's name, for the error's message.
        settings: Its settings.

    Raises:
        DriverUnavailable: There is no such driver, or something it needs is missing on this machine.
    """
    device = f"Scanner '{scanner}'"
    place = DRIVERS.get(settings.driver)
    if place is None:
        reason = f"there is none of that name; there are: {', '.join(DRIVERS)}"
        raise DriverUnavailable(device, settings.driver, reason)
    try:
        driver: ScannerDriver = getattr(importlib.import_module(place.module), place.class_name)(settings)
    except (ImportError, OSError) as error:
        raise DriverUnavailable(device, settings.driver, str(error)) from error
    return driver
