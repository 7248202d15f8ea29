"""The command line: what each command answers, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge.cli import app
from edge.cli_errors import CommandFailed, Exit, errors_for_people, exit_code_of
from edge.errors import SettingsInvalid, StationLocked
from edge.grading.policy_loading import OWN_PACKS
from edge.locking import DataFolderLock
from edge.settings import load_settings
from edge.versions import SOFTWARE
from sync.errors import DatabaseBusy, EventUnknown
from sync.oms.errors import LedgerMissing, ReceiverRunning

ROOT = Path(__file__).resolve().parent.parent.parent


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def darkstore(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "station.toml"
    path.write_text('[station]\nsite = "BLR-001"\nstation = "desk-1"\ndata_dir = "data"\nport = 18321\n')
    return path


def test_version() -> None:
    assert run("--version").output.strip() == f"darkstore {SOFTWARE}"


@pytest.mark.parametrize(
    "command",
    [
        "run",
        "demo",
        "doctor",
        "inspect",
        "barcode",
        "replay",
        "calibrate",
        "second-looks",
        "labels export",
        "broker",
        "model list",
        "outbox list",
        "outbox show",
        "outbox retry",
        "outbox release",
        "outbox export",
        "outbox import",
        "config show",
        "config check",
        "policy check",
        "bench decision",
        "bench outbox",
        "bench start",
        "oms serve",
        "oms reconcile",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    answer = run(*command.split(), "--help")
    assert answer.exit_code == 0
    assert "Usage" in answer.output


def test_config_show_fills_in_defaults(config: Path) -> None:
    shown = json.loads(run("config", "show", "--config", str(config)).output)
    assert shown["station"]["site"] == "BLR-001"
    assert shown["broker"]["port"] == 1883


def test_config_check_says_that_all_is_in_order(config: Path) -> None:
    answer = run("config", "check", str(config))
    assert answer.exit_code == 0
    assert "in order" in answer.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[station]\nsite = "A"\nstation = "B"\nlangauge = "hi"\n', "language"),
        ('[station]\nsite = "A"\nstation = "B"\nport = 99999\n', "station.port"),
        ("[station\n", "TOML"),
    ],
)
def test_a_typo_in_settings_is_named_with_its_place(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "station.toml"
    path.write_text(text)
    done = darkstore("config", "check", str(path), cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_missing_settings_are_said(tmp_path: Path) -> None:
    done = darkstore("run", cwd=tmp_path)
    assert done.returncode == Exit.USAGE
    assert "--config" in done.stderr


def test_policy_check_of_the_own_packs() -> None:
    answer = run("policy", "check", "--json")
    assert answer.exit_code == 0
    assert {"default", "electronics"} <= {pack["name"] for pack in json.loads(answer.output)}


def test_policy_check_names_file_and_key(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = (OWN_PACKS / "default.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("identical_units_max", "identical_unit_max"), encoding="utf-8")
    answer = run("policy", "check", str(path))
    assert answer.exit_code == Exit.USAGE
    assert "mine.toml" in answer.output
    assert "identical_units_max" in answer.output


def test_policy_check_of_what_is_not_there(tmp_path: Path) -> None:
    assert darkstore("policy", "check", "none.toml", cwd=tmp_path).returncode == Exit.USAGE


def test_doctor_as_json() -> None:
    answer = run("doctor", "--json")
    examined = json.loads(answer.output)
    assert {"name", "state", "message", "what_next"} == set(examined["checks"][0])
    assert examined["ok"] == (answer.exit_code == 0)


def test_an_empty_outbox_is_listed(config: Path) -> None:
    assert json.loads(run("outbox", "list", "--json", "--config", str(config)).output) == []
    assert "0 owed" in run("outbox", "list", "--config", str(config)).output


def test_an_unknown_message_is_said(config: Path) -> None:
    done = darkstore("outbox", "show", "no-such-id", "--config", str(config), cwd=config.parent)
    assert done.returncode == Exit.USAGE
    assert "no-such-id" in done.stderr


def test_export_does_not_overwrite(config: Path) -> None:
    target = config.parent / "owed.jsonl"
    target.write_text("precious")
    done = darkstore("outbox", "export", str(target), "--config", str(config), cwd=config.parent)
    assert done.returncode == Exit.USAGE
    assert target.read_text() == "precious"


def test_import_needs_the_station_stopped(config: Path) -> None:
    exported = config.parent / "owed.jsonl"
    assert run("outbox", "export", str(exported), "--config", str(config)).exit_code == 0
    with DataFolderLock(load_settings(config).station.data_dir):
        done = darkstore("outbox", "import", str(exported), "--config", str(config), cwd=config.parent)
    assert done.returncode == Exit.NOT_NOW
    assert "in use" in done.stderr
    assert run("outbox", "import", str(exported), "--config", str(config)).exit_code == 0


def test_a_second_station_on_the_same_data_is_refused(config: Path) -> None:
    with DataFolderLock(load_settings(config).station.data_dir):
        done = darkstore("run", "--config", str(config), cwd=config.parent)
    assert done.returncode == Exit.NOT_NOW
    assert "in use" in done.stderr


def test_a_new_station_is_told_how_many_judged_units_it_needs(config: Path) -> None:
    answer = run("calibrate", "--dry-run", "--config", str(config))
    assert answer.exit_code == 0, answer.output
    assert "Electronics: Not calibrated: a person looks at every unit. At least 299 more" in answer.output
    assert "Nothing was changed." in answer.output
    found = json.loads(run("calibrate", "--json", "--config", str(config)).output)
    assert found["in_force"]
    assert {pack["wanting"] for pack in found["packs"]} == {299}
    assert {pack["threshold"] for pack in found["packs"]} == {None}


def test_calibrating_writes_and_so_needs_the_station_stopped_or_answering(config: Path) -> None:
    with DataFolderLock(load_settings(config).station.data_dir):
        answer = darkstore("calibrate", "--config", str(config), cwd=config.parent)
    assert answer.returncode == Exit.NOT_NOW, answer.stderr


def test_replay_wants_to_know_what(config: Path) -> None:
    done = darkstore("replay", "--config", str(config), cwd=config.parent)
    assert done.returncode == Exit.USAGE
    assert "--all" in done.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsInvalid("x"), Exit.USAGE),
        (StationLocked("x"), Exit.NOT_NOW),
        (EventUnknown("x"), Exit.USAGE),
        (DatabaseBusy(Path("x")), Exit.NOT_NOW),
        (ReceiverRunning(Path("x")), Exit.NOT_NOW),
        (LedgerMissing(Path("x")), Exit.USAGE),
        (RuntimeError("x"), Exit.CHECK_FAILED),
    ],
)
def test_exit_codes_of_errors(error: Exception, code: Exit) -> None:
    assert exit_code_of(error) is code


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError), errors_for_people():
        _ = 1 // 0


def test_an_error_becomes_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, errors_for_people():
        raise CommandFailed("[brackets] are text", Exit.NOT_NOW)
    assert ended.value.code == Exit.NOT_NOW
    assert "[brackets] are text" in capsys.readouterr().err
