"""The detector on a real, tiny ONNX network that boxes whatever is red or blue."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders_vision import DATA, a_spec, tiny_weights
from vision.detector import DetectorClass, OnnxDetector, merge_boxes
from vision.errors import DetectorFailed, DetectorUnusable
from vision.findings import Box, DefectKind
from vision.localisation import Region
from vision.settings import DetectorSettings

NO_MASK = np.zeros((0, 0), np.uint8)
ITEM = Region(Box(400, 200, 900, 700), 0.9, "reference", NO_MASK, True)


@pytest.fixture(scope="module")
def detector():
    return OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())


def a_picture(red: Box | None = None, blue: Box | None = None) -> np.ndarray:
    picture = np.full((1080, 1920, 3), 128, np.uint8)
    for box, colour in ((red, (0, 0, 255)), (blue, (255, 0, 0))):
        if box is not None:
            x, y, width, height = (int(value) for value in (box.x, box.y, box.width, box.height))
            picture[y : y + height, x : x + width] = colour
    return picture


def test_findings_lie_where_the_damage_is_in_the_full_picture(detector):
    findings = detector.detect(a_picture(red=Box(600, 400, 130, 130)), ITEM, "top")
    best = findings[0]
    assert best.kind is DefectKind.PENETRATION
    assert best.view == "top"
    assert best.source == "detector"
    assert abs(best.box.x + best.box.width / 2 - 665) < 70
    assert abs(best.box.y + best.box.height / 2 - 465) < 70
    assert best.extent == pytest.approx(best.box.area / ITEM.box.area)


def test_kinds_are_told_apart_and_the_best_comes_first(detector):
    findings = detector.detect(a_picture(Box(500, 300, 130, 130), Box(900, 600, 260, 260)), ITEM, "top")
    assert {finding.kind for finding in findings} == {DefectKind.PENETRATION, DefectKind.SPILLAGE}
    scores = [finding.score for finding in findings]
    assert scores == sorted(scores, reverse=True)


def test_what_lies_beside_the_item_is_not_seen(detector):
    assert detector.detect(a_picture(red=Box(30, 30, 150, 150)), ITEM, "top") == ()


def test_the_background_within_the_crop_is_hidden_where_the_outline_is_trusted(detector):
    mask = np.zeros((180, 320), np.uint8)
    mask[34:100, 67:150] = 255  # the item is the upper left of its box
    trusted = Region(ITEM.box, 0.9, "reference", mask, True)
    doubted = Region(ITEM.box, 0.3, "contrast", mask, True)
    beside = a_picture(red=Box(1100, 750, 130, 130))
    assert detector.detect(beside, trusted, "top") == ()
    assert detector.detect(beside, doubted, "top") != ()


def test_the_same_picture_gives_the_same_findings(detector):
    picture = a_picture(Box(500, 300, 130, 130), Box(900, 600, 260, 260))
    again = OnnxDetector(tiny_weights(), a_spec(), DetectorSettings())
    assert detector.detect(picture, ITEM, "top") == again.detect(picture, ITEM, "top")


def test_a_channel_order_mistaken_would_mistake_the_damage():
    swapped = OnnxDetector(tiny_weights(), a_spec(colour_order="BGR"), DetectorSettings())
    findings = swapped.detect(a_picture(red=Box(600, 400, 130, 130)), ITEM, "top")
    assert findings[0].kind is DefectKind.SPILLAGE


def test_thresholds_are_per_class(detector):
    red, blue = a_spec().classes
    strict = a_spec(classes=(DetectorClass("red", DefectKind.PENETRATION, 1.0), blue))
    picture = a_picture(Box(500, 300, 130, 130), Box(900, 600, 260, 260))
    kinds = {
        f.kind for f in OnnxDetector(tiny_weights(), strict, DetectorSettings()).detect(picture, ITEM, "t")
    }
    assert red.threshold < 1.0
    assert kinds == {DefectKind.SPILLAGE}


@pytest.mark.parametrize(
    "spec",
    [
        a_spec(input_size=320),
        a_spec(input_name="pictures"),
        a_spec(output_name="boxes"),
        a_spec(classes=a_spec().classes[:1]),
        a_spec(classes=(*a_spec().classes, DetectorClass("green", DefectKind.OPENING, 0.5))),
    ],
)
def test_weights_of_another_shape_are_refused(spec):
    with pytest.raises(DetectorUnusable):
        OnnxDetector(tiny_weights(), spec, DetectorSettings())


@pytest.mark.parametrize(
    "weights", [b"", b"not onnx", tiny_weights()[:300], (DATA / "external_weights.onnx").read_bytes()]
)
def test_what_onnxruntime_cannot_load_is_refused_in_words(weights):
    with pytest.raises(DetectorUnusable, match="onnxruntime"):
        OnnxDetector(weights, a_spec(), DetectorSettings())


def test_a_tensor_of_the_wrong_shape_fails_for_this_picture_only(detector):
    with pytest.raises(DetectorFailed):
        detector.infer(np.zeros((1, 3, 32, 32), np.float32))
    detector.warm_up()


def test_numbers_that_are_none_are_no_detections(detector):
    with pytest.raises(DetectorFailed):
        detector.infer(np.full((1, 3, 64, 64), np.nan, np.float32))


@given(
    st.lists(
        st.tuples(
            st.floats(0, 300, width=32), st.floats(0, 300, width=32), st.floats(1, 90, width=32),
            st.floats(0, 1, width=32), st.integers(0, 2),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_merging_keeps_the_best_and_leaves_no_overlap(rows):
    boxes = np.array([[x, y, x + side, y + side] for x, y, side, _, _ in rows], np.float32).reshape(-1, 4)
    scores = np.array([score for *_, score, _ in rows], np.float32)
    groups = np.array([group for *_, group in rows], np.int64)
    kept = merge_boxes(boxes, scores, groups, 0.5)
    assert len(set(kept)) == len(kept)
    assert [float(scores[i]) for i in kept] == sorted((float(scores[i]) for i in kept), reverse=True)
    if rows:
        assert scores[kept[0]] == scores.max()
    for i in kept:
        for j in kept:
            if i < j and groups[i] == groups[j]:
                assert _iou(boxes[i], boxes[j]) <= 0.5 + 1e-4


def _iou(first: np.ndarray, second: np.ndarray) -> float:
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    shared = max(0.0, float(width)) * max(0.0, float(height))
    areas = [float((box[2] - box[0]) * (box[3] - box[1])) for box in (first, second)]
    return shared / (sum(areas) - shared)


def test_an_item_with_fewer_pixels_than_the_input_would_be_enlarged(detector):
    picture = a_picture(red=Box(600, 400, 130, 130))
    assert not detector.enlarges(picture, ITEM)
    assert detector.enlarges(picture, replace(ITEM, box=Box(600, 400, 30, 30)))
