"""A saved inspection as a unit on its return, and as a row of its table."""

from edge.grading.observation import MatchState
from edge.inspection.saved import SavedInspection
from edge.returns.received import ReceivedUnit


def received_unit(saved: SavedInspection) -> ReceivedUnit:
    """A saved inspection as a unit on its return."""
    return ReceivedUnit(
        inspection_id=saved.inspection_id,
        sku=saved.observation.sku,
        line_id=saved.item.line_id,
        component_sku=saved.item.component_sku,
        quantity=saved.item.quantity,
        serial=saved.item.serial,
        unit_label=saved.item.unit_label,
        lot=saved.item.lot,
        excess=saved.item.match is MatchState.EXCESS,
    )


def row_of(saved: SavedInspection) -> dict[str, object]:
    """The columns by which inspections are found, beside the whole in `body`."""
    thing = saved.item
    return {
        "inspection_id": saved.inspection_id,
        "return_id": saved.return_id,
        "line_id": thing.line_id,
        "sku": saved.observation.sku,
        "gtin": saved.observation.gtin14,
        "name": thing.name,
        "unit": thing.serial or thing.unit_label or str(thing.unit_number),
        "serial": thing.serial,
        "quantity": f"{thing.quantity.value:f}",
        "uom": thing.quantity.unit,
        "grade": saved.confirmed.grade.value if saved.confirmed.grade is not None else None,
        "disposition": saved.confirmed.disposition.value,
        "place_id": saved.confirmed.place_id,
        "state": saved.state,
        "message_id": saved.message_id,
        "policy_sha256": saved.decision.policy_version,
        "model": f"{saved.model.name}-{saved.model.version}" if saved.model is not None else "",
        "body": saved.model_dump_json(),
        "decided_ms": saved.decided_ms,
        "saved_at": saved.saved_at,
        "saved_by": saved.saved_by,
    }
