"""Runs the trainer on a written dataset. torch and ultralytics are imported only here, on call."""

import csv
import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.training.errors import ToolsMissing
from models.training.recipe import Recipe

CURVE_COLUMNS = (
    "epoch",
    "train/box_loss",
    "train/cls_loss",
    "val/box_loss",
    "val/cls_loss",
    "metrics/precision(B)",
    "metrics/recall(B)",
    "metrics/mAP50(B)",
    "metrics/mAP50-95(B)",
)


def fit(
    recipe: Recipe, dataset: Path, runs: Path, *, hours: float | None, threads: int, device: str = "cpu"
) -> Path:
    """Train from scratch; returns the folder of the run with `weights/best.pt` and `results.csv`.

    Args:
        recipe: Network and settings.
        dataset: Folder that `write_dataset` filled.
        runs: Where the run's folder is made.
        hours: Longest time; the number of epochs is cut to fit. None trains all epochs.
        threads: Processor threads that torch may use.
        device: `cpu`, or the number of a GPU.

    Raises:
        ToolsMissing: torch or ultralytics isn't installed.
    """
    _prepare_tools(runs)
    from ultralytics import YOLO

    model = YOLO(recipe.fit.architecture)
    model.add_callback("on_pretrain_routine_end", _both_cores(threads))
    settings: dict[str, Any] = {
        "data": str(dataset / "data.yaml"), "imgsz": recipe.input_size, "device": device, "workers": 1,
        "epochs": recipe.fit.epochs, "time": hours, "patience": 0, "seed": recipe.seed % 2**31,
        "batch": recipe.fit.batch, "nbs": recipe.fit.batch, "pretrained": False, "amp": False,
        "optimizer": "AdamW", "lr0": recipe.fit.learning_rate, "cos_lr": True, "lrf": 0.02,
        "warmup_epochs": 1.0,
        "mosaic": recipe.fit.mosaic, "close_mosaic": recipe.fit.close_mosaic, "scale": recipe.fit.scale,
        "degrees": recipe.fit.degrees, "fliplr": recipe.fit.flip, "flipud": 0.1, "translate": 0.08,
        "hsv_h": 0.02, "hsv_s": 0.6, "hsv_v": 0.35, "erasing": 0.0, "deterministic": True, "cache": "ram",
        "plots": False, "verbose": False,
        "project": str(runs.resolve()), "name": f"{recipe.name}-{recipe.version}", "exist_ok": True,
    }  # fmt: skip
    model.train(**settings)
    return runs / f"{recipe.name}-{recipe.version}"


def write_curve(run: Path, target: Path) -> None:
    """Copy the columns of the training curve that a reader needs."""
    with (
        (run / "results.csv").open(encoding="utf-8", newline="") as source,
        target.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out)
        writer.writerow(CURVE_COLUMNS)
        for row in csv.DictReader(source):
            plain = {key.strip(): value.strip() for key, value in row.items()}
            writer.writerow([plain.get(column, "") for column in CURVE_COLUMNS])


def _prepare_tools(runs: Path) -> None:
    """Keep the trainer off the network, and give it the font that it would fetch."""
    missing = [name for name in ("torch", "ultralytics", "onnx") if find_spec(name) is None]
    if missing:
        raise ToolsMissing(f"{', '.join(missing)} not installed: pip install 'darkstore-edge[train]' first.")
    runs.mkdir(parents=True, exist_ok=True)
    config = runs.resolve() / "trainer-config"
    os.environ.update({"YOLO_OFFLINE": "1", "YOLO_AUTOINSTALL": "false", "YOLO_CONFIG_DIR": str(config)})
    font = config / "Ultralytics" / "Arial.ttf"
    font.parent.mkdir(parents=True, exist_ok=True)
    found = find_spec("matplotlib")
    if not font.exists() and found is not None and found.origin:
        shutil.copy(Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", font)


def _both_cores(threads: int) -> Any:
    def on_start(trainer: Any) -> None:
        import torch

        if trainer.device.type == "cpu":
            # the trainer leaves one core idle, and the plain memory layout is slow on processors
            torch.set_num_threads(threads)
            trainer.model = trainer.model.to(memory_format=torch.channels_last)

    return on_start
