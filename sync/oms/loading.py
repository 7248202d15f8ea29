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
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise LoadingError(path, f"it is larger than {MAX_FILE_BYTES} bytes")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LoadingError(path, error.strerror or str(error)) from error
    except (ValueError, RecursionError) as error:
        raise LoadingError(path, f"not JSON ({error})") from error
    if isinstance(content, dict) and site is not None:
        content = {"site": site, **content}
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in problem["loc"]) or "the file"
        more = f"; {error.error_count() - 1} more" if error.error_count() > 1 else ""
        raise LoadingError(path, f"{place}: {problem['msg'].removeprefix('Value error, ')}{more}") from error


def _unique(what: str, keys: list[str]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise ValueError(f"{what} names {key} twice")
        seen.add(key)


if __name__ == "__main__":
    for file in write_schemas():
        sys.stdout.write(f"{file.name}\n")
