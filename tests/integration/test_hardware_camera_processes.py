"""Cameras in processes of their own: fresh pictures, and cameras that hang, lie, crash or are orphaned."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import psutil
import pytest
from fakes_hardware import a_jpeg, open_descriptors, shade_of, some_pixels

from hardware.cameras.bank import CameraBank
from hardware.cameras.health import CameraState
from hardware.cameras.settings import (
    FolderCameraSettings,
    SimulatorCameraSettings,
    SupervisedCameraSettings,
    V4l2CameraSettings,
    VideoFileCameraSettings,
)
from hardware.sim.scene import SceneWriter

ROOT = Path(__file__).parents[2]
LONG_S = 600.0  # far beyond a test's time-out: whoever waits for it fails


def until(true: Callable[[], bool]) -> None:
    """Waits; the test's own time-out is the limit."""
    while not true():
        time.sleep(0.01)


def simulated(scene: Path, **settings) -> SimulatorCameraSettings:
    quick = {"stall_after_s": 0.5, "start_within_s": 3, "restart_base_s": 0.05, "restart_cap_s": 0.2}
    return SimulatorCameraSettings(scene=scene, **(quick | settings))


@pytest.fixture
def scene(tmp_path) -> SceneWriter:
    writer = SceneWriter(tmp_path / "scene")
    writer.show({"top": a_jpeg(shade=10), "front": a_jpeg(shade=20)})
    return writer


@pytest.fixture
def bank(tmp_path, scene):
    with CameraBank({name: simulated(tmp_path / "scene") for name in ("top", "front")}) as bank:
        assert all(bank.fresh(0, LONG_S).values())
        until(lambda: all(health.state is CameraState.LIVE for health in bank.health().values()))
        yield bank


def state(bank: CameraBank, camera: str) -> CameraState:
    return bank.health()[camera].state


def test_each_camera_gives_a_picture_that_shows_the_scene_as_it_was_after_the_scan(bank, scene):
    for shade in range(30, 230, 20):
        scene.show({"top": a_jpeg(shade=shade), "front": a_jpeg(shade=shade + 10)})
        scanned_at_ns = time.monotonic_ns()
        frames = bank.fresh(scanned_at_ns, LONG_S)
        for name, expected in (("top", shade), ("front", shade + 10)):
            frame = frames[name]
            assert frame.camera == name
            assert scanned_at_ns < frame.taken_at_ns <= time.monotonic_ns()
            assert shade_of(frame.jpeg) == expected
            assert (frame.width, frame.height) == (64, 48)


def test_no_picture_is_given_that_was_taken_before(bank):
    assert bank.fresh(time.monotonic_ns() + 60_000_000_000, 0.2) == {"top": None, "front": None}
    assert bank.latest("top") is not None


def test_one_camera_can_be_asked_alone(bank):
    assert set(bank.fresh(0, LONG_S, ["front"])) == {"front"}


def test_pictures_are_counted(bank):
    first = bank.fresh(0, LONG_S)["top"]
    second = bank.fresh(first.taken_at_ns, LONG_S)["top"]
    assert second.sequence > first.sequence > 0
    assert second.taken_at_ns > first.taken_at_ns


def test_a_lost_camera_costs_no_waiting_and_comes_back(bank, scene):
    scene.fault("lost", "front")
    until(lambda: state(bank, "front") is CameraState.LOST)
    frames = bank.fresh(time.monotonic_ns(), LONG_S)
    assert frames["front"] is None
    assert frames["top"] is not None
    health = bank.health()["front"]
    assert "unplugged" in health.last_error
    assert health.last_frame_age_s > 0
    scene.clear_fault()
    until(lambda: state(bank, "front") is CameraState.LIVE)
    after = bank.health()["front"]
    assert after.restarts > 0
    assert "unplugged" in after.last_error
    assert bank.fresh(time.monotonic_ns(), LONG_S)["front"] is not None


def test_a_camera_lost_while_it_is_waited_for_ends_the_wait(bank, scene):
    scene.fault("lost", "front")
    frames = bank.fresh(time.monotonic_ns() + 10**15, LONG_S, ["front"])
    assert frames == {"front": None}


def test_a_read_that_hangs_is_killed_and_the_camera_comes_back(bank, scene):
    hanging = bank.health()["top"].pid
    scene.fault("hang", "top")
    until(lambda: state(bank, "top") is not CameraState.LIVE)
    assert "No new picture" in bank.health()["top"].last_error
    until(lambda: not psutil.pid_exists(hanging))
    until(lambda: state(bank, "top") is CameraState.LOST)
    scene.clear_fault()
    until(lambda: state(bank, "top") is CameraState.LIVE)
    assert bank.health()["top"].pid != hanging


@pytest.mark.parametrize(("fault", "said"), [("garbage", "isn't a JPEG"), ("stale", "time doesn't advance")])
def test_a_camera_that_gives_unusable_pictures_is_not_live_and_says_why(bank, scene, fault, said):
    scene.fault(fault, "top")
    until(lambda: said in (bank.health()["top"].last_error or ""))
    assert state(bank, "front") is CameraState.LIVE
    scene.clear_fault()
    until(lambda: state(bank, "top") is CameraState.LIVE)


def test_a_crashed_process_is_started_again_and_counts_on(bank):
    before = bank.fresh(0, LONG_S)["top"]
    os.kill(bank.health()["top"].pid, signal.SIGKILL)
    until(lambda: bank.health()["top"].restarts == 1)
    after = bank.fresh(time.monotonic_ns(), LONG_S)["top"]
    assert after.sequence > before.sequence
    assert "SIGKILL" in bank.health()["top"].last_error


def test_a_picture_too_large_for_its_place_is_refused_with_advice(tmp_path, scene):
    scene.show({"top": a_jpeg() + bytes(5000) + b"\xff\xd9"})
    with CameraBank(
        {"top": simulated(tmp_path / "scene", max_picture_bytes=4096, start_within_s=0.5)}
    ) as bank:
        until(lambda: "max_picture_bytes" in (bank.health()["top"].last_error or ""))
        assert bank.fresh(0, LONG_S) == {"top": None}


def test_a_camera_that_is_not_there_is_lost_and_the_others_work(tmp_path, scene):
    settings = {
        "top": simulated(tmp_path / "scene"),
        "side": V4l2CameraSettings(device=tmp_path / "video9", restart_base_s=30, restart_cap_s=30),
    }
    with CameraBank(settings) as bank:
        assert bank.fresh(0, LONG_S, ["top"])["top"] is not None
        assert bank.fresh(0, LONG_S, ["side"]) == {"side": None}
        assert state(bank, "side") is CameraState.LOST
        assert "/dev/v4l/by-id" in bank.health()["side"].last_error


def test_a_driver_that_fails_in_an_unforeseen_way_is_a_lost_camera(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.jpg").mkdir()  # a folder where a picture should be
    with CameraBank(
        {"top": FolderCameraSettings(folder=folder, restart_base_s=30, restart_cap_s=30)}
    ) as bank:
        until(lambda: state(bank, "top") is CameraState.LOST)
        assert "IsADirectoryError" in bank.health()["top"].last_error


def test_a_folder_and_a_film_work_as_cameras(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), some_pixels(shade=70))
    file = tmp_path / "film.avi"
    film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc("M", "J", "P", "G"), 25, (64, 48))
    film.write(some_pixels(shade=150))
    film.release()
    settings: dict[str, SupervisedCameraSettings] = {
        "top": FolderCameraSettings(folder=folder),
        "front": VideoFileCameraSettings(file=file),
    }
    with CameraBank(settings) as bank:
        frames = bank.fresh(time.monotonic_ns(), LONG_S)
    assert shade_of(frames["top"].jpeg) == pytest.approx(70, abs=2)
    assert shade_of(frames["front"].jpeg) == pytest.approx(150, abs=3)


def test_a_simulated_cameras_process_stays_small(bank):
    for health in bank.health().values():
        assert psutil.Process(health.pid).memory_full_info().pss < 20_000_000


def test_stopping_leaves_no_process_and_no_descriptor_and_can_be_followed_by_a_start(tmp_path, scene):
    bank = CameraBank({name: simulated(tmp_path / "scene") for name in ("top", "front")})
    before = open_descriptors()
    for _ in range(2):
        bank.start()
        bank.start()
        assert all(bank.fresh(0, LONG_S).values())
        pids = [health.pid for health in bank.health().values()]
        bank.stop()
        bank.stop()
        assert not any(psutil.pid_exists(pid) for pid in pids)
    assert open_descriptors() == before


def test_restarts_leave_no_descriptor(bank):
    before = open_descriptors()
    for restarts in (1, 2, 3):
        os.kill(bank.health()["top"].pid, signal.SIGKILL)
        until(lambda done=restarts: bank.health()["top"].restarts == done)
        until(lambda: bank.health()["top"].state is CameraState.LIVE)
    assert open_descriptors() == before


STATION = """
import sys, time
from pathlib import Path
from hardware.cameras.bank import CameraBank
from hardware.cameras.settings import SimulatorCameraSettings

scene = Path(sys.argv[1])
bank = CameraBank({name: SimulatorCameraSettings(scene=scene) for name in ("top", "front")})
bank.start()
bank.fresh(0, 60)
print(*(health.pid for health in bank.health().values()), flush=True)
time.sleep(600)
"""


def test_the_cameras_die_with_a_killed_station(tmp_path, scene):
    with subprocess.Popen(
        [sys.executable, "-c", STATION, str(tmp_path / "scene")], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as station:
        cameras = [psutil.Process(int(pid)) for pid in station.stdout.readline().split()]
        assert len(cameras) == 2
        station.kill()
    until(lambda: not any(camera.is_running() and camera.status() != "zombie" for camera in cameras))


def test_a_camera_whose_station_died_before_it_was_ready_ends_by_itself():
    program = "from hardware.cameras.parent_death import die_with_parent; die_with_parent(999999)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode != 0
    assert "ended before its camera" in done.stderr
