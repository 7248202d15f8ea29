"""The field tables of `docs/integrate-your-oms.md`, from the schemas: `python -m sync.contract.field_tables`.

A test compares the page with this output, so that the page can't lag behind the messages.
"""

import sys
from typing import Any

from sync.contract.generate import schema_of
from sync.contract.messages import MESSAGES

Schema = dict[str, Any]


def tables() -> str:
    """All messages, then the parts that they share, as Markdown."""
    schemas = {kind: schema_of(kind) for kind in MESSAGES}
    known: dict[str, Schema] = {
        name: one for schema in schemas.values() for name, one in schema.get("$defs", {}).items()
    }
    parts = {name: one for name, one in known.items() if one.get("type") == "object"}
    sections = []
    for kind, schema in schemas.items():
        if "oneOf" in schema:
            choices = " or ".join(_link(_name(one)) for one in schema["oneOf"])
            sections.append(f"### `{kind}`\n\n{choices}, told by `kind`.\n")
        elif "data" in schema["properties"]:
            data = parts.pop(_name(schema["properties"]["data"]))
            sections.append(f"### `darkstore.{kind}`\n\n{_table(data, known)}")
        else:
            sections.append(f"### `{kind}`\n\n{_table(schema, known)}")
    sections += [f"### {name}\n\n{_table(one, known)}" for name, one in sorted(parts.items())]
    return "\n".join(sections)


def _table(schema: Schema, definitions: dict[str, Schema]) -> str:
    lines = [schema.get("description", "").split("\n\n")[0].replace("\n", " "), ""]
    lines += ["| field | type | |", "|---|---|---|"]
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        told = field.get("description", "").replace("\n", " ")
        optional = "" if name in required else "optional"
        lines.append(
            f"| `{name}` | {_type(field, definitions)} | {'. '.join(filter(None, (optional, told)))} |"
        )
    return "\n".join(lines) + "\n"


def _type(field: Schema, definitions: dict[str, Schema]) -> str:
    if "$ref" in field:
        name = _name(field)
        target = definitions[name]
        return _link(name) if target.get("type") == "object" else _type(target, definitions)
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " ".join(f"`{value}`" for value in field["enum"])
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(_type(option, definitions) for option in options)
    if field.get("type") == "array":
        return f"list of {_type(field['items'], definitions)}"
    if field.get("format") == "date-time":
        return "time"
    if field.get("pattern", "").startswith("^-?[0-9]{1,12}"):
        return "decimal as text"
    return str(field.get("type", "any")).replace("string", "text")


def _name(field: Schema) -> str:
    return str(field["$ref"]).rsplit("/", 1)[1]


def _link(name: str) -> str:
    return f"[{name}](#{name.lower()})"


if __name__ == "__main__":
    sys.stdout.write(tables())
