"""Pictures that are worked with at half their size, and what is still said in pixels of the full one."""

import struct

import cv2
import numpy as np
import pytest

from tests.builders_vision import DATA, ITEM, a_jpeg, a_spec, an_empty_station, put_item, tiny_weights
from vision.detector import OnnxDetector
from vision.errors import PictureRefused, PictureTooLarge, PictureTruncated
from vision.findings import DefectKind
from vision.photograph import open_photograph
from vision.picture import decode_picture
from vision.settings import DetectorSettings, PictureSettings, VisionSettings
from vision.view_inspector import ViewInspector

LIMITS = PictureSettings()
SCENE = put_item(an_empty_station())
JPEG = a_jpeg(SCENE)


def turned(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with a camera's note on how it was held (Exif orientation)."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    body = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_a_large_jpeg_is_halved_and_its_full_size_known():
    seen = open_photograph(JPEG, 640, LIMITS)
    assert seen.working.shape == (540, 960, 3)
    assert (seen.width, seen.height, seen.factor) == (1920, 1080, 2)
    averaged = cv2.resize(SCENE, (960, 540), interpolation=cv2.INTER_AREA)
    assert np.abs(seen.working.astype(int) - averaged).mean() < 3
    assert np.array_equal(seen.full(), decode_picture(JPEG))


@pytest.mark.parametrize(
    "data",
    [
        a_jpeg(SCENE[:540, :960].copy()),  # half of it would be too small
        a_jpeg(SCENE[:1079, :1919].copy()),  # its half is no whole number of pixels
        bytes(cv2.imencode(".png", SCENE)[1]),
        (DATA / "cmyk.jpg").read_bytes(),
    ],
    ids=["small", "odd", "png", "cmyk"],
)
def test_other_pictures_are_decoded_in_full(data):
    seen = open_photograph(data, 640, LIMITS)
    assert seen.factor == 1
    assert np.array_equal(seen.working, decode_picture(data))
    assert seen.full() is seen.working


def test_a_grey_jpeg_becomes_bgr():
    grey = open_photograph(a_jpeg(SCENE[:, :, 0].copy()), 640, LIMITS)
    assert grey.working.shape == (540, 960, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_camera_held_upright_gives_an_upright_picture(orientation):
    data = turned(JPEG, orientation)
    seen = open_photograph(data, 640, LIMITS)
    full = decode_picture(data)
    assert (seen.height, seen.width) == full.shape[:2]
    averaged = cv2.resize(full, seen.working.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(seen.working.astype(int) - averaged).mean() < 3


def test_what_is_refused_in_full_is_refused_at_half():
    with pytest.raises(PictureTruncated):
        open_photograph(JPEG[:-400], 640, LIMITS)
    with pytest.raises(PictureTooLarge):
        open_photograph(JPEG, 640, PictureSettings(max_megapixels=1))
    with pytest.raises(PictureRefused):
        open_photograph(b"\xff\xd8nothing", 640, LIMITS)


@pytest.mark.parametrize("size", [64, 480, 640])
def test_boxes_are_in_full_pixels_whichever_size_the_network_was_shown(size):
    scene = SCENE.copy()
    scene[420:580, 820:990] = (0, 0, 255)
    detector = Watching(size)
    with ViewInspector(VisionSettings(), detector) as inspector:
        seen = inspector.inspect("top", a_jpeg(scene), a_jpeg(an_empty_station(seed=2)))
    # The item is 260 pixels wide in half the picture.
    assert detector.shown == ((540, 960) if size < 260 else (1080, 1920))
    assert seen.region is not None
    assert seen.region.x == pytest.approx(ITEM.x, abs=20)
    tear = next(finding for finding in seen.findings if finding.kind is DefectKind.PENETRATION)
    assert tear.box.x < 905 < tear.box.x + tear.box.width
    assert tear.box.y < 500 < tear.box.y + tear.box.height
    assert tear.extent == pytest.approx(tear.box.area / seen.region.area)


def test_the_full_picture_can_still_be_had():
    with ViewInspector(VisionSettings()) as inspector:
        assert np.array_equal(inspector.inspect("top", JPEG).picture, decode_picture(JPEG))


class Watching:
    """Stands for a network of any input size: boxes what is red, remembers what it was shown."""

    def __init__(self, size: int) -> None:
        self._inner = OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())
        self._size = size
        self.shown: tuple[int, ...] = ()

    def enlarges(self, picture, region):
        del picture
        return max(region.box.width, region.box.height) < self._size

    def prepare(self, picture, region):
        self.shown = picture.shape[:2]
        return self._inner.prepare(picture, region)

    def infer(self, tensor):
        return self._inner.infer(tensor)

    def interpret(self, raw, crop, region, view):
        return self._inner.interpret(raw, crop, region, view)
