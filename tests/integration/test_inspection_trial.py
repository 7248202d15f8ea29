"""Another model or policy on stored returns: what flips, with pictures, and nothing is changed by trying."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from builders_desk import MODEL, SITE, DeskUnderTest, Table, a_desk, a_seen
from builders_returns import a_gtin, a_line, a_product, an_expected_return
from builders_vision import an_empty_station

from edge.grading.policy_loading import OWN_PACKS, parse_pack
from edge.inspection.evidence import PictureStore
from edge.inspection.judging import Judge
from edge.inspection.references import ReferenceStore
from edge.inspection.stored import StoredInspections
from edge.inspection.trial import Trial, try_model, try_policy
from edge.inspection.trial_report import write_report
from edge.returns.values import Quantity
from vision.findings import DefectKind
from vision.picture import encode_jpeg

ORDER = "ORD-1001"
GTIN = a_gtin(1)
DEAR = Decimal(1500)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskUnderTest]:
    """A sound unit and a torn one of the same article were saved."""
    with a_desk(tmp_path) as opened:
        opened.knows(a_product(), an_expected_return(a_line(mrp=DEAR, quantity=Quantity.pieces(2))))
        opened.scan(ORDER)
        opened.scan(GTIN)
        opened.answer("1")
        opened.accept()
        opened.table.put("torn", a_seen(DefectKind.PENETRATION))
        opened.scan(GTIN)
        while opened.desk.question is not None:
            opened.answer(opened.desk.question.choices[0].value)
        opened.accept()
        yield opened


@pytest.fixture
def stored(desk: DeskUnderTest, tmp_path: Path) -> StoredInspections:
    pictures, references = PictureStore(tmp_path / "pictures"), ReferenceStore(tmp_path / "references")
    return StoredInspections(desk.database, desk.parts.store, pictures, references)


def a_judge(desk: DeskUnderTest, eyes: Table, tmp_path: Path) -> Judge:
    references = ReferenceStore(tmp_path / "references")
    return Judge(eyes, eyes, references, desk.parts.copy, model=MODEL, site=SITE, utc_offset_minutes=330)


def moved(trial: Trial) -> list[tuple[str, str]]:
    return [(flip.before.to_state.value, flip.after.to_state.value) for flip in trial.flips]


def test_a_model_that_sees_less_flips_the_torn_unit_towards_sale(
    desk: DeskUnderTest, stored: StoredInspections, tmp_path: Path
) -> None:
    before = desk.events()
    trial = try_model(stored, a_judge(desk, Table(), tmp_path), limit=100)
    assert (trial.looked_at, len(trial.flips)) == (2, 1)
    assert trial.flips[0].nearer_to_sale
    assert trial.flips[0].after.disposition == "RESTOCK"
    assert not trial.flips[0].person_agrees
    assert moved(trial)[0][1] == "AVAILABLE"
    assert desk.events() == before, "trying owes nothing to anybody"


def test_the_same_model_flips_nothing(desk: DeskUnderTest, stored: StoredInspections, tmp_path: Path) -> None:
    trial = try_model(stored, a_judge(desk, desk.table, tmp_path), limit=100)
    assert (trial.looked_at, trial.flips, trial.skipped) == (2, (), {})


def test_pictures_that_are_gone_are_counted_not_guessed(
    desk: DeskUnderTest, stored: StoredInspections, tmp_path: Path
) -> None:
    for path in (tmp_path / "pictures").rglob("*.jpg"):
        path.unlink()
    trial = try_model(stored, a_judge(desk, Table(), tmp_path), limit=100)
    assert trial.looked_at == 0
    assert list(trial.skipped.values()) == [2]


def test_another_policy_flips_what_it_judges_otherwise(stored: StoredInspections) -> None:
    name = next(stored.newest(1)).decision.policy
    text = (OWN_PACKS / f"{name}.toml").read_text(encoding="utf-8")
    assert try_policy(stored, parse_pack(text, "the same"), limit=100).flips == ()
    all_fine = re.sub(r'^(minor|major|critical) = ".*"', r'\1 = "A"', text, flags=re.MULTILINE)
    lenient = parse_pack(all_fine, "lenient")
    trial = try_policy(stored, lenient, limit=100)
    assert [flip.after.grade for flip in trial.flips] == ["A"]
    assert try_policy(stored, lenient, limit=1).looked_at == 1


def test_another_goods_policy_says_that_it_does_not_concern_them(stored: StoredInspections) -> None:
    other = "electronics" if next(stored.newest(1)).decision.policy != "electronics" else "default"
    pack = parse_pack((OWN_PACKS / f"{other}.toml").read_text(encoding="utf-8"), "other")
    trial = try_policy(stored, pack, limit=100)
    assert (trial.looked_at, sum(trial.skipped.values())) == (0, 2)


def test_the_report_shows_each_flip_with_its_pictures(
    desk: DeskUnderTest, stored: StoredInspections, tmp_path: Path
) -> None:
    trial = try_model(stored, a_judge(desk, Table(), tmp_path), limit=100)
    jpeg = encode_jpeg(an_empty_station())
    text = write_report("A <new> model", trial, lambda _: {"top": jpeg, "front": b"no picture"})
    assert "A &lt;new&gt; model" in text
    assert text.count("data:image/jpeg;base64,") == 1
    assert "front: " in text, "a picture that can't be decoded is said"
    assert 'class="nearer"' in text
