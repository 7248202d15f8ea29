"""What commands that take pictures share: reading the files, and saying which can't be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli_errors import CommandFailed, Exit, say_error

PicturesArgument = Annotated[
    list[Path], typer.Argument(help="JPEG, PNG or WebP pictures.", show_default=False)
]


def readable(
    pictures: list[Path], max_megabytes: float
) -> Iterator[tuple[Path, bytes | None, dict[str, Any]]]:
    """Each picture's bytes, or None and the result that says why there are none."""
    for path in pictures:
        try:
            yield path, read_file(path, max_megabytes), {}
        except CommandFailed as error:
            yield path, None, refused(path, "picture.unreadable", str(error))


def read_file(path: Path, max_megabytes: float) -> bytes:
    """A file's bytes.

    Raises:
        CommandFailed: If it can't be read or is too large.
    """
    try:
        if path.stat().st_size > max_megabytes * 1e6:
            raise CommandFailed(f"The file is larger than {max_megabytes:g} MB.", Exit.USAGE)
        return path.read_bytes()
    except OSError as error:
        raise CommandFailed(f"The file can't be read: {error.strerror}.", Exit.USAGE) from error


def refused(path: Path, code: str, message: str) -> dict[str, Any]:
    """The result of a picture that can't be judged."""
    return {"picture": str(path), "error": {"code": code, "message": message}}


def say_problem(result: dict[str, Any]) -> bool:
    """Tell the person why a picture wasn't judged; says whether there was anything to tell."""
    if "error" in result:
        say_error(f"{result['picture']}: {result['error']['message']}")
    return "error" in result


def end(results: list[dict[str, Any]]) -> None:
    """Leave with the exit code of a wrong use where a picture couldn't be read."""
    if any("error" in result for result in results):
        raise typer.Exit(Exit.USAGE)
