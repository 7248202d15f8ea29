"""What the damage detector's own network makes of an item, in numbers that examples can be compared by.

The network's inner maps are given out as well as its findings: names are added to the list of what the ONNX
file gives, nothing is trained. Of each channel of a map the spread and the highest value over the item count:
in a trial on tins of days never shown they told grades better than the mean, which follows the light.
"""

from collections.abc import Sequence
from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from vision.crop import NEUTRAL, crop_item
from vision.detector import open_session
from vision.errors import DetectorFailed, DetectorUnusable
from vision.localisation import Region
from vision.picture import Picture
from vision.settings import DetectorSettings

Floats = npt.NDArray[np.float32]

LAYERS = tuple(f"/model.{number}/cv2/act/Mul_output_0" for number in (4, 6, 8, 10))
"""Inner maps of the shipped detector, an eighth, a sixteenth and twice a thirty-second of its input wide."""

_FEWEST_CELLS = 3
_FLOAT = 1  # TensorProto.DataType, from the published onnx.proto; so are the field numbers below
_MODEL_GRAPH, _GRAPH_OUTPUT, _VALUE_NAME, _VALUE_TYPE, _TYPE_TENSOR, _TENSOR_TYPE = 7, 12, 1, 2, 1, 1


class ItemLooks:
    """Numbers of items; may be asked from several threads at once."""

    def __init__(
        self,
        weights: bytes,
        size: int,
        colour_order: Literal["RGB", "BGR"],
        settings: DetectorSettings,
        layers: Sequence[str] = LAYERS,
    ) -> None:
        """Load a detector's weights.

        Args:
            weights: The ONNX file's bytes, already checked against their digest.
            size: Side of the square input, pixels.
            colour_order: Order of the input's channels.
            settings: Threads and cropping.
            layers: Names of the inner maps.

        Raises:
            DetectorUnusable: They can't be loaded, or have no such maps.
        """
        self.layers = tuple(layers)
        self._size, self._swap = size, colour_order == "RGB"
        self._session: Any = open_session(_giving(weights, self.layers), settings.threads)
        ((self._input, wanted),) = ((entry.name, list(entry.shape)) for entry in self._session.get_inputs())
        if wanted != [1, 3, size, size]:
            raise DetectorUnusable(f"These weights take {wanted}, not one picture of {size} pixels a side.")
        given = {entry.name: len(entry.shape) for entry in self._session.get_outputs()}
        flat = [name for name in self.layers if given.get(name, 4) not in {0, 4}]
        if flat:
            raise DetectorUnusable(f"{flat[0][:80]} of these weights is no map.")
        self.margin = settings.margin

    def of(self, picture: Picture, region: Region) -> Floats:
        """Numbers of the item on a BGR picture, `(2, K)`: as it is, and mirrored.

        Raises:
            DetectorFailed: The network fails on it.
        """
        crop = crop_item(
            picture, region, self._size, margin=self.margin, mask_background=region.confidence > 0
        )
        item = (crop.square != NEUTRAL).any(axis=2)
        blob = np.asarray(cv2.dnn.blobFromImage(crop.square, 1 / 255.0, swapRB=self._swap), np.float32)
        return np.stack([self._numbers(blob, item), self._numbers(blob[..., ::-1], item[:, ::-1])])

    def _numbers(self, blob: Floats, item: npt.NDArray[np.bool_]) -> Floats:
        try:
            maps = self._session.run(list(self.layers), {self._input: np.ascontiguousarray(blob)})
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise DetectorFailed("The damage model failed on this picture; a person must look.") from error
        found = np.concatenate([_of_map(np.asarray(one[0], np.float32), item) for one in maps])
        return np.asarray(np.sign(found) * np.log1p(np.abs(found)), np.float32)


def _of_map(one: Floats, item: npt.NDArray[np.bool_]) -> Floats:
    """Spread and highest value of each channel over the item's cells."""
    down, across = one.shape[1:]
    cover = cv2.resize(item.astype(np.float32), (across, down), interpolation=cv2.INTER_AREA)
    inside = cover > 0.5
    if np.count_nonzero(inside) < _FEWEST_CELLS:
        inside = np.ones_like(inside)
    values = one[:, inside]
    return np.concatenate([values.std(axis=1), values.max(axis=1)])


def _giving(weights: bytes, names: Sequence[str]) -> bytes:
    """An ONNX file that gives these inner maps too.

    Protocol buffers join a message that comes twice: what is appended adds to the graph's list of outputs.
    """
    tensor = _message(_TYPE_TENSOR, bytes([_TENSOR_TYPE << 3, _FLOAT]))
    outputs = (
        _message(_GRAPH_OUTPUT, _message(_VALUE_NAME, name.encode()) + _message(_VALUE_TYPE, tensor))
        for name in names
    )
    return weights + _message(_MODEL_GRAPH, b"".join(outputs))


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _varint(number: int) -> bytes:
    coded = bytearray()
    while number > 127:
        coded.append(number & 127 | 128)
        number >>= 7
    return bytes([*coded, number])
