"""Turns trained weights into the one ONNX file that a station runs.

The head is exported raw, `[1, 4 + classes, N]`, and static: the station merges boxes itself, in numpy, so
that the same picture gives the same findings on every machine.
"""

import shutil
from pathlib import Path

from models.training.errors import PackagingFailed

OPSET = 18
NOTICE = "Trained with Ultralytics; AGPL-3.0 (https://www.gnu.org/licenses/agpl-3.0.txt)"


def export_onnx(weights: Path, target: Path, size: int) -> None:
    """Export `weights` (a trainer's `.pt` file) to `target`, without paths or persons in its metadata.

    Raises:
        PackagingFailed: The exporter made no file, or one whose output is not the raw head.
    """
    import onnx
    from ultralytics import YOLO

    made = YOLO(str(weights)).export(
        format="onnx", imgsz=size, opset=OPSET, simplify=True, dynamic=False, nms=False, device="cpu"
    )
    if not made or not Path(made).is_file():
        raise PackagingFailed(f"{weights} could not be exported to ONNX; see the exporter's output above.")
    model = onnx.load(made)
    shape = [entry.dim_value for entry in model.graph.output[0].type.tensor_type.shape.dim]
    if len(shape) != 3 or shape[0] != 1 or 0 in shape:
        raise PackagingFailed(
            f"The exported head has the shape {shape}; a raw, static [1, 4 + classes, N] is needed."
        )
    kept = {
        entry.key: entry.value
        for entry in model.metadata_props
        if entry.key in {"names", "stride", "task", "imgsz"}
    }
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {**kept, "license": NOTICE})
    model.doc_string = ""
    model.graph.doc_string = ""
    onnx.checker.check_model(model)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, str(target))


def final_weights(run: Path) -> Path:
    """The run's last weights, after its smallest steps; few validation pictures pick no better ones.

    Raises:
        PackagingFailed: The run has written none yet.
    """
    for name in ("last.pt", "best.pt"):
        path = run / "weights" / name
        if path.is_file():
            copy = path.with_name("exported.pt")
            shutil.copy(path, copy)  # a run that goes on may replace its file while it is read
            return copy
    raise PackagingFailed(f"{run} holds no weights yet; wait for its first epoch.")
