"""Power cuts by enumeration, and that it can fail: without `synchronous=FULL`, without a folder's sync."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.strace, pytest.mark.slow, pytest.mark.timeout(600)]


def powercut(tmp_path: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "powercut", "--json", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_a_short_shift_survives_its_power_cuts(tmp_path: Path) -> None:
    kept = tmp_path / "recording"
    status, result = powercut(
        tmp_path, "--states", "120", "--returns", "3", "--whole", "1", "--record", str(kept)
    )
    assert (status, result["violations"]) == (0, 0), result["findings"]
    assert result["states_opened"] >= 120
    assert result["runs"] == 3  # killed once, stopped in order once
    assert result["saved"] >= 3
    assert result["pictures"] >= 2
    status, again = powercut(tmp_path, "--states", "60", "--seed", "8", "--whole", "0", "--from", str(kept))
    assert (status, again["violations"], again["recording"]) == (0, 0, str(kept))
    (kept / "after" / "data" / "station.db").write_bytes(b"not what was recorded")
    refused = subprocess.run(
        [sys.executable, "-m", "edge", "powercut", "--from", str(kept)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert refused.returncode != 0
    assert not refused.stdout


@pytest.mark.parametrize(
    ("weakening", "loss"),
    [("synchronous", "was shown as saved and is gone"), ("directory", "of a saved inspection is gone")],
)
def test_a_weakened_station_is_found_out(tmp_path: Path, weakening: str, loss: str) -> None:
    status, result = powercut(
        tmp_path, "--states", "60", "--returns", "1", "--whole", "0", "--weaken", weakening
    )
    assert status == 1
    assert result["violations"] > 0
    assert result["weakened"] == weakening
    assert any(loss in sentence for finding in result["findings"] for sentence in finding["wrong"])
    assert any(finding["kept"] and Path(finding["kept"]).is_dir() for finding in result["findings"])


def test_a_safeguard_that_nobody_knows_is_wrong_use(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "edge", "powercut", "--weaken", "everything"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "synchronous" in done.stderr
