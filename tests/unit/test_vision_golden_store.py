"""Golden pictures kept by a station, and the commands that teach them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from edge.cli import app
from edge.inspection.golden_pictures import MOST, GoldenStore
from vision.errors import GoldenRefused
from vision.picture import encode_jpeg


def a_jpeg(seed: int) -> bytes:
    generator = np.random.default_rng(seed)
    picture = np.full((160, 200, 3), 120, np.uint8)
    x, y = (int(value) for value in generator.integers(-5, 6, 2))
    cv2.rectangle(picture, (50 + x, 40 + y), (150 + x, 120 + y), (40, 40, 200), -1)
    cv2.circle(picture, (120 + x, 80 + y), 15, (220, 220, 90), -1)
    return encode_jpeg(np.clip(picture + generator.normal(0, 3, picture.shape), 0, 255).astype(np.uint8))


def test_pictures_are_kept_once_under_their_digest(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path / "golden")
    assert store.all() == []
    first = store.add("TEA/250 g", "top", {"1": a_jpeg(1), "2": a_jpeg(2)})
    store.add("TEA/250 g", "top", {"1 again": a_jpeg(1)})
    (kept,) = store.all()
    assert (kept.sku, kept.view) == ("TEA/250 g", "top")
    assert set(kept.paths) == set(first)
    assert {path.parent.parent.parent for path in kept.paths} == {tmp_path / "golden"}


def test_a_half_written_picture_is_none(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path)
    (path,) = store.add("TEA", "top", {"1": a_jpeg(1)})
    (path.parent / f"{'0' * 64}.new").write_bytes(b"half")
    assert store.of("TEA", "top").paths == (path,)


@pytest.mark.parametrize(("sku", "view"), [("..", "top"), (" ", "top"), ("x" * 300, "top"), ("TEA", "../x")])
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, sku: str, view: str) -> None:
    with pytest.raises(GoldenRefused):
        GoldenStore(tmp_path).add(sku, view, {"1": b""})
    assert list(tmp_path.iterdir()) == []


def test_folders_of_others_are_passed_over(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path)
    store.add("TEA", "top", {"1": a_jpeg(1)})
    (tmp_path / "lost+found" / "a view").mkdir(parents=True)
    (tmp_path / "TEA" / ".cache").mkdir()
    assert [(one.sku, one.view) for one in store.all()] == [("TEA", "top")]


def test_no_more_than_the_most(tmp_path: Path) -> None:
    many = {str(seed): bytes([seed]) for seed in range(MOST + 1)}
    with pytest.raises(GoldenRefused, match="the most"):
        GoldenStore(tmp_path).add("TEA", "top", many)


def test_a_picture_is_removed_by_the_beginning_of_its_name(tmp_path: Path) -> None:
    store = GoldenStore(tmp_path)
    (path,) = store.add("TEA", "top", {"1": a_jpeg(1)})
    with pytest.raises(GoldenRefused):
        store.remove("TEA", "top", "")
    assert store.remove("TEA", "top", path.stem[:10]) == path
    assert store.of("TEA", "top").paths == ()


def test_teaching_listing_and_checking_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DARKSTORE_CONFIG", raising=False)
    names = []
    for seed in range(6):
        (tmp_path / f"{seed}.jpg").write_bytes(a_jpeg(seed))
        names.append(f"{seed}.jpg")
    run = CliRunner().invoke
    added = run(app, ["reference", "add", "TEA", *names, "--json"])
    assert added.exit_code == 0, added.output
    assert [one["code"] for one in json.loads(added.stdout)["advice"]] == ["few"]
    assert json.loads(run(app, ["reference", "list", "--json"]).stdout) == [
        {"sku": "TEA", "view": "top", "pictures": 6}
    ]
    assert run(app, ["reference", "check", "TEA"]).exit_code == 0


def test_one_bad_picture_and_none_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DARKSTORE_CONFIG", raising=False)
    for seed in range(6):
        (tmp_path / f"{seed}.jpg").write_bytes(a_jpeg(seed) if seed else a_jpeg(0)[:200])
    done = CliRunner().invoke(app, ["reference", "add", "TEA", *[f"{seed}.jpg" for seed in range(6)]])
    assert done.exit_code != 0
    assert not (tmp_path / "data" / "golden").exists()
