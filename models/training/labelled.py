"""Pictures that a site's own people labelled (`darkstore labels export`), added to the drawn ones."""

import re
import shutil
from collections import Counter
from pathlib import Path

from models.training.errors import PicturesMissing
from models.training.recipe import Recipe

_NAME = re.compile(r"^\s+(\d+): ([a-z_]+)\s*$")


def add_labelled(recipe: Recipe, folder: Path, out: Path) -> dict[str, int]:
    """Copy an exported set into a dataset; returns how many boxes of each kind came.

    Args:
        recipe: Its classes number the boxes; a kind that it doesn't know is left out.
        folder: The exported set.
        out: The dataset, written before.

    Raises:
        PicturesMissing: The folder holds no such set.
    """
    try:
        lines = (folder / "data.yaml").read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise PicturesMissing(f"{folder} holds no labelled set: it lacks data.yaml") from error
    names = {found[1]: found[2] for line in lines if (found := _NAME.match(line))}
    numbers = {kind.value: str(number) for number, kind in enumerate(recipe.classes)}
    added = Counter[str]()
    for part in ("train", "val"):
        for label in sorted((folder / "labels" / part).glob("*.txt")):
            picture = folder / "images" / part / f"{label.stem}.png"
            if not picture.is_file():
                continue
            boxes = [line.split(" ", 1) for line in label.read_text(encoding="ascii").splitlines() if line]
            known = [(names.get(number, ""), rest) for number, rest in boxes]
            kept = [(kind, rest) for kind, rest in known if kind in numbers]
            if boxes and not kept:
                continue  # damaged in a way that this model isn't taught: not intact either
            shutil.copyfile(picture, out / "images" / part / f"site-{picture.name}")
            text = "".join(f"{numbers[kind]} {rest}\n" for kind, rest in kept)
            (out / "labels" / part / f"site-{label.name}").write_text(text, encoding="ascii")
            added.update([kind for kind, _ in kept] or ["nothing"])
    return dict(sorted(added.items()))
