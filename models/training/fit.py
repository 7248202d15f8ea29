"""Runs the trainer on a written dataset. torch and ultralytics are imported only here, on call."""

import csv
import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.training.errors import ToolsMissing
from models.training.recipe import Recipe

NOT_RUN = ("val/", "metrics/")
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
) -> list[Path]:
    """Train from scratch, stage after stage; returns each stage's folder, the last of which holds the result.

    Small pictures first: they cost a fraction of a large one and teach most of what there is to learn.

    Args:
        recipe: Network and settings.
        dataset: Folder that `write_dataset` filled.
        runs: Where the stages' folders are made.
        hours: Longest time of all stages together; their epochs are cut to fit. None trains all epochs.
        threads: Processor threads that torch may use.
        device: `cpu`, or the number of a GPU.

    Raises:
        ToolsMissing: torch or ultralytics isn't installed.
    """
    _prepare_tools(runs)
    from ultralytics import YOLO

    folders: list[Path] = []
    work = [size**2 * epochs for size, epochs in zip(recipe.fit.sizes, recipe.fit.epochs, strict=True)]
    for stage, (size, epochs) in enumerate(zip(recipe.fit.sizes, recipe.fit.epochs, strict=True)):
        model = YOLO(str(folders[-1] / "weights" / "last.pt") if folders else recipe.fit.architecture)
        model.add_callback("on_pretrain_routine_end", _both_cores(threads))
        settings = _settings(recipe, stage)
        share = None if hours is None else hours * work[stage] / sum(work)
        name = stage_name(recipe, stage)
        model.train(
            data=str(dataset / "data.yaml"), imgsz=size, epochs=epochs, time=share, device=device,
            project=str(runs.resolve()), name=name, **settings,
        )  # fmt: skip
        folders.append(runs / name)
    return folders


def stage_name(recipe: Recipe, stage: int) -> str:
    """Name of a stage's folder."""
    return f"{recipe.name}-{recipe.version}-stage{stage}"


def _settings(recipe: Recipe, stage: int) -> dict[str, Any]:
    return {
        "patience": 0, "seed": recipe.seed % 2**31, "batch": recipe.fit.batch, "nbs": recipe.fit.batch,
        "amp": False, "optimizer": "AdamW", "lr0": recipe.fit.learning_rates[stage], "cos_lr": True,
        "lrf": 0.05,
        "warmup_epochs": 0.2, "mosaic": recipe.fit.mosaic[stage], "close_mosaic": recipe.fit.close_mosaic,
        "scale": recipe.fit.scale, "degrees": recipe.fit.degrees, "fliplr": recipe.fit.flip, "flipud": 0.1,
        "translate": 0.08, "hsv_h": 0.02, "hsv_s": 0.6, "hsv_v": 0.35, "erasing": 0.0, "deterministic": True,
        "cache": "ram", "workers": 1, "plots": False, "verbose": False, "exist_ok": True,
        "val": stage == len(recipe.fit.sizes) - 1,
    }  # fmt: skip


def write_curve(stages: Sequence[Path], target: Path) -> None:
    """Copy the columns of the training curves that a reader needs, all stages into one file."""
    with target.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("stage", *CURVE_COLUMNS))
        for number, stage in enumerate(stages, start=1):
            if not (stage / "results.csv").is_file():
                continue
            with (stage / "results.csv").open(encoding="utf-8", newline="") as source:
                for row in csv.DictReader(source):
                    plain = {key.strip(): value.strip() for key, value in row.items()}
                    if not float(plain.get("val/box_loss") or 0):  # this epoch was not validated
                        plain = {key: value for key, value in plain.items() if not key.startswith(NOT_RUN)}
                    writer.writerow([number, *(plain.get(column, "") for column in CURVE_COLUMNS)])


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
