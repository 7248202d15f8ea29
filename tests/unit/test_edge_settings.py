"""The settings file as a person writes it: what its paths mean."""

from pathlib import Path

from edge.settings import load_settings


def test_relative_paths_are_seen_from_the_settings_file_whoever_starts_the_station(tmp_path, monkeypatch):
    place = tmp_path / "etc"
    place.mkdir()
    (place / "station.toml").write_text(
        '[station]\nsite = "blr-01"\nstation = "desk-1"\ndata_dir = "data"\n'
        '[model]\ntrusted_keys = ["office.key.pub", "/keys/maker.pub"]\n'
    )
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("etc/station.toml"))
    assert settings.station.data_dir == place / "data"
    assert settings.model.trusted_keys == (place / "office.key.pub", Path("/keys/maker.pub"))
