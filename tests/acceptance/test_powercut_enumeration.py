"""That the enumeration of power cuts can fail: without `synchronous=FULL`, and without a folder's sync.

That it passes on the station as it is, CI shows with thousands of states: `darkstore powercut`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = [pytest.mark.strace, pytest.mark.slow, pytest.mark.timeout(600)]


def darkstore(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edge", "powercut", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=590,
        check=False,
    )


@pytest.mark.parametrize(
    ("weakening", "loss"),
    [("synchronous", "was shown as saved and is gone"), ("directory", "of a saved inspection is gone")],
)
def test_a_weakened_station_is_found_out(tmp_path: Path, weakening: str, loss: str) -> None:
    done = darkstore(
        tmp_path, "--json", "--states", "60", "--returns", "1", "--whole", "0", "--weaken", weakening
    )
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 1
    assert result["violations"] > 0
    assert result["weakened"] == weakening
    assert any(loss in sentence for finding in result["findings"] for sentence in finding["wrong"])
    kept = [finding["kept"] for finding in result["findings"] if finding["kept"]]
    assert kept
    assert all(Path(state).is_dir() for state in kept)
    # A recording that does not explain the folder as it was in the end judges nothing.
    recording = Path(result["recording"])
    (recording / "after" / "data" / "draft").write_bytes(b"nobody wrote this")
    refused = darkstore(tmp_path, "--from", str(recording))
    assert refused.returncode == 1
    assert "does not explain data/draft" in refused.stderr


def test_a_safeguard_that_nobody_knows_is_wrong_use(tmp_path: Path) -> None:
    done = darkstore(tmp_path, "--weaken", "everything")
    assert done.returncode == 2
    assert "synchronous" in done.stderr
