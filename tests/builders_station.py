"""What a small shift at the returns desk holds: lines, pictures, findings, records."""

from datetime import UTC, datetime, timedelta
from functools import cache

import cv2
import numpy as np

from edge.inspection.desk import (
    FindingOnDesk,
    ItemOnDesk,
    LineOnDesk,
    Message,
    ParameterValue,
    ProposalOnDesk,
    ReturnOnDesk,
    ViewOnDesk,
)
from edge.inspection.summaries import (
    HoldSummary,
    InspectionDetail,
    InspectionSummary,
    MovementSummary,
    OmsState,
    TaskSummary,
)

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BAG = "OD-2048813"
HOSTILE = '<img src=x onerror="document.title=1">\x1d\x00\u202e\'; DROP TABLE--' + "9" * 400

# line, SKU, GTIN, name, expected, storage
LINES = [
    ("1", "ATTA-5", "08901234567894", "Whole wheat flour 5 kg", "1 C62", "ambient"),
    ("2", "KETCHUP-1", "08901030865237", "Tomato ketchup 1 kg", "2 C62", "ambient"),
    ("3", "TEA-500", "08901063092730", "Assam tea leaves 500 g", "1 C62", "ambient"),
    ("4", "MILK-1", "08901725181222", "Toned milk 1 l", "3 C62", "chilled"),
    ("5", "CURD-400", "08901020304055", "Curd cup 400 g", "2 C62", "chilled"),
    ("6", "PEAS-1", "08906001200014", "Green peas, frozen, 1 kg", "1 C62", "frozen"),
    ("7", "BANANA", "08904000000075", "Bananas, loose", "1.25 KGM", "ambient"),
    ("8", "SHAMPOO-340", "08905000000081", "Hair shampoo 340 ml", "1 C62", "ambient"),
    ("9", "EARBUD-2", "08907000000096", "Wireless earbuds, charging case, two tips", "1 C62", "ambient"),
    ("10", "OIL-1", "08908000000107", "Groundnut oil 1 l pouch", "2 C62", "ambient"),
    ("11", "PASTE-150", "08909000000110", "Toothpaste 150 g", "1 C62", "ambient"),
    ("12", "BISCUIT-4", "08903000000128", "Butter biscuits, pack of four", "2 C62", "ambient"),
]


def a_return(
    received: dict[str, int] | None = None, *, lines: int = 12, reference: str = BAG
) -> ReturnOnDesk:
    """A refused bag keyed by order; `received` counts units by line id."""
    received = received or {}
    return ReturnOnDesk(
        return_id="ret-1",
        reference=reference,
        return_type="RTO_REFUSED",
        custody="RIDER_ONLY",
        blind=False,
        status="OPEN",
        lines=[
            LineOnDesk(
                line_id=line,
                sku=sku,
                name=name,
                expected=expected,
                received=f"{received.get(line, 0)} {expected.split()[1]}",
                storage=storage,
                done=received.get(line, 0) >= float(expected.split()[0]),
            )
            for line, sku, _, name, expected, storage in LINES[:lines]
        ],
    )


def an_item(line: int = 1, **changes: object) -> ItemOnDesk:
    """The unit of a line, counted from 0."""
    line_id, sku, gtin, name, _, _ = LINES[line]
    values: dict[str, object] = {
        "line_id": line_id,
        "sku": sku,
        "gtin": gtin,
        "name": name,
        "unit": "1 of 2",
        "quantity": "1 C62",
        "lot": "L2207A",
        "expiry": "2027-03-31",
        "serial": None,
        "category": "ambient_food",
    }
    return ItemOnDesk(**{**values, **changes})  # type: ignore[arg-type]


def findings() -> list[FindingOnDesk]:
    """A dent on the top view, a scratch and a torn corner on the front."""
    return [
        FindingOnDesk("deformation", "top", 980, 420, 210, 180, 0.91, "major"),
        FindingOnDesk("superficial", "front", 700, 500, 240, 60, 0.62, "minor"),
        FindingOnDesk("penetration", "front", 1090, 330, 130, 150, 0.83, "critical"),
    ]


def views(inspection_id: str) -> list[ViewOnDesk]:
    """Two usable 1080p views."""
    return [
        ViewOnDesk(
            view, f"/api/inspections/{inspection_id}/pictures/{view}", 1920, 1080, Message("quality.ok"), True
        )
        for view in ("top", "front")
    ]


def a_proposal(inspection_id: str = "insp-1", **changes: object) -> ProposalOnDesk:
    """A damaged unit that goes to markdown."""
    values: dict[str, object] = {
        "inspection_id": inspection_id,
        "grade": "C",
        "disposition": "RESTOCK_MARKDOWN",
        "place": "MD-02-1",
        "place_label": "MD-02-1",
        "reasons": [
            Message("rule.finding.penetration.critical", {"percent": 4, "view": "front"}),
            Message("rule.grade.c"),
            Message("rule.life_enough", {"days": 129, "needed": 45}),
        ],
        "findings": findings(),
        "views": views(inspection_id),
        "needs_person": False,
        "confidence": 0.88,
        "decided_ms": 112.0,
        "allowed": ["RESTOCK_MARKDOWN", "LIQUIDATE", "RETURN_TO_VENDOR", "SCRAP", "HOLD_FOR_REVIEW"],
        "allowed_with_supervisor": ["RESTOCK", "DONATE"],
    }
    return ProposalOnDesk(**{**values, **changes})  # type: ignore[arg-type]


def a_summary(number: int, **changes: object) -> InspectionSummary:
    """One of today's inspections."""
    dispositions = [
        "RESTOCK",
        "RESTOCK_MARKDOWN",
        "SCRAP",
        "HOLD_FOR_REVIEW",
        "RETURN_TO_VENDOR",
        "REFURBISH",
    ]
    states = [OmsState.OWED, OmsState.SENT, OmsState.CONFIRMED, OmsState.EXCEPTION, OmsState.REJECTED]
    _, sku, _, name, _, _ = LINES[number % len(LINES)]
    state = states[min(number, 2) if number < 5 else (3 if number == 6 else 4 if number == 9 else 2)]
    notes = {
        OmsState.EXCEPTION: Message("oms.exception.over_received", {"reason": ""}),
        OmsState.REJECTED: Message("oms.rejected", {"reason": "unknown place"}),
    }
    values: dict[str, object] = {
        "inspection_id": f"old-{number}",
        "saved_at": NOW - timedelta(minutes=3 * number + 1),
        "return_id": f"ret-{number // 4}",
        "reference": f"OD-20488{12 - number // 4:02d}",
        "name": name,
        "sku": sku,
        "quantity": "1 C62",
        "grade": "ABCDA"[number % 5],
        "disposition": dispositions[number % 6],
        "place_label": f"A-0{number % 7 + 1}-{number % 3 + 1}",
        "overridden": number == 3,
        "corrected": number == 8,
        "undoable": number < 3,
        "decided_ms": 96.0 + 7 * (number % 6),
        "oms_state": state,
        "oms_note": notes.get(state),
    }
    return InspectionSummary(**{**values, **changes})  # type: ignore[arg-type]


def a_detail(summary: InspectionSummary) -> InspectionDetail:
    """Everything about one of today's inspections."""
    return InspectionDetail(
        summary=summary,
        item=an_item(),
        views=views(summary.inspection_id),
        findings=findings(),
        reasons=a_proposal().reasons,
        movements=[MovementSummary("RETURNING", "MARKDOWN", summary.place_label, "1 C62")],
        model_version="parcels-0.1.0",
        policy_version="ambient_food@3f9a21c0",
        decided_by="station",
        reason_code=None,
    )


def holds() -> list[HoldSummary]:
    """A chilled unit that is nearly late, and a date that could not be read."""
    allowed, more = ["SCRAP", "RETURN_TO_VENDOR"], ["RESTOCK", "RESTOCK_MARKDOWN"]
    return [
        HoldSummary(
            "hold-1",
            "old-3",
            "Curd cup 400 g",
            Message("hold.cold_chain_unknown"),
            "COLD-HOLD-1",
            "supervisor",
            NOW - timedelta(minutes=50),
            NOW + timedelta(minutes=12),
            "chilled",
            "2 C62",
            "A",
            ["SCRAP"],
            [],
        ),
        HoldSummary(
            "hold-2",
            "old-7",
            "Assam tea leaves 500 g",
            Message("hold.date_missing"),
            "HOLD-02",
            "supervisor",
            NOW - timedelta(hours=3),
            NOW + timedelta(days=2),
            "ambient",
            "1 C62",
            "B",
            allowed,
            more,
        ),
    ]


def tasks() -> list[TaskSummary]:
    """One task of each kind."""
    over: dict[str, ParameterValue] = {"return": "ret-1", "item": "Bananas, loose", "place": "A-07-1"}
    return [
        TaskSummary(
            "task-1",
            "recount",
            Message("task.over_received", over),
            Message("task.over_received.next", over),
            "A-07-1",
            "desk",
            NOW - timedelta(minutes=40),
            "old-6",
            "msg-6",
        ),
        TaskSummary(
            "task-2",
            "repair",
            Message("task.rejected", {"return": "ret-2", "reason": "unknown place"}),
            None,
            "MD-02-1",
            "supervisor",
            NOW - timedelta(minutes=20),
            "old-9",
            "msg-9",
        ),
    ]


@cache
def picture(view: str) -> bytes:
    """A drawn 1080p JPEG: a carton with a label on a grey table, with the marks that `findings` names."""
    height, width = 1080, 1920
    shade = np.linspace(196, 150, height, dtype=np.float32)[:, None, None]
    bgr = np.repeat(np.repeat(shade, width, 1), 3, 2).astype(np.uint8)
    left, top, right, bottom = (560, 200, 1360, 900) if view == "top" else (640, 260, 1280, 940)
    cv2.rectangle(bgr, (left + 26, top + 34), (right + 26, bottom + 34), (120, 122, 124), -1)
    bgr = cv2.GaussianBlur(bgr, (61, 61), 0)
    cv2.rectangle(bgr, (left, top), (right, bottom), (96, 148, 190), -1)
    cv2.rectangle(bgr, (left, top), (right, top + 120), (60, 52, 168), -1)
    cv2.putText(bgr, "KETCHUP", (left + 60, top + 88), cv2.FONT_HERSHEY_DUPLEX, 2.4, (240, 240, 245), 5)
    cv2.rectangle(bgr, (left + 60, bottom - 250), (left + 380, bottom - 60), (245, 245, 245), -1)
    for bar in range(60):
        if (bar * 7) % 5 < 3:
            start = left + 80 + bar * 5
            cv2.rectangle(bgr, (start, bottom - 230), (start + 2, bottom - 90), (20, 20, 20), -1)
    if view == "top":
        cv2.ellipse(bgr, (1085, 510), (90, 66), 20, 0, 360, (70, 118, 158), -1)
        cv2.ellipse(bgr, (1085, 510), (90, 66), 20, 190, 330, (140, 190, 226), 6)
    else:
        cv2.line(bgr, (712, 545), (925, 515), (150, 190, 214), 5)
        corner = np.array([[1280, 350], [1110, 370], [1160, 470], [1280, 460]])
        cv2.fillPoly(bgr, [corner], (48, 70, 96))
    done, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 82])
    assert done
    return bytes(jpeg)
