"""Makes a damage detector from its recipe: draw the pictures, train, export, measure, package.

    python -m models.training.train all --work build/damage --shared ../shared/data

Each step can be run alone; each reads what the one before it left in the working folder. A GPU is used when
named.
"""

import argparse
import json
import logging
import sys
from pathlib import Path

from models.training.errors import TrainingError
from models.training.fit import fit, stage_name
from models.training.recipe import DEFAULT_RECIPE, Recipe, read_recipe

STEPS = ("draw", "fit", "export", "package")
log = logging.getLogger(__name__)


def main(arguments: list[str] | None = None) -> int:
    """Run the steps; 0 when all went well, 2 when one can't be done (its reason is on stderr)."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s", force=True)
    try:
        recipe = read_recipe(options.recipe)
        for step in STEPS if options.step == "all" else (options.step,):
            _run(step, recipe, options)
    except TrainingError as error:
        sys.stderr.write(f"{error.code}: {error}\n")
        return 2
    return 0


def _run(step: str, recipe: Recipe, options: argparse.Namespace) -> None:
    work: Path = options.work
    dataset, runs, onnx_file = work / "pictures", work / "runs", work / "model.onnx"
    stages = [runs / stage_name(recipe, stage) for stage in range(len(recipe.fit.sizes))]
    log.info("%s …", step)
    if step == "draw":
        from models.training.dataset import write_dataset

        summary = write_dataset(recipe, dataset, options.shared, options.workers)
        if options.labelled is not None:
            from models.training.labelled import add_labelled

            summary["site"] = add_labelled(recipe, options.labelled, dataset)
        log.info("%s", json.dumps(summary, indent=2))
    elif step == "fit":
        fit(recipe, dataset, runs, hours=options.hours, threads=options.workers, device=options.device)
    elif step == "export":
        from models.training.onnx_export import export_onnx, final_weights

        export_onnx(final_weights(stages[-1]), onnx_file, recipe.input_size)
    else:
        from models.training.package import write_package

        folder = write_package(recipe, onnx_file, stages, dataset, options.shared, options.packages)
        log.info("wrote %s", folder)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m models.training.train", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("step", choices=(*STEPS, "all"), help="one step, or all in turn")
    parser.add_argument("--work", type=Path, required=True, help="working folder: pictures, runs, model.onnx")
    parser.add_argument(
        "--recipe", type=Path, default=DEFAULT_RECIPE, help="default: the shipped detector's recipe"
    )
    parser.add_argument(
        "--shared", type=Path, help="folder of shared photographs; without it only drawn pictures are used"
    )
    parser.add_argument(
        "--labelled", type=Path, help="a site's own labelled set, from `darkstore labels export`"
    )
    parser.add_argument(
        "--packages", type=Path, default=Path("models/packages"), help="where the package is written"
    )
    parser.add_argument("--hours", type=float, help="longest training time; epochs are cut to fit")
    parser.add_argument("--workers", type=int, default=2, help="processes for drawing, threads for training")
    parser.add_argument("--device", default="cpu", help="cpu, or the number of a GPU")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
