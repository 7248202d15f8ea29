"""Returns as they really come: each case that a returns desk must get through, once."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from edge.grading.decision import Disposition
from edge.lab.shift import catalogue as store
from edge.lab.shift.article import blurred, without_code
from edge.lab.shift.plan import BlockPlan, Ending, UnitPlan
from edge.lab.shift.writing import Line, ShiftWriter
from models.training.rendering.spec import ItemSpec
from sync.contract.messages.return_words import Custody, ReferenceKind, ReturnType

RECALLED_LOT = "L66R6"
RECALL = BlockPlan("RECALL-1", store.CHICKPEAS, RECALLED_LOT, "Maker's recall: seam of the can")

CUSTOMER_RETURN: dict[str, Any] = {"return_type": ReturnType.CUSTOMER_RETURN, "custody": Custody.CUSTOMER}


def write_hard_cases(shift: ShiftWriter) -> None:
    """Write them all."""
    _bags(shift)
    _who_and_what(shift)
    _dates_and_cold(shift)
    _counting(shift)
    _pictures(shift)
    _people(shift)


def _bags(shift: ShiftWriter) -> None:
    twelve = (
        store.TOOR_DAL,
        store.ATTA,
        store.TEA,
        store.BISCUITS,
        store.KETCHUP,
        store.TOMATOES,
        store.HONEY,
        store.MILK,
        store.CURD,
        store.PANEER,
        store.PEAS,
        store.SHAMPOO,
    )
    shift.write(
        ["refused_bag_of_twelve_lines"],
        [Line(article) for article in twelve],
        [shift.unit(number, article) for number, article in enumerate(twelve, start=1)],
        kind=ReferenceKind.ORDER,
    )
    shift.write(
        ["blind_return"],
        [Line(store.TEA), Line(store.NOTEBOOK)],
        [
            shift.unit(1, store.TEA, answers={"custody": "RIDER_ONLY"}),
            shift.unit(2, store.NOTEBOOK, answers={"custody": "RIDER_ONLY"}),
        ],
        announced=False,
    )
    shift.write(
        ["cancelled_rma"],
        [Line(store.HONEY)],
        [shift.unit(1, store.HONEY)],
        cancelled=True,
        **CUSTOMER_RETURN,
    )
    shift.write(
        ["late_unit_reopens"],
        [Line(store.KETCHUP), Line(store.BISCUITS)],
        [shift.unit(1, store.KETCHUP)],
        kind=ReferenceKind.BAG,
        late_units=(shift.unit(2, store.BISCUITS),),
    )


def _who_and_what(shift: ShiftWriter) -> None:
    shift.write(
        ["other_sites_return"],
        [Line(store.TEA)],
        [shift.unit(1, store.TEA)],
        kind=ReferenceKind.SHIPMENT,
        site="PUN-004",
    )
    shift.write(
        ["strangers_item"],
        [Line(store.RICE)],
        [shift.unit(1, store.STRANGERS_ITEM), shift.unit(2, store.RICE)],
        kind=ReferenceKind.ORDER,
    )
    shift.write(
        ["wrong_product"],
        [Line(store.KETCHUP)],
        [shift.unit(1, store.HONEY)],
        **CUSTOMER_RETURN,
    )
    sent, came = shift.serial(), shift.serial()
    shift.write(
        ["serial_differs"],
        [Line(store.EARBUDS, serials=(sent,))],
        [shift.unit(1, store.EARBUDS, answers={"serial": came})],
        **CUSTOMER_RETURN,
    )
    shift.write(
        ["meaningless_codes"],
        [Line(store.NOTEBOOK)],
        [shift.unit(1, store.NOTEBOOK)],
        meaningless=(
            "8901234567891",  # wrong check digit
            "'; DROP TABLE inspection; --",
            "<script>alert(1)</script>",
            "A\x00\x07\x1bB",
            "9" * 10_000,
        ),
    )


def _dates_and_cold(shift: ShiftWriter) -> None:
    shift.write(
        ["expired_food"],
        [Line(store.BISCUITS)],
        [shift.unit(1, store.BISCUITS, days_left=-12)],
    )
    shift.write(
        ["date_only_a_person_can_read"],
        [Line(store.SESAME_OIL)],
        [shift.unit(1, store.SESAME_OIL, days_left=200)],
    )
    shift.write(
        ["recalled_lot"],
        [Line(store.CHICKPEAS, lot=RECALLED_LOT)],
        [shift.unit(1, store.CHICKPEAS, lot=RECALLED_LOT)],
    )
    shift.write(
        ["out_of_cold_too_long"],
        [Line(store.PANEER), Line(store.PEAS)],
        [shift.unit(1, store.PANEER), shift.unit(2, store.PEAS)],
        minutes_out=290,
        return_type=ReturnType.RTO_UNDELIVERED,
    )
    shift.write(
        [],
        [Line(store.MILK)],
        [shift.unit(1, store.MILK)],
        **CUSTOMER_RETURN,
    )


def _counting(shift: ShiftWriter) -> None:
    shift.write(
        ["several_identical_units"],
        [Line(store.TOMATOES, count=3)],
        [shift.unit(1, store.TOMATOES, answers={"quantity": "3"})],
        kind=ReferenceKind.ORDER,
    )
    shift.write(
        ["one_unit_scanned_twice"],
        [Line(store.CHARGER, count=2)],
        [
            shift.unit(
                1, store.CHARGER, answers={"quantity": "1", "another_unit": "same"}, scanned_twice=True
            ),
            shift.unit(2, store.CHARGER, answers={"quantity": "1", "another_unit": "another"}),
        ],
    )
    shift.write(
        ["weighed_item"],
        [Line(store.ONIONS, count=Decimal("1.500"))],
        [shift.unit(1, store.ONIONS, answers={"weight": "1.480"})],
        kind=ReferenceKind.ORDER,
    )
    shift.write(
        ["bundle_in_part"],
        [Line(store.HAMPER)],
        [
            shift.unit(1, store.HAMPER, answers={"component": store.TEA.sku}),
            shift.unit(2, store.HAMPER, answers={"component": store.HONEY.sku, "another_unit": "another"}),
        ],
    )


def _pictures(shift: ShiftWriter) -> None:
    lost_code = shift.unit(1, store.TOMATOES, without_code=True, answers={"choose_line": "1"})
    shift.write(
        ["unreadable_code"],
        [Line(store.TOMATOES), Line(store.RICE)],
        [_seen_as(lost_code, without_code(lost_code.look)), shift.unit(2, store.RICE)],
    )
    knocked = shift.unit(1, store.FACE_WASH)
    shift.write(
        ["blurred_picture"],
        [Line(store.FACE_WASH)],
        [_seen_as(knocked, knocked.look, first=blurred(knocked.look))],
    )
    shift.write(
        ["camera_lost_and_back"],
        [Line(store.KETCHUP), Line(store.TEA)],
        [shift.unit(1, store.KETCHUP, lost_camera="front"), shift.unit(2, store.TEA)],
    )


def _people(shift: ShiftWriter) -> None:
    shift.write(
        ["override"],
        [Line(store.TRIMMER, serials=(serial := shift.serial(),)), Line(store.CHARGER)],
        [
            shift.unit(
                1,
                store.TRIMMER,
                answers={"serial": serial},
                ending=Ending.OVERRIDE,
                wanted=Disposition.RETURN_TO_VENDOR,
            ),
            # Nearer to sale than the station proposes: needs the supervisor's badge.
            shift.unit(2, store.CHARGER, ending=Ending.OVERRIDE, wanted=Disposition.RESTOCK_MARKDOWN),
        ],
        **CUSTOMER_RETURN,
    )
    shift.write(
        ["undo"],
        [Line(store.RICE)],
        [shift.unit(1, store.RICE, ending=Ending.UNDO)],
    )
    shift.write(
        ["hold_resolved"],
        [Line(store.SHAMPOO)],
        [shift.unit(1, store.SHAMPOO, ending=Ending.SET_ASIDE, resolve_to=Disposition.SCRAP)],
        **CUSTOMER_RETURN,
    )


def _seen_as(unit: UnitPlan, look: ItemSpec, first: ItemSpec | None = None) -> UnitPlan:
    return replace(unit, look=look, first_look=first)
