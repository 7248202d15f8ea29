"""The schemas go together with those of the last release, and the checker finds what would not."""

import copy
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.contract.compatibility import (
    RELEASED_FOLDER,
    breaks,
    breaks_of_all,
    last_release,
    main,
    read_schemas,
)
from sync.contract.generate import SCHEMA_FOLDER

GOLDEN = Path(__file__).parent / "golden"
NOW = read_schemas(SCHEMA_FOLDER)
INSPECTED = NOW["return.inspected.v1"]


def changed(*path: str, **changes: Any) -> dict[str, Any]:
    """The schema of an inspection with changes at a place; None takes a word away."""
    schema: dict[str, Any] = copy.deepcopy(dict(INSPECTED))
    node = schema
    for step in path:
        node = node[step]
    for name, value in changes.items():
        node[name] = value
        if value is None:
            del node[name]
    return schema


def test_the_schemas_go_together_with_those_of_the_last_release(capsys: pytest.CaptureFixture[str]) -> None:
    assert breaks_of_all(read_schemas(last_release()), NOW) == []
    assert main() == 0
    assert capsys.readouterr().out == f"0 breaks since release {last_release().name}\n"


@pytest.mark.parametrize("kind", sorted(read_schemas(last_release())))
def test_todays_payloads_keep_the_schemas_of_the_last_release(kind: str) -> None:
    released = read_schemas(last_release())[kind]
    jsonschema.Draft202012Validator(released).validate(json.loads((GOLDEN / f"{kind}.json").read_text()))


def test_the_newest_release_is_the_last_by_number(tmp_path: Path) -> None:
    for name in ("0.9.0", "0.10.0", "0.2.1"):
        (tmp_path / name).mkdir()
    assert last_release(tmp_path).name == "0.10.0"
    assert last_release().parent == RELEASED_FOLDER


QUANTITY = ("$defs", "Quantity")
MOVEMENT = ("$defs", "Movement", "properties")


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (changed(*MOVEMENT, lot=None), "data.movements[].lot: is gone"),
        (changed(*QUANTITY, required=["value"]), "data.quantity.unit: was required, and is optional now"),
        (
            changed("$defs", "Movement", required=["from_state", "to_state", "quantity", "lot"]),
            "data.movements[].lot: is required now",
        ),
        (changed(*QUANTITY, "properties", value={"type": "number"}), "data.quantity.value: pattern"),
        (
            changed(*QUANTITY, "properties", "value", type="number"),
            "data.quantity.value: type was 'string' and is 'number'",
        ),
        (changed("$defs", "StockState", enum=["RETURNING"]), "can't be said any more"),
        (
            changed("$defs", "StockState", enum=[*INSPECTED["$defs"]["StockState"]["enum"], "LOST"]),
            "LOST was not known before",
        ),
        (
            changed(*MOVEMENT, "lot", maxLength=20),
            "data.movements[].lot: maxLength was 40 and is 20: narrower",
        ),
        (changed(*MOVEMENT, "lot", maxLength=80), "data.movements[].lot: maxLength was 40 and is 80: wider"),
        (changed(*MOVEMENT, "lot", minLength=2), "data.movements[].lot: minLength was 1 and is 2: narrower"),
        (changed(*MOVEMENT, "lot", pattern=None), "is not asked any more: wider"),
        (changed("properties", "subject", pattern="^R"), "subject: pattern"),
        (changed("properties", "type", const="darkstore.return.inspected.v2"), "type: const"),
    ],
)
def test_what_breaks_is_named_with_its_place(schema: dict[str, Any], said: str) -> None:
    found = breaks(INSPECTED, schema)
    assert any(said in one for one in found), found


def test_a_message_that_is_gone_breaks_and_a_new_one_does_not() -> None:
    fewer = {kind: schema for kind, schema in NOW.items() if kind != "acks.v1"}
    assert breaks_of_all(NOW, fewer) == ["acks.v1: the message is gone"]
    assert breaks_of_all(fewer, NOW) == []


def test_shapes_to_choose_from_stay() -> None:
    command: dict[str, Any] = copy.deepcopy(dict(NOW["command.v1"]))
    command["oneOf"] = command["oneOf"][:2]
    assert breaks(NOW["command.v1"], command) == ["the message: had 3 shapes, and has 2 now"]


def test_new_optional_fields_and_other_words_go_together() -> None:
    assert breaks(INSPECTED, changed("properties", added={"type": "string"})) == []
    assert breaks(INSPECTED, changed(*MOVEMENT, added={"type": "string"})) == []
    assert breaks(INSPECTED, changed(title="another", description="words")) == []


simple = st.sampled_from(
    [{"type": "string"}, {"type": "integer", "minimum": 1}, {"enum": ["a", "b"]}, {"type": "boolean"}]
)
names = st.text("abc", min_size=1, max_size=2)
objects = st.dictionaries(names, simple, max_size=4).flatmap(
    lambda fields: st.builds(
        lambda required: {"type": "object", "properties": fields, "required": sorted(required)},
        st.sets(st.sampled_from(sorted(fields)) if fields else st.nothing()),
    )
)


@settings(max_examples=20)
@given(objects)
def test_a_schema_goes_together_with_itself(schema: dict[str, Any]) -> None:
    assert breaks(schema, schema) == []


@settings(max_examples=40)
@given(objects, objects)
def test_growth_breaks_nothing_and_its_reverse_breaks(old: dict[str, Any], more: dict[str, Any]) -> None:
    """Whatever optional fields are added go together; taken away again, each one is named."""
    new = {**old, "properties": {**more["properties"], **old["properties"]}}
    added = sorted(new["properties"].keys() - old["properties"].keys())
    assert breaks(old, new) == []
    assert sorted(breaks(new, old)) == [f"{name}: is gone" for name in added]


VALUES: dict[str, list[Any]] = {"string": ["", "x"], "integer": [1, 7], "boolean": [True], "": ["a", "b"]}


@settings(max_examples=40)
@given(objects, objects, st.data())
def test_where_nothing_breaks_messages_are_read_both_ways(
    old: dict[str, Any], new: dict[str, Any], data: st.DataObject
) -> None:
    if breaks(old, new):
        return
    for writer, reader in ((old, new), (new, old)):
        known = old["properties"]
        message = {
            name: data.draw(st.sampled_from(VALUES[field.get("type", "")]))
            for name, field in writer["properties"].items()
            if name in known
        }
        jsonschema.Draft202012Validator(writer).validate(message)
        jsonschema.Draft202012Validator(reader).validate(message)
