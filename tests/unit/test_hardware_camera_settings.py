"""Camera settings as an operator writes them, and the drivers they name."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from hardware.cameras.bank import CameraBank
from hardware.cameras.drivers import DRIVERS, build_driver, load_driver
from hardware.cameras.settings import CameraSettings, SimulatorCameraSettings, SupervisedCameraSettings
from hardware.errors import DriverUnavailable, UnknownCamera


class Cameras(BaseModel):
    cameras: dict[str, CameraSettings]


def cameras(text: str) -> dict[str, CameraSettings]:
    return Cameras.model_validate(tomllib.loads(text)).cameras


ONE_OF_EACH = """
[cameras.top]
driver = "v4l2"
device = "/dev/v4l/by-id/usb-camera"

[cameras.front]
driver = "simulator"
scene = "scene"

[cameras.side]
driver = "folder"
folder = "pictures"

[cameras.label]
driver = "video_file"
file = "shift.avi"
"""


def test_every_driver_can_be_configured_loaded_and_built_from_its_settings():
    found = cameras(ONE_OF_EACH)
    assert {settings.driver for settings in found.values()} == set(DRIVERS)
    for name, settings in found.items():
        driver = build_driver(name, settings.driver, settings.parameters(name))
        driver.close()


def test_a_simulated_camera_shows_the_view_of_its_name_unless_another_is_set():
    found = cameras(ONE_OF_EACH)["front"]
    assert found.parameters("front")["view"] == "front"
    assert SimulatorCameraSettings(scene="s", view="top").parameters("front")["view"] == "top"


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ('driver = "v4l3"', "v4l3"),
        ('driver = "simulator"\nscene = "s"\nfps = 30', "fps"),
        ('driver = "simulator"', "scene"),
        ('driver = "simulator"\nscene = "s"\nstall_after_s = 0', "stall_after_s"),
        ('driver = "simulator"\nscene = "s"\npictures_per_second = 2', "raise it to 1.5"),
        ('driver = "simulator"\nscene = "s"\nview = "../../etc/passwd"', "view"),
        ('driver = "folder"\nfolder = "f"\norder = "random"', "order"),
        ('driver = "v4l2"\ndevice = "/dev/video0"\njpeg_quality = 101', "jpeg_quality"),
        ('driver = "video_file"\nfile = "f"\npictures_per_second = nan', "pictures_per_second"),
    ],
)
def test_a_mistake_in_the_settings_is_named(line, named):
    with pytest.raises(ValidationError, match=named):
        cameras(f"[cameras.top]\n{line}\n")


class UnknownDriverSettings(SupervisedCameraSettings):
    driver: str = "gige"


def test_an_unknown_driver_stops_the_start_with_a_message_that_names_the_camera_and_what_there_is():
    with pytest.raises(DriverUnavailable, match=r"'top'.*'gige'.*v4l2"):
        CameraBank({"top": UnknownDriverSettings()})


def test_a_driver_whose_library_is_missing_stops_the_start(monkeypatch):
    monkeypatch.delitem(sys.modules, "hardware.cameras.v4l2", raising=False)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(DriverUnavailable, match=r"cv2.*doesn't start"):
        load_driver("top", "v4l2")


def test_asking_for_a_camera_that_is_not_configured_names_those_that_are():
    bank = CameraBank({"top": SimulatorCameraSettings(scene="s")})
    for ask in (lambda: bank.latest("back"), lambda: bank.fresh(0, 1, ["back"])):
        with pytest.raises(UnknownCamera, match=r"'back'.*top"):
            ask()


def test_a_bank_that_is_not_started_says_so_and_gives_nothing():
    bank = CameraBank({"top": SimulatorCameraSettings(scene="s")})
    assert bank.fresh(0, 600) == {"top": None}
    assert bank.latest("top") is None
    assert bank.health()["top"].last_error == "The cameras aren't started."
    bank.stop()


def test_a_simulated_cameras_process_stays_free_of_heavy_libraries():
    program = (
        "import sys, hardware.cameras.child, hardware.sim.camera, hardware.cameras.folder;"
        "print(*({'cv2', 'numpy', 'pydantic', 'asyncio', 'typing_extensions'} & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == ""
