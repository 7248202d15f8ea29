"""What the receiver counts of a bundle that comes in part by part, and of a unit that is sent on."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from builders_messages import (
    NOW,
    a_closing,
    a_correction,
    a_received,
    an_event,
    an_expected_return,
    an_inspection,
    pieces,
)
from fakes_oms import Desk
from hypothesis import given
from hypothesis import strategies as st

from sync.contract.messages import (
    AnswerStatus,
    AnyEvent,
    ClosedLine,
    Disposition,
    ExpectedComponent,
    ExpectedLine,
    ExpectedReturn,
    LineMatch,
    ReturnMatch,
    StockState,
    UnitIdentity,
    UnitKind,
)
from sync.database import Database
from sync.oms.counting import PIECES, Component, Line, Taken, excess_of
from sync.oms.ledger import MIGRATIONS

PARTS = {"POT": "1", "CUP": "2"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


def a_bundle_return(bundles: int = 1, return_id: str = "R-1001") -> ExpectedReturn:
    line = ExpectedLine(
        line_id="1",
        sku="TEA-SET",
        name="Tea set",
        quantity=pieces(bundles),
        components=tuple(
            ExpectedComponent(sku=sku, name=sku.title(), quantity=pieces(count))
            for sku, count in PARTS.items()
        ),
    )
    return an_expected_return(return_id).model_copy(update={"lines": (line,)})


def a_part(inspection_id: str, sku: str, sequence: int, quantity: str | int = 1, **changes: Any) -> AnyEvent:
    inspection = an_inspection(inspection_id, sku=sku, quantity=quantity, **changes)
    payload = json.loads(an_event(inspection, sequence).to_wire())
    payload["data"]["item"] = {
        "components": [
            {
                "sku": sku,
                "expected": {"value": PARTS.get(sku, "1"), "unit": "C62"},
                "received": {"value": str(quantity), "unit": "C62"},
            }
        ]
    }
    event: AnyEvent = type(an_event(inspection)).model_validate_json(json.dumps(payload))
    return event


def test_each_part_of_a_bundle_is_counted_for_itself(desk: Desk) -> None:
    desk.expect(a_bundle_return())
    pot, cups = a_part("i1", "POT", 1), a_part("i2", "CUP", 2, quantity=2)
    assert [(one.status, one.exception) for one in desk.tell_all(pot, cups)] == [
        (AnswerStatus.APPLIED, None),
        (AnswerStatus.APPLIED, None),
    ]
    assert desk.stock("POT") == {"RETURNING": -1, "AVAILABLE": 1}
    assert desk.stock("CUP") == {"RETURNING": -2, "AVAILABLE": 2}


def test_a_part_beyond_its_bundle_is_kept_out_and_named(desk: Desk) -> None:
    desk.expect(a_bundle_return(bundles=2))
    desk.tell_all(a_part("i1", "POT", 1), a_part("i2", "CUP", 2, quantity=4), a_part("i3", "POT", 3))
    answer = desk.tell(a_part("i4", "POT", 4))
    assert (answer.status, answer.exception) == (AnswerStatus.APPLIED, "over_received")
    assert "2 C62 of POT" in (answer.reason or "")
    assert desk.stock("POT") == {"RETURNING": -3, "AVAILABLE": 2, "QUARANTINE": 1}


def test_a_whole_bundle_counts_for_each_of_its_parts(desk: Desk) -> None:
    desk.expect(a_bundle_return())
    assert desk.tell(an_event(an_inspection("i1", sku="TEA-SET"), 1)).exception is None
    assert desk.tell(a_part("i2", "CUP", 2)).exception == "over_received"
    desk.expect(a_bundle_return(return_id="R-2"))
    assert desk.tell(a_part("i3", "CUP", 3, return_id="R-2")).exception is None
    assert desk.tell(an_event(an_inspection("i4", sku="TEA-SET", return_id="R-2"), 4)).exception == (
        "over_received"
    ), "one of its cups had come"


def test_a_part_that_is_taken_back_makes_room_again(desk: Desk) -> None:
    desk.expect(a_bundle_return())
    pot = a_part("i1", "POT", 1)
    desk.tell(pot)
    desk.tell(an_event(a_correction(pot), 2))
    assert desk.tell(a_part("i2", "POT", 3)).exception is None


def test_a_closing_tells_each_part_of_a_bundle(desk: Desk) -> None:
    desk.expect(a_bundle_return())
    desk.tell_all(a_part("i1", "POT", 1), a_part("i2", "CUP", 2))
    true = a_closing(lines=(_balance("POT", 1, 1), _balance("CUP", 2, 1)))
    assert desk.tell(an_event(true, 3)).exception is None
    untrue = a_closing(lines=(_balance("POT", 1, 1), _balance("CUP", 2, 2)), round=2)
    answer = desk.tell(an_event(untrue, 4))
    assert answer.exception == "count_differs"
    assert answer.reason == "line 1 (CUP): the station says 2, applied are 1"


def test_a_closing_counts_a_whole_bundle_for_its_parts(desk: Desk) -> None:
    desk.expect(a_bundle_return())
    desk.tell(an_event(an_inspection("i1", sku="TEA-SET"), 1))
    closing = a_closing(lines=(_balance("POT", 1, 1), _balance("CUP", 2, 2)))
    assert desk.tell(an_event(closing, 2)).exception is None


def test_a_part_that_came_blind_is_matched_to_its_bundle(desk: Desk) -> None:
    blind = a_received("BLIND-1", match=ReturnMatch.PROVISIONAL, reference=a_received().reference)
    desk.tell(an_event(blind, 1))
    for number, sku in enumerate(("POT", "CUP", "CUP", "CUP"), start=2):
        desk.tell(an_event(an_inspection(f"i{number}", sku=sku, return_id="BLIND-1", line_id=None), number))
    assert desk.expect(a_bundle_return()) == ["BLIND-1"]
    assert desk.stock("POT") == {"RETURNING": -1, "AVAILABLE": 1}
    assert desk.stock("CUP") == {"RETURNING": -3, "AVAILABLE": 2, "QUARANTINE": 1}


def test_another_sites_unit_is_sent_on_and_counts_there(desk: Desk) -> None:
    desk.expect(an_expected_return(site="blr-02"))
    serial = UnitIdentity(kind=UnitKind.SERIAL, value="SN-1")
    sent_on = an_inspection(
        "i1",
        line_id=None,
        match=LineMatch.OTHER_SITE,
        disposition=Disposition.TRANSFER,
        to=StockState.TRANSFER,
        unit=serial,
    )
    assert desk.tell(an_event(sent_on, 1)).exception is None
    assert desk.stock() == {"RETURNING": -1, "TRANSFER": 1}
    arrived = an_event(an_inspection("i2", unit=serial), 1, station="desk-9")
    assert desk.tell(arrived).exception is None, "counted once, where it belongs"


def test_a_ledger_of_an_earlier_release_learns_of_components(tmp_path: Path) -> None:
    with Desk(tmp_path) as desk:
        desk.expect(a_bundle_return())
        desk.ledger.database.sql("UPDATE expected_lines SET components = NULL")
    database = Database.open(tmp_path / "oms.db", [MIGRATIONS], now=lambda: NOW)
    migration = (MIGRATIONS.folder / "0002_bundles_by_component.sql").read_text()
    database.sql("UPDATE expected_lines" + migration.partition("UPDATE expected_lines")[2])
    database.close()
    with Desk(tmp_path) as desk:
        desk.tell(a_part("i1", "POT", 1))
        assert desk.tell(a_part("i2", "CUP", 2)).exception is None


PIECE_COUNTS = st.integers(min_value=1, max_value=4)


@given(
    bundles=PIECE_COUNTS,
    per_bundle=st.dictionaries(st.sampled_from("abc"), PIECE_COUNTS, min_size=1),
    order=st.lists(st.tuples(st.sampled_from("abcW"), PIECE_COUNTS), max_size=12),
)
def test_no_more_of_a_part_is_ever_expected_than_the_bundles_hold(
    bundles: int, per_bundle: dict[str, int], order: list[tuple[str, int]]
) -> None:
    parts = tuple(Component(name, None, Decimal(count), PIECES) for name, count in per_bundle.items())
    line = Line("1", "W", None, Decimal(bundles), PIECES, parts)
    taken: list[Taken] = []
    for name, count in order:
        if name != "W" and name not in per_bundle:
            continue
        part = None if name == "W" else name
        excess = excess_of(line, part, Decimal(count), PIECES, taken)
        assert 0 <= excess <= count
        taken.append(Taken("1", part, count - excess, PIECES))
    whole = sum(one.expected_part for one in taken if one.component is None)
    for name, count in per_bundle.items():
        came = sum(one.expected_part for one in taken if one.component == name) + whole * count
        assert came <= bundles * count


def _balance(sku: str, expected: int, received: int) -> ClosedLine:
    return ClosedLine(
        line_id="1",
        sku=sku,
        unit="C62",
        expected=str(expected),
        received=str(received),
        missing=str(expected - received),
        excess="0",
    )
