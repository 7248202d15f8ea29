"""The session as the staff see it: domain values turned into the desk's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from edge.grading.decision import Decision, GradedFinding
from edge.inspection.desk import (
    FindingOnDesk,
    ItemOnDesk,
    LineOnDesk,
    Message,
    ProposalOnDesk,
    ReturnOnDesk,
    SavedOnDesk,
    ViewOnDesk,
)
from edge.inspection.saved import JudgedView, SavedInspection
from edge.inspection.session import ItemInHand, OpenReturn
from edge.returns.bag import BagStatus
from edge.returns.expected import ReturnLine
from edge.returns.places import Place
from edge.returns.received import ReceivedUnit, expected_on, received_on
from edge.returns.values import Quantity


def return_on_desk(opened: OpenReturn) -> ReturnOnDesk:
    """The return in hand with the progress of each line."""
    expected = opened.expected
    units: dict[str | None, list[ReceivedUnit]] = defaultdict(list)
    for unit in opened.units:
        units[unit.line_id].append(unit)
    return ReturnOnDesk(
        return_id=opened.return_id,
        reference=opened.reference.value,
        return_type=expected.return_type.value,
        custody=expected.custody.value if expected.custody is not None else "",
        blind=expected.blind,
        status=(BagStatus.PARTIAL if opened.units else BagStatus.OPEN).value,
        lines=[_line(line, units[line.line_id]) for line in expected.lines],
    )


def item_on_desk(item: ItemInHand, opened: OpenReturn) -> ItemOnDesk:
    """The unit in hand."""
    line = opened.line(item.line_id)
    part = item.component(line)
    expected = expected_on(line, item.component_sku) if line is not None else None
    many = expected is not None and expected.unit == "C62" and expected.value > 1
    unit = item.serial or (
        f"{item.unit_number} / {expected.value:f}" if many and expected is not None else ""
    )
    expiry = item.pack_date.day.isoformat() if item.pack_date is not None else None
    return ItemOnDesk(
        line_id=item.line_id,
        sku=item.component_sku or (item.product.sku if item.product else (line.sku if line else None)),
        gtin=item.gtin,
        name=part.name if part is not None else item.name,
        unit=unit,
        quantity=str(item.quantity),
        lot=item.lot,
        expiry=expiry,
        serial=item.serial,
        category=item.product.category if item.product else "",
    )


def proposal_on_desk(
    inspection_id: str,
    decision: Decision,
    views: Sequence[JudgedView],
    place: Place,
    decided_ms: float,
    timings_ms: Mapping[str, float],
) -> ProposalOnDesk:
    """What the station proposes."""
    return ProposalOnDesk(
        inspection_id=inspection_id,
        grade=decision.grade.value if decision.grade is not None else None,
        disposition=decision.disposition.value,
        place=place.place_id,
        place_label=place.label,
        reasons=[Message(rule.code, dict(rule.params)) for rule in decision.rules],
        findings=findings_on_desk(decision.findings, views),
        views=[view_on_desk(inspection_id, view) for view in views],
        needs_person=decision.needs_person,
        confidence=decision.confidence,
        decided_ms=round(decided_ms, 1),
        allowed=[each.value for each in decision.allowed],
        allowed_with_supervisor=[each.value for each in decision.allowed_with_supervisor],
        timings_ms={step: round(spent, 2) for step, spent in timings_ms.items()},
    )


def view_on_desk(inspection_id: str, view: JudgedView) -> ViewOnDesk:
    """One picture."""
    return ViewOnDesk(
        view=view.view,
        url=f"/api/inspections/{inspection_id}/pictures/{view.view}" if view.width else "",
        width=view.width,
        height=view.height,
        quality=Message(view.quality, {"view": view.view}),
        usable=view.usable,
    )


def findings_on_desk(graded: Sequence[GradedFinding], views: Sequence[JudgedView]) -> list[FindingOnDesk]:
    """The findings that counted, each with its place in the picture.

    One defect that several views show is drawn on each of them. The decision's findings stand in the order of
    the views' findings, which carry the places.
    """
    placed = [(view.view, finding) for view in views for finding in view.findings]
    shown = []
    for one, (view, finding) in zip(graded, placed, strict=False):
        if one.counted:
            shown.append(
                FindingOnDesk(
                    kind=finding.kind.value,
                    view=view,
                    x=finding.box.x,
                    y=finding.box.y,
                    width=finding.box.width,
                    height=finding.box.height,
                    score=finding.score,
                    severity=one.severity.value,
                )
            )
    return shown


def saved_on_desk(saved: SavedInspection) -> SavedOnDesk:
    """The unit saved last."""
    return SavedOnDesk(
        inspection_id=saved.inspection_id,
        name=saved.item.name,
        grade=saved.confirmed.grade.value if saved.confirmed.grade is not None else None,
        disposition=saved.confirmed.disposition.value,
        place_label=saved.confirmed.place_label,
        saved_at=saved.saved_at.isoformat(),
        undoable=saved.state == "SAVED",
    )


def _line(line: ReturnLine, units: Sequence[ReceivedUnit]) -> LineOnDesk:
    if line.is_bundle:
        parts = [
            (expected_on(line, part.sku), received_on(line, part.sku, units)) for part in line.components
        ]
        received = Quantity.pieces(sum(1 for expected, came in parts if came.value >= expected.value))
        wanted = Quantity.pieces(len(parts))
    else:
        wanted, received = line.quantity, received_on(line, None, units)
    return LineOnDesk(
        line_id=line.line_id,
        sku=line.sku,
        name=line.name,
        expected=str(wanted),
        received=str(received),
        storage=line.storage_class.value,
        done=received.value >= wanted.value,
    )
