"""The operator's page names every setting there is, and says what was never tried."""

from pathlib import Path

import pytest

from hardware.cameras.drivers import DRIVERS as CAMERA_DRIVERS
from hardware.cameras.settings import (
    FolderCameraSettings,
    SimulatorCameraSettings,
    V4l2CameraSettings,
    VideoFileCameraSettings,
)
from hardware.scanners.drivers import DRIVERS as SCANNER_DRIVERS
from hardware.scanners.settings import SerialScannerSettings, SimulatorScannerSettings

PAGE = (Path(__file__).parents[2] / "docs" / "hardware.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "settings",
    [
        FolderCameraSettings,
        SimulatorCameraSettings,
        V4l2CameraSettings,
        VideoFileCameraSettings,
        SerialScannerSettings,
        SimulatorScannerSettings,
    ],
)
def test_every_setting_is_on_the_page(settings):
    assert [name for name in settings.model_fields if f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("driver", sorted({*CAMERA_DRIVERS, *SCANNER_DRIVERS}))
def test_every_driver_is_on_the_page(driver):
    assert f'`driver = "{driver}"`' in PAGE


def test_what_was_never_tried_is_said_at_the_top():
    assert "Not tried on real hardware" in PAGE[:200]
