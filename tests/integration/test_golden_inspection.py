"""Units compared with the intact ones that the site has shown, from scan to replay, on drawn packs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders_desk import MODEL, DeskUnderTest, Table, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return
from builders_vision import STAIN_IN_GOLDEN_UNIT, a_golden_unit, a_jpeg

import vision.rim
import vision.surroundings
from edge.grading.policy_loading import load_policies
from edge.inspection.comparing import GoldenComparer, method
from edge.inspection.golden_kept import KeptGolden
from edge.inspection.golden_pictures import GoldenStore
from edge.inspection.golden_sets import GoldenSets
from edge.inspection.judged_units import judged_unit
from edge.inspection.label_export import truth_of
from edge.inspection.recovery import restore_desk
from edge.inspection.replay import Replayer
from edge.inspection.stored import StoredInspections
from edge.returns.values import Quantity
from vision.golden.comparison import GoldenSet
from vision.settings import VisionSettings
from vision.view_inspector import ViewInspector

ORDER = "ORD-1001"
BLUE = (190, 80, 30)
TEA = {f"tea-{seed}": a_jpeg(a_golden_unit(seed)) for seed in range(6)}
RICE = {f"rice-{seed}": a_jpeg(a_golden_unit(seed, colour=BLUE, print_="RICE")) for seed in range(6)}


class Bench:
    """A desk with real eyes and golden pictures, and what lies below its data folder."""

    def __init__(self, folder: Path, desk: DeskUnderTest, comparer: GoldenComparer) -> None:
        self.folder, self.desk, self.comparer = folder, desk, comparer
        self.store = comparer.sets.store

    def shows(self, picture) -> None:
        self.desk.table.pictures = {"top": a_jpeg(picture)}

    def look_at(self, picture, code: str | None = None):
        """Scan a unit of the open return; questions are answered by their first choice."""
        self.shows(picture)
        self.scan(code or a_gtin(1))
        assert self.desk.desk.proposal is not None, self.desk.desk.notice
        return self.desk.desk.proposal

    def scan(self, code: str) -> None:
        """Scan a unit and answer what is asked."""
        self.desk.scan(code)
        while self.desk.desk.question is not None:
            choices = self.desk.desk.question.choices
            self.desk.answer(choices[0].value if choices else "1")

    def saved(self):
        """Accept, and give what was saved."""
        inspection_id = self.desk.desk.proposal.inspection_id
        self.desk.accept()
        return self.desk.parts.store.inspection(inspection_id)

    def replayed(self, inspection_id: str) -> tuple[str, ...]:
        """What comes out otherwise when it is judged again, by a judge that starts afresh."""
        with ViewInspector(VisionSettings()) as eyes:
            judge = a_judge(self, eyes)
            parts = self.desk.parts
            stored = StoredInspections(self.desk.database, parts.store, parts.pictures, parts.references)
            return Replayer(stored, judge, MODEL).replay(inspection_id).differences


def a_comparer(folder: Path) -> GoldenComparer:
    sets = GoldenSets(GoldenStore(folder / "golden"), KeptGolden(folder / "golden-kept"), VisionSettings())
    return GoldenComparer(sets)


def a_judge(bench: Bench, eyes: ViewInspector):
    judge = bench.desk.parts.judge
    return type(judge)(
        bench.desk.table,
        eyes,
        bench.desk.parts.references,
        bench.desk.parts.copy,
        model=MODEL,
        site="blr-01",
        utc_offset_minutes=330,
        golden=a_comparer(bench.folder),
    )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    comparer = a_comparer(tmp_path)
    with ViewInspector(VisionSettings()) as eyes, a_desk(tmp_path, eyes=eyes, golden=comparer) as desk:
        desk.knows(
            a_product(mrp=1500),
            a_product("SKU-2", name="Rice", gtins=(a_gtin(2),), mrp=1500),
            an_expected_return(
                a_line("1", quantity=Quantity.pieces(6), mrp=1500),
                a_line("2", "SKU-2", name="Rice", gtin=a_gtin(2), quantity=Quantity.pieces(6), mrp=1500),
            ),
        )
        desk.table.pictures = {"top": b""}
        desk.scan(ORDER)
        yield Bench(tmp_path, desk, comparer)


def codes(proposal) -> list[str]:
    return [reason.code for reason in proposal.reasons]


def test_a_product_without_golden_pictures_is_judged_as_ever(bench: Bench) -> None:
    bench.store.add("SKU-2", "top", RICE)
    proposal = bench.look_at(a_golden_unit(50, stained=True))
    assert "golden" not in proposal.timings_ms
    assert not [code for code in codes(proposal) if "golden" in code]
    saved = bench.saved()
    assert saved.views[0].golden is None
    assert not (bench.folder / "golden-kept").exists(), "no set was learned for it"
    assert bench.replayed(saved.inspection_id) == ()


def test_too_few_pictures_are_not_compared_with(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", dict(list(TEA.items())[:4]))
    assert "golden" not in bench.look_at(a_golden_unit(50, stained=True)).timings_ms


def test_an_intact_unit_passes_and_a_stained_one_is_held_with_its_place(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    intact = bench.look_at(a_golden_unit(50))
    assert "golden" in intact.timings_ms
    assert not [code for code in codes(intact) if "golden" in code]
    first = bench.saved()
    assert first.views[0].golden.verdict == "like"

    stained = bench.look_at(a_golden_unit(51, stained=True))
    assert (stained.disposition, stained.needs_person) == ("HOLD_FOR_REVIEW", True)
    assert codes(stained)[0] == "rule.golden_unlike"
    (shown,) = stained.findings
    assert (shown.kind, shown.view) == ("unlike", "top")
    x, y = STAIN_IN_GOLDEN_UNIT
    assert shown.x < x < shown.x + shown.width
    assert shown.y < y < shown.y + shown.height
    assert shown.width * shown.height < 0.25 * 560 * 400, "it points at a place, not at the whole"

    second = bench.saved()
    told = bench.desk.events("inspected")[-1]["data"]["findings"]
    assert [(one["kind"], one["source"]) for one in told] == [("unlike", "golden")]
    assert [bench.replayed(one.inspection_id) for one in (first, second)] == [(), ()]


def test_who_holds_a_unit_that_differs_has_not_yet_called_it_sound(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    bench.look_at(a_golden_unit(51, stained=True))
    saved = bench.saved()
    assert saved.confirmed.grade == "A"
    assert truth_of(saved, None) is None
    unit = judged_unit(saved, load_policies(), None)
    assert (unit.asked, unit.word, unit.label) == (True, None, None)


def test_replay_compares_with_the_very_pictures_of_then(bench: Bench) -> None:
    paths = bench.store.add("SKU-1", "top", TEA)
    bench.look_at(a_golden_unit(51, stained=True))
    saved = bench.saved()
    for path in paths:
        bench.store.remove("SKU-1", "top", path.stem)
    bench.store.add("SKU-1", "top", RICE)
    assert bench.replayed(saved.inspection_id) == ()

    kept = bench.folder / "golden-kept"
    listed = json.loads((kept / f"{saved.views[0].golden.set_sha256}.json").read_text())
    (kept / f"{listed['pictures'][0]}.jpg").write_bytes(b"spoilt")
    (why,) = bench.replayed(saved.inspection_id)
    assert "golden picture" in why
    assert "damaged" in why


def test_an_added_picture_makes_another_set_at_the_next_unit(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", dict(list(TEA.items())[:5]))
    bench.look_at(a_golden_unit(50))
    first = bench.saved()
    bench.store.add("SKU-1", "top", TEA)
    bench.look_at(a_golden_unit(52))
    second = bench.saved()
    assert first.views[0].golden.set_sha256 != second.views[0].golden.set_sha256


def test_a_broken_golden_picture_is_a_warning_and_the_unit_goes_on(bench: Bench) -> None:
    paths = bench.store.add("SKU-1", "top", TEA)
    whole = paths[0].read_bytes()
    paths[0].write_bytes(b"not what it was")
    proposal = bench.look_at(a_golden_unit(51, stained=True))
    assert bench.desk.desk.notice.message.code == "notice.golden_broken"
    assert "rule.golden_broken" in codes(proposal)
    assert not proposal.findings
    saved = bench.saved()
    assert saved.views[0].golden.verdict == "broken"
    assert bench.replayed(saved.inspection_id) == ()
    paths[0].write_bytes(whole)
    assert bench.look_at(a_golden_unit(51, stained=True)).findings, "once it is whole again, it serves again"


class Failing:
    """A golden set on which the library fails."""

    colours_tell = False

    def compare(self, view):
        raise RuntimeError(f"no picture of {view.factor} pixels a pixel was ever seen")


class Counting:
    """Counts how often a golden set is compared with."""

    def __init__(self, golden: GoldenSet) -> None:
        self._golden, self.colours_tell, self.times = golden, golden.colours_tell, 0

    def compare(self, view):
        self.times += 1
        return self._golden.compare(view)


def test_a_view_is_compared_once_though_another_is_refused(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    ready = bench.comparer.sets.present("SKU-1", "top")
    ready.golden = counting = Counting(ready.golden)
    picture = a_jpeg(a_golden_unit(51, stained=True))
    bench.desk.table.pictures = {"top": picture, "front": picture[:-300]}
    bench.scan(a_gtin(1))
    assert bench.desk.desk.notice.message.code == "quality.unreadable"
    assert counting.times == 1


def test_a_comparison_that_fails_costs_the_signal_not_the_inspection(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    bench.comparer.sets.present("SKU-1", "top").golden = Failing()
    proposal = bench.look_at(a_golden_unit(51, stained=True))
    assert "rule.golden_broken" in codes(proposal)
    assert bench.desk.desk.notice.message.code == "notice.golden_broken"
    assert bench.replayed(bench.saved().inspection_id) == ()


def test_another_product_of_the_return_in_its_place_is_asked_about(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    bench.store.add("SKU-2", "top", RICE)
    proposal = bench.look_at(a_golden_unit(60, colour=BLUE, print_="RICE"))
    assert (proposal.disposition, proposal.needs_person) == ("HOLD_FOR_REVIEW", True)
    assert codes(proposal)[0] == "rule.golden_other_product"
    assert proposal.reasons[0].params["sku"] == "SKU-2"
    saved = bench.saved()
    assert saved.views[0].golden.among.keys() == {"SKU-2"}
    assert bench.replayed(saved.inspection_id) == ()


def test_a_side_that_was_never_shown_is_said_not_scored(bench: Bench) -> None:
    bench.store.add("SKU-1", "top", TEA)
    proposal = bench.look_at(a_golden_unit(60, colour=BLUE, print_="RICE"))
    assert proposal.needs_person
    assert "rule.golden_unknown_side" in codes(proposal)
    assert not proposal.findings


def test_after_a_restart_the_same_is_proposed(bench: Bench, tmp_path: Path) -> None:
    bench.store.add("SKU-1", "top", TEA)
    before = bench.look_at(a_golden_unit(51, stained=True))
    bench.desk.parts.drafts.stop()
    comparer = a_comparer(tmp_path)
    with ViewInspector(VisionSettings()) as eyes, a_desk(tmp_path, eyes=eyes, golden=comparer) as again:
        parts = again.parts
        restore_desk(parts.state, parts.drafts, parts.store, parts.judge, parts.references, parts.workflow)
        assert again.desk.proposal.findings == before.findings
        assert again.desk.proposal.reasons == before.reasons


def test_only_so_many_sets_are_held_in_memory(tmp_path: Path) -> None:
    store, kept = GoldenStore(tmp_path / "golden"), KeptGolden(tmp_path / "kept")
    sets = GoldenSets(store, kept, VisionSettings(), held=1)
    store.add("SKU-1", "top", TEA)
    store.add("SKU-2", "top", RICE)
    first = sets.present("SKU-1", "top")
    assert sets.present("SKU-1", "top") is first
    sets.present("SKU-2", "top")
    again = sets.present("SKU-1", "top")
    assert again is not first
    assert again.digest == first.digest


def test_tables_without_pictures_cost_nothing(tmp_path: Path) -> None:
    table = Table()
    with a_desk(tmp_path, table=table, golden=a_comparer(tmp_path)) as desk:
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan(ORDER)
        desk.scan(a_gtin(1))
        assert desk.desk.proposal is not None
        assert "golden" not in desk.desk.proposal.timings_ms


@pytest.mark.parametrize("module", [vision.rim, vision.surroundings])
def test_another_way_to_draw_outlines_is_another_comparison(module, tmp_path, monkeypatch):
    before = method.__wrapped__()
    changed = tmp_path / "changed.py"
    changed.write_bytes(Path(module.__file__).read_bytes() + b"\n")
    monkeypatch.setattr(module, "__file__", str(changed))
    assert method.__wrapped__() != before
