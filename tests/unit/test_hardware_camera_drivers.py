"""What is special to each camera driver; what they share is in the contract suite."""

import os
from pathlib import Path

import cv2
import pytest
from fakes_hardware import FakeCapture, ManualClock, a_jpeg, shade_of, some_pixels

from hardware.cameras.folder import FolderCamera
from hardware.cameras.pace import Pace
from hardware.cameras.v4l2 import V4l2Camera
from hardware.cameras.video_file import VideoFileCamera
from hardware.errors import CameraError, CameraLost, CameraNotFound, PictureRefused
from hardware.sim.camera import FAULTS, SimulatedCamera
from hardware.sim.scene import SceneWriter


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


class TestPace:
    def test_it_ticks_at_its_rate_and_leaves_missed_ticks_out(self, clock):
        pace = Pace(10, monotonic_ns=clock, sleep=clock.sleep)
        start = clock()
        ticks = [round((pace.wait() - start) / 1e6) for _ in range(3)]
        clock.advance(5)
        ticks += [round((pace.wait() - start) / 1e6) for _ in range(3)]
        assert ticks == [0, 100, 200, 5200, 5300, 5400]


class TestFolder:
    def camera(self, folder: Path, clock: ManualClock, **settings) -> FolderCamera:
        settings = {"pictures_per_second": 10, "seconds_each": 0.2, **settings}
        return FolderCamera(str(folder), **settings, monotonic_ns=clock, sleep=clock.sleep)

    def test_cycling_shows_each_for_its_time_in_the_order_of_names_for_ever(self, tmp_path, clock):
        for name, shade in (("b.jpg", 20), ("a.JPG", 10), ("c.jpeg", 30)):
            (tmp_path / name).write_bytes(a_jpeg(shade=shade))
        (tmp_path / "notes.txt").write_text("no picture")
        camera = self.camera(tmp_path, clock)
        camera.open()
        shades = [shade_of(camera.read().jpeg) for _ in range(8)]
        assert shades == [10, 10, 20, 20, 30, 30, 10, 10]

    def test_other_kinds_of_picture_come_as_pixels(self, tmp_path, clock):
        cv2.imwrite(str(tmp_path / "a.png"), some_pixels(20, 10, 77))
        camera = self.camera(tmp_path, clock)
        camera.open()
        picture = camera.read()
        assert picture.jpeg is None
        assert picture.bgr.shape == (10, 20, 3)

    def test_a_broken_picture_is_passed_over(self, tmp_path, clock):
        (tmp_path / "a.png").write_bytes(b"not a picture")
        (tmp_path / "b.jpg").write_bytes(b"")
        (tmp_path / "c.jpg").write_bytes(a_jpeg(shade=30))
        camera = self.camera(tmp_path, clock)
        camera.open()
        for name in ("a.png", "b.jpg"):
            with pytest.raises(PictureRefused, match=name):
                camera.read()
        assert shade_of(camera.read().jpeg) == 30

    def test_an_empty_or_missing_folder_is_not_found(self, tmp_path, clock):
        with pytest.raises(CameraNotFound, match="no pictures"):
            self.camera(tmp_path, clock).open()
        with pytest.raises(CameraNotFound, match="no picture folder"):
            self.camera(tmp_path / "none", clock).open()

    def test_a_folder_emptied_while_open_is_a_lost_camera(self, tmp_path, clock):
        (tmp_path / "a.jpg").write_bytes(a_jpeg())
        camera = self.camera(tmp_path, clock)
        camera.open()
        camera.read()
        (tmp_path / "a.jpg").unlink()
        assert camera.read()  # shown for two ticks
        with pytest.raises(CameraLost):
            camera.read()

    def newest(self, folder: Path, clock: ManualClock, arrive, **settings) -> FolderCamera:
        """A camera whose folder is filled while it sleeps; the wall clock is 1,000 s behind monotonic."""

        def sleep(seconds: float) -> None:
            clock.sleep(seconds)
            arrive()

        return FolderCamera(
            str(folder),
            order="newest",
            pictures_per_second=10,
            monotonic_ns=clock,
            wall_ns=lambda: clock() - 1_000_000_000_000 + 10**18,
            sleep=sleep,
            **settings,
        )

    def put(self, file: Path, clock: ManualClock, shade: int, age_s: float = 0.0, data: bytes | None = None):
        file.write_bytes(a_jpeg(shade=shade) if data is None else data)
        when = clock() - 1_000_000_000_000 + 10**18 - int(age_s * 1e9)
        os.utime(file, ns=(when, when))

    def test_newest_gives_each_file_once_with_a_time_not_later_than_its_coming(self, tmp_path, clock):
        arrivals = []

        def arrive():
            if len(arrivals) < 20:
                arrivals.append(clock())
                if len(arrivals) in {5, 9}:
                    self.put(tmp_path / f"{len(arrivals)}.jpg", clock, len(arrivals) * 10)

        camera = self.newest(tmp_path, clock, arrive)
        camera.open()
        first, second = camera.read(), camera.read()
        assert [shade_of(picture.jpeg) for picture in (first, second)] == [50, 90]
        assert first.taken_at_ns <= arrivals[4]
        assert second.taken_at_ns <= arrivals[8]
        assert second.taken_at_ns > first.taken_at_ns

    def test_newest_does_not_make_an_old_file_new_when_the_station_starts(self, tmp_path, clock):
        self.put(tmp_path / "old.jpg", clock, 10, age_s=500)
        camera = self.newest(tmp_path, clock, lambda: None)
        camera.open()
        assert camera.read().taken_at_ns <= clock() - 499_000_000_000

    def test_newest_is_not_fooled_by_a_wall_clock_that_jumped_back(self, tmp_path, clock):
        looks = []

        def arrive():
            looks.append(clock())
            if len(looks) == 5:
                self.put(tmp_path / "a.jpg", clock, 10, age_s=-3600)

        camera = self.newest(tmp_path, clock, arrive)
        camera.open()
        assert camera.read().taken_at_ns <= looks[4]

    def test_newest_waits_for_a_file_that_is_still_being_written(self, tmp_path, clock):
        step = 0

        def arrive():
            nonlocal step
            step += 1
            whole = a_jpeg(shade=40)
            if step <= 4:
                self.put(tmp_path / "a.jpg", clock, 0, data=whole[: len(whole) * step // 4])

        camera = self.newest(tmp_path, clock, arrive)
        camera.open()
        assert camera.read().jpeg == a_jpeg(shade=40)

    def test_the_delay_of_a_camera_that_puts_files_is_taken_off(self, tmp_path, clock):
        self.put(tmp_path / "a.jpg", clock, 10)
        camera = self.newest(tmp_path, clock, lambda: None, delay_ms=250)
        camera.open()
        assert clock() - camera.read().taken_at_ns >= 250_000_000


class TestVideoFile:
    def test_the_film_starts_again_after_its_end(self, tmp_path, clock):
        file = tmp_path / "film.avi"
        film = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc("M", "J", "P", "G"), 20, (64, 48))
        for shade in (40, 120, 200):
            film.write(some_pixels(shade=shade))
        film.release()
        camera = VideoFileCamera(str(file), monotonic_ns=clock, sleep=clock.sleep)
        camera.open()
        pictures = [camera.read() for _ in range(7)]
        shades = [round(float(picture.bgr.mean()), -1) for picture in pictures]
        assert shades == [40, 120, 200, 40, 120, 200, 40]
        assert pictures[1].taken_at_ns - pictures[0].taken_at_ns == 50_000_000
        camera.close()

    def test_a_file_that_is_no_video_is_an_error(self, tmp_path):
        file = tmp_path / "film.avi"
        file.write_bytes(b"no film at all")
        with pytest.raises(CameraError, match="isn't a video"):
            VideoFileCamera(str(file)).open()


class TestUsb:
    def camera(self, tmp_path: Path, capture: FakeCapture, **settings) -> V4l2Camera:
        device = tmp_path / "video0"
        device.touch()
        camera = V4l2Camera(str(device), open_capture=lambda _: capture, **settings)
        camera.open()
        return camera

    def test_size_rate_and_motion_jpeg_are_asked_for(self, tmp_path):
        capture = FakeCapture()
        self.camera(tmp_path, capture, width=1280, height=720, pictures_per_second=15)
        assert capture.settings[cv2.CAP_PROP_FRAME_WIDTH] == 1280
        assert capture.settings[cv2.CAP_PROP_FRAME_HEIGHT] == 720
        assert capture.settings[cv2.CAP_PROP_FPS] == 15
        assert capture.settings[cv2.CAP_PROP_CONVERT_RGB] == 0

    def test_the_cameras_own_jpeg_is_kept(self, tmp_path):
        picture = self.camera(tmp_path, FakeCapture()).read()
        assert picture.jpeg.startswith(a_jpeg())
        assert picture.bgr is None

    @pytest.mark.parametrize(("offers_mjpg", "own_jpeg"), [(False, True), (True, False)])
    def test_without_motion_jpeg_pixels_come(self, tmp_path, offers_mjpg, own_jpeg):
        picture = self.camera(tmp_path, FakeCapture(offers_mjpg=offers_mjpg), own_jpeg=own_jpeg).read()
        assert picture.jpeg is None
        assert picture.bgr.shape == (48, 64, 3)

    def test_the_kernels_stamp_is_taken_where_it_is_plausible(self, tmp_path):
        clock = ManualClock()
        capture = FakeCapture(stamps=lambda: clock() / 1e6 - 40)
        picture = self.camera(tmp_path, capture, monotonic_ns=clock).read()
        assert picture.taken_at_ns == pytest.approx(clock() - 40_000_000, abs=1000)

    @pytest.mark.parametrize("stamp_ms", [0.0, 1e15, -5.0])
    def test_an_implausible_stamp_is_not_believed(self, tmp_path, stamp_ms):
        clock = ManualClock()
        camera = self.camera(tmp_path, FakeCapture(stamps=lambda: stamp_ms), monotonic_ns=clock, delay_ms=60)
        assert camera.read().taken_at_ns == clock() - 60_000_000

    def test_an_unplugged_camera_is_lost_and_released(self, tmp_path):
        capture = FakeCapture()
        camera = self.camera(tmp_path, capture)
        capture.gone = True
        with pytest.raises(CameraLost, match="stopped giving pictures"):
            camera.read()
        camera.close()
        assert capture.released == 1

    def test_a_camera_that_another_program_holds_is_named(self, tmp_path):
        capture = FakeCapture()
        capture.opened = False
        with pytest.raises(CameraError, match="group 'video'"):
            self.camera(tmp_path, capture)
        assert capture.released == 1


class TestSimulator:
    @pytest.fixture
    def scene(self, tmp_path) -> SceneWriter:
        writer = SceneWriter(tmp_path / "scene")
        writer.show({"top": a_jpeg(shade=10), "front": a_jpeg(shade=20)})
        return writer

    def camera(self, tmp_path: Path, clock: ManualClock, view: str = "top") -> SimulatedCamera:
        camera = SimulatedCamera(str(tmp_path / "scene"), view, monotonic_ns=clock, sleep=clock.sleep)
        camera.open()
        return camera

    def test_it_shows_the_scene_as_it_is_now(self, tmp_path, clock, scene):
        camera = self.camera(tmp_path, clock)
        assert shade_of(camera.read().jpeg) == 10
        scene.show({"top": a_jpeg(shade=99)})
        assert shade_of(camera.read().jpeg) == 99

    @pytest.mark.usefixtures("scene")
    def test_the_same_scene_gives_the_same_bytes_without_reading_them_again(self, tmp_path, clock):
        camera = self.camera(tmp_path, clock)
        assert camera.read().jpeg is camera.read().jpeg

    def test_variants_come_in_turn_until_another_scene_is_shown(self, tmp_path, clock, scene):
        scene.show({"top": [a_jpeg(shade=shade) for shade in (10, 11, 12)]})
        camera = self.camera(tmp_path, clock)
        assert {shade_of(camera.read().jpeg) for _ in range(3)} == {10, 11, 12}
        scene.show({"top": a_jpeg(shade=50)})
        assert {shade_of(camera.read().jpeg) for _ in range(3)} == {50}

    @pytest.mark.usefixtures("scene")
    def test_a_view_that_is_not_in_the_scene_is_not_found(self, tmp_path, clock):
        with pytest.raises(CameraNotFound, match=r"back\.jpg"):
            self.camera(tmp_path, clock, "back")

    def test_unplugged(self, tmp_path, clock, scene):
        camera = self.camera(tmp_path, clock)
        scene.fault("lost")
        with pytest.raises(CameraLost):
            camera.read()
        with pytest.raises(CameraNotFound):
            self.camera(tmp_path, clock)
        scene.clear_fault()
        assert self.camera(tmp_path, clock).read().jpeg

    def test_a_fault_can_hit_one_view(self, tmp_path, clock, scene):
        top, front = self.camera(tmp_path, clock), self.camera(tmp_path, clock, "front")
        scene.fault("lost", "front")
        assert shade_of(top.read().jpeg) == 10
        with pytest.raises(CameraLost):
            front.read()

    def test_frozen_pictures_go_on_with_new_times(self, tmp_path, clock, scene):
        camera = self.camera(tmp_path, clock)
        before = camera.read()
        scene.fault("freeze")
        camera.read()
        scene.show({"top": a_jpeg(shade=99)})
        frozen = camera.read()
        assert frozen.jpeg == before.jpeg
        assert frozen.taken_at_ns > before.taken_at_ns
        scene.clear_fault()
        assert shade_of(camera.read().jpeg) == 99

    def test_stale_pictures_keep_their_old_time(self, tmp_path, clock, scene):
        camera = self.camera(tmp_path, clock)
        before = camera.read()
        scene.fault("stale")
        assert camera.read().taken_at_ns == before.taken_at_ns

    def test_garbage_is_no_picture(self, tmp_path, clock, scene):
        camera = self.camera(tmp_path, clock)
        scene.fault("garbage")
        assert not camera.read().jpeg.startswith(b"\xff\xd8")

    @pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nonsense\n", b"front lost\n", b"a b c\n"])
    @pytest.mark.usefixtures("scene")
    def test_what_is_no_fault_for_this_view_is_ignored(self, tmp_path, clock, content):
        (tmp_path / "scene" / "fault").write_bytes(content)
        assert self.camera(tmp_path, clock).read().jpeg

    def test_a_scene_writer_refuses_what_would_not_work(self, scene):
        with pytest.raises(ValueError, match=FAULTS[0]):
            scene.fault("on fire")
        with pytest.raises(ValueError, match="'top' has no picture"):
            scene.show({"top": []})

    def test_the_writer_leaves_nothing_but_the_scene(self, tmp_path, scene):
        scene.show({"top": [a_jpeg(shade=1), a_jpeg(shade=2)]})
        assert sorted(path.name for path in (tmp_path / "scene").iterdir()) == [
            "front.jpg",
            "top.1.jpg",
            "top.jpg",
        ]
