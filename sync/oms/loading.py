"""The files that the reference receiver publishes its streams from; a real OMS has its own tables instead.

Each file holds the whole wanted state for one site. `python -m sync.oms.loading` writes their JSON Schemas.

- *Expected returns*: `{"site", "returns": [...], "cancelled": [...]}`. A return that vanishes from the file
  stays known to the stations; a cancellation is said in `cancelled`.
- *Reference data*: `{"site", "products": [...], "places": [...], "blocks": [...]}`. What vanishes is removed.
"""

import json
import sys
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sync.contract.messages import Block, ExpectedReturn, Product, ReturnId, Site, SitePlace
from sync.contract.messages.wire import WireModel
from sync.oms.errors import LoadingError

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
MAX_FILE_BYTES = 256 * 1024 * 1024


class Cancelled(WireModel):
    """A return that was cancelled."""

    return_id: ReturnId
    reason_code: str | None = Field(default=None, min_length=1, max_length=64)


class ExpectedFile(BaseModel):
    """What a site expects. `site` may be left out where the command names it; returns take it over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Site
    returns: tuple[ExpectedReturn, ...] = ()
    cancelled: tuple[Cancelled, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _returns_are_of_the_site(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("returns"), list) and "site" in data:
            returns = [
                {"site": data["site"], **one} if isinstance(one, dict) else one for one in data["returns"]
            ]
            return {**data, "returns": returns}
        return data

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        _unique("returns", [one.return_id for one in self.returns])
        _unique("cancelled", [one.return_id for one in self.cancelled])
        return self


class ReferenceFile(BaseModel):
    """What a site's stations must know about articles, places and blocks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    site: Site
    products: tuple[Product, ...] = ()
    places: tuple[SitePlace, ...] = ()
    blocks: tuple[Block, ...] = ()

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        _unique("products", [one.sku for one in self.products])
        _unique("places", [one.place for one in self.places])
        _unique("blocks", [one.block_id for one in self.blocks])
        return self


F = TypeVar("F", ExpectedFile, ReferenceFile)

_KEYS = ("return_id", "sku", "place", "block_id")
_SAID = {"missing": "is missing", "extra_forbidden": "is no key that belongs here"}


def load_expected(path: Path, *, site: str | None = None) -> ExpectedFile:
    """Reads a file of expected returns; `site` serves where the file names none.

    Raises:
        LoadingError: With the place in the file.
    """
    return _load(ExpectedFile, path, site)


def load_reference(path: Path, *, site: str | None = None) -> ReferenceFile:
    """Reads a file of reference data; `site` serves where the file names none.

    Raises:
        LoadingError: With the place in the file.
    """
    return _load(ReferenceFile, path, site)


def write_schemas(folder: Path = SCHEMA_FOLDER) -> list[Path]:
    """Writes the JSON Schemas of both files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, model in (("expected-file", ExpectedFile), ("reference-file", ReferenceFile)):
        path = folder / f"{name}.json"
        path.write_text(schema_text(model), encoding="utf-8")
        written.append(path)
    return written


def schema_text(model: type[BaseModel]) -> str:
    """The JSON Schema of a file."""
    schema = model.model_json_schema(mode="validation", by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _load(model: type[F], path: Path, site: str | None) -> F:
    content = _read(path)
    if isinstance(content, dict) and site is not None:
        content = {"site": site, **content}
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        more = f"; {error.error_count() - 1} more" if error.error_count() > 1 else ""
        said = _SAID.get(problem["type"], problem["msg"].removeprefix("Value error, "))
        raise LoadingError(path, f"{_place(problem['loc'], content)}: {said}{more}") from error


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LoadingError(
                path,
                f"it is larger than {MAX_FILE_BYTES // 1024**2} MB",
                remedy="Leave out what stations know already",
            )
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadingError(path, error.strerror or str(error), remedy=_remedy(error)) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise LoadingError(path, f"{place}: not JSON ({error.msg})") from error
    except UnicodeDecodeError as error:
        reason = f"byte {error.start}: not UTF-8 text"
        raise LoadingError(path, reason, remedy="Save the file as UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise LoadingError(path, f"not JSON that can be used ({error})") from error


def _remedy(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "Create the file, or correct its name on the command line"
    if isinstance(error, PermissionError):
        return "Give the receiver's user the right to read the file"
    return "Name a file that can be read"


def _place(loc: tuple[int | str, ...], content: Any) -> str:
    """Where in the file: the path of keys, and the number of the entry that a person can search for."""
    if not loc:
        return "the file"
    place = ".".join(str(part) for part in loc)
    if len(loc) < 2:
        return place
    try:
        entry = content[loc[0]][loc[1]]
    except (KeyError, IndexError, TypeError):
        return place
    known = [f"{key} {entry[key]}" for key in _KEYS if isinstance(entry, dict) and key in entry]
    return f"{place} ({known[0][:80]})" if known else place


def _unique(what: str, keys: list[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{what} names {key} twice")
        seen.add(key)


if __name__ == "__main__":
    for file in write_schemas():
        sys.stdout.write(f"{file.name}\n")
