"""A whole view: bytes in, findings out; two views at once."""

import threading

import cv2
import numpy as np
import pytest

from tests.builders_vision import a_jpeg, a_spec, an_empty_station, put_item, tiny_weights
from vision.annotate import annotate
from vision.detector import OnnxDetector
from vision.errors import PictureRefused, PictureTruncated
from vision.findings import DefectKind
from vision.quality import QualityVerdict
from vision.settings import DetectorSettings, VisionSettings
from vision.view_inspector import ViewInspector

EMPTY = a_jpeg(an_empty_station())


def a_torn_item() -> np.ndarray:
    scene = put_item(an_empty_station(seed=2))
    scene[420:580, 820:990] = (0, 0, 255)
    return scene


TORN = a_jpeg(a_torn_item())


@pytest.fixture
def inspector():
    detector = OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())
    with ViewInspector(VisionSettings(), detector) as made:
        yield made


def test_one_view_from_bytes_to_findings(inspector):
    seen = inspector.inspect("top", TORN, EMPTY)
    assert (seen.view, seen.width, seen.height) == ("top", 1920, 1080)
    assert seen.quality.ok
    assert seen.detector_ran
    assert seen.region is not None
    assert seen.region_confidence > 0.5
    tear = next(finding for finding in seen.findings if finding.kind is DefectKind.PENETRATION)
    assert tear.box.x < 905 < tear.box.x + tear.box.width
    assert tear.box.y < 500 < tear.box.y + tear.box.height
    assert set(seen.timings_ms) == {"decode", "prepare", "model", "interpret"}


def test_two_views_at_once_give_what_each_gives_alone(inspector):
    frames = {"top": TORN, "front": a_jpeg(put_item(an_empty_station(seed=3)))}
    both = inspector.inspect_all(frames, {"top": EMPTY, "front": EMPTY})
    assert list(both) == ["top", "front"]
    for view, jpeg in frames.items():
        alone = inspector.inspect(view, jpeg, EMPTY)
        assert both[view].findings == alone.findings
        assert both[view].region == alone.region
        assert both[view].quality == alone.quality


def test_a_stored_picture_is_judged_alike_after_a_restart(inspector):
    detector = OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())
    with ViewInspector(VisionSettings(), detector) as restarted:
        again = restarted.inspect("top", bytes(TORN), bytes(EMPTY))
    before = inspector.inspect("top", TORN, EMPTY)
    assert again.findings == before.findings
    assert again.quality == before.quality


def test_a_picture_that_is_not_good_enough_is_not_shown_to_the_model(inspector):
    blurred = a_jpeg(cv2.GaussianBlur(a_torn_item(), (0, 0), 9))
    seen = inspector.inspect("top", blurred, EMPTY)
    assert seen.quality.verdict is QualityVerdict.BLURRED
    assert not seen.detector_ran
    assert seen.findings == ()


class WaitsForTheOther(OnnxDetector):
    """A network that ends only once somebody has looked at the picture meanwhile."""

    looked: threading.Event

    def infer(self, tensor):
        assert self.looked.wait(20), "nobody looked while the network was at work"
        return super().infer(tensor)


def test_others_look_at_the_picture_while_the_network_does():
    detector = WaitsForTheOther(tiny_weights(), a_spec(), DetectorSettings())
    detector.looked = threading.Event()
    places = []

    def look(seen):
        places.append((seen.view, seen.region, seen.picture.shape))
        detector.looked.set()

    with ViewInspector(VisionSettings(), detector) as inspector:
        found = inspector.inspect("top", TORN, EMPTY, meanwhile=look)
    assert places == [("top", found.region, (1080, 1920, 3))]
    assert found.findings


def test_what_fails_meanwhile_ends_the_inspection_after_the_network(inspector):
    def fails(seen):
        raise LookupError(seen.view)

    with pytest.raises(LookupError, match="top"):
        inspector.inspect_all({"top": TORN, "front": TORN}, meanwhile=fails)
    assert inspector.inspect("top", TORN, EMPTY).findings


def test_a_reference_that_lost_data_still_serves(inspector):
    spoilt = EMPTY[:20_000] + EMPTY[20_400:]
    with pytest.raises(PictureRefused):
        inspector.inspect("top", spoilt)
    assert inspector.inspect("top", TORN, spoilt).region is not None


def test_others_are_spared_a_picture_that_is_not_good_enough(inspector):
    blurred = a_jpeg(cv2.GaussianBlur(a_torn_item(), (0, 0), 9))
    looked = []
    frames = {"top": blurred, "front": TORN}
    inspector.inspect_all(
        frames, {"top": EMPTY, "front": EMPTY}, meanwhile=lambda one: looked.append(one.view)
    )
    assert looked == ["front"]


def test_without_a_model_the_picture_is_still_judged():
    with ViewInspector(VisionSettings()) as inspector:
        seen = inspector.inspect("top", TORN, EMPTY)
    assert seen.quality.ok
    assert not seen.detector_ran


def test_a_camera_that_repeats_its_last_picture_is_frozen(inspector):
    seen = inspector.inspect_all({"top": TORN}, {"top": EMPTY}, previous={"top": TORN})
    assert seen["top"].quality.verdict is QualityVerdict.FROZEN


def test_a_bad_picture_names_its_view_and_spoils_nothing_after_it(inspector):
    with pytest.raises(PictureTruncated) as caught:
        inspector.inspect_all({"top": TORN, "front": TORN[:-200]}, {"top": EMPTY})
    assert caught.value.view == "front"
    assert inspector.inspect("top", TORN, EMPTY).quality.ok


def test_a_reference_can_be_taken_anew(inspector):
    assert inspector.inspect("top", EMPTY, EMPTY).quality.verdict is QualityVerdict.NO_ITEM
    inspector.forget_references()
    assert inspector.inspect("top", EMPTY, EMPTY).quality.verdict is QualityVerdict.NO_ITEM


def test_a_reference_that_is_no_picture_is_refused(inspector):
    with pytest.raises(PictureRefused):
        inspector.inspect("top", TORN, b"nothing")


def test_the_same_picture_is_judged_alike_wherever_it_lies_in_memory(inspector):
    first = inspector.inspect("top", TORN, EMPTY)
    for _ in range(5):
        inspector.forget_references()
        again = inspector.inspect_all({"a": bytes(bytearray(TORN)), "b": TORN}, {"a": EMPTY, "b": EMPTY})
        for seen in again.values():
            assert seen.quality == first.quality
            assert seen.region == first.region
            assert [f.box for f in seen.findings] == [f.box for f in first.findings]


def test_findings_are_drawn_into_a_copy(inspector):
    seen = inspector.inspect("top", TORN, EMPTY)
    before = seen.picture.copy()
    drawn = annotate(seen.picture, seen.findings, seen.region)
    assert np.array_equal(seen.picture, before)
    assert drawn.shape == before.shape
    assert not np.array_equal(drawn, before)
