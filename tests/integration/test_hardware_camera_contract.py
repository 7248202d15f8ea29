"""What every camera driver owes, run against each of them, the simulator and the fake."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import pytest
from fakes_hardware import FakeCamera, FakeCapture, a_jpeg, some_pixels

from hardware.cameras.driver import CameraDriver
from hardware.cameras.encoding import PictureEncoder
from hardware.cameras.folder import FolderCamera
from hardware.cameras.v4l2 import V4l2Camera
from hardware.cameras.video_file import VideoFileCamera
from hardware.errors import CameraError, CameraNotFound
from hardware.sim.camera import SimulatedCamera
from hardware.sim.scene import SceneWriter


@dataclass
class Rig:
    """A camera and the hand that unplugs it."""

    camera: CameraDriver
    unplug: Callable[[], None]
    plug_in: Callable[[], None]


def moved_away(path: Path, camera: CameraDriver) -> Rig:
    away = path.with_name(path.name + ".away")
    return Rig(camera, lambda: path.rename(away) and None, lambda: away.rename(path) and None)


def fake(folder: Path) -> Iterator[Rig]:
    camera = FakeCamera()
    yield Rig(
        camera, lambda: setattr(camera, "plugged_in", False), lambda: setattr(camera, "plugged_in", True)
    )


def folder_cycling(folder: Path) -> Iterator[Rig]:
    pictures = folder / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(a_jpeg(shade=10))
    cv2.imwrite(str(pictures / "b.png"), some_pixels(shade=20))
    yield moved_away(pictures, FolderCamera(str(pictures), seconds_each=0.02, pictures_per_second=100))


def folder_newest(folder: Path) -> Iterator[Rig]:
    pictures = folder / "pictures"
    pictures.mkdir()
    stop = threading.Event()

    def drop_files():
        number = 0
        while not stop.wait(0.02):
            number += 1
            try:
                (folder / "new").write_bytes(a_jpeg(shade=number % 250))
                (folder / "new").rename(pictures / f"{number:06}.jpg")
            except OSError:
                continue  # the folder is moved away

    thread = threading.Thread(target=drop_files)
    thread.start()
    try:
        yield moved_away(pictures, FolderCamera(str(pictures), order="newest", pictures_per_second=200))
    finally:
        stop.set()
        thread.join()


def video_file(folder: Path) -> Iterator[Rig]:
    file = folder / "film.avi"
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc("M", "J", "P", "G"), 100, (64, 48))
    film.write(some_pixels(shade=50))
    film.release()
    yield moved_away(file, VideoFileCamera(str(file)))


def usb(folder: Path) -> Iterator[Rig]:
    device = folder / "video0"
    device.touch()
    captures: list[FakeCapture] = []

    def open_capture(_: str) -> FakeCapture:
        captures.append(FakeCapture())
        return captures[-1]

    def unplug() -> None:
        device.unlink()
        for capture in captures:
            capture.gone = True

    yield Rig(V4l2Camera(str(device), delay_ms=0, open_capture=open_capture), unplug, device.touch)


def simulator(folder: Path) -> Iterator[Rig]:
    scene = SceneWriter(folder)
    scene.show({"top": a_jpeg()})
    camera = SimulatedCamera(str(folder), "top", pictures_per_second=100)
    yield Rig(camera, lambda: scene.fault("lost"), scene.clear_fault)


@pytest.fixture(params=[fake, folder_cycling, folder_newest, video_file, usb, simulator])
def rig(request, tmp_path) -> Iterator[Rig]:
    making = request.param(tmp_path)
    rig = next(making)
    yield rig
    rig.camera.close()
    assert next(making, None) is None


def read_on(camera: CameraDriver) -> None:
    """Reads until the camera is gone."""
    for _ in range(20):
        camera.read()


def test_closing_is_safe_before_opening_and_twice(rig):
    rig.camera.close()
    rig.camera.open()
    rig.camera.close()
    rig.camera.close()


def test_pictures_come_either_as_jpeg_or_as_pixels_and_can_be_stored(rig):
    rig.camera.open()
    encoder = PictureEncoder()
    for _ in range(5):
        picture = rig.camera.read()
        assert (picture.jpeg is None) != (picture.bgr is None)
        jpeg, width, height = encoder.encode(picture)
        assert jpeg.startswith(b"\xff\xd8")
        assert (width, height) == (64, 48)


def test_each_picture_was_taken_later_than_the_last_and_not_in_the_future(rig):
    rig.camera.open()
    last_ns = 0
    for _ in range(5):
        taken_ns = rig.camera.read().taken_at_ns
        assert last_ns < taken_ns <= time.monotonic_ns()
        last_ns = taken_ns


def test_soon_a_picture_comes_that_was_taken_after_any_given_moment(rig):
    rig.camera.open()
    rig.camera.read()
    moment_ns = time.monotonic_ns()
    assert any(rig.camera.read().taken_at_ns > moment_ns for _ in range(20))


def test_an_unplugged_camera_is_an_error_with_advice_and_works_again_when_plugged_in(rig):
    rig.camera.open()
    rig.camera.read()
    rig.unplug()
    if not isinstance(rig.camera, VideoFileCamera):  # an open film goes on until its end
        with pytest.raises(CameraError) as lost:
            read_on(rig.camera)
        assert lost.value.message.count(".") > 1
    rig.camera.close()
    with pytest.raises(CameraNotFound):
        rig.camera.open()
    rig.plug_in()
    rig.camera.open()
    assert rig.camera.read().taken_at_ns > 0
