"""What a package may say about itself."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import ManifestRefused
from models.manifest import parse_manifest, read_manifest
from tests.builders_vision import a_manifest, a_package, tiny_weights
from vision.findings import DefectKind


def test_a_manifest_is_read():
    manifest = parse_manifest(json.dumps(a_manifest(tiny_weights(), version="1.10.0")))
    assert manifest.package_id == "damage-1.10.0"
    assert manifest.output_rows == 6
    assert manifest.classes[0].kind is DefectKind.PENETRATION
    assert manifest.version_key() > parse_manifest(json.dumps(a_manifest(b"", version="1.9.0"))).version_key()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "../../etc"}, "name"),
        ({"version": "1.0.0/.."}, "version"),
        ({"sha256": "ABC"}, "sha256"),
        ({"input": {"size": 100}}, "input.size"),
        ({"input": {"size": 320, "colour_order": "GBR"}}, "input.colour_order"),
        ({"classes": []}, "classes"),
        ({"classes": [{"name": "dent", "kind": "dent"}]}, "classes.0.kind"),
        ({"classes": [{"name": "a", "kind": "opening"}, {"name": "a", "kind": "opening"}]}, "same name"),
        ({"classes": [{"name": "a", "kind": "opening", "threshold": 1.5}]}, "classes.0.threshold"),
        ({"format": 2}, "format"),
        ({"weigths_licence": "MIT"}, "weigths_licence"),
    ],
)
def test_a_mistake_is_named_by_its_key(change, named):
    with pytest.raises(ManifestRefused, match=named):
        parse_manifest(json.dumps(a_manifest(tiny_weights(), **change)))


@given(st.one_of(st.text(), st.binary(max_size=200)))
def test_anything_else_is_refused_in_words(text):
    with pytest.raises(ManifestRefused):
        parse_manifest(text)


def test_deeply_nested_or_huge_text_is_refused():
    for text in ("[" * 50_000, '{"a":' * 50_000, " " * 300_000):
        with pytest.raises(ManifestRefused):
            parse_manifest(text)


def test_a_folder_without_a_manifest_is_no_package(tmp_path):
    with pytest.raises(ManifestRefused, match="no model package"):
        read_manifest(tmp_path)
    assert read_manifest(a_package(tmp_path)).name == "damage"
