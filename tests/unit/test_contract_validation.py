"""Received messages are parsed or refused with the field that is wrong."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from builders_messages import an_event, an_inspection
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sync.contract import generate
from sync.contract.errors import (
    FieldInvalid,
    MessageInvalid,
    MessageOversized,
    MessageUnknown,
    MessageUnreadable,
)
from sync.contract.messages import (
    Acks,
    DecimalText,
    EpcisDisposition,
    Gtin14,
    Movement,
    Quantity,
    ReturnInspectedEvent,
    Site,
    StockState,
    UnitIdentity,
    disposition_of,
)
from sync.contract.validation import MAX_RECEIVED_BYTES, parse, parse_event, validate

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"


def golden(kind: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((GOLDEN / f"{kind}.json").read_text())
    return loaded


def with_value(message: dict[str, Any], path: str, value: object) -> bytes:
    node: Any = message
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        node = node[step]
    node[last] = value
    return json.dumps(message).encode()


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("data.quantity.value", "0", "data.quantity.value"),
        ("data.quantity.value", 1, "data.quantity.value"),
        ("data.quantity.value", 1.5, "data.quantity.value"),
        ("data.quantity.value", "1e3", "data.quantity.value"),
        ("data.movements.0.to_state", "LIMBO", "data.movements[0].to_state"),
        ("data.movements", [], "data.movements"),
        ("data.gtin", "08901234567891", "data.gtin"),
        ("data.result.grade", "E", "data.result.grade"),
        ("data.inspected_at", "2026-11-22T06:30:00", "data.inspected_at"),
        ("data.by", "Somebody With A Name", "data.by"),
        ("sequence", 0, "sequence"),
        ("sequence", "7", "sequence"),
        ("epoch", "12-xyz", "epoch"),
        ("site", "oms", "site"),
        ("station", "a/b", "station"),
        ("specversion", "0.3", "specversion"),
        ("id", "", "id"),
    ],
)
def test_a_wrong_field_is_named(path: str, value: object, field: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        parse_event(with_value(golden("return.inspected.v1"), path, value))
    assert caught.value.field == field
    assert field in str(caught.value)


def test_a_missing_field_is_named() -> None:
    message = golden("return.inspected.v1")
    del message["data"]["unit"]
    with pytest.raises(FieldInvalid, match=r"data\.unit: Field required"):
        parse_event(json.dumps(message).encode())


@pytest.mark.parametrize(
    ("kind", "path", "value", "field"),
    [
        ("command.v1", "from", 0, "from"),
        ("request.v1", "blocks.0.sha256", "x", "blocks[0].sha256"),
        (
            "expected.v1",
            "items.0.expected.lines.1.quantity.unit",
            "kg",
            "items[0].expected.lines[1].quantity.unit",
        ),
        ("reference.v1", "items.0.product.category", "", "items[0].product.category"),
        ("acks.v1", "results.0.status", "perhaps", "results[0].status"),
    ],
)
def test_the_words_that_tell_shapes_apart_are_no_part_of_the_path(
    kind: str, path: str, value: object, field: str
) -> None:
    with pytest.raises(FieldInvalid) as caught:
        validate(kind, with_value(golden(kind), path, value))
    assert caught.value.field == field


def test_a_mark_names_its_event() -> None:
    with pytest.raises(FieldInvalid, match="through_id"):
        parse(Acks, b'{"epoch":"000001-9f3ac1","through":3}')


@pytest.mark.parametrize("payload", [b"", b"{", b"[1]", b'"text"', b"\xff\xfe", b"[" * 5000])
def test_what_is_no_object_is_unreadable(payload: bytes) -> None:
    with pytest.raises(MessageUnreadable):
        parse_event(payload)


def test_an_oversized_message_is_not_even_parsed() -> None:
    with pytest.raises(MessageOversized):
        parse_event(b" " * (MAX_RECEIVED_BYTES + 1))
    with pytest.raises(MessageOversized):
        parse(Acks, b" " * (MAX_RECEIVED_BYTES + 1))


def test_an_unknown_type_is_told_with_those_that_are_known() -> None:
    with pytest.raises(MessageUnknown, match=r"darkstore\.return\.inspected\.v1") as caught:
        parse_event(b'{"type":"darkstore.return.sniffed.v1"}')
    assert caught.value.field == "type"
    with pytest.raises(FieldInvalid, match="type"):
        parse_event(b"{}")
    with pytest.raises(MessageUnknown):
        validate("gossip.v1", b"{}")


def test_we_never_emit_a_field_that_the_contract_does_not_name() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        Quantity(value=Decimal(1), unit="C62", colour="red")  # type: ignore[call-arg]


def test_a_unit_told_apart_by_serial_has_one() -> None:
    with pytest.raises(ValidationError, match="value is missing"):
        UnitIdentity(kind="serial")  # type: ignore[arg-type]


def test_a_movement_names_its_article() -> None:
    values = {
        "from_state": StockState.RETURNING,
        "to_state": StockState.SCRAP,
        "quantity": {"value": "1", "unit": "C62"},
    }
    with pytest.raises(ValidationError, match="names no article"):
        Movement.model_validate(values)


@pytest.mark.parametrize(
    ("state", "facts", "expected"),
    [
        (StockState.AVAILABLE, {}, EpcisDisposition.SELLABLE_NOT_ACCESSIBLE),
        (StockState.MARKDOWN, {"damaged": True}, EpcisDisposition.SELLABLE_NOT_ACCESSIBLE),
        (StockState.QUARANTINE, {}, EpcisDisposition.NON_SELLABLE_OTHER),
        (StockState.QUARANTINE, {"damaged": True}, EpcisDisposition.DAMAGED),
        (StockState.SCRAP, {}, EpcisDisposition.DISPOSED),
        (StockState.SCRAP, {"expired": True, "damaged": True}, EpcisDisposition.EXPIRED),
        (StockState.QUARANTINE, {"recalled": True, "expired": True}, EpcisDisposition.RECALLED),
        (StockState.RETURNING, {}, EpcisDisposition.RETURNED),
    ],
)
def test_epcis_says_the_worst_about_the_goods(
    state: StockState, facts: dict[str, bool], expected: EpcisDisposition
) -> None:
    assert disposition_of(state, **facts) is expected


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**11), max_value=10**11))
def test_decimals_keep_their_digits(value: Decimal) -> None:
    adapter: TypeAdapter[Decimal] = TypeAdapter(DecimalText)
    text = json.loads(adapter.dump_json(adapter.validate_python(value)))
    assert adapter.validate_json(json.dumps(text), strict=True) == value
    assert str(adapter.validate_json(json.dumps(text))) == text or value == 0


@given(st.text(max_size=30))
def test_no_text_is_taken_for_a_number_a_gtin_or_a_site_by_mistake(text: str) -> None:
    for kind, shape in (
        (DecimalText, r"-?[0-9]{1,12}(\.[0-9]{1,6})?"),
        (Gtin14, r"[0-9]{14}"),
        (Site, r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"),
    ):
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        try:
            adapter.validate_python(text)
        except ValidationError:
            continue
        jsonschema.validate(text, {"pattern": f"^{shape}$"})


INSPECTED = golden("return.inspected.v1")
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({})


def paths(node: Any, path: str = "") -> list[str]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    found = []
    for name, value in items:
        here = f"{path}.{name}" if path else str(name)
        found += [here, *paths(value, here)]
    return found


@given(path=st.sampled_from(paths(INSPECTED)), value=LEAVES)
def test_the_published_schema_never_refuses_what_the_receiver_takes(path: str, value: object) -> None:
    payload = with_value(golden("return.inspected.v1"), path, value)
    try:
        event = parse_event(payload)
    except MessageInvalid:
        return
    schema = generate.schema_of("return.inspected.v1")
    jsonschema.Draft202012Validator(schema).validate(json.loads(event.to_wire()))


@given(st.binary(max_size=200))
def test_no_bytes_bring_the_parser_down(payload: bytes) -> None:
    with pytest.raises(MessageInvalid):
        parse_event(payload)


def test_an_event_is_read_as_its_own_class() -> None:
    assert isinstance(parse_event(an_event(an_inspection()).to_wire()), ReturnInspectedEvent)
