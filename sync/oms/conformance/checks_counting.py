"""Rules of counting: units against lines, movements whole or not at all, corrections, closings."""

from sync.contract.messages import AnswerStatus
from sync.oms.conformance import events
from sync.oms.conformance.rules import GUIDE, Need, Rulebook, RuleBroken
from sync.oms.conformance.stage import Stage

book = Rulebook()
rule = book.rule

APPLIED, REJECTED = AnswerStatus.APPLIED, AnswerStatus.REJECTED
OVER = "over_received"
TRANSACTION = f"{GUIDE}#3-what-belongs-in-one-transaction"
ANSWERS = f"{GUIDE}#4-answers"
ERP = f"{GUIDE}#5-mapping-to-your-erp"
KNOWN = (Need.RETURNS,)


@rule(
    "over-receipt-counted",
    "More than a line expects is applied with `over_received`",
    contract=TRANSACTION,
    how="Three units come for a line that expects two.",
    needs=KNOWN,
)
def _over_receipt_counted(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("count")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    station.applied(events.inspected(bag))
    station.expect(station.commit(events.inspected(bag)), APPLIED, exception=OVER)


@rule(
    "same-serial-counted",
    "A unit that comes twice is applied with `over_received`",
    contract=TRANSACTION,
    how="One serial number comes in two inspections; the line expects three.",
    needs=KNOWN,
)
def _same_serial_counted(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("serial")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag, serial="SN-1"))
    station.applied(events.inspected(bag, serial="SN-2"))
    station.expect(station.commit(events.inspected(bag, serial="SN-1")), APPLIED, exception=OVER)


@rule(
    "two-desks-counted",
    "One unit taken at two desks is sellable once",
    contract=TRANSACTION,
    how="Two stations, offline until now, each send the one unit that the line expects.",
    needs=KNOWN,
)
def _two_desks_counted(stage: Stage) -> None:
    desks, bag = (stage.station(), stage.station()), stage.setup.bag("desks")
    told = []
    for desk in desks:
        desk.applied(events.received(bag))
        told.append(desk.tell(desk.commit(events.inspected(bag))))
    if [(one.status, one.exception) for one in told] != [(APPLIED, None), (APPLIED, OVER)]:
        raise RuleBroken(f"The first was answered {told[0]}, the second {told[1]}.")


@rule(
    "bundle-by-component",
    "A bundle is counted by its components",
    contract=ERP,
    how="Both parts of a set come in inspections of their own, then one of them again, which is excess.",
    needs=KNOWN,
)
def _bundle_by_component(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("bundle")
    pot, cup = stage.setup.components
    station.applied(events.received(bag))
    station.applied(events.inspected(bag, sku=pot))
    station.applied(events.inspected(bag, sku=cup))
    station.expect(station.commit(events.inspected(bag, sku=cup)), APPLIED, exception=OVER)


@rule(
    "weight-tolerance",
    "A little more weight is no excess",
    contract=ERP,
    how="0.520 kg come for a line that expects 0.500 kg.",
    needs=KNOWN,
    required=False,
)
def _weight_tolerance(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("weighed")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag, quantity="0.520"))


@rule(
    "blind-return-matched",
    "A blind return is matched by its reference, and counted",
    contract=ERP,
    how="A station that doesn't know a return receives it by its order number, with a unit too many.",
    needs=KNOWN,
    required=False,
)
def _blind_return_matched(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.blind_bag("matched")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    station.expect(station.commit(events.inspected(bag)), APPLIED, exception=OVER)


@rule(
    "partial-movements-rejected",
    "Movements that don't add up are rejected whole",
    contract=TRANSACTION,
    how="Two units are inspected, but one is moved; the repaired event must still find room for both.",
    needs=KNOWN,
)
def _partial_movements_rejected(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("partial")
    station.applied(events.received(bag))
    data = events.inspected(bag, quantity="2")
    wrong = station.commit(data).but("data", "movements", value=[events.movement(bag, "AVAILABLE")])
    station.expect(wrong, REJECTED)
    station.applied({**data, "inspection_id": events.new_id()}, replaces=wrong)


@rule(
    "mixed-movements-rejected",
    "A right movement beside a wrong one is not applied",
    contract=TRANSACTION,
    how="The second of two movements takes a unit that is coming in from a shelf; the repaired event must "
    "still find room for both.",
    needs=KNOWN,
)
def _mixed_movements_rejected(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("mixed")
    station.applied(events.received(bag))
    data = events.inspected(bag, quantity="2")
    wrong = station.commit(data).but(
        "data",
        "movements",
        value=[events.movement(bag, "AVAILABLE"), events.movement(bag, "SCRAP", frm="REPAIR")],
    )
    station.expect(wrong, REJECTED)
    station.applied({**data, "inspection_id": events.new_id()}, replaces=wrong)


@rule(
    "overdrawn-rejected",
    "No event moves more than its unit is",
    contract=TRANSACTION,
    how="A hold of one unit is resolved by moving three; the right resolution must be applied afterwards.",
)
def _overdrawn_rejected(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    held = station.applied(events.inspected(bag, to="QUARANTINE"))
    ended = events.resolved(held)
    wrong = station.commit(ended).but("data", "movements", 0, "quantity", "value", value="3")
    station.expect(wrong, REJECTED)
    station.applied(ended, replaces=wrong)


@rule(
    "undo-frees-the-line",
    "An undo takes the unit out of the count",
    contract=ERP,
    how="The one unit that a line expects is taken, undone, and taken again.",
    needs=KNOWN,
)
def _undo_frees_the_line(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("undo")
    station.applied(events.received(bag))
    station.applied(events.corrected(station.applied(events.inspected(bag))))
    again = station.tell(station.commit(events.inspected(bag)))
    if again.exception is not None:
        raise RuleBroken(f"The unit was undone, and taken again it was answered {again}.")


@rule(
    "half-correction-rejected",
    "A correction that can't be done whole is not done at all",
    contract=ERP,
    how="A correction's reversal is right and its new movement takes too much; then the right one comes.",
    needs=KNOWN,
)
def _half_correction_rejected(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("correction")
    station.applied(events.received(bag))
    change = events.corrected(station.applied(events.inspected(bag)), change_to="SCRAP")
    wrong = station.commit(change).but("data", "movements", 0, "quantity", "value", value="2")
    station.expect(wrong, REJECTED)
    station.applied(change, replaces=wrong)


@rule(
    "false-reversal-rejected",
    "A correction reverses exactly what it corrects",
    contract=ERP,
    how="An undo reverses a movement that was never made.",
)
def _false_reversal_rejected(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    undo = events.corrected(station.applied(events.inspected(bag)))
    wrong = station.commit(undo).but("data", "reversal", 0, "from_state", value="MARKDOWN")
    station.expect(wrong, REJECTED)


@rule(
    "corrected-once",
    "An event is corrected once",
    contract=ERP,
    how="Two undos of the same inspection are sent; the second must be rejected.",
)
def _corrected_once(stage: Stage) -> None:
    station = stage.station()
    bag = station.blind_bag()
    station.applied(events.received(bag))
    inspection = station.applied(events.inspected(bag))
    station.applied(events.corrected(inspection))
    station.expect(station.commit(events.corrected(inspection)), REJECTED)


@rule(
    "correction-after-sale",
    "A correction after the sale is applied with `shortfall`",
    contract=ANSWERS,
    how="A unit becomes available, is sold, and its inspection is undone.",
    needs=(Need.RETURNS, Need.SALE),
)
def _correction_after_sale(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("sale")
    station.applied(events.received(bag))
    inspection = station.applied(events.inspected(bag))
    stage.sell(bag.sku, 1)
    station.expect(station.commit(events.corrected(inspection)), APPLIED, exception="shortfall")


@rule(
    "closing-agrees",
    "A closing with the right figures is applied",
    contract=ANSWERS,
    how="Two units come for a line that expects two, and the return is closed with these figures.",
    needs=KNOWN,
)
def _closing_agrees(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("closing")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    station.applied(events.inspected(bag))
    station.applied(events.closed(bag, expected="2", received_quantity="2"))


@rule(
    "closing-compared",
    "A closing with other figures is applied with `count_differs`",
    contract=ANSWERS,
    how="One unit comes, and the closing says that two did.",
    needs=KNOWN,
)
def _closing_compared(stage: Stage) -> None:
    station, bag = stage.station(), stage.setup.bag("differing")
    station.applied(events.received(bag))
    station.applied(events.inspected(bag))
    closing = station.commit(events.closed(bag, expected="2", received_quantity="2"))
    station.expect(closing, APPLIED, exception="count_differs")
