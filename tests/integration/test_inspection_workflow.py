"""The desk's work on a real database: what the staff see, what is saved, what the OMS is owed."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from builders_desk import DeskUnderTest, a_desk, a_seen
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.errors import StorageFull, WorkflowRefused
from edge.inspection.desk import Level, Phase, QuestionKind
from edge.returns.blocklist import Block
from edge.returns.catalogue import Component
from edge.returns.expected import Custody, ExpectedState, Reference, ReferenceKind, ReturnType
from edge.returns.values import Quantity
from sync.contract.messages import kinds
from vision.findings import DefectKind
from vision.quality import QualityVerdict

ORDER = "ORD-1001"
GTIN = a_gtin(1)
DEAR = Decimal(1500)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskUnderTest]:
    with a_desk(tmp_path) as under_test:
        under_test.knows(a_product(), an_expected_return(a_line(mrp=DEAR)))
        yield under_test


def every_event_keeps_the_contract(desk: DeskUnderTest) -> None:
    for event in desk.events():
        kinds.EVENTS[event["type"]].model_validate_json(json.dumps(event), strict=True)


def test_scan_accept_saved(desk: DeskUnderTest) -> None:
    opened = desk.scan(ORDER)
    assert opened.phase is Phase.RETURN_OPEN
    proposed = desk.scan(GTIN)
    assert proposed.phase is Phase.PROPOSAL
    assert proposed.proposal is not None
    assert (proposed.proposal.grade, proposed.proposal.disposition) == ("A", "RESTOCK")
    assert {view.view for view in proposed.proposal.views} == {"top", "front"}
    saved = desk.accept()
    assert saved.phase is Phase.RETURN_OPEN
    assert saved.last_saved is not None
    assert saved.current_return is not None
    assert saved.current_return.lines[0].done
    received, inspected = desk.events()
    assert received["type"] == "darkstore.return.received.v1"
    movement = inspected["data"]["movements"][0]
    assert (movement["from_state"], movement["to_state"]) == ("RETURNING", "AVAILABLE")
    assert len(inspected["data"]["evidence"]) == 2
    assert [event["sequence"] for event in desk.events()] == [1, 2]
    every_event_keeps_the_contract(desk)


def test_every_picture_of_a_saved_inspection_is_on_the_disk(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.scan(GTIN)
    saved = desk.accept().last_saved
    assert saved is not None
    for view, jpeg in desk.table.pictures.items():
        assert desk.parts.journal.picture(saved.inspection_id, view) == jpeg


def test_damage_is_graded_and_kept_from_sale(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.table.put("torn", a_seen(DefectKind.PENETRATION))
    proposal = desk.scan(GTIN).proposal
    assert proposal is not None
    assert proposal.grade in ("C", "D")
    assert proposal.disposition not in ("RESTOCK", "RESTOCK_MARKDOWN")
    assert proposal.findings[0].kind == "penetration"
    assert (proposal.findings[0].x, proposal.findings[0].view) == (200, "top")


def test_blurred_picture_is_said_and_can_be_taken_again(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.table.put("shaken", quality=QualityVerdict.BLURRED)
    shown = desk.scan(GTIN)
    assert shown.notice is not None
    assert shown.notice.message.code == "quality.blurred"
    assert shown.notice.what_next is not None
    assert shown.proposal is not None
    assert shown.proposal.disposition == "HOLD_FOR_REVIEW"
    desk.table.put("still")
    again = desk.parts.workflow.retake(shown.proposal.inspection_id)
    assert again.proposal is not None
    assert again.proposal.disposition == "RESTOCK"
    assert again.proposal.inspection_id == shown.proposal.inspection_id


def test_lost_camera_degrades_and_all_lost_goes_to_a_person(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.table.pictures["front"] = None
    shown = desk.scan(GTIN)
    assert shown.notice is not None
    assert (shown.notice.message.code, shown.notice.message.params["view"]) == ("quality.lost", "front")
    assert shown.notice.what_next is not None
    assert shown.notice.what_next.code == "next.camera_lost"
    desk.table.pictures["top"] = None
    assert shown.proposal is not None
    nothing = desk.parts.workflow.retake(shown.proposal.inspection_id)
    assert nothing.notice is not None
    assert nothing.notice.what_next is not None
    assert nothing.notice.what_next.code == "next.cameras_lost"
    assert nothing.proposal is not None
    assert nothing.proposal.grade is None
    assert nothing.proposal.needs_person
    desk.accept()
    assert desk.events("inspected")[0]["data"]["result"]["disposition"] == "HOLD_FOR_REVIEW"
    every_event_keeps_the_contract(desk)


def test_corrupt_picture_of_one_camera_loses_only_that_one(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.table.unreadable.add(b"front-1")
    shown = desk.scan(GTIN)
    assert shown.notice is not None
    assert shown.notice.message.code == "quality.unreadable"
    assert shown.proposal is not None
    assert [view.usable for view in shown.proposal.views] == [True, False]


def test_unknown_return_is_received_blind(desk: DeskUnderTest) -> None:
    asked = desk.scan("ORD-9999")
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.CUSTODY
    assert desk.events() == []
    refused = desk.scan(GTIN)
    assert refused.notice is not None
    assert refused.notice.message.code == "refused.answer_first"
    desk.answer("RIDER_ONLY")
    assert desk.events()[0]["data"]["match"] == "provisional"
    proposal = desk.scan(GTIN).proposal
    assert proposal is not None
    desk.accept()
    assert desk.events("inspected")[0]["data"]["match"] == "provisional"
    every_event_keeps_the_contract(desk)


def test_strangers_item_is_handed_back_and_wrong_product_held(desk: DeskUnderTest) -> None:
    desk.knows(a_product("SKU-2", gtins=(a_gtin(2),), name="Other article"))
    desk.scan(ORDER)
    stranger = desk.scan(a_gtin(77)).proposal
    assert stranger is not None
    assert stranger.disposition == "HAND_BACK"
    desk.accept()
    wrong = desk.scan(a_gtin(2)).proposal
    assert wrong is not None
    assert wrong.disposition == "HOLD_FOR_REVIEW"
    desk.accept()
    assert [event["data"]["match"] for event in desk.events("inspected")] == ["not_ours", "wrong_product"]
    assert len(desk.parts.journal.holds()) == 1
    every_event_keeps_the_contract(desk)


def test_same_code_again_asks_and_the_same_one_is_not_counted(desk: DeskUnderTest) -> None:
    two = an_expected_return(a_line(pieces=2, mrp=DEAR), return_id="R-2", references=(ref("ORD-2002"),))
    desk.knows(a_product("SKU-9", gtins=(a_gtin(9),), serialised=False), two)
    desk.scan("ORD-2002")
    shown = desk.scan(GTIN)
    if shown.question is not None:  # how many, all alike?
        assert shown.question.kind is QuestionKind.QUANTITY
        desk.answer("1")
    desk.accept()
    again = desk.scan(GTIN)
    assert again.question is not None
    assert again.question.kind is QuestionKind.ANOTHER_UNIT
    put_back = desk.answer("same")
    assert put_back.phase is Phase.RETURN_OPEN
    desk.scan(GTIN)
    desk.answer("another")
    desk.accept()
    units = [event["data"]["unit"] for event in desk.events("inspected")]
    assert units == [{"kind": "count", "value": "1"}, {"kind": "count", "value": "2"}]


def test_identical_units_taken_together(desk: DeskUnderTest) -> None:
    six = an_expected_return(a_line(pieces=6), return_id="R-6", references=(ref("ORD-6006"),))
    desk.knows(six)
    desk.scan("ORD-6006")
    asked = desk.scan(GTIN)
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.QUANTITY
    with pytest.raises(WorkflowRefused) as refused:
        desk.answer("60")
    assert refused.value.message.code == "refused.quantity"
    desk.answer("4")
    desk.accept()
    assert desk.events("inspected")[0]["data"]["quantity"] == {"value": "4", "unit": "C62"}
    closed = desk.parts.workflow.close_return()
    assert closed.notice is not None
    assert closed.notice.message.code == "notice.return_closed_short"
    line = desk.events("closed")[0]["data"]["lines"][0]
    assert (line["expected"], line["received"], line["missing"]) == ("6", "4", "2")
    every_event_keeps_the_contract(desk)


def test_date_only_a_person_can_read(desk: DeskUnderTest) -> None:
    food = a_product(
        "SKU-3", gtins=(a_gtin(3),), name="Biscuits", category="ambient_food", goods_class="food", dated=True
    )
    bag = an_expected_return(
        a_line(sku="SKU-3", gtin=a_gtin(3), mrp=DEAR), return_id="R-3", references=(ref("ORD-3003"),)
    )
    desk.knows(food, bag)
    desk.scan("ORD-3003")
    asked = desk.scan(a_gtin(3))
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.EXPIRY_DATE
    for wrong in ("31-12-2027", "2027-13", "yesterday", "<script>"):
        with pytest.raises(WorkflowRefused) as refused:
            desk.answer(wrong)
        assert refused.value.message.code == "refused.date"
    shown = desk.answer("2026-10")
    assert shown.proposal is not None
    assert shown.proposal.disposition in ("SCRAP", "RETURN_TO_VENDOR")
    assert any("expired" in reason.code for reason in shown.proposal.reasons)
    with pytest.raises(WorkflowRefused) as forbidden:
        desk.override(disposition="RESTOCK", badge="STAFF-BOSS")
    assert forbidden.value.message.code == "refused.override.forbidden"


def test_wrong_clock_sends_dated_goods_to_a_person_and_all_else_goes_on(desk: DeskUnderTest) -> None:
    food = a_product(
        "SKU-3", gtins=(a_gtin(3),), name="Biscuits", category="ambient_food", goods_class="food", dated=True
    )
    lines = (a_line(mrp=DEAR), a_line("2", "SKU-3", gtin=a_gtin(3), mrp=DEAR))
    desk.knows(food, an_expected_return(*lines, return_id="R-4", references=(ref("ORD-4004"),)))
    desk.clock.right = False
    desk.scan("ORD-4004")
    undated = desk.scan(GTIN).proposal
    assert undated is not None
    assert undated.disposition == "RESTOCK"
    desk.accept()
    desk.scan(a_gtin(3))
    dated = desk.answer("2028-06-30").proposal
    assert dated is not None
    assert dated.disposition == "HOLD_FOR_REVIEW"
    desk.accept()
    assert {event["clockok"] for event in desk.events()} == {False}
    every_event_keeps_the_contract(desk)


def test_recalled_lot_never_reaches_people(desk: DeskUnderTest) -> None:
    desk.knows(
        a_product("SKU-5", gtins=(a_gtin(5),), category="ambient_food", goods_class="food"),
        an_expected_return(
            a_line(sku="SKU-5", gtin=a_gtin(5), mrp=DEAR), return_id="R-5", references=(ref("ORD-5005"),)
        ),
    )
    block = Block(block_id="B-1", gtin=a_gtin(5), lots=("L77",), reason="Salmonella")
    with desk.database.write():
        desk.database.sql(
            "INSERT INTO block (block_id, gtin, body) VALUES (?, ?, ?)",
            (block.block_id, block.gtin, block.model_dump_json()),
        )
    desk.scan("ORD-5005")
    proposal = desk.scan(f"01{a_gtin(5)}10L77", "]d2").proposal
    assert proposal is not None
    assert proposal.disposition not in ("RESTOCK", "RESTOCK_MARKDOWN", "LIQUIDATE", "DONATE")
    assert not {"RESTOCK", "DONATE"} & {*proposal.allowed, *proposal.allowed_with_supervisor}


def test_bundle_that_came_in_part(desk: DeskUnderTest) -> None:
    parts = (
        Component(sku="CUP", name="Cup", gtin=a_gtin(11)),
        Component(sku="TEA", name="Tea", gtin=a_gtin(12)),
    )
    desk.knows(
        a_product("CUP", name="Cup", gtins=(a_gtin(11),)),
        a_product("TEA", name="Tea", gtins=(a_gtin(12),)),
        a_product("SET", name="Tea set", gtins=(a_gtin(10),), components=parts),
        an_expected_return(
            a_line(sku="SET", name="Tea set", gtin=a_gtin(10), components=parts, mrp=DEAR),
            return_id="R-7",
            references=(ref("ORD-7007"),),
        ),
    )
    desk.scan("ORD-7007")
    asked = desk.scan(a_gtin(10))
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.COMPONENT
    assert [choice.value for choice in asked.question.choices] == ["CUP", "TEA", "whole"]
    desk.answer("CUP")
    desk.accept()
    desk.parts.workflow.close_return()
    missing = {line["sku"]: line["missing"] for line in desk.events("closed")[0]["data"]["lines"]}
    assert missing == {"CUP": "0", "TEA": "1"}
    every_event_keeps_the_contract(desk)


def test_weighed_goods_move_by_their_weight(desk: DeskUnderTest) -> None:
    desk.knows(
        a_product("APPLE", name="Apples", gtins=(a_gtin(8),), weighed=True),
        an_expected_return(
            a_line(sku="APPLE", gtin=a_gtin(8), quantity=Quantity.kilograms(Decimal("1.5")), mrp=DEAR),
            return_id="R-8",
            references=(ref("ORD-8008"),),
        ),
    )
    desk.scan("ORD-8008")
    asked = desk.scan(a_gtin(8))
    assert asked.question is not None
    assert asked.question.kind is QuestionKind.WEIGHT
    desk.answer("1,480")
    desk.accept()
    data = desk.events("inspected")[0]["data"]
    assert data["movements"][0]["quantity"] == {"value": "1.480", "unit": "KGM"}
    every_event_keeps_the_contract(desk)


def test_serial_that_differs_is_held_and_both_are_told(desk: DeskUnderTest) -> None:
    desk.knows(
        a_product("PHONE", name="Phone", gtins=(a_gtin(6),), category="electronics", serialised=True),
        an_expected_return(
            a_line(sku="PHONE", gtin=a_gtin(6), dispatched_serials=("SN-A",), mrp=DEAR),
            return_id="R-9",
            references=(ref("ORD-9009"),),
        ),
    )
    desk.scan("ORD-9009")
    assert desk.scan(a_gtin(6)).question is not None
    shown = desk.answer("SN-B")
    assert shown.proposal is not None
    assert shown.proposal.disposition == "HOLD_FOR_REVIEW"
    desk.accept()
    item = desk.events("inspected")[0]["data"]["item"]
    assert (item["serial"], item["dispatched_serial"]) == ("SN-B", "SN-A")
    again = desk.scan(f"01{a_gtin(6)}21SN-B", "]d2")
    assert again.notice is not None
    assert again.notice.message.code == "notice.same_unit_again"


def test_override_to_safer_is_free_and_nearer_to_sale_needs_a_supervisor(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.table.put("dented", a_seen(extent=0.2))
    proposal = desk.scan(GTIN).proposal
    assert proposal is not None
    assert proposal.disposition != "RESTOCK"
    with pytest.raises(WorkflowRefused) as refused:
        desk.override(disposition="RESTOCK", reason_code="no_damage")
    assert refused.value.message.code == "refused.override.needs_supervisor"
    with pytest.raises(WorkflowRefused):
        desk.override(disposition="RESTOCK", reason_code="because")
    saved = desk.override(disposition="RESTOCK", reason_code="no_damage", badge="STAFF-BOSS")
    assert saved.last_saved is not None
    data = desk.events("inspected")[0]["data"]
    assert data["override"]["proposed"]["disposition"] == proposal.disposition
    assert (data["result"]["disposition"], data["override"]["supervisor"]) == ("RESTOCK", "STAFF-BOSS")
    every_event_keeps_the_contract(desk)


def test_undo_reverses_and_the_unit_can_be_scanned_again(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.scan(GTIN)
    saved = desk.accept().last_saved
    assert saved is not None
    shown = desk.parts.workflow.undo(saved.inspection_id)
    assert shown.current_return is not None
    assert not shown.current_return.lines[0].done
    correction = desk.events("corrected")[0]
    assert correction["data"]["corrects"] == desk.events("inspected")[0]["id"]
    assert correction["data"]["reversal"][0]["from_state"] == "AVAILABLE"
    with pytest.raises(WorkflowRefused):
        desk.parts.workflow.undo(saved.inspection_id)
    assert desk.scan(GTIN).proposal is not None
    desk.accept()
    assert len(desk.events("inspected")) == 2
    every_event_keeps_the_contract(desk)


def test_hold_has_a_way_out_by_its_owner(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    proposal = desk.scan(GTIN).proposal
    assert proposal is not None
    desk.parts.workflow.set_aside(proposal.inspection_id, "condition_unclear")
    hold = desk.parts.journal.holds()[0]
    assert hold.deadline is not None
    choices = [*hold.allowed, *hold.allowed_with_supervisor]
    assert "RESTOCK" in choices
    desk.parts.workflow.resolve_hold(
        hold.hold_id, disposition="RESTOCK", reason_code="checked_by_hand", badge="STAFF-BOSS"
    )
    resolved = desk.events("resolved")[0]["data"]
    assert (resolved["movements"][0]["from_state"], resolved["movements"][0]["to_state"]) == (
        "QUARANTINE",
        "AVAILABLE",
    )
    assert desk.parts.journal.holds() == []
    with pytest.raises(WorkflowRefused):
        desk.parts.workflow.resolve_hold(
            hold.hold_id, disposition="SCRAP", reason_code="spoilt", badge="STAFF-BOSS"
        )
    every_event_keeps_the_contract(desk)


def test_cancelled_closed_and_foreign_returns_are_finished_too(desk: DeskUnderTest) -> None:
    cases = {
        "ORD-CAN1": {"state": ExpectedState.CANCELLED},
        "ORD-CLO2": {"state": ExpectedState.CLOSED},
        "ORD-FOR3": {"site": "del-09"},
    }
    for number, changes in cases.items():
        desk.knows(
            an_expected_return(a_line(mrp=DEAR), return_id=number, references=(ref(number),), **changes)
        )
    outcomes = {}
    for number in cases:
        shown = desk.scan(number)
        assert shown.notice is not None
        assert shown.notice.level is Level.WARNING
        desk.scan(GTIN)
        if desk.desk.question is not None:
            desk.answer("another")
        assert desk.desk.proposal is not None
        outcomes[number] = desk.desk.proposal.disposition
        desk.accept()
        desk.parts.workflow.leave_return()
    assert outcomes == {"ORD-CAN1": "HOLD_FOR_REVIEW", "ORD-CLO2": "HOLD_FOR_REVIEW", "ORD-FOR3": "TRANSFER"}
    assert desk.events("inspected")[-1]["data"]["match"] == "other_site"
    every_event_keeps_the_contract(desk)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\x07\x1b[2J",
        "A" * 10_000,
        "'; DROP TABLE outbox; --",
        "<img src=x onerror=alert(1)>",
        "8901234567895",
    ],
)
def test_hostile_codes_are_said_kept_and_harm_nothing(desk: DeskUnderTest, text: str) -> None:
    desk.scan(ORDER)
    shown = desk.scan(text)
    assert shown.notice is not None
    assert shown.notice.message.code.startswith("notice.unknown_code.")
    assert shown.phase is Phase.RETURN_OPEN
    kept = desk.database.sql("SELECT text FROM unread_scan")
    assert kept[0][0] == text[:512]
    assert desk.scan(GTIN).proposal is not None


def test_full_disk_keeps_the_item_in_hand_and_loses_nothing(
    desk: DeskUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.scan(ORDER)
    desk.scan(GTIN)

    def full(*args: object) -> None:
        raise StorageFull("no space is left")

    with monkeypatch.context() as patched:
        patched.setattr(desk.parts.pictures, "save", full)
        shown = desk.accept()
    assert shown.notice is not None
    assert (shown.notice.level, shown.notice.message.code) == (Level.ERROR, "error.storage_full")
    assert shown.proposal is not None
    assert desk.events("inspected") == []
    assert desk.accept().last_saved is not None
    assert len(desk.events("inspected")) == 1


def test_the_next_bag_waits_for_the_item_in_hand(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    desk.scan(GTIN)
    shown = desk.scan("ORD-9999")
    assert shown.notice is not None
    assert shown.notice.message.code == "refused.item_in_hand"
    assert shown.phase is Phase.PROPOSAL


def test_command_sheet_and_bins_do_the_whole_work_without_touching(desk: DeskUnderTest) -> None:
    desk.scan("STAFF-ASHA")
    desk.scan(ORDER)
    desk.scan(GTIN)
    desk.scan("DS:RETAKE")
    assert desk.scan("DS:ACCEPT").last_saved is not None
    wrong = desk.scan("BIN-SCRAP")
    assert wrong.notice is not None
    assert wrong.notice.message.code == "refused.wrong_place"
    right = desk.scan("BIN-AVAILABLE")
    assert right.notice is not None
    assert right.notice.message.code == "notice.put_away"
    assert desk.scan("DS:BAG-EMPTY").phase is Phase.IDLE
    assert desk.events("inspected")[0]["data"]["by"] == "STAFF-ASHA"


def test_unreadable_code_is_finished_by_choosing_the_line(desk: DeskUnderTest) -> None:
    desk.scan(ORDER)
    asked = desk.scan("DS:NO-CODE")
    assert asked.question is not None
    assert [choice.value for choice in asked.question.choices] == ["1", "none"]
    assert desk.answer("1").proposal is not None
    desk.accept()
    assert desk.events("inspected")[0]["data"]["line_id"] == "1"
    desk.scan("DS:NO-CODE")
    stranger = desk.answer("none").proposal
    assert stranger is not None
    desk.accept()
    every_event_keeps_the_contract(desk)


def test_chilled_goods_from_a_customer_are_not_restocked(desk: DeskUnderTest) -> None:
    desk.knows(
        a_product(
            "MILK",
            gtins=(a_gtin(20),),
            category="chilled_frozen_food",
            goods_class="food",
            storage_class="chilled",
            dated=True,
        ),
        an_expected_return(
            a_line(sku="MILK", gtin=a_gtin(20), storage_class="chilled"),
            return_id="R-20",
            references=(ref("RMA-2020", ReferenceKind.RMA),),
            return_type=ReturnType.CUSTOMER_RETURN,
            custody=Custody.CUSTOMER,
            dispatched_at=desk.clock.now(),
        ),
    )
    desk.scan("RMA-2020")
    proposal = desk.scan(f"01{a_gtin(20)}17261230", "]d2").proposal
    assert proposal is not None
    assert proposal.disposition not in ("RESTOCK", "RESTOCK_MARKDOWN")


def ref(value: str, kind: ReferenceKind = ReferenceKind.ORDER) -> Reference:
    return Reference(kind=kind, value=value)


def test_empty_station_is_remembered_only_when_nothing_is_in_hand(desk: DeskUnderTest) -> None:
    desk.table.pictures["front"] = None
    assert desk.parts.workflow.remember_empty_station() == ["top"]
    assert desk.parts.references.current()["top"][1] == b"top-1"
    desk.table.put("dark", quality=QualityVerdict.DARK)
    with pytest.raises(WorkflowRefused) as refused:
        desk.parts.workflow.remember_empty_station()
    assert refused.value.message.code == "refused.no_pictures"
    desk.table.put("good")
    desk.scan(ORDER)
    desk.scan(GTIN)
    with pytest.raises(WorkflowRefused) as refused:
        desk.parts.workflow.remember_empty_station()
    assert refused.value.message.code == "refused.item_in_hand"
    assert desk.parts.references.current()["top"][1] == b"top-1"
    desk.accept()
    inspection = desk.events("inspected")[0]["data"]["inspection_id"]
    kept = desk.parts.store.inspection(inspection)
    assert kept is not None
    assert kept.views[0].reference_sha256 == desk.parts.references.current()["top"][0]


def test_an_event_with_very_much_to_tell_still_fits_and_moves_its_stock(desk: DeskUnderTest) -> None:
    long = "L" * 40
    many = tuple(f"{number:03d}" + "S" * 60 for number in range(50))
    bag = an_expected_return(
        a_line("9" * 60, name="N" * 190, dispatched_serials=many, dispatched_lots=(long,) * 3, mrp=DEAR),
        return_id="R" * 78,
        references=(ref("ORD-" + "7" * 40),),
    )
    desk.knows(bag)
    desk.table.put("wreck", *[a_seen(kind, extent=0.5) for kind in DefectKind for _ in range(3)])
    desk.scan("ORD-" + "7" * 40)
    desk.scan(f"01{GTIN}10{long[:20]}", "]d2")
    desk.accept()
    event = desk.events("inspected")[0]
    assert len(json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()) <= 4096
    assert len(event["data"]["movements"]) == 1
    every_event_keeps_the_contract(desk)
