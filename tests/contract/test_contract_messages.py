"""The published contract: golden payloads, schemas and AsyncAPI agree with the models, and stay."""

import json
import re
from datetime import UTC
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from builders_messages import an_event, an_inspection
from pydantic import BaseModel, TypeAdapter

from sync.contract import field_tables, generate
from sync.contract.messages import (
    EVENTS,
    MAX_EVENT_BYTES,
    MESSAGES,
    AnswerException,
    AnswerStatus,
    ObservedFinding,
    Rule,
    StockState,
    schema_urn,
)
from sync.contract.messages.times import UtcTime, write_utc
from sync.contract.validation import validate
from sync.oms.loading import load_expected, load_reference

GOLDEN = Path(__file__).parent / "golden"
CONTRACT = Path(generate.__file__).parent
KINDS = sorted(MESSAGES)


def compact(text: str) -> bytes:
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False).encode()


def emitted(message: BaseModel) -> bytes:
    return message.model_dump_json(exclude_none=True, by_alias=True).encode()


@pytest.mark.parametrize("kind", KINDS)
def test_golden_payload_is_read_and_written_again_byte_for_byte(kind: str) -> None:
    payload = compact((GOLDEN / f"{kind}.json").read_text())
    assert emitted(validate(kind, payload)) == payload


@pytest.mark.parametrize("kind", KINDS)
def test_golden_payload_keeps_the_published_schema(kind: str) -> None:
    schema = json.loads((generate.SCHEMA_FOLDER / f"{kind}.json").read_text())
    validator = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    validator.validate(json.loads((GOLDEN / f"{kind}.json").read_text()))


@pytest.mark.parametrize("kind", KINDS)
def test_committed_schema_is_the_one_generated_from_the_models(kind: str) -> None:
    committed = (generate.SCHEMA_FOLDER / f"{kind}.json").read_text()
    assert committed == generate.schema_text(kind), "run: python -m sync.contract.generate"


def test_no_file_belongs_to_a_message_that_is_gone(tmp_path: Path) -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(MESSAGES)
    assert {path.stem for path in generate.SCHEMA_FOLDER.glob("*.json")} == set(MESSAGES)
    (tmp_path / "gone.v1.json").write_text("{}")
    generate.write_all(tmp_path)
    assert {path.stem for path in tmp_path.glob("*.json")} == set(MESSAGES)


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_allow_what_a_newer_minor_version_adds(kind: str) -> None:
    schema = json.loads((generate.SCHEMA_FOLDER / f"{kind}.json").read_text())

    def closed(node: Any) -> bool:
        if isinstance(node, dict):
            return node.get("additionalProperties") is False or any(closed(part) for part in node.values())
        return isinstance(node, list) and any(closed(part) for part in node)

    assert not closed(schema)
    grown = json.loads((GOLDEN / f"{kind}.json").read_text()) | {"added_later": {"deep": [1, 2]}}
    jsonschema.Draft202012Validator(schema).validate(grown)
    assert emitted(validate(kind, json.dumps(grown).encode())) == compact(
        (GOLDEN / f"{kind}.json").read_text()
    )


@pytest.mark.parametrize("kind", sorted(kind for kind in KINDS if kind.split(".")[0] in ("return", "stock")))
def test_golden_events_are_cloudevents_under_the_size_limit(kind: str) -> None:
    event = json.loads((GOLDEN / f"{kind}.json").read_text())
    assert event["specversion"] == "1.0"
    assert event["source"] == f"/{event['site']}/{event['station']}"
    assert event["subject"] == event["data"]["return_id"]
    assert event["dataschema"] == schema_urn(event["type"])
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in event), "CloudEvents attribute names"
    assert {"bizStep", "disposition"} == set(event["data"]["epcis"])
    assert len(json.dumps(event)) < MAX_EVENT_BYTES


def test_an_overlong_inspection_is_shortened_without_touching_what_moves() -> None:
    finding = ObservedFinding(
        kind="deformation", severity="major", view="top", score=0.5, extent=0.25, source="detector"
    )
    rule = Rule(code="rule.long", params={"text": "x" * 190, "more": "y" * 190})
    inspection = an_inspection(findings=(finding,) * 12, rules=(rule,) * 16)
    short = inspection.within(3000)
    assert len(short.to_wire()) <= 3000
    assert short.movements == inspection.movements
    assert short.rules
    assert not short.findings
    assert len(an_event(short).to_wire()) < MAX_EVENT_BYTES
    assert an_inspection().within(3000) == an_inspection()
    assert an_inspection().within(1).movements == an_inspection().movements


# ---- AsyncAPI


@pytest.fixture(scope="module")
def asyncapi() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text())
    return loaded


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        found = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return found + [reference for part in node.values() for reference in _references(part)]
    return [reference for part in node for reference in _references(part)] if isinstance(node, list) else []


def test_asyncapi_names_every_message_and_its_schema(asyncapi: dict[str, Any]) -> None:
    assert asyncapi["asyncapi"] == "3.0.0"
    messages = dict(asyncapi["components"]["messages"])
    joined = messages.pop("JoinedEvents")
    events = {f"./schemas/{kind.removeprefix('darkstore.')}.json" for kind in EVENTS}
    assert {one["$ref"] for one in joined["payload"]["schema"]["items"]["anyOf"]} == events
    assert {message["name"] for message in messages.values()} == {*EVENTS, *_other_kinds()}
    payloads = {message["payload"]["schema"]["$ref"] for message in messages.values()}
    assert payloads == {f"./schemas/{kind}.json" for kind in MESSAGES}


def _other_kinds() -> set[str]:
    return {kind for kind in MESSAGES if kind.split(".")[0] not in ("return", "stock")}


def test_asyncapi_references_lead_somewhere(asyncapi: dict[str, Any]) -> None:
    for reference in _references(asyncapi):
        if reference.startswith("#/"):
            node: Any = asyncapi
            for step in reference[2:].split("/"):
                node = node[step]
        else:
            assert (CONTRACT / reference).is_file(), reference


def test_asyncapi_has_the_topics_of_the_contract(asyncapi: dict[str, Any]) -> None:
    assert {channel["address"] for channel in asyncapi["channels"].values()} == {
        "returns/v1/{site}/{station}/events",
        "returns/v1/{site}/{station}/acks",
        "returns/v1/{site}/{station}/requests",
        "returns/v1/{site}/{station}/commands",
        "returns/v1/{site}/{station}/birth",
        "returns/v1/{site}/{station}/death",
        "returns/v1/{site}/expected",
        "returns/v1/{site}/reference",
        "returns/v1/oms/state",
    }
    used = {operation["channel"]["$ref"].rsplit("/", 1)[1] for operation in asyncapi["operations"].values()}
    assert used == set(asyncapi["channels"])


# ---- the integrator's guide

GUIDE = (Path(__file__).parents[2] / "docs" / "integrate-your-oms.md").read_text(encoding="utf-8")


def test_the_guides_field_tables_are_those_of_the_schemas() -> None:
    between = GUIDE.split("<!-- fields: begin -->\n", 1)[1].split("<!-- fields: end -->", 1)[0]
    assert between == field_tables.tables(), "run: python -m sync.contract.field_tables"


def test_the_guides_examples_are_valid(tmp_path: Path) -> None:
    expected, reference = (
        block for block in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL) if block.startswith('{"site"')
    )
    (tmp_path / "expected.json").write_text(expected)
    (tmp_path / "reference.json").write_text(reference)
    assert len(load_expected(tmp_path / "expected.json").returns) == 1
    assert len(load_reference(tmp_path / "reference.json").blocks) == 1


def test_the_guide_explains_every_state_status_and_exception() -> None:
    for word in (*StockState, *AnswerStatus, *AnswerException):
        assert f"`{word.value}`" in GUIDE, word


@pytest.mark.parametrize("text", ["2026-11-22T11:10:32.250000+05:30", "2026-11-22T05:40:32.250Z"])
def test_an_instant_of_any_zone_is_the_same_instant_in_utc(text: str) -> None:
    read = TypeAdapter(UtcTime).validate_json(json.dumps(text))
    assert write_utc(read) == "2026-11-22T05:40:32.250000Z"
    assert (read.hour, read.tzinfo) == (5, UTC)
