"""Whether the schemas go together with the last release's: `python -m sync.contract.compatibility`.

Within a version of a message, a program made for the old schema and one made for the new must understand each
other both ways, because stations and OMS are never replaced at the same time, and a station may still owe
events of last month. So a field that is known keeps its meaning and its limits, and growth is done beside it:

| change | |
|---|---|
| a new optional field, a new message, other descriptions | goes together |
| a field is gone, or optional where it was required | breaks: who relies on it finds nothing |
| a new field is required | breaks: what was sent before lacks it |
| a type, pattern, limit or word list got narrower | breaks: what was sent before is refused |
| a type, pattern, limit or word list got wider | breaks: what is sent now is refused by an older program |
| a message is gone | breaks |

Words that may grow are no lists in the schemas, but patterns. Whoever must break something publishes another
version of the message beside the old one.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sync.contract.generate import SCHEMA_FOLDER

Schema = Mapping[str, Any]

RELEASED_FOLDER = Path(__file__).parent / "released"
SILENT = frozenset(
    {"title", "description", "examples", "default", "$schema", "$id", "$defs", "discriminator"}
)
"""What changes nothing about which messages are valid."""

AT_LEAST = frozenset({"minimum", "minLength", "minItems"})
AT_MOST = frozenset({"maximum", "maxLength", "maxItems"})


def breaks(old: Schema, new: Schema) -> list[str]:
    """What breaks between two schemas of one message, each with the path where; empty if nothing does.

    >>> old = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    >>> breaks(old, {**old, "properties": {**old["properties"], "b": {"type": "integer"}}})
    []
    >>> breaks(old, {**old, "properties": {}})
    ['a: is gone']
    """
    return list(_compared(old, new, old, new, "", frozenset()))


def breaks_of_all(old: Mapping[str, Schema], new: Mapping[str, Schema]) -> list[str]:
    """The same for all messages, by name."""
    found = []
    for kind, schema in old.items():
        if kind not in new:
            found.append(f"{kind}: the message is gone")
        else:
            found += [f"{kind}: {one}" for one in breaks(schema, new[kind])]
    return found


def read_schemas(folder: Path) -> dict[str, Schema]:
    """The schemas of a folder, by the message's name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}


def last_release(folder: Path = RELEASED_FOLDER) -> Path:
    """The folder of the newest release's schemas."""
    return max(folder.iterdir(), key=lambda path: tuple(int(part) for part in path.name.split(".")))


def _compared(
    old: Schema, new: Schema, old_root: Schema, new_root: Schema, path: str, seen: frozenset[tuple[str, str]]
) -> Iterable[str]:
    pair = (str(old.get("$ref", "")), str(new.get("$ref", "")))
    if all(pair):
        if pair in seen:
            return  # a part that holds parts like itself
        seen |= {pair}
    old, new = _resolved(old, old_root), _resolved(new, new_root)
    for name in sorted((old.keys() | new.keys()) - SILENT):
        before, after = old.get(name), new.get(name)
        if name == "properties":
            for field in before or {}:
                where = f"{path}.{field}" if path else str(field)
                if field not in (after or {}):
                    yield f"{where}: is gone"
                else:
                    yield from _compared(before[field], after[field], old_root, new_root, where, seen)  # type: ignore[index]
        elif name == "required":
            yield from _required(before or [], after or [], path)
        elif name == "items" and before is not None and after is not None:
            yield from _compared(before, after, old_root, new_root, f"{path}[]", seen)
        elif name in ("anyOf", "oneOf") and before is not None and after is not None:
            yield from _choices(before, after, old_root, new_root, path, seen)
        elif before != after:
            yield f"{path or 'the message'}: {_limit(name, before, after)}"


def _required(before: list[str], after: list[str], path: str) -> Iterable[str]:
    prefix = f"{path}." if path else ""
    for field in sorted(set(before) - set(after)):
        yield f"{prefix}{field}: was required, and is optional now"
    for field in sorted(set(after) - set(before)):
        yield f"{prefix}{field}: is required now"


def _choices(
    before: list[Schema],
    after: list[Schema],
    old_root: Schema,
    new_root: Schema,
    path: str,
    seen: frozenset[tuple[str, str]],
) -> Iterable[str]:
    """Shapes to choose from: each keeps its place, and none may come or go."""
    if len(before) != len(after):
        yield f"{path or 'the message'}: had {len(before)} shapes, and has {len(after)} now"
        return
    for old, new in zip(before, after, strict=True):
        yield from _compared(old, new, old_root, new_root, path, seen)


def _limit(name: str, before: Any, after: Any) -> str:
    if name == "enum" and isinstance(before, list) and isinstance(after, list):
        gone, come = [one for one in before if one not in after], [one for one in after if one not in before]
        told = [f"{', '.join(map(str, gone))} can't be said any more"] if gone else []
        return " and ".join(
            [*told, *([f"{', '.join(map(str, come))} was not known before"] if come else [])]
        ) or ("the words stand in another order")
    if name in AT_LEAST | AT_MOST and isinstance(before, int | float) and isinstance(after, int | float):
        narrower = (after > before) == (name in AT_LEAST)
        return f"{name} was {before} and is {after}: {'narrower' if narrower else 'wider'}"
    if before is None:
        return f"{name} {after!r} is asked now: narrower"
    if after is None:
        return f"{name} {before!r} is not asked any more: wider"
    return f"{name} was {before!r} and is {after!r}"


def _resolved(schema: Schema, root: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    target: Schema = root["$defs"][str(schema["$ref"]).rsplit("/", 1)[1]]
    beside = {name: value for name, value in schema.items() if name != "$ref"}
    return {**target, **beside}


def main() -> int:
    """Prints what breaks; status 1 if anything does."""
    release = last_release()
    found = breaks_of_all(read_schemas(release), read_schemas(SCHEMA_FOLDER))
    for one in found:
        sys.stdout.write(f"{one}\n")
    sys.stdout.write(f"{len(found)} breaks since release {release.name}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
