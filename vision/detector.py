"""Finds visible damage with a neural network that onnxruntime runs on the processor.

The network is a one-stage detector with its raw head exported: one float32 picture `[1, 3, S, S]` in, one
float32 tensor `[1, 4 + classes, N]` out, static in shape. Merging of overlapping boxes is done here in numpy,
so that the same picture and the same weights give the same findings on every machine that rounds alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from vision.crop import Crop, crop_corners, crop_item
from vision.errors import DetectorFailed, DetectorUnusable
from vision.findings import DefectKind, Finding
from vision.localisation import Region
from vision.picture import Picture
from vision.settings import DetectorSettings

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class DetectorClass:
    """One class of the network's head: the defect it means and the lowest score that counts."""

    name: str
    kind: DefectKind
    threshold: float


@dataclass(frozen=True, slots=True)
class DetectorSpec:
    """What the weights take and give, as their package states it.

    Attributes:
        input_name: Name of the input tensor.
        input_size: Side of the square input, pixels.
        colour_order: Order of the input's channels.
        output_name: Name of the output tensor.
        classes: In the order of the head's rows.
        iou_threshold: Overlap above which two boxes of one defect kind count as one.
        max_findings: Most findings of one view.
    """

    input_name: str
    input_size: int
    colour_order: Literal["RGB", "BGR"]
    output_name: str
    classes: tuple[DetectorClass, ...]
    iou_threshold: float = 0.5
    max_findings: int = 50


class OnnxDetector:
    """A damage detector; every method may be called from several threads at once."""

    def __init__(self, weights: bytes, spec: DetectorSpec, settings: DetectorSettings) -> None:
        """Load the weights.

        Args:
            weights: The ONNX file's bytes, already checked against their digest.
            spec: What they take and give.
            settings: Threads and cropping.

        Raises:
            DetectorUnusable: If they can't be loaded or their shapes are not those of `spec`.
        """
        self.spec = spec
        self._settings = settings
        self._session = open_session(weights, settings.threads)
        _check_shapes(self._session, spec)

    def detect(self, picture: Picture, region: Region, view: str) -> tuple[Finding, ...]:
        """Find damage on the item in one BGR picture; boxes are in pixels of that picture.

        Raises:
            DetectorFailed: If the network fails on it.
        """
        crop, tensor = self.prepare(picture, region)
        return self.interpret(self.infer(tensor), crop, region, view)

    def prepare(self, picture: Picture, region: Region) -> tuple[Crop, Floats]:
        """Cut the item out and lay it out as the network's input."""
        trusted = region.confidence >= self._settings.trust
        crop = crop_item(
            picture,
            region,
            self.spec.input_size,
            margin=self._settings.margin,
            mask_background=self._settings.mask_background and trusted,
        )
        swap = self.spec.colour_order == "RGB"
        blob = cv2.dnn.blobFromImage(crop.square, 1 / 255.0, swapRB=swap)
        return crop, np.asarray(blob, np.float32)

    def enlarges(self, picture: Picture, region: Region) -> bool:
        """Whether the item has fewer pixels in this picture than the network's input has for it."""
        left, top, right, bottom = crop_corners(picture, region.box, self._settings.margin)
        return max(right - left, bottom - top) < self.spec.input_size

    def infer(self, tensor: Floats) -> Floats:
        """Run the network: `[1, 3, S, S]` to `[4 + classes, N]`.

        Raises:
            DetectorFailed: If onnxruntime fails or gives something that is not finite.
        """
        try:
            (output,) = self._session.run([self.spec.output_name], {self.spec.input_name: tensor})
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise DetectorFailed("The damage model failed on this picture; a person must look.") from error
        raw = np.asarray(output[0], np.float32)
        if not np.isfinite(raw).all():
            raise DetectorFailed("The damage model gave numbers that are none; a person must look.")
        return raw

    def interpret(self, raw: Floats, crop: Crop, region: Region, view: str) -> tuple[Finding, ...]:
        """Turn the raw head `[4 + classes, N]` into findings, best first."""
        boxes, scores, labels = _candidates(raw, self.spec.classes)
        kept = merge_boxes(boxes, scores, self._kinds()[labels], self.spec.iou_threshold)
        findings = []
        item_area = max(region.box.area, 1.0)
        for index in kept[: self.spec.max_findings]:
            box = crop.to_full(*(float(value) for value in boxes[index]))
            if box.area <= 0:
                continue
            kind = self.spec.classes[int(labels[index])].kind
            extent = min(1.0, box.area / item_area)
            findings.append(Finding(kind, box, float(scores[index]), extent, view))
        return tuple(findings)

    def warm_up(self) -> None:
        """Run once on a grey picture, so that the first return doesn't wait for buffers to be laid out."""
        size = self.spec.input_size
        self.infer(np.full((1, 3, size, size), 114 / 255, np.float32))

    def _kinds(self) -> npt.NDArray[np.int64]:
        """A number for each class's defect kind, so that boxes of two classes of one kind are merged."""
        order = list(DefectKind)
        return np.array([order.index(entry.kind) for entry in self.spec.classes], np.int64)


def merge_boxes(
    boxes: Floats, scores: Floats, groups: npt.NDArray[np.int64], iou_threshold: float
) -> list[int]:
    """Greedy non-maximum suppression within each group: indices of the boxes kept, best score first.

    Args:
        boxes: `(n, 4)`, corners x0, y0, x1, y1.
        scores: `(n,)`.
        groups: `(n,)`; boxes of different groups never suppress each other.
        iou_threshold: A box overlapping a better one by more than this is dropped.
    """
    order = np.lexsort((np.arange(len(scores)), -scores))
    areas = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)
    kept: list[int] = []
    while order.size:
        best = int(order[0])
        kept.append(best)
        rest = order[1:]
        width = np.minimum(boxes[best, 2], boxes[rest, 2]) - np.maximum(boxes[best, 0], boxes[rest, 0])
        height = np.minimum(boxes[best, 3], boxes[rest, 3]) - np.maximum(boxes[best, 1], boxes[rest, 1])
        shared = np.maximum(width, 0) * np.maximum(height, 0)
        overlap = shared / np.maximum(areas[best] + areas[rest] - shared, 1e-9)
        order = rest[(overlap <= iou_threshold) | (groups[rest] != groups[best])]
    return kept


def _candidates(
    raw: Floats, classes: Sequence[DetectorClass]
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """Boxes (corners, square pixels), scores and class of every column that passes its class's threshold."""
    thresholds = np.array([entry.threshold for entry in classes], np.float32)
    labels = raw[4:].argmax(axis=0)
    scores = raw[4:][labels, np.arange(raw.shape[1])]
    chosen = scores >= thresholds[labels]
    x, y, width, height = raw[:4, chosen]
    boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)
    return boxes, np.asarray(scores[chosen], np.float32), np.asarray(labels[chosen], np.int64)


def open_session(weights: bytes, threads: int) -> Any:
    """A network, ready to run: deterministic, and without threads that spin while they wait.

    Raises:
        DetectorUnusable: onnxruntime can't load it.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.use_deterministic_compute = True
    options.log_severity_level = 3
    # A spinning thread steals the core from the next camera: with a busy neighbour it made two threads slower
    # than one.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise DetectorUnusable(f"onnxruntime can't load these weights ({reason}).") from error


def _check_shapes(session: Any, spec: DetectorSpec) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    wanted_input = [1, 3, spec.input_size, spec.input_size]
    found = [(entry.name, entry.type, list(entry.shape)) for entry in inputs]
    if found != [(spec.input_name, "tensor(float)", wanted_input)]:
        raise DetectorUnusable(
            f"The weights take {found}; the package says one input {spec.input_name!r}, "
            f"float32 {wanted_input}."
        )
    rows = 4 + len(spec.classes)
    given = {entry.name: (entry.type, list(entry.shape)) for entry in outputs}
    kind, shape = given.get(spec.output_name, ("nothing", []))
    fits = len(shape) == 3 and shape[0] == 1 and shape[1] == rows and isinstance(shape[2], int)
    if kind != "tensor(float)" or not fits:
        raise DetectorUnusable(
            f"The weights give {given}; the package says output {spec.output_name!r}, "
            f"float32 [1, {rows}, N]: four box numbers and one score for each of {len(spec.classes)} classes."
        )
