"""The recipe of a detector: every number that decides what the weights become, read from `recipe.toml`."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self, get_origin

from models.training.errors import RecipeRefused
from vision.findings import DefectKind

DEFAULT_RECIPE = Path(__file__).with_name("recipe.toml")


class _Section:
    @classmethod
    def parse(cls, table: dict[str, Any], where: str) -> Self:
        """Take exactly the keys that this section knows.

        Raises:
            RecipeRefused: A key is missing or unknown, or its value has another type.
        """
        known = {entry.name: entry.type for entry in fields(cls)}  # type: ignore[arg-type]
        if set(table) != set(known):
            wrong = ", ".join(sorted(set(table) ^ set(known)))
            raise RecipeRefused(
                f"[{where}] has missing or unknown keys: {wrong}. It takes {', '.join(known)}."
            )
        for key, kind in known.items():
            accepted = (int, float) if kind is float else get_origin(kind) or kind
            if not isinstance(table[key], accepted):  # type: ignore[arg-type]
                raise RecipeRefused(f"[{where}] {key} = {table[key]!r} should be of type {kind}.")
        return cls(**table)


@dataclass(frozen=True, slots=True)
class Pictures(_Section):
    """How many pictures of each source."""

    drawn_train: int
    drawn_validate: int
    drawn_test: int
    intact_share: float
    caps_boxes: int
    caps_open: int
    caps_closed: int
    grocery: int


@dataclass(frozen=True, slots=True)
class Crops(_Section):
    """Shares of the ways in which the item is cut out of a drawn picture."""

    masked: float
    localised: float
    open: float


@dataclass(frozen=True, slots=True)
class Fit(_Section):
    """Settings of the training run; lists have one entry for each of its stages."""

    architecture: str
    sizes: list[int]
    epochs: list[int]
    learning_rates: list[float]
    mosaic: list[float]
    batch: int
    close_mosaic: int
    scale: float
    degrees: float
    flip: float


@dataclass(frozen=True, slots=True)
class Recipe:
    """A whole recipe.

    Attributes:
        name: Of the model package.
        version: Of the weights that this recipe makes.
        input_size: Side of the network's square input in pixels.
        seed: Of drawing, choosing and training.
        notes: What a reader of the model card must know beside the figures.
        classes: Defect kinds in the order of the head's rows.
        pictures: How many of which source.
        crops: How items are cut out.
        fit: The training run.
        thresholds: Lowest score of each kind that becomes a finding.
    """

    name: str
    version: str
    input_size: int
    seed: int
    notes: tuple[str, ...]
    classes: tuple[DefectKind, ...]
    pictures: Pictures
    crops: Crops
    fit: Fit
    thresholds: dict[DefectKind, float]


def read_recipe(path: Path = DEFAULT_RECIPE) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeRefused: The file is missing, no TOML, or says something that no recipe can say.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        classes = tuple(DefectKind(name) for name in table["classes"]["names"])
        thresholds = {kind: float(table["thresholds"][kind]) for kind in classes}
        return Recipe(
            name=str(table["name"]),
            version=str(table["version"]),
            input_size=int(table["input_size"]),
            seed=int(table["seed"]),
            notes=tuple(str(note) for note in table["notes"]),
            classes=classes,
            pictures=Pictures.parse(table["pictures"], "pictures"),
            crops=Crops.parse(table["crops"], "crops"),
            fit=Fit.parse(table["fit"], "fit"),
            thresholds=thresholds,
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise RecipeRefused(
            f"{path} is no recipe: {error!r}. Compare it with {DEFAULT_RECIPE.name}."
        ) from error
