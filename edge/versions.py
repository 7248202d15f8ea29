"""The software's version: from the installed distribution, or from the source tree that it runs in."""

import tomllib
from importlib import metadata
from pathlib import Path


def _read() -> str:
    pyproject = Path(__file__).resolve().parent.parent / "pyproject.toml"
    if pyproject.is_file():  # a clone, run without being installed
        return str(tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["version"])
    return metadata.version("darkstore-edge")


SOFTWARE = _read()
