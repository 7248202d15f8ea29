"""Packs are checked, and say to an operations manager what to correct; every rule has its words."""

import hashlib
import json
import re
import tomllib
from pathlib import Path

import pytest

from edge.grading.errors import PolicyInvalid, PolicySetInvalid, PolicyUnreadable
from edge.grading.override import OverrideReason
from edge.grading.policy import PolicyPack
from edge.grading.policy_loading import (
    OWN_PACKS,
    PolicySettings,
    PolicyShelf,
    load_policies,
    parse_pack,
    read_pack,
)
from edge.returns.holds import HoldReason
from edge.returns.identified import UnclearField, UnknownReason
from vision.findings import DAMAGE

ROOT = Path(__file__).resolve().parents[2]
DEFAULT = (OWN_PACKS / "default.toml").read_text()


def problems(old: str, new: str) -> list[str]:
    assert old in DEFAULT
    with pytest.raises(PolicyInvalid, match=r"mine\.toml") as refused:
        parse_pack(DEFAULT.replace(old, new), "mine.toml")
    return [str(problem) for problem in refused.value.problems]


def test_the_five_packs_serve_their_categories():
    shelf = load_policies()
    assert [pack.name for pack in shelf.packs] == [
        "ambient_food",
        "beauty_pharmacy",
        "chilled_frozen_food",
        "default",
        "electronics",
    ]
    assert shelf.of_category("electronics").name == "electronics"
    assert shelf.of_category("toys").name == "default"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("restock_min_days", "restok_min_days", r"life\.restok_min_days: .*did you mean 'restock_min_days'"),
        ("ask_below = 0.6", "ask_below = 1.6", r"confidence\.ask_below: 1\.6 .*less than or equal to 1"),
        ('D = "SCRAP"', 'D = "SCRAPP"', r"disposition\.D: .*did you mean 'SCRAP'.*allowed: RESTOCK"),
        ('otherwise = "full"', 'otherwise = "all"', r"capture\.otherwise: .*allowed: count, photo, full"),
        ('expired = "SCRAP"', 'expired = "DONATE"', r"unsafe\.expired: .*allowed: SCRAP"),
        ("chilled_max_minutes = 60", "chilled_max_minutes = 600", r"cold_chain\.chilled_max_minutes: 600"),
        ("restock = true", 'restock = "yes"', r"blind\.restock: 'yes' .*allowed: true, false"),
        ("identical_units_max = 6", "identical_units_max = 6.5", r"quantity\.identical_units_max: 6\.5"),
        ('C = "LIQUIDATE"', 'C = "RESTOCK"', r"disposition: a worse grade may not be nearer to sale"),
        ("recalled = 4320", "recaled = 4320", r"holds\.deadline_minutes_by_reason\.recaled: "),
        ('"EXCHANGE"', '"EXCHANG"', r"disposition\.exception\[1\]\.return_type\[1\]: .*'EXCHANGE'"),
        ('opened = "B"', 'opened = "A"\nextra = 1', r"seal\.extra: is not a key here"),
        ("harm = 0.01", "harm = 0.9", r"bound\.harm: 0\.9 .*less than 0\.5"),
        ("harm = 0.01\n", "", r"bound\.harm: is missing"),
        ("[bound]", "[bounds]", r"bound: is missing"),
        ("certainty = 0.95", "certainty = 95", r"bound\.certainty: 95"),
        ("markdown_min_days = 7", "markdown_min_days = 70", r"life: markdown may not ask for more"),
        (
            'edge_at_least = "minor"',
            'edge_at_least = "grave"',
            r"defects\.deformation\.edge_at_least: 'grave' .*allowed: minor, major, critical",
        ),
        ("edge_at_least", "edge_atleast", r"defects\.opening\.edge_atleast: .*did you mean 'edge_at_least'"),
    ],
)
def test_a_wrong_pack_says_where_and_what_is_allowed(old, new, said):
    assert any(re.search(said, problem) for problem in problems(old, new)), problems(old, new)


def test_every_problem_is_told_at_once():
    with pytest.raises(PolicyInvalid) as refused:
        parse_pack('[pack]\nname = "x"\n', "mine.toml")
    assert len(refused.value.problems) > 10
    assert "is missing" in str(refused.value)


@pytest.mark.parametrize("text", ["[pack", "= 1", "a = 1\na = 2"])
def test_text_that_is_no_toml(text):
    with pytest.raises(PolicyUnreadable, match=r"mine\.toml.*not TOML"):
        parse_pack(text, "mine.toml")


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(PolicyUnreadable):
        read_pack(tmp_path / "absent.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PolicyUnreadable):
        read_pack(tmp_path / "binary.toml")
    (tmp_path / "huge.toml").write_text("#" * 300_000)
    with pytest.raises(PolicyUnreadable, match="larger"):
        read_pack(tmp_path / "huge.toml")
    with pytest.raises(PolicyUnreadable, match="no such folder"):
        load_policies(PolicySettings(folder=tmp_path / "absent"))


def test_the_sites_own_pack_replaces_the_one_of_its_name(tmp_path):
    (tmp_path / "ours.toml").write_text(DEFAULT.replace("ask_below = 0.6", "ask_below = 0.9"))
    shelf = load_policies(PolicySettings(folder=tmp_path))
    assert shelf.of_category("toys").confidence.ask_below == 0.9
    assert len(shelf.packs) == 5


def test_packs_that_do_not_fit_together():
    default = parse_pack(DEFAULT, "default.toml")
    with pytest.raises(PolicySetInvalid, match="default"):
        PolicyShelf([])
    with pytest.raises(PolicySetInvalid, match="Two packs"):
        PolicyShelf([default, default])
    food = parse_pack(DEFAULT.replace("categories = []", 'categories = ["toys"]'), "a")
    other = food.model_copy(update={"pack": food.pack.model_copy(update={"name": "other"})})
    with pytest.raises(PolicySetInvalid, match="toys"):
        PolicyShelf([food, other])


def test_the_version_is_of_the_content_not_of_the_text():
    plain = parse_pack(DEFAULT, "a")
    commented = parse_pack("# a remark\n" + DEFAULT.replace(" = ", "  =  "), "b")
    changed = parse_pack(DEFAULT.replace("ask_below = 0.6", "ask_below = 0.61"), "c")
    assert plain.version == commented.version
    assert plain.version != changed.version
    assert re.fullmatch(r"[0-9a-f]{64}", plain.version)


def test_every_rule_and_reason_has_its_words():
    words = json.loads((ROOT / "edge/station/locales/en/grading.json").read_text())
    words |= json.loads((ROOT / "edge/station/locales/en/returns.json").read_text())
    code = "".join(file.read_text() for file in (ROOT / "edge/grading").glob("*.py"))
    fired = set(re.findall(r'fired\(\s*"([a-z_.]+)"', code)) | set(re.findall(r'_held\("([a-z_]+)"', code))
    fired |= {
        "excess",
        "wrong_product",
        "cancelled_return",
        "no_model",
        "no_usable_picture",
        "cold_custody_unknown",
        "golden_unlike",
        "golden_unknown_side",
        "golden_other_product",
    }
    fired |= {f"opened_{goods}" for goods in ("food", "medicine", "baby", "hygiene")}
    fired |= {f"grade.{grade}" for grade in "abcd"} | {
        f"depth_{depth}" for depth in ("count", "photo", "full")
    }
    fired |= {
        f"finding.{kind.value}.{severity}" for kind in DAMAGE for severity in ("minor", "major", "critical")
    }
    needed = {f"rule.{code}" for code in fired}
    needed |= {f"hold.{reason.value}" for reason in HoldReason}
    needed |= {f"notice.unknown_code.{reason.value}" for reason in UnknownReason}
    needed |= {f"notice.unclear.{field.value}" for field in UnclearField}
    needed |= {f"reason.{reason.value}" for reason in OverrideReason if reason is not OverrideReason.OTHER}
    assert needed <= set(words), needed - set(words)


@pytest.mark.parametrize("unknown", [("golden",), ("bound", "golden")])
def test_a_pack_that_was_stored_before_it_knew_a_table_is_still_read_as_the_same_version(unknown):
    content = load_policies().of_category("toys").model_dump(mode="json")
    for table in unknown:
        del content[table]
    text = json.dumps(content)
    stored = PolicyPack.model_validate_json(text)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    assert stored.golden is None
    assert (stored.bound is None) is ("bound" in unknown)
    assert stored.version == hashlib.sha256(canonical.encode()).hexdigest()
    assert PolicyPack.model_validate_json(stored.model_dump_json()).version == stored.version


def test_a_pack_without_the_key_for_the_edge_is_the_same_version_as_one_that_leaves_the_edge_alone():
    plain = parse_pack(DEFAULT, "mine.toml")
    older = parse_pack(DEFAULT.replace('edge_at_least = "minor"\n', ""), "older.toml")
    assert older == plain
    assert (older.version, older.judging) == (plain.version, plain.judging)
    assert "edge_at_least" not in plain.model_dump_json()
    stricter = parse_pack(DEFAULT.replace('edge_at_least = "minor"', 'edge_at_least = "major"'), "mine.toml")
    assert stricter.version != plain.version
    assert stricter.judging != plain.judging
    stored = PolicyPack.model_validate_json(stricter.model_dump_json())
    assert (stored, stored.version) == (stricter, stricter.version)


@pytest.mark.parametrize("file", sorted(OWN_PACKS.glob("*.toml")), ids=lambda file: file.stem)
def test_the_packs_that_come_with_the_station_write_out_what_the_edge_does(file):
    tables = tomllib.loads(file.read_text())["defects"]
    assert all("edge_at_least" in table for table in tables.values())


def test_what_decides_about_the_shelf_is_told_from_the_rest_of_a_pack():
    plain = parse_pack(DEFAULT, "mine.toml")
    later = parse_pack(DEFAULT.replace("deadline_minutes = 1440", "deadline_minutes = 1441"), "mine.toml")
    other = parse_pack(DEFAULT.replace("count_from = 0.35", "count_from = 0.36"), "mine.toml")
    assert plain.version != later.version
    assert plain.judging == later.judging != other.judging
    laxer = parse_pack(DEFAULT.replace("unlike_from = 0.5", "unlike_from = 0.7"), "mine.toml")
    assert plain.judging != laxer.judging
