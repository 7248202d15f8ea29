"""Golden sets of a return are learned when its bag is opened, before its first unit is scanned."""

import time
from pathlib import Path

from builders_vision import a_golden_unit, a_jpeg

from edge.inspection.desk import Desk, LineOnDesk, Phase, ReturnOnDesk
from edge.inspection.golden_ahead import GoldenAhead
from edge.inspection.golden_kept import KeptGolden
from edge.inspection.golden_pictures import GoldenStore
from edge.inspection.golden_sets import GoldenSets
from vision.settings import VisionSettings

TEA = {f"tea-{seed}": a_jpeg(a_golden_unit(seed)) for seed in range(5)}


def a_desk_with(return_id: str, *skus: str) -> Desk:
    lines = [LineOnDesk(str(at), sku, sku, "1 C62", "0 C62", "ambient", False) for at, sku in enumerate(skus)]
    opened = ReturnOnDesk(return_id, "ORD-1", "RTO_REFUSED", "RIDER_ONLY", False, "OPEN", lines)
    return Desk(Phase.RETURN_OPEN, 1, current_return=opened)


def kept(folder: Path) -> int:
    """Sets that were learned so far: each is kept before."""
    return len(list(folder.glob("*.json")))


def wait_for(folder: Path, sets: int) -> None:
    deadline = time.monotonic() + 60
    while kept(folder) < sets:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_sets_of_a_return_are_ready_before_its_units(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path / "golden")
    sets = GoldenSets(store, KeptGolden(tmp_path / "kept"), VisionSettings(), held=1)
    store.add("TEA", "top", TEA)
    store.add("RICE", "top", {name: a_jpeg(a_golden_unit(at + 50)) for at, name in enumerate(TEA)})
    ahead = GoldenAhead(sets, ("top", "front"))
    ahead.start()
    try:
        ahead.on_change(Desk(Phase.IDLE, 0))
        ahead.on_change(a_desk_with("R-1", "UNKNOWN", "TEA", "RICE"))
        wait_for(tmp_path / "kept", 1)
        ahead.on_change(a_desk_with("R-1", "UNKNOWN", "TEA", "RICE"))
    finally:
        ahead.stop()
    assert kept(tmp_path / "kept") == 1, "no more are learned ahead than memory holds"


def test_a_broken_set_does_not_keep_the_others_back(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path / "golden")
    sets = GoldenSets(store, KeptGolden(tmp_path / "kept"), VisionSettings())
    store.add("BROKEN", "top", TEA)[0].write_bytes(b"spoilt")
    store.add("TEA", "top", TEA)
    ahead = GoldenAhead(sets, ("top",))
    ahead.start()
    try:
        ahead.on_change(a_desk_with("R-1", "BROKEN", "TEA"))
        wait_for(tmp_path / "kept", 1)
    finally:
        ahead.stop()
