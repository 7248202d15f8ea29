"""The table of camera drivers: what `driver = "..."` in a camera's settings stands for.

A driver is a class in a module of its own, imported only where it is used. Adding one means a line here, a
class and its settings. A camera's process imports this module, so it stays small.
"""

import importlib
from typing import Any, NamedTuple

from hardware.cameras.driver import CameraDriver
from hardware.errors import DriverUnavailable


class DriverPlace(NamedTuple):
    """Where a driver's class is."""

    module: str
    class_name: str


DRIVERS = {
    "folder": DriverPlace("hardware.cameras.folder", "FolderCamera"),
    "video_file": DriverPlace("hardware.cameras.video_file", "VideoFileCamera"),
    "v4l2": DriverPlace("hardware.cameras.v4l2", "V4l2Camera"),
    "simulator": DriverPlace("hardware.sim.camera", "SimulatedCamera"),
}


def load_driver(camera: str, driver: str) -> type[CameraDriver]:
    """The driver's class, imported with everything it needs.

    Args:
        camera: Name of the configured camera, for the error's message.
        driver: Name of the driver.

    Raises:
        DriverUnavailable: There is no such driver, or something it needs is missing on this machine.
    """
    device = f"Camera '{camera}'"
    place = DRIVERS.get(driver)
    if place is None:
        raise DriverUnavailable(
            device, driver, f"there is none of that name; there are: {', '.join(DRIVERS)}"
        )
    try:
        found: type[CameraDriver] = getattr(importlib.import_module(place.module), place.class_name)
    except (ImportError, OSError) as error:
        raise DriverUnavailable(device, driver, str(error)) from error
    return found


def build_driver(camera: str, driver: str, parameters: dict[str, Any]) -> CameraDriver:
    """Builds the driver with its own settings' values.

    Raises:
        DriverUnavailable: As `load_driver`.
    """
    return load_driver(camera, driver)(**parameters)
