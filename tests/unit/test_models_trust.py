"""Which packages a station takes in: signed by one whom it trusts, with the same numbers here, none older."""

import json
import shutil
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import (
    KeyUnusable,
    OlderThanActive,
    PackageRefused,
    ParityFailed,
    ParityPicturesMissing,
    SignatureMissing,
    SignatureWrong,
    SignerUnknown,
)
from models.loading import load_detector, open_package
from models.manifest import parse_manifest
from models.parity import check_parity
from models.registry import SHIPPED_PACKAGES, ModelRegistry
from models.settings import ModelSettings
from models.signing import make_key, sign_package, verify_signature
from tests.builders_vision import a_key, a_manifest, a_package, tiny_weights


@pytest.fixture
def key(tmp_path):
    return a_key(tmp_path / "office")


@pytest.fixture
def registry(tmp_path, key):
    a_package(tmp_path / "shipped")
    settings = ModelSettings(trusted_keys=(Path(f"{key}.pub"),))
    return ModelRegistry(settings, tmp_path / "data" / "models", tmp_path / "shipped")


def spoil(folder, **changes):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_nobody_takes_in_what_nobody_signed(registry, tmp_path):
    with pytest.raises(SignatureMissing, match="darkstore model sign"):
        registry.install(a_package(tmp_path / "usb", version="1.1.0"))
    assert registry.active().package_id == "damage-1.0.0"


def test_a_strangers_signature_is_none(registry, tmp_path):
    stranger = a_key(tmp_path / "elsewhere")
    with pytest.raises(SignerUnknown, match="trusted_keys"):
        registry.install(a_package(tmp_path / "usb", version="1.1.0", key=stranger))


def test_a_station_that_trusts_nobody_takes_in_nothing(tmp_path, key):
    lonely = ModelRegistry(ModelSettings(), tmp_path / "models", tmp_path / "none")
    with pytest.raises(SignerUnknown, match="trusted: none"):
        lonely.install(a_package(tmp_path / "usb", key=key))


@pytest.mark.parametrize("changes", [{"iou_threshold": 0.9}, {"version": "1.2.0"}, {"description": "better"}])
def test_a_manifest_that_was_changed_after_signing_is_refused(registry, tmp_path, key, changes):
    offered = a_package(tmp_path / "usb", version="1.1.0", key=key)
    spoil(offered, **changes)
    with pytest.raises(SignatureWrong):
        registry.install(offered)


def test_an_installed_package_that_is_changed_later_is_not_activated(registry, tmp_path, key):
    installed = registry.install(a_package(tmp_path / "usb", version="1.1.0", key=key))
    spoil(installed.folder, max_findings=1)
    with pytest.raises(SignatureWrong):
        registry.activate("damage-1.1.0")
    with pytest.raises(SignatureWrong):
        registry.verify_signature(registry.get("damage-1.1.0"))


@given(st.binary(max_size=300))
def test_any_bytes_as_signature_are_refused_with_a_reason(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("signature")
    (folder / "manifest.json").write_text("{}")
    (folder / "manifest.sig").write_bytes(text)
    with pytest.raises(SignatureMissing):
        verify_signature(folder, [])


def test_a_private_key_is_its_owners_alone_and_never_overwritten(tmp_path):
    path = tmp_path / "key"
    make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    with pytest.raises(KeyUnusable, match="overwritten"):
        make_key(path)
    assert path.read_bytes() == before


def test_key_files_that_hold_something_else_are_named(registry, tmp_path, key):
    with pytest.raises(KeyUnusable, match="private key"):
        sign_package(a_package(tmp_path / "usb"), Path(f"{key}.pub"))
    odd = ModelRegistry(ModelSettings(trusted_keys=(key,)), tmp_path / "m", tmp_path / "none")
    with pytest.raises(KeyUnusable, match="trusted_keys"):
        odd.install(a_package(tmp_path / "usb", key=key))


# ---- the parity gate


def test_other_numbers_on_this_device_are_refused(registry, tmp_path, key):
    offered = a_package(tmp_path / "usb", version="1.1.0")
    expected = offered / "parity" / "expected.json"
    told = json.loads(expected.read_text())
    told["pictures"][0]["places"][0]["values"][4] -= 0.2
    _replace_expected(offered, told)
    sign_package(offered, key)
    with pytest.raises(ParityFailed, match=r"a score is 0\.2 off"):
        registry.install(offered)
    assert registry.active().package_id == "damage-1.0.0"


def test_rounding_of_another_processor_is_borne(registry, tmp_path, key):
    offered = a_package(tmp_path / "usb", version="1.1.0")
    told = json.loads((offered / "parity" / "expected.json").read_text())
    for place in told["pictures"][0]["places"]:
        place["values"] = [value + 0.002 for value in place["values"]]
    _replace_expected(offered, told)
    sign_package(offered, key)
    assert registry.install(offered).package_id == "damage-1.1.0"


def test_a_package_without_reference_pictures_is_refused(registry, tmp_path, key):
    with pytest.raises(ParityPicturesMissing):
        registry.install(a_package(tmp_path / "usb", version="1.1.0", parity_sha256=None, key=key))


@pytest.mark.parametrize("what", ["gone", "exchanged", "numbers"])
def test_reference_pictures_are_those_that_the_manifest_names(registry, tmp_path, key, what):
    offered = a_package(tmp_path / "usb", version="1.1.0", key=key)
    picture = offered / "parity" / "red.png"
    if what == "gone":
        picture.unlink()
    elif what == "exchanged":
        cv2.imwrite(str(picture), np.zeros((64, 64, 3), np.uint8))
    else:
        (offered / "parity" / "expected.json").write_text('{"pictures": []}')
    with pytest.raises(ParityPicturesMissing):
        registry.install(offered)


def test_the_shipped_package_passes_the_gate_here():
    (folder,) = [path for path in SHIPPED_PACKAGES.iterdir() if (path / "manifest.json").is_file()]
    package = open_package(folder)
    check_parity(folder, package.manifest.parity_sha256, load_detector(package))


# ---- no way back but the one


def test_an_older_version_is_not_activated_again_but_by_going_back(registry, tmp_path, key):
    for version in ("1.1.0", "1.2.0"):
        registry.install(a_package(tmp_path / "usb", version=version, key=key))
    registry.activate("damage-1.2.0")
    for older in ("damage-1.1.0", "damage-1.0.0"):
        with pytest.raises(OlderThanActive, match="rollback"):
            registry.activate(older)
    assert registry.rollback().package_id == "damage-1.0.0"
    with pytest.raises(OlderThanActive):
        registry.activate("damage-1.1.0")
    assert registry.activate("damage-1.2.0").package_id == "damage-1.2.0"


def test_what_was_active_before_the_first_note_counts_too(registry, tmp_path, key):
    a_package(tmp_path / "shipped", version="1.5.0")
    registry.install(a_package(tmp_path / "usb", version="1.1.0", key=key))
    with pytest.raises(OlderThanActive):
        registry.activate("damage-1.1.0")


def test_a_refused_package_leaves_nothing_behind(registry, tmp_path, key):
    offered = a_package(tmp_path / "usb", version="1.1.0", key=key)
    shutil.rmtree(offered / "parity")
    with pytest.raises(PackageRefused):
        registry.install(offered)
    assert list(tmp_path.glob("data/models/*")) == []


def test_a_floor_stands_beside_a_figure():
    figures = {"data": "cans", "figures": {"auroc": 0.6}, "floors": {"auroc": 0.8}}
    manifest = a_manifest(tiny_weights(), evaluation=[figures])
    assert parse_manifest(json.dumps(manifest)).evaluation[0].floors == {"auroc": 0.8}
    manifest["evaluation"][0]["floors"] = {"map50": 0.1}
    with pytest.raises(PackageRefused, match="floors without a figure"):
        parse_manifest(json.dumps(manifest))


def _replace_expected(folder, told):
    import hashlib

    text = json.dumps(told)
    (folder / "parity" / "expected.json").write_text(text)
    spoil(folder, parity_sha256=hashlib.sha256(text.encode()).hexdigest())
