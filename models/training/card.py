"""The model card: what the weights are for, what they were taught on, what they score, where they fail."""

import csv
from collections.abc import Sequence
from pathlib import Path

from models.manifest import Manifest
from models.training.measure import Measurement
from models.training.recipe import Recipe

MAP = "metrics/mAP50(B)"
WEAK = 0.3
"""An average precision below this is named as a failure."""


def write_card(
    path: Path, recipe: Recipe, manifest: Manifest, results: Sequence[Measurement], curve: Path
) -> None:
    """Write `CARD.md` from what was measured; only the text around the figures is typed by hand."""
    path.write_text("\n".join(_lines(recipe, manifest, results, curve)) + "\n", encoding="utf-8")


def _lines(recipe: Recipe, manifest: Manifest, results: Sequence[Measurement], curve: Path) -> list[str]:
    return [
        f"# {manifest.package_id}",
        "",
        f"{manifest.description} One network for all packs; input {recipe.input_size} × {recipe.input_size},",
        "RGB, the item cut out on neutral grey as `vision/crop.py` does it. The findings feed a policy; the",
        "network grades nothing.",
        "",
        "## Data",
        "",
        "| set | pictures | licence |",
        "|---|---|---|",
        *(f"| {one.name} | {one.pictures} | {one.licence} |" for one in manifest.data),
        "",
        f"Seed {recipe.seed}. Drawn training, validation and test pictures share no product,",
        "no station and no seed.",
        "The bottle photographs used for training and for testing differ in runs of ten successive numbers.",
        "",
        "## How",
        "",
        f"`{recipe.fit.architecture}` from scratch (no pretrained weights), AdamW, learning rate",
        f"{recipe.fit.learning_rates[0]}, batch {recipe.fit.batch}; all numbers in",
        "`models/training/recipe.toml`, made again by `python -m models.training.train all`. It was",
        f"trained in stages at {', '.join(str(size) for size in recipe.fit.sizes)} pixels. First and last",
        "epochs of the curve (`training-curve.csv`; stages follow each other; one without validation",
        "shows none):",
        "",
        *_curve_table(curve),
        "",
        *(f"- {note}" for note in recipe.notes),
        "",
        "## Figures",
        "",
        "Never seen in training. Each stands beside its floor: what is reached without looking at the item.",
        "",
        *(line for one in results for line in _figures(one)),
        "## Where it fails",
        "",
        *_failures(results),
        "- Everything it knows about damage but open bottles is drawn. On photographs expect less than on",
        "  drawings; the tables above say how much less, where photographs were at hand.",
        "- Greyscale training photographs show open bottles of one brand.",
        "- Scores are raw: 0.6 is no probability of 60 %.",
        "- It says nothing about `wrong_item`.",
        "",
        "## Licence",
        "",
        "Weights: AGPL-3.0-only, see `LICENSE-WEIGHTS`. No photograph is part of this package.",
        "",
        *(f"- {one.name}: {one.licence}; {one.source}." for one in manifest.data[1:]),
    ]


def _curve_table(curve: Path) -> list[str]:
    with curve.open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    chosen = rows[:1] + rows[-4:] if len(rows) > 4 else rows
    lines = ["| stage.epoch | box loss | class loss | mAP50 (validation) |", "|---|---|---|---|"]
    for row in chosen:
        losses = [float(row[key]) for key in ("train/box_loss", "train/cls_loss")]
        precision = f"{float(row[MAP]):.3f}" if row[MAP] else "–"
        lines.append(f"| {row['stage']}.{row['epoch']} | {losses[0]:.2f} | {losses[1]:.2f} | {precision} |")
    return lines


def _figures(one: Measurement) -> list[str]:
    head = [f"### {one.data[0].upper()}{one.data[1:]}", ""]
    if one.notes:
        head += [f"{one.notes[0].upper()}{one.notes[1:]}.", ""]
    rows = [f"| {name} | {value:g} |" for name, value in one.figures.items()]
    return [*head, "| figure | value |", "|---|---|", *rows, ""]


def _failures(results: Sequence[Measurement]) -> list[str]:
    lines = []
    for one in results:
        for name, value in one.figures.items():
            if name.startswith("ap50_") and value < WEAK:
                lines.append(
                    f"- `{name.removeprefix('ap50_')}` is weak even on drawn pictures (AP50 {value:.2f})."
                )
        floor = one.figures.get("auroc_item_hidden")
        score = one.figures.get("auroc")
        if score is not None and floor is not None and score < max(floor, 0.5) + 0.1:
            lines.append(
                f"- {one.data}: AUROC {score:.2f}, {floor:.2f} with the item hidden: don't rely on it there."
            )
    return lines
