"""Writes the JSON Schemas of all messages: `python -m sync.contract.generate`.

The models are the source; the schemas are what other languages read. A test fails where the two differ. A
published schema allows further fields, because a receiver must ignore what a newer minor version adds, and it
never allows null: what is not known is left out.
"""

import json
import sys
from pathlib import Path
from typing import Any

from sync.contract.messages import MESSAGES, schema_urn

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema of one message."""
    body = MESSAGES[kind].model_json_schema(mode="validation", by_alias=True)
    return {"$schema": DIALECT, "$id": schema_urn(kind), **_published(body)}


def schema_text(kind: str) -> str:
    """The file's content."""
    return json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n"


def write_all(folder: Path = SCHEMA_FOLDER) -> list[Path]:
    """Writes every schema, and removes files of messages that no longer exist."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in MESSAGES:
        path = folder / f"{kind}.json"
        path.write_text(schema_text(kind), encoding="utf-8")
        written.append(path)
    for stale in set(folder.glob("*.json")) - set(written):
        stale.unlink()
    return written


def _published(node: Any) -> Any:
    """Drops what holds for our own code only: closed objects, nulls, and the defaults of constructors."""
    if isinstance(node, list):
        return [_published(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {name: _published(value) for name, value in node.items() if not _is_closing(name, value)}
    options = node.get("anyOf")
    if isinstance(options, list) and {"type": "null"} in options:
        options = [option for option in options if option != {"type": "null"}]
        del node["anyOf"]
        node = {**(options[0] if len(options) == 1 else {"anyOf": options}), **node}
    if node.get("default", "") is None or "const" in node:
        node.pop("default", None)
    if isinstance(node.get("properties"), dict):
        fixed = [name for name, value in node["properties"].items() if "const" in value]
        node["required"] = [*fixed, *(name for name in node.get("required", []) if name not in fixed)]
    return node


def _is_closing(name: str, value: Any) -> bool:
    return name == "additionalProperties" and value is False


if __name__ == "__main__":
    for path in write_all():
        sys.stdout.write(f"{path.name}\n")
