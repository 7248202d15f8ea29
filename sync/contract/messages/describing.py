"""Carries what docstrings say of each field into the published JSON Schemas, for an OMS engineer to read."""

import inspect
import re
from typing import Any

_ENTRY = re.compile(r"^    (\w+): (.+)$")


def describe(schema: dict[str, Any]) -> dict[str, Any]:
    r"""Moves the `Attributes:` part of a model's description to the properties that it speaks of.

    >>> schema = {
    ...     "description": "A shelf.\n\nAttributes:\n    code: As printed,\n        in capitals.",
    ...     "properties": {"code": {"type": "string"}},
    ... }
    >>> described = describe(schema)
    >>> described["description"], described["properties"]["code"]["description"]
    ('A shelf.', 'As printed, in capitals.')
    """
    text, found, attributes = inspect.cleandoc(schema.get("description", "")).partition("\n\nAttributes:\n")
    if not found:
        return schema
    schema["description"] = text
    entry = None
    told: dict[str, str] = {}
    for line in attributes.splitlines():
        start = _ENTRY.match(line)
        if start:
            entry = start[1]
            told[entry] = start[2]
        elif entry is not None:
            told[entry] += " " + line.strip()
    by_title = {_title(name): name for name in schema.get("properties", {})}
    for name, description in told.items():
        target = name if name in schema["properties"] else by_title.get(_title(name))
        if target is not None:
            schema["properties"][target]["description"] = description
    return schema


def _title(name: str) -> str:
    return name.replace("_", "").lower()
