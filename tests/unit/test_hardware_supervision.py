"""When a camera's process is started, killed and given up."""

import pytest
from fakes_hardware import ManualClock

from hardware.cameras.health import CameraState
from hardware.cameras.settings import FolderCameraSettings, SimulatorCameraSettings
from hardware.cameras.supervision import Action, Supervision

SETTINGS = SimulatorCameraSettings(
    scene="scene", stall_after_s=1, start_within_s=5, steady_after_s=10, restart_base_s=0.5, restart_cap_s=8
)


class Camera:
    """A camera as its supervisor sees it: a process that gives pictures, or doesn't."""

    def __init__(self, settings=SETTINGS, luck: float = 1.0) -> None:
        self.clock = ManualClock()
        self.judged = Supervision(settings, random=lambda: luck)
        self.newest_ns = 0

    def start(self) -> None:
        assert self.judged.step(self.clock(), self.newest_ns) is Action.SPAWN
        self.judged.spawned(self.clock())

    def go_on(self, seconds: float, *, pictures: bool) -> Action:
        """Steps every 50 ms until something is to be done."""
        for _ in range(round(seconds / 0.05)):
            now_ns = self.clock.advance(0.05)
            if pictures:
                self.newest_ns = now_ns - 10_000_000
            action = self.judged.step(now_ns, self.newest_ns)
            if action is not Action.NOTHING:
                return action
        return Action.NOTHING

    def dies(self, reason: str = "unplugged") -> None:
        self.judged.ended(self.clock(), self.newest_ns, reason)


@pytest.fixture
def live() -> Camera:
    camera = Camera()
    camera.start()
    assert camera.go_on(1, pictures=True) is Action.NOTHING
    assert camera.judged.state is CameraState.LIVE
    return camera


def test_a_camera_is_starting_until_its_first_picture():
    camera = Camera()
    assert camera.judged.state is CameraState.STARTING
    camera.start()
    assert camera.go_on(4, pictures=False) is Action.NOTHING
    assert camera.judged.state is CameraState.STARTING
    camera.go_on(1, pictures=True)
    assert camera.judged.state is CameraState.LIVE
    assert camera.judged.restarts == 0
    assert camera.judged.last_error is None


def test_a_camera_without_a_first_picture_is_killed_and_lost():
    camera = Camera()
    camera.start()
    assert camera.go_on(6, pictures=False) is Action.KILL
    camera.dies(reason="")
    assert camera.judged.state is CameraState.LOST
    assert "No picture within 5 s" in camera.judged.last_error


def test_a_camera_that_stops_giving_pictures_is_killed_once_and_stalled(live):
    assert live.go_on(2, pictures=False) is Action.KILL
    assert live.judged.state is CameraState.STALLED
    assert live.go_on(1, pictures=False) is Action.NOTHING
    live.dies(reason="")
    assert live.judged.state is CameraState.STALLED
    assert live.go_on(0.6, pictures=False) is Action.SPAWN
    live.judged.spawned(live.clock())
    live.go_on(0.5, pictures=True)
    assert live.judged.state is CameraState.LIVE
    assert live.judged.restarts == 1
    assert "No new picture for 1 s" in live.judged.last_error


def test_a_restart_that_does_not_help_makes_the_camera_lost(live):
    live.dies()
    assert live.judged.state is CameraState.STALLED
    assert live.go_on(1, pictures=False) is Action.SPAWN
    live.judged.spawned(live.clock())
    live.dies("no such device")
    assert live.judged.state is CameraState.LOST
    assert live.judged.last_error == "no such device"


def test_a_lost_camera_stays_lost_while_it_is_tried_again_so_that_nobody_waits_for_it(live):
    live.dies()
    live.go_on(1, pictures=False)
    live.judged.spawned(live.clock())
    live.dies()
    assert live.go_on(2, pictures=False) is Action.SPAWN
    live.judged.spawned(live.clock())
    live.go_on(1, pictures=False)
    assert live.judged.state is CameraState.LOST


def test_the_waits_between_restarts_grow_to_their_limit():
    camera = Camera()
    waits = []
    for _ in range(7):
        camera.start()
        camera.dies()
        before = camera.clock()
        assert camera.go_on(20, pictures=False) is Action.SPAWN
        waits.append((camera.clock() - before) / 1e9)
    assert waits == pytest.approx([0.5, 1, 2, 4, 8, 8, 8], abs=0.06)


def test_a_camera_that_gives_one_picture_and_dies_again_and_again_is_lost(live):
    for _ in range(3):
        live.dies()
        assert live.go_on(20, pictures=False) is Action.SPAWN
        live.judged.spawned(live.clock())
        live.go_on(0.1, pictures=True)
    live.dies()
    assert live.judged.state is CameraState.LOST


def test_after_steady_pictures_old_failures_are_forgotten(live):
    live.dies()
    live.go_on(1, pictures=False)
    live.judged.spawned(live.clock())
    live.go_on(11, pictures=True)
    live.dies()
    assert live.judged.state is CameraState.STALLED


def test_a_camera_is_not_blamed_for_the_station_having_slept(live):
    live.clock.advance(3600)
    assert live.judged.step(live.clock(), live.newest_ns) is Action.NOTHING
    assert live.go_on(0.5, pictures=True) is Action.NOTHING
    assert live.judged.state is CameraState.LIVE
    assert live.go_on(2, pictures=False) is Action.KILL


def test_pictures_of_an_earlier_process_do_not_make_a_new_one_live(live):
    live.dies()
    live.go_on(1, pictures=False)
    live.judged.spawned(live.clock())
    live.go_on(0.3, pictures=False)
    assert live.judged.state is CameraState.STALLED


def test_a_process_that_cannot_be_ended_says_what_to_do(live):
    assert live.go_on(2, pictures=False) is Action.KILL
    assert live.go_on(6, pictures=False) is Action.NOTHING
    assert live.judged.state is CameraState.LOST
    assert "Unplug the camera" in live.judged.last_error


def test_a_folder_filled_now_and_then_never_counts_as_stuck():
    camera = Camera(FolderCameraSettings(folder="drop", order="newest"))
    camera.start()
    camera.go_on(1, pictures=True)
    assert camera.go_on(600, pictures=False) is Action.NOTHING
    assert camera.judged.state is CameraState.LIVE
