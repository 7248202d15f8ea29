"""Packages on a station: checked, installed, switched, rolled back, on a real disk."""

import json
from pathlib import Path

import pytest

from models.errors import (
    DigestMismatch,
    ManifestRefused,
    ModelFileRefused,
    ModelShapeMismatch,
    NothingToRollBackTo,
    PackageExists,
    PackageRefused,
    PackageUnknown,
    RegistryDamaged,
)
from models.loading import load_detector, open_package
from models.onnx_file import refuse_external_data
from models.registry import ModelRegistry
from models.settings import ModelSettings
from tests.builders_vision import DATA, a_key, a_package, tiny_weights

EXTERNAL = (DATA / "external_weights.onnx").read_bytes()


@pytest.fixture
def key(tmp_path):
    return a_key(tmp_path / "office")


@pytest.fixture
def settings(key):
    return ModelSettings(trusted_keys=(Path(f"{key}.pub"),))


@pytest.fixture
def registry(tmp_path, settings):
    a_package(tmp_path / "shipped")
    return ModelRegistry(settings, tmp_path / "data" / "models", tmp_path / "shipped")


@pytest.fixture
def offer(tmp_path, key):
    """A signed package on a stick."""

    def make(version="1.1.0", **changes):
        return a_package(tmp_path / "usb", version=version, key=key, **changes)

    return make


def test_the_newest_shipped_package_is_active_until_one_is_activated(registry, tmp_path):
    a_package(tmp_path / "shipped", version="1.10.0")
    a_package(tmp_path / "shipped", version="1.9.0")
    a_package(tmp_path / "shipped", name="other", version="9.0.0")
    assert registry.active().package_id == "damage-1.10.0"
    assert [row.package.package_id for row in registry.packages() if row.active] == ["damage-1.10.0"]
    assert not (tmp_path / "data").exists()  # looking changes nothing


def test_install_activate_and_roll_back(registry, settings, offer, tmp_path):
    offered = offer(folder="from-the-stick")
    assert registry.install(offered).package_id == "damage-1.1.0"
    assert registry.active().package_id == "damage-1.0.0"
    registry.activate("damage-1.1.0")
    assert registry.active().package_id == "damage-1.1.0"
    again = ModelRegistry(settings, tmp_path / "data" / "models", tmp_path / "shipped")
    assert again.active().package_id == "damage-1.1.0"
    assert registry.rollback().package_id == "damage-1.0.0"
    assert registry.active().package_id == "damage-1.0.0"
    with pytest.raises(NothingToRollBackTo):
        registry.rollback()


def test_activating_twice_does_not_forget_what_was_before(registry, offer):
    registry.install(offer())
    registry.activate("damage-1.1.0")
    registry.activate("damage-1.1.0")
    assert registry.rollback().package_id == "damage-1.0.0"


def test_only_the_packages_own_files_are_copied(registry, offer):
    offered = offer()
    (offered / "surprise.sh").write_text("#!/bin/sh\n")
    (offered / "LICENSE-WEIGHTS").symlink_to("/etc/hostname")
    (offered / "parity" / "other.png").write_bytes(b"")
    installed = registry.install(offered).folder
    assert sorted(path.name for path in installed.iterdir()) == [
        "CARD.md",
        "manifest.json",
        "manifest.sig",
        "model.onnx",
        "parity",
    ]
    assert sorted(path.name for path in (installed / "parity").iterdir()) == ["expected.json", "red.png"]
    assert [path.name for path in installed.parent.iterdir()] == ["damage-1.1.0"]


def test_a_version_is_never_overwritten(registry, offer):
    assert registry.install(offer("1.0.0")).package_id == "damage-1.0.0"
    other = offer("1.0.0", iou_threshold=0.7)
    with pytest.raises(PackageExists):
        registry.install(other)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"sha256": "0" * 64}, DigestMismatch),
        ({"input": {"size": 320}}, ModelShapeMismatch),
        ({"classes": [{"name": "red", "kind": "penetration"}]}, ModelShapeMismatch),
        ({"output": {"name": "boxes"}}, ModelShapeMismatch),
        ({"weights": EXTERNAL}, ModelFileRefused),
        ({"weights": b""}, ModelFileRefused),
        ({"weights": b"PK\x03\x04 this is no model"}, PackageRefused),
        ({"weights": tiny_weights()[:-50]}, PackageRefused),
    ],
)
def test_a_bad_package_is_refused_and_nothing_changes(registry, offer, changes, error):
    offered = offer(**changes)
    with pytest.raises(error) as caught:
        registry.install(offered)
    assert caught.value.code.startswith("model.")
    assert registry.active().package_id == "damage-1.0.0"
    assert [row.folder.name for row in registry.packages()] == ["damage-1.0.0"]


def test_weights_that_went_bad_after_the_installation_are_not_activated(registry, offer):
    installed = registry.install(offer())
    (installed.folder / "model.onnx").write_bytes(tiny_weights()[:-1] + b"\x00")
    with pytest.raises(DigestMismatch):
        registry.activate("damage-1.1.0")
    assert registry.active().package_id == "damage-1.0.0"


def test_missing_weights_are_named(registry, tmp_path):
    folder = a_package(tmp_path / "usb")
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelFileRefused, match="copy the package again"):
        load_detector(open_package(folder))


def test_an_unknown_package_is_answered_with_those_that_are_here(registry):
    with pytest.raises(PackageUnknown, match=r"damage-1\.0\.0"):
        registry.activate("damage-7.0.0")


def test_a_package_in_a_folder_of_another_name_is_listed_with_its_problem(registry, tmp_path):
    a_package(tmp_path / "data" / "models", version="1.2.0", folder="damage-9.9.9")
    problems = {row.folder.name: row.problem for row in registry.packages()}
    assert problems["damage-1.0.0"] is None
    assert "damage-1.2.0" in problems["damage-9.9.9"]
    with pytest.raises(ManifestRefused):
        registry.get("damage-9.9.9")


@pytest.mark.parametrize(
    "text", ["", "{", "[]", json.dumps({"active": 3}), json.dumps({"active": "a", "x": 1})]
)
def test_a_damaged_note_is_told_and_never_guessed(registry, tmp_path, text):
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "active.json").write_text(text)
    with pytest.raises(RegistryDamaged, match=r"active\.json"):
        registry.active()
    assert len(registry.packages()) == 1


def test_an_active_package_that_is_gone_is_told(registry, tmp_path):
    (tmp_path / "data" / "models").mkdir(parents=True)
    (tmp_path / "data" / "models" / "active.json").write_text(json.dumps({"active": "damage-8.0.0"}))
    with pytest.raises(PackageUnknown):
        registry.active()


def test_a_station_without_any_package_says_how_to_get_one(tmp_path):
    empty = ModelRegistry(ModelSettings(), tmp_path / "models", tmp_path / "none")
    assert empty.packages() == ()
    with pytest.raises(PackageUnknown, match="darkstore model install"):
        empty.active()


def test_outside_data_is_seen_however_the_file_is_cut():
    refuse_external_data(tiny_weights())
    with pytest.raises(ModelFileRefused, match="another file"):
        refuse_external_data(EXTERNAL)
    for end in range(1, len(EXTERNAL), 37):
        try:
            refuse_external_data(EXTERNAL[:end])
        except ModelFileRefused:
            continue
