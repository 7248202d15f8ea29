"""Calibration and second looks over HTTP: what a program is told, and what it may ask for."""

from fakes_station import FakeShift
from server_station import http_client


def test_how_far_the_station_decides_alone_is_told_by_pack_in_one_sentence() -> None:
    with http_client(FakeShift()) as client:
        found = {pack["policy"]: pack for pack in client.get("/api/calibration").json()}
    assert found["default"]["threshold"] == 0.93
    assert found["default"]["message"]["code"] == "calibration.calibrated"
    assert found["electronics"]["wanting"] == 187


def test_calibrating_can_be_tried_first() -> None:
    shift = FakeShift()
    with http_client(shift) as client:
        assert client.post("/api/calibration", json={"dry_run": True}).status_code == 200
        assert client.post("/api/calibration", json={}).status_code == 200
        assert client.post("/api/calibration", json={"threshold": 0.1}).status_code == 422
    assert shift.calibrations.written == [False, True]


def test_a_second_look_is_answered_once_it_is_given() -> None:
    shift = FakeShift()
    with http_client(shift) as client:
        waiting = client.get("/api/second-looks").json()["waiting"]
        assert "grade" not in waiting[0], "the station's answer isn't told beforehand"
        path = f"/api/second-looks/{waiting[0]['inspection_id']}"
        assert client.post(path, json={"grade": "E"}).status_code == 422
        assert client.post(path, json={"grade": "C", "kinds": ["crooked"]}).status_code == 422
        answer = client.post(path, json={"grade": "C", "kinds": ["breakage"]}).json()
    assert answer == {"grade": "A", "kinds": [], "same_grade": False}
    assert shift.looks.given == [("insp-3", "C", ["breakage"])]
