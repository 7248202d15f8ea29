"""One dent before two cameras: drawn on both pictures, told to the OMS once, and judged again to the same."""

import json
from pathlib import Path

from builders_desk import MODEL, a_desk, a_seen
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.inspection.replay import Replayer
from edge.inspection.stored import StoredInspections
from sync.contract.messages import kinds
from vision.findings import Box, DefectKind


def test_a_dent_on_two_views_is_shown_twice_and_told_once(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan("ORD-1001")
        desk.table.put(
            "dented",
            a_seen(extent=0.2, view="top"),
            a_seen(extent=0.3, view="front"),
            a_seen(DefectKind.SUPERFICIAL, extent=0.2, view="top", box=Box(700, 600, 90, 60)),
        )
        proposal = desk.scan(a_gtin(1)).proposal
        assert proposal is not None
        assert sorted((one.kind, one.view) for one in proposal.findings) == [
            ("deformation", "front"),
            ("deformation", "top"),
            ("superficial", "top"),
        ]
        saved = desk.accept().last_saved
        assert saved is not None
        (inspected,) = desk.events("inspected")
        kinds.EVENTS[inspected["type"]].model_validate_json(json.dumps(inspected), strict=True)
        told = inspected["data"]["findings"]
        assert [(one["kind"], one["view"], one["extent"]) for one in told] == [
            ("deformation", "front", 0.3),
            ("superficial", "top", 0.2),
        ]
        assert inspected["data"]["result"]["grade"] == "C"
        kept = desk.parts.store.inspection(saved.inspection_id)
        assert kept is not None
        marked = [(one.finding.view, one.finding.place, one.same_as) for one in kept.decision.findings]
        assert marked == [("top", "face", "front"), ("top", "edge", None), ("front", "face", None)]
        parts = desk.parts
        stored = StoredInspections(desk.database, parts.store, parts.pictures, parts.references)
        assert Replayer(stored, parts.judge, MODEL).replay(saved.inspection_id).identical
