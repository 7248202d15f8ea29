"""The guide's receiver runs as it stands there, and its examples and rules are those of the product."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from builders_conformance import failed, judged, kit_options, skipped
from fakes_sync import free_port

from sync.broker import EmbeddedBroker
from sync.oms.conformance.helper import GivenHelp
from sync.oms.conformance.rule_table import rule_table
from sync.oms.conformance.running import ALL_RULES

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "integrate-your-oms.md").read_text(encoding="utf-8")

KEPT = {
    "oms-online",
    "event-applied",
    "every-type-applied",
    "answers-readable",
    "sequence-imposes-no-order",
    "wrong-clock-applied",
    "exact-decimals",
    "carried-events",
    "big-batch",
    "joined-events",
    "duplicate-answered",
    "old-order-repeated",
    "replay-after-weeks",
    "through-not-beyond-gap",
    "through-named",
    "retry-holds-no-other",
    "epochs-apart",
    "previous-lost",
    "unknown-field-ignored",
    "unknown-words-accepted",
    "noise-set-aside",
}
"""What so small a receiver has right without having been told anything."""


def between(begin: str, end: str) -> str:
    return GUIDE.split(f"<!-- {begin} -->\n", 1)[1].split(f"<!-- {end} -->", 1)[0]


@contextmanager
def first_receiver(folder: Path, port: int) -> Iterator[None]:
    program = folder / "first_receiver.py"
    source = between("first receiver: begin", "first receiver: end")
    program.write_text(source.removeprefix("```python\n").rstrip().removesuffix("```"), encoding="utf-8")
    running = subprocess.Popen(
        [sys.executable, str(program), str(port), str(folder / "books.db")], stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        running.kill()
        running.wait()


def test_the_first_receiver_keeps_what_the_guide_says(tmp_path: Path) -> None:
    with EmbeddedBroker(port=free_port()) as broker, first_receiver(tmp_path, broker.port):
        options = kit_options(broker.port, crowd=100, timeout_s=6, patience_s=2)
        report = judged(options, GivenHelp(), tmp_path / "files")
    assert {rule.id for rule in ALL_RULES} - failed(report).keys() - skipped(report).keys() == KEPT
    assert not report.good


def test_the_guides_table_of_rules_is_that_of_the_kit() -> None:
    assert between("rules: begin", "rules: end") == rule_table(), (
        "run: python -m sync.oms.conformance.rule_table"
    )


def test_rules_have_names_of_their_own_and_lead_to_a_place_in_the_documents() -> None:
    names = [rule.id for rule in ALL_RULES]
    assert len(names) == len(set(names))
    for rule in ALL_RULES:
        path, _, anchor = rule.contract.partition("#")
        text = (ROOT / path).read_text(encoding="utf-8")
        headings = [line.lstrip("#").strip() for line in text.splitlines() if line.startswith("#")]
        assert anchor in {_anchor(heading) for heading in headings}, rule.contract


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("kind", "text"), re.findall(r"<!-- example: (\S+) -->\n```json\n(.*?)```", GUIDE, re.DOTALL)
)
def test_the_guides_examples_are_the_golden_payloads(kind: str, text: str) -> None:
    golden = ROOT / "tests" / "contract" / "golden" / f"{kind}.json"
    assert json.loads(text) == json.loads(golden.read_text(encoding="utf-8"))
