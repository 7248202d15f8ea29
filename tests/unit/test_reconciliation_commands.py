"""The same verdict at the command line, on either side; its exit status says whether all is well."""

import json
from pathlib import Path

import pytest
from builders_messages import an_event, an_inspection
from builders_station import NOW
from fakes_oms import Desk
from fakes_station import FakeShift
from server_station import running
from typer.testing import CliRunner

from edge.cli_errors import CommandFailed, Exit
from edge.cli_oms import oms_app
from edge.cli_outbox import app
from edge.station.services import ComparedMessage, ComparisonView

MESSAGE = ComparedMessage("000012-9f3ac1", 7, "0194-7", "darkstore.return.inspected.v1", "ret-1", "old-6")


def config(folder: Path, port: int) -> str:
    path = folder / "station.toml"
    path.write_text(f'[station]\nsite = "BLR-07"\nstation = "desk-1"\nport = {port}\ndata_dir = "data"\n')
    return str(path)


class Answering:
    """A delivery whose comparison ends as soon as it is asked for."""

    def __init__(self, shift: FakeShift, verdict: ComparisonView) -> None:
        shift.delivery.compared = ComparisonView("never")
        self._shift, self._verdict = shift, verdict
        shift.delivery.compare_now = self  # type: ignore[method-assign,assignment]

    def __call__(self) -> None:
        self._shift.delivery.compared = self._verdict


@pytest.mark.parametrize(
    ("verdict", "status", "words"),
    [
        (ComparisonView("done", NOW, 1204), 0, "1204 compared: 0 missing, 0 doubled"),
        (
            ComparisonView("done", NOW, 1204, missing=1, named_missing=(MESSAGE,)),
            Exit.CHECK_FAILED,
            "missing: 000012-9f3ac1/7 darkstore.return.inspected.v1 of ret-1, 0194-7",
        ),
        (ComparisonView("done", NOW, 9, doubled=2), Exit.CHECK_FAILED, "0 missing, 2 doubled"),
    ],
)
def test_a_station_is_asked_to_compare(
    tmp_path: Path, verdict: ComparisonView, status: int, words: str
) -> None:
    shift = FakeShift()
    Answering(shift, verdict)
    with running(shift) as station:
        arguments = ["compare", "--config", config(tmp_path, station.port)]
        said = CliRunner().invoke(app, arguments)
        assert (said.exit_code, words in said.output) == (status, True)
        Answering(shift, verdict)
        printed = CliRunner().invoke(app, [*arguments, "--json"])
    assert json.loads(printed.output)["missing"] == verdict.missing


def test_an_oms_that_does_not_answer_is_no_good_verdict(tmp_path: Path) -> None:
    shift = FakeShift()
    Answering(shift, ComparisonView("unanswered"))
    with running(shift) as station:
        arguments = ["compare", "--config", config(tmp_path, station.port), "--wait", "0.3"]
        said = CliRunner().invoke(app, arguments)
    assert said.exit_code == Exit.NOT_NOW
    assert "0 missing" not in said.output


def test_a_station_that_does_not_run_can_not_compare(tmp_path: Path) -> None:
    said = CliRunner().invoke(app, ["compare", "--config", config(tmp_path, 1)])
    assert isinstance(said.exception, CommandFailed)


@pytest.mark.parametrize(
    ("sequences", "words"), [((1, 2), "0 missing, 0 doubled"), ((1, 4), "2 missing, 0 doubled")]
)
def test_the_oms_says_it_in_the_same_words(tmp_path: Path, sequences: tuple[int, ...], words: str) -> None:
    with Desk(tmp_path) as desk:
        desk.deliver(*(an_event(an_inspection(f"i{n}", return_id=f"R-{n}"), n) for n in sequences))
    said = CliRunner().invoke(oms_app, ["reconcile", "--data", str(tmp_path)])
    assert words in said.output
    assert (said.exit_code == 0) == words.startswith("0 missing")
    printed = json.loads(CliRunner().invoke(oms_app, ["reconcile", "--data", str(tmp_path), "--json"]).output)
    assert f"{printed['missing']} missing, {printed['doubled']} doubled" == words
