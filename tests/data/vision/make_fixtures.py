"""Makes the small ONNX files and odd pictures that the vision tests read; needs `onnx` and `Pillow`.

Run it in this folder: `python make_fixtures.py`. The "detector" is real ONNX with the raw head of the shipped
one, but arithmetic in place of training: it answers with a box wherever the picture is red (class 0) or blue
(class 1).
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

HERE = Path(__file__).parent
SIZE, CELL, BOX = 64, 8, 16
CELLS = SIZE // CELL


def tiny_detector(classes: int = 2) -> onnx.ModelProto:
    """Red and blue blobs to `[1, 4 + classes, 64]`."""
    centres = np.arange(CELLS, dtype=np.float32) * CELL + CELL / 2
    across, down = np.meshgrid(centres, centres)
    side = np.full(CELLS * CELLS, BOX, np.float32)
    boxes = np.stack([across.ravel(), down.ravel(), side, side])[None]
    # Class 0: red less green and blue. Class 1: blue less red and green. Others: never.
    weights = np.zeros((classes, 3, 1, 1), np.float32)
    weights[0, :, 0, 0] = [1, -0.5, -0.5]
    weights[1 % classes, :, 0, 0] = [-0.5, -0.5, 1] if classes > 1 else [1, -0.5, -0.5]
    nodes = [
        helper.make_node("AveragePool", ["images"], ["cells"], kernel_shape=[CELL] * 2, strides=[CELL] * 2),
        helper.make_node("Conv", ["cells", "weights"], ["colour"]),
        helper.make_node("Clip", ["colour", "low", "high"], ["scores"]),
        helper.make_node("Reshape", ["scores", "flat"], ["rows"]),
        helper.make_node("Concat", ["boxes", "rows"], ["output0"], axis=1),
    ]
    constants = {
        "weights": weights,
        "boxes": boxes.astype(np.float32),
        "low": np.array(0, np.float32),
        "high": np.array(1, np.float32),
        "flat": np.array([1, classes, CELLS * CELLS], np.int64),
    }
    graph = helper.make_graph(
        nodes,
        "tiny_detector",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, SIZE, SIZE])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, [1, 4 + classes, CELLS * CELLS])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    """Write every fixture."""
    onnx.save(tiny_detector(), HERE / "tiny_detector.onnx")
    onnx.save(
        tiny_detector(),
        HERE / "external_weights.onnx",
        save_as_external_data=True,
        location="external_weights.bin",
        size_threshold=0,
    )
    (HERE / "external_weights.bin").unlink()  # what matters is that the file refers to it
    cmyk = np.zeros((80, 96, 4), np.uint8)
    cmyk[:, :48] = [0, 255, 255, 0]  # red ink on the left, bare paper on the right
    Image.fromarray(cmyk, "CMYK").save(HERE / "cmyk.jpg", quality=85)
    frames = [Image.new("RGB", (96, 80), colour) for colour in ("red", "green", "blue")]
    frames[0].save(HERE / "animated.webp", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(HERE / "animated.png", save_all=True, append_images=frames[1:], duration=100)
    frames[0].save(HERE / "progressive.jpg", quality=80, progressive=True)


if __name__ == "__main__":
    main()
