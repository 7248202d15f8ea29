"""The station's own objects turned into the contract's messages; nobody else knows both.

Stock moves from `RETURNING` to the state that the disposition names. Goods that never were ours and goods
that were not expected move too, so that every unit that was in a bag can be followed, but never into stock
that can be sold.
"""

from collections.abc import Sequence
from datetime import datetime

from edge.grading.decision import state_of
from edge.grading.observation import MatchState
from edge.inspection import message_parts as parts
from edge.inspection.evidence import Evidence
from edge.inspection.saved import Confirmed, SavedInspection
from edge.inspection.session import OpenReturn
from edge.returns.bag import BagClosing
from edge.returns.holds import HoldPlan
from sync.contract.messages import condition, epcis, stock
from sync.contract.messages.closed import LINES_PER_CLOSED_EVENT, Part, ReturnClosed
from sync.contract.messages.corrected import ReturnCorrected
from sync.contract.messages.envelope import MAX_EVENT_BYTES
from sync.contract.messages.evidence import ModelVersion, PictureDigest, PolicyVersion, Versions
from sync.contract.messages.inspected import ReturnInspected
from sync.contract.messages.putaway import StockPutaway
from sync.contract.messages.received import ReturnReceived
from sync.contract.messages.resolved import ReturnResolved
from sync.contract.messages.return_words import LineMatch, ReturnMatch, ReturnType

RULES_TOLD = 10
ENVELOPE_BYTES = 860  # the longest that stands around an event's data

_LINE_MATCH = {
    MatchState.MATCHED: LineMatch.EXPECTED,
    MatchState.BLIND: LineMatch.PROVISIONAL,
    MatchState.EXCESS: LineMatch.EXCESS,
    MatchState.CANCELLED_RETURN: LineMatch.EXPECTED,
    MatchState.OTHER_SITE: LineMatch.OTHER_SITE,
    MatchState.WRONG_PRODUCT: LineMatch.WRONG_PRODUCT,
    MatchState.NOT_OUR_STOCK: LineMatch.NOT_OURS,
}


def received(opened: OpenReturn, by: str | None) -> ReturnReceived:
    """A return has arrived at the desk."""
    return ReturnReceived(
        return_id=opened.return_id,
        reference=parts.reference(opened.reference),
        return_type=ReturnType(opened.expected.return_type.value),
        custody=parts.custody(opened),
        match=ReturnMatch.PROVISIONAL if opened.expected.blind else ReturnMatch.EXPECTED,
        received_at=opened.received_at,
        by=by,
        epcis=epcis.EpcisTerms(biz_step=epcis.BizStep.RECEIVING, disposition=epcis.EpcisDisposition.RETURNED),
    )


def movement(saved: SavedInspection) -> stock.Movement:
    """The movement that the confirmed disposition makes with a unit that lies on the desk."""
    return stock.Movement(
        from_state=stock.StockState.RETURNING,
        to_state=parts.stock_state(saved.confirmed.to_state),
        sku=parts.sku_of(saved),
        gtin=saved.observation.gtin14,
        lot=saved.item.lot,
        quantity=parts.quantity(saved.item.quantity),
        to_place=saved.confirmed.place_id,
    )


def inspected(
    saved: SavedInspection,
    opened: OpenReturn,
    *,
    software: str,
    evidence: Sequence[Evidence],
    hold: HoldPlan | None,
) -> ReturnInspected:
    """One unit was inspected and goes somewhere: the restock update."""
    confirmed, decision = saved.confirmed, saved.decision
    told = ReturnInspected(
        inspection_id=saved.inspection_id,
        return_id=saved.return_id,
        line_id=saved.item.line_id,
        match=_LINE_MATCH.get(
            saved.item.match, LineMatch.PROVISIONAL if opened.expected.blind else LineMatch.EXPECTED
        ),
        return_type=ReturnType(opened.expected.return_type.value),
        custody=parts.custody(opened),
        sku=parts.sku_of(saved),
        gtin=saved.observation.gtin14,
        unit=parts.unit(saved),
        quantity=parts.quantity(saved.item.quantity),
        item=parts.facts(saved, opened),
        depth=condition.CaptureDepth(saved.observation.depth.value),
        findings=tuple(parts.finding(graded) for graded in parts.gravest(decision)),
        result=parts.judgement(confirmed.grade, confirmed.disposition),
        rules=tuple(
            condition.Rule(code=rule.code, params=dict(rule.params) or None)
            for rule in decision.rules[:RULES_TOLD]
        ),
        decided_by="person" if confirmed.override is not None or decision.needs_person else "station",
        confidence=round(decision.confidence, 4),
        override=parts.override(saved),
        hold=parts.hold(hold, confirmed.place_id),
        liability=condition.Liability(decision.liability.value),
        movements=(movement(saved),),
        versions=Versions(
            software=software,
            policy=PolicyVersion(name=decision.policy, sha256=decision.policy_version),
            model=ModelVersion(name=saved.model.name, version=saved.model.version, sha256=saved.model.sha256)
            if saved.model
            else None,
        ),
        evidence=tuple(
            PictureDigest(view=each.view, sha256=each.sha256, bytes=each.size) for each in evidence
        ),
        inspected_at=saved.saved_at,
        by=saved.saved_by,
        epcis=parts.terms(epcis.BizStep.INSPECTING, saved, confirmed),
    )
    return told.within(MAX_EVENT_BYTES - ENVELOPE_BYTES)


def undone(saved: SavedInspection, *, reason_code: str, at: datetime, by: str | None) -> ReturnCorrected:
    """The inspection is taken back: the unit is as though it had never been inspected."""
    return ReturnCorrected(
        inspection_id=saved.inspection_id,
        return_id=saved.return_id,
        line_id=saved.item.line_id,
        corrects=saved.message_id,
        kind="undo",
        reason_code=reason_code,
        reversal=tuple(each.reversed() for each in _movements(saved)),
        corrected_at=at,
        by=by,
        epcis=epcis.EpcisTerms(
            biz_step=epcis.BizStep.INSPECTING, disposition=epcis.EpcisDisposition.RETURNED
        ),
    )


def resolved(
    saved: SavedInspection,
    ending: Confirmed,
    *,
    reason_code: str,
    by_deadline: bool,
    at: datetime,
    by: str | None,
    supervisor: str | None,
) -> ReturnResolved:
    """A hold has ended; the unit moves from quarantine to where the decision sends it."""
    lies = _movements(saved)[-1]
    return ReturnResolved(
        inspection_id=saved.inspection_id,
        return_id=saved.return_id,
        line_id=saved.item.line_id,
        resolves=saved.message_id,
        result=parts.judgement(ending.grade, ending.disposition),
        reason_code=reason_code,
        decided_by="deadline" if by_deadline else "person",
        movements=(
            lies.model_copy(
                update={
                    "from_state": lies.to_state,
                    "to_state": parts.stock_state(ending.to_state),
                    "from_place": lies.to_place,
                    "to_place": ending.place_id,
                }
            ),
        ),
        resolved_at=at,
        by=by,
        supervisor=supervisor,
        epcis=parts.terms(epcis.BizStep.HOLDING, saved, ending),
    )


def put_away(saved: SavedInspection, place_id: str, *, at: datetime, by: str | None) -> StockPutaway:
    """The bin was scanned: the unit lies in its place."""
    lies = _movements(saved)[-1]
    return StockPutaway(
        inspection_id=saved.inspection_id,
        return_id=saved.return_id,
        line_id=saved.item.line_id,
        place=place_id,
        movements=(
            lies.model_copy(
                update={
                    "from_state": lies.to_state,
                    "to_state": parts.stock_state(state_of(saved.confirmed.disposition)),
                    "from_place": lies.to_place,
                    "to_place": place_id,
                }
            ),
        ),
        put_away_at=at,
        by=by,
        epcis=parts.terms(epcis.BizStep.STORING, saved, saved.confirmed),
    )


def closed(
    opened: OpenReturn, closing: BagClosing, *, by_time_limit: bool, at: datetime, by: str | None
) -> list[ReturnClosed]:
    """The bag's balance, in as many parts as it takes to keep each event small."""
    lines = parts.closed_lines(closing)
    chunks = [
        lines[start : start + LINES_PER_CLOSED_EVENT]
        for start in range(0, len(lines), LINES_PER_CLOSED_EVENT)
    ]
    complete, differs = epcis.EpcisDisposition.COMPLETENESS_VERIFIED, epcis.EpcisDisposition.MISMATCH_QUANTITY
    word = complete if closing.complete else differs
    return [
        ReturnClosed(
            return_id=opened.return_id,
            how="time_limit" if by_time_limit else "bag_empty",
            round=opened.closings + 1,
            part=Part(number=number, of=len(chunks)) if len(chunks) > 1 else None,
            lines=tuple(chunk),
            closed_at=at,
            by=by,
            epcis=epcis.EpcisTerms(biz_step=epcis.BizStep.RECEIVING, disposition=word),
        )
        for number, chunk in enumerate(chunks or [[]], start=1)
    ]


def _movements(saved: SavedInspection) -> list[stock.Movement]:
    return [stock.Movement.model_validate(each) for each in saved.movements]
