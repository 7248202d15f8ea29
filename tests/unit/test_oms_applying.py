"""What the reference receiver makes of events: on a real ledger, through whole batches."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from builders_messages import (
    EPOCH,
    NOW,
    a_birth,
    a_closing,
    a_correction,
    a_movement,
    a_putaway,
    a_received,
    a_resolution,
    an_event,
    an_expected_return,
    an_inspection,
    carries,
    pieces,
)
from fakes_oms import Desk

from sync.contract.messages import (
    AnswerStatus,
    ClosedLine,
    Disposition,
    ExpectedLine,
    LineMatch,
    Quantity,
    ReturnMatch,
    StockState,
    UnitIdentity,
    UnitKind,
)

APPLIED, DUPLICATE = AnswerStatus.APPLIED, AnswerStatus.DUPLICATE
RETRY, REJECTED = AnswerStatus.RETRY, AnswerStatus.REJECTED


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


def test_movements_are_booked_once_however_often_the_event_comes(desk: Desk) -> None:
    event = an_event(an_inspection())
    assert desk.tell(event).status is APPLIED
    assert desk.tell(event).status is DUPLICATE
    assert [answer.status for answer in desk.tell_all(event, event)] == [DUPLICATE, DUPLICATE]
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_the_same_event_twice_in_one_batch_is_applied_once(desk: Desk) -> None:
    event = an_event(an_inspection())
    acks = desk.deliver(event, event)
    assert acks.through == 1
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_several_movements_are_applied_whole_or_not_at_all(desk: Desk) -> None:
    bad = an_event(
        an_inspection(
            quantity=2,
            movements=(
                a_movement(StockState.AVAILABLE),
                a_movement(StockState.AVAILABLE, frm=StockState.QUARANTINE),
            ),
        )
    )
    answer = desk.tell(bad)
    assert (answer.status, answer.field) == (REJECTED, "data.movements[1].from_state")
    assert desk.stock() == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"movements": (a_movement(quantity=2),)}, "data.movements"),
        (
            {"movements": (a_movement().model_copy(update={"quantity": Quantity(value=1, unit="KGM")}),)},
            "data.movements[0].quantity.unit",
        ),
    ],
)
def test_movements_that_do_not_fit_the_inspection_are_rejected(
    desk: Desk, changes: dict[str, object], field: str
) -> None:
    answer = desk.tell(an_event(an_inspection(**changes)))
    assert (answer.status, answer.field) == (REJECTED, field)
    assert answer.reason


def test_a_field_that_breaks_the_schema_is_named(desk: Desk) -> None:
    payload = json.loads(an_event(an_inspection()).to_wire())
    payload["data"]["quantity"]["value"] = "-1"
    acks = desk.deliver_raw(json.dumps(payload).encode())
    assert acks.results[0].status is REJECTED
    assert acks.results[0].field == "data.quantity.value"
    assert "above zero" in (acks.results[0].reason or "")
    assert acks.through == 1, "a rejection is final: the mark goes on"


def test_an_unknown_type_is_rejected_and_the_rest_goes_on(desk: Desk) -> None:
    unknown = json.loads(an_event(a_received(), 1).to_wire()) | {"type": "darkstore.return.sniffed.v9"}
    acks = desk.deliver_raw(
        json.dumps(unknown).encode(), an_event(an_inspection(return_id="R-2"), 2).to_wire()
    )
    assert [(answer.status, answer.field) for answer in acks.results] == [(REJECTED, "type")]
    assert acks.through == 2


@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b"[]", b"null", b'{"id": 5}', b"{" * 100_000, b"x" * 300_000]
)
def test_what_cannot_be_answered_is_kept_in_quarantine(desk: Desk, payload: bytes) -> None:
    desk.deliver_raw(payload)
    assert desk.quarantined() == 1


def test_a_station_cannot_speak_for_another_site(desk: Desk) -> None:
    desk.deliver_raw(an_event(an_inspection(), site="blr-02").to_wire())
    assert desk.quarantined() == 1
    assert desk.stock() == {}


def test_a_station_may_carry_events_of_another_one_of_its_site(desk: Desk) -> None:
    """They keep their place in the other's epoch, and every answer is told where they came from."""
    carried = [an_event(an_inspection(f"i{one}"), one, station="desk-2") for one in (1, 2)]
    desk.announce(a_birth().model_copy(update={"carries": (carries("desk-2", EPOCH),)}))
    acks = desk.deliver_raw(*(event.to_wire() for event in carried), station="desk-1")
    assert [(one.id, one.status) for one in acks.results] == [(one.id, "applied") for one in carried]
    assert (acks.through, acks.through_id) == (2, carried[1].id)
    assert [one.status for one in desk.deliver(*carried).results] == ["duplicate"] * 2
    assert desk.quarantined() == 0


def test_a_station_carries_nothing_that_its_birth_does_not_name(desk: Desk) -> None:
    carried = an_event(an_inspection(), station="desk-2").to_wire()
    (answer,) = desk.deliver_raw(carried, station="desk-1").results
    assert answer.status == "retry"
    desk.announce(a_birth().model_copy(update={"carries": (carries("desk-2", "000099-bbbbbb"),)}))
    (answer,) = desk.deliver_raw(carried, station="desk-1").results
    assert answer.status == "retry"
    assert desk.stock() == {}


def test_naming_a_station_is_not_enough_without_a_run_that_it_told_itself(desk: Desk) -> None:
    """Else each station of a site could fill the places of another one's events with its own."""
    forged = an_event(an_inspection(), station="desk-2").to_wire()
    told = a_birth(7).model_copy(update={"station": "desk-2", "epoch": "000003-cccccc", "epochs": ()})
    desk.announce(told.model_copy(update={"epochs": carries("desk-2", "000003-cccccc").epochs}))
    desk.announce(a_birth().model_copy(update={"carries": (carries("desk-2", EPOCH),)}))
    (answer,) = desk.deliver_raw(forged, station="desk-1").results
    assert (answer.status, answer.field) == ("rejected", "station")
    assert (desk.stock(), desk.quarantined()) == ({}, 1)
    assert (
        desk.deliver_raw(an_event(an_inspection(), station="desk-2").to_wire(), station="desk-2").through == 1
    )
    # Whoever has the station's records knows a run that it has told.
    desk.announce(a_birth().model_copy(update={"carries": (carries("desk-2", EPOCH, "000003-cccccc"),)}))
    later = an_event(an_inspection("i2"), 2, station="desk-2").to_wire()
    assert desk.deliver_raw(later, station="desk-1").results[0].status == "applied"


def test_unknown_fields_of_a_newer_station_do_no_harm(desk: Desk) -> None:
    payload = json.loads(an_event(an_inspection()).to_wire())
    payload["mood"] = "good"
    payload["data"]["aura"] = {"colour": "green"}
    payload["data"]["movements"][0]["speed"] = 3
    assert desk.deliver_raw(json.dumps(payload).encode()).through == 1
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


# ---- received against expected


def test_more_than_expected_stays_out_of_sellable_stock(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1))
    desk.tell(an_event(an_inspection("i1"), 1))
    answer = desk.tell(an_event(an_inspection("i2"), 2, station="desk-2", epoch="000007-77aa00"))
    assert (answer.status, answer.exception) == (APPLIED, "over_received")
    assert "expects 1 C62" in (answer.reason or "")
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 1, "QUARANTINE": 1}


def test_only_the_excess_of_several_units_is_kept_out(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=3))
    desk.tell(an_event(an_inspection("i1", quantity=2), 1))
    assert desk.tell(an_event(an_inspection("i2", quantity=2), 2)).exception == "over_received"
    assert desk.stock() == {"RETURNING": -4, "AVAILABLE": 3, "QUARANTINE": 1}


def test_the_same_serial_twice_is_over_received_though_the_line_has_room(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=5))
    unit = UnitIdentity(kind=UnitKind.SERIAL, value="KT000917")
    assert desk.tell(an_event(an_inspection("i1", unit=unit), 1)).exception is None
    assert desk.tell(an_event(an_inspection("i2", unit=unit), 2)).exception == "over_received"
    other = UnitIdentity(kind=UnitKind.SERIAL, value="KT000918")
    assert desk.tell(an_event(an_inspection("i3", unit=other), 3)).exception is None


def test_excess_said_by_the_station_is_kept_out_and_does_not_use_up_the_line(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1))
    assert desk.tell(an_event(an_inspection("i1", match=LineMatch.EXCESS), 1)).exception == "over_received"
    assert desk.tell(an_event(an_inspection("i2"), 2)).exception is None


def test_a_line_that_the_return_does_not_have_is_over_received(desk: Desk) -> None:
    desk.expect(an_expected_return())
    assert desk.tell(an_event(an_inspection(line_id="99"), 1)).exception == "over_received"


def test_a_wrong_product_is_ours_and_counts_against_no_line(desk: Desk) -> None:
    desk.expect(an_expected_return())
    wrong = an_inspection("i1", line_id=None, sku="SOAP", match=LineMatch.WRONG_PRODUCT)
    assert desk.tell(an_event(wrong, 1)).exception is None
    assert desk.tell(an_event(an_inspection("i2"), 2)).exception is None


def test_weighed_goods_may_differ_a_little(desk: Desk) -> None:
    line = ExpectedLine(
        line_id="1", sku="APPLE", name="Apple", quantity=Quantity(value=Decimal("0.5"), unit="KGM")
    )
    desk.expect(an_expected_return().model_copy(update={"lines": (line,)}))
    observed = Quantity(value=Decimal("0.520"), unit="KGM")
    moved = a_movement(sku="APPLE").model_copy(update={"quantity": observed})
    inspection = an_inspection("i1", sku="APPLE", movements=(moved,)).model_copy(
        update={"quantity": observed}
    )
    assert desk.tell(an_event(inspection, 1)).exception is None
    again = inspection.model_copy(update={"inspection_id": "i2"})
    assert desk.tell(an_event(again, 2)).exception == "over_received"


def test_an_undone_unit_does_not_count(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1))
    first = an_event(an_inspection("i1"), 1)
    desk.tell(first)
    desk.tell(an_event(a_correction(first), 2))
    assert desk.tell(an_event(an_inspection("i2"), 3)).exception is None
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_kept_out_goods_stay_out_when_they_are_put_away(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1))
    desk.tell(an_event(an_inspection("i1"), 1))
    excess = an_event(an_inspection("i2", to=StockState.AWAITING_PUTAWAY), 2)
    desk.tell(excess)
    assert desk.tell(an_event(a_putaway(excess), 3)).exception == "over_received"
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 1, "QUARANTINE": 1}


def test_one_inspection_is_told_by_one_event(desk: Desk) -> None:
    desk.tell(an_event(an_inspection("i1"), 1))
    answer = desk.tell(an_event(an_inspection("i1"), 2))
    assert (answer.status, answer.field) == (REJECTED, "data.inspection_id")


def test_a_bundle_moves_by_component(desk: Desk) -> None:
    payload = json.loads(
        an_event(
            an_inspection(movements=(a_movement(sku="KETTLE"), a_movement(sku="BASE", to=StockState.SCRAP)))
        ).to_wire()
    )
    payload["data"]["item"] = {
        "components": [
            {"sku": sku, "expected": {"value": "1", "unit": "C62"}, "received": {"value": "1", "unit": "C62"}}
            for sku in ("KETTLE", "BASE")
        ]
    }
    assert desk.deliver_raw(json.dumps(payload).encode()).through == 1
    assert desk.stock(None) == {"RETURNING": -2, "AVAILABLE": 1, "SCRAP": 1}


# ---- corrections, holds, put-away


def test_a_change_reverses_and_moves_anew(desk: Desk) -> None:
    first = an_event(an_inspection(), 1)
    desk.tell(first)
    change = an_event(a_correction(first, change_to=StockState.SCRAP), 2)
    assert desk.tell(change).status is APPLIED
    assert desk.stock() == {"RETURNING": -1, "SCRAP": 1}
    assert desk.tell(an_event(a_correction(change), 3)).status is APPLIED, "a change can be corrected in turn"
    assert desk.stock() == {}


def test_a_correction_after_the_sale_is_a_shortfall(desk: Desk) -> None:
    first = an_event(an_inspection(), 1)
    desk.tell(first)
    desk.ledger.take("blr-01", "TEA-250", Decimal(1), event_id="order-1")
    answer = desk.tell(an_event(a_correction(first), 2))
    assert (answer.status, answer.exception) == (APPLIED, "shortfall")
    assert desk.stock() == {"SOLD": 1, "SHORTFALL": -1}
    assert desk.tell(an_event(a_correction(first), 2)).exception == "shortfall", (
        "told again with the duplicate"
    )


def test_an_event_is_taken_back_once(desk: Desk) -> None:
    first = an_event(an_inspection(), 1)
    desk.tell(first)
    desk.tell(an_event(a_correction(first), 2))
    answer = desk.tell(an_event(a_correction(first), 3))
    assert (answer.status, answer.field) == (REJECTED, "data.corrects")
    assert desk.stock() == {}


def test_a_reversal_must_be_the_exact_one(desk: Desk) -> None:
    first = an_event(an_inspection(quantity=2), 1)
    desk.tell(first)
    half = (a_movement(quantity=1).reversed(),)
    answer = desk.tell(an_event(a_correction(first, reversal=half), 2))
    assert (answer.status, answer.field) == (REJECTED, "data.reversal")
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 2}


def test_an_inspection_that_moved_on_cannot_be_undone_underneath(desk: Desk) -> None:
    held = an_event(an_inspection(to=StockState.QUARANTINE, disposition=Disposition.HOLD_FOR_REVIEW), 1)
    desk.tell(held)
    desk.tell(an_event(a_resolution(held, to=StockState.SCRAP), 2))
    answer = desk.tell(an_event(a_correction(held), 3))
    assert (answer.status, answer.field) == (REJECTED, "data.reversal[0]")
    assert "SCRAP" in (answer.reason or "")


def test_a_hold_ends_by_a_resolution(desk: Desk) -> None:
    held = an_event(an_inspection(to=StockState.QUARANTINE, disposition=Disposition.HOLD_FOR_REVIEW), 1)
    desk.tell(held)
    assert desk.tell(an_event(a_resolution(held, to=StockState.AVAILABLE), 2)).status is APPLIED
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_put_away_makes_stock_available(desk: Desk) -> None:
    waiting = an_event(an_inspection(to=StockState.AWAITING_PUTAWAY), 1)
    desk.tell(waiting)
    assert desk.stock() == {"RETURNING": -1, "AWAITING_PUTAWAY": 1}
    desk.tell(an_event(a_putaway(waiting), 2))
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_a_place_that_is_only_confirmed_books_nothing(desk: Desk) -> None:
    first = an_event(an_inspection(), 1)
    desk.tell(first)
    same = a_movement(frm=StockState.AVAILABLE, from_place="A-03-2")
    assert desk.tell(an_event(a_putaway(first, movements=(same,), place="A-03-2"), 2)).exception is None
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_another_return_cannot_move_the_goods(desk: Desk) -> None:
    first = an_event(an_inspection(), 1)
    desk.tell(first)
    answer = desk.tell(an_event(a_putaway(first, return_id="R-7"), 2))
    assert (answer.status, answer.field) == (REJECTED, "data.return_id")


# ---- order, retry, dead letters


def test_what_builds_on_an_event_that_has_not_come_waits_and_holds_its_return_alone(desk: Desk) -> None:
    first = an_event(an_inspection("i1"), 1)
    undo = an_event(a_correction(first), 2)
    after = an_event(a_received(), 3)
    elsewhere = an_event(an_inspection("i9", return_id="R-9", line_id=None), 4)
    answers = desk.tell_all(undo, after, elsewhere)
    assert [answer.status for answer in answers] == [RETRY, RETRY, APPLIED]
    assert all(answer.not_before and answer.not_before > NOW for answer in answers[:2])
    assert desk.through == 0
    assert [answer.status for answer in desk.tell_all(first, undo, after)] == [APPLIED] * 3
    assert desk.through == 4


def test_an_event_that_waits_in_vain_is_rejected_in_the_end(desk: Desk) -> None:
    undo = an_event(a_correction(an_event(an_inspection(), 1)), 2)
    statuses = [desk.tell(undo).status for _ in range(13)]
    assert statuses == [RETRY] * 12 + [REJECTED]


def test_a_rejection_holds_back_later_events_until_the_station_lets_them_go(desk: Desk) -> None:
    bad = an_event(an_inspection("i1", movements=(a_movement(quantity=2),)), 1)
    later = an_event(an_inspection("i2"), 2)
    assert [answer.status for answer in desk.tell_all(bad, later)] == [REJECTED, RETRY]
    assert desk.tell(bad).status is REJECTED, "the same answer to a redelivery"
    assert desk.tell(later).status is APPLIED, "sent again although the station knows"


def test_a_dead_letter_is_repaired_by_a_new_event_once(desk: Desk) -> None:
    bad = an_event(an_inspection("i1", movements=(a_movement(quantity=2),)), 1)
    desk.tell(bad)
    repaired = an_event(an_inspection("i1"), 2, replaces=bad.id)
    assert desk.tell(repaired).status is APPLIED
    again = desk.tell(an_event(an_inspection("i3"), 3, replaces=bad.id))
    assert (again.status, again.field) == (REJECTED, "replaces")
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}


def test_what_was_applied_cannot_be_replaced(desk: Desk) -> None:
    first = an_event(an_inspection("i1"), 1)
    desk.tell(first)
    answer = desk.tell(an_event(an_inspection("i2"), 2, replaces=first.id))
    assert (answer.status, answer.field) == (REJECTED, "replaces")


def test_a_replacement_of_something_unanswered_waits(desk: Desk) -> None:
    assert desk.tell(an_event(an_inspection(), 2, replaces="never-seen")).status is RETRY


def test_two_stations_under_one_name_are_recognised(desk: Desk) -> None:
    desk.tell(an_event(an_inspection("i1"), 1))
    answer = desk.tell(an_event(an_inspection("i2", return_id="R-2"), 1, message_id="other"))
    assert (answer.status, answer.field) == (REJECTED, "sequence")
    assert desk.stock() == {"RETURNING": -1, "AVAILABLE": 1}
    assert desk.quarantined() == 1


def test_subject_and_return_must_agree(desk: Desk) -> None:
    payload = json.loads(an_event(an_inspection()).to_wire()) | {"subject": "R-other"}
    assert desk.deliver_raw(json.dumps(payload).encode()).results[0].field == "subject"


# ---- marks


def test_the_mark_stops_at_a_gap_and_jumps_when_it_closes(desk: Desk) -> None:
    events = [an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in range(1, 6)]
    assert desk.deliver(events[0], events[2], events[4]).through == 1
    answered = desk.deliver(events[1])
    assert (answered.through, answered.through_id) == (3, events[2].id)
    assert desk.deliver(events[3]).through == 5


def test_the_mark_survives_a_restart(tmp_path: Path) -> None:
    events = [an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in range(1, 5)]
    with Desk(tmp_path) as before:
        before.deliver(events[0], events[3])
    with Desk(tmp_path) as after:
        assert after.deliver(events[1], events[2]).through == 4


# ---- whole returns


def test_a_blind_return_is_matched_when_the_oms_learns_of_it(desk: Desk) -> None:
    blind = a_received("blind-1", match=ReturnMatch.PROVISIONAL).model_copy(
        update={"reference": an_expected_return().references[0]}
    )
    desk.tell(an_event(blind, 1))
    for number in (2, 3):
        desk.tell(an_event(an_inspection(f"i{number}", return_id="blind-1", line_id=None), number))
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 2}
    assert desk.expect(an_expected_return(quantity=1)) == ["blind-1"]
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 1, "QUARANTINE": 1}
    late = an_event(an_inspection("i4", return_id="blind-1", line_id=None), 4)
    assert desk.tell(late).exception == "over_received", "a matched return counts from then on"


def test_a_blind_return_that_the_oms_knows_is_matched_at_once(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1))
    blind = a_received("blind-1", match=ReturnMatch.PROVISIONAL).model_copy(
        update={"reference": an_expected_return().references[0]}
    )
    desk.tell_all(
        an_event(blind, 1),
        an_event(an_inspection("i2", return_id="blind-1", line_id=None), 2),
    )
    answer = desk.tell(an_event(an_inspection("i3", return_id="blind-1", line_id=None), 3))
    assert answer.exception == "over_received"


def test_one_sku_on_two_lines_of_a_blind_return_fills_one_after_the_other(desk: Desk) -> None:
    desk.expect(an_expected_return(quantity=1, lines=2))
    blind = a_received("blind-1", match=ReturnMatch.PROVISIONAL).model_copy(
        update={"reference": an_expected_return().references[0]}
    )
    desk.tell(an_event(blind, 1))
    exceptions = [
        desk.tell(an_event(an_inspection(f"i{n}", return_id="blind-1", line_id=None), n)).exception
        for n in (2, 3, 4)
    ]
    assert exceptions == [None, None, "over_received"]


def closed_line(received: str) -> ClosedLine:
    zero = Decimal(0)
    return ClosedLine(
        line_id="1", unit="C62", expected=Decimal(2), received=Decimal(received), missing=zero, excess=zero
    )


def test_a_balance_that_agrees_is_applied_and_another_is_for_people(desk: Desk) -> None:
    desk.tell(an_event(an_inspection(), 1))
    assert desk.tell(an_event(a_closing(lines=(closed_line("1"),)), 2)).exception is None
    differs = desk.tell(an_event(a_closing(lines=(closed_line("2"),), round=2), 3))
    assert differs.exception == "count_differs"
    assert "line 1" in (differs.reason or "")


def test_gtin_and_sku_of_one_article_share_their_books(desk: Desk) -> None:
    desk.know_product("TEA-250", "08901234567890")
    by_gtin = a_movement(sku="x").model_copy(update={"sku": None, "gtin": "08901234567890"})
    desk.tell(an_event(an_inspection("i1"), 1))
    desk.tell(an_event(an_inspection("i2", movements=(by_gtin,)), 2))
    assert desk.stock() == {"RETURNING": -2, "AVAILABLE": 2}


def test_postings_always_sum_to_zero(desk: Desk) -> None:
    first = an_event(an_inspection("i1", quantity=3), 1)
    desk.tell_all(first, an_event(a_correction(first, change_to=StockState.LIQUIDATION), 2))
    assert sum(desk.stock().values()) == 0
    assert pieces(3).value == desk.stock()["LIQUIDATION"]
