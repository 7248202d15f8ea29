"""Strangers are refused: other names, other web sites, too much, what is no JSON; pages are locked down."""

from collections.abc import Iterator

import httpx
import pytest
from builders_station import BAG
from fakes_station import FakeShift
from server_station import RunningStation, live_page, running
from websockets.exceptions import InvalidStatus

JSON = {"content-type": "application/json"}


@pytest.fixture
def station() -> Iterator[RunningStation]:
    with running(FakeShift(hosts=("station-7.store.internal",))) as started:
        yield started


@pytest.fixture
def shift(station: RunningStation) -> FakeShift:
    return station.shift


@pytest.fixture
def client(station: RunningStation) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=station.address) as client:
        yield client


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8321",
        "localhost:8321",
        "[::1]:8321",
        "station-7.store.internal",
        "STATION-7.store.internal:80",
    ],
)
def test_own_names_are_served(client, host):
    assert client.get("/api/state", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "192.168.1.7:8321", "", "[::1", "localhost.", "@127.0.0.1x"],
)
def test_other_names_are_refused(client, host):
    answer = client.get("/api/state", headers={"host": host})
    assert answer.status_code == 421
    assert answer.json()["code"] == "error.host_not_allowed"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9"},
        {"origin": "http://127.0.0.1:8321.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_web_site_cannot_act(client, shift, headers):
    answer = client.post("/api/scans", json={"text": BAG}, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["code"] == "error.origin_not_allowed"
    assert shift.workflow.calls == []


def test_the_own_page_and_programs_can_act(client, station):
    own = {"origin": station.address, "sec-fetch-site": "same-origin"}
    for headers in ({}, own):
        assert client.post("/api/scans", json={"text": BAG}, headers=headers).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_another_web_site_cannot_listen(station, origin):
    with pytest.raises(InvalidStatus), live_page(station, origin=origin):
        pass


def test_the_own_page_can_listen(station):
    with live_page(station, origin=station.address) as live:
        assert live.hear()["type"] == "state"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_only_json_is_taken(client, shift, kind):
    answer = client.post("/api/scans", content=b'{"text": "A"}', headers={"content-type": kind})
    assert answer.status_code == 415
    assert shift.workflow.calls == []


def test_too_much_is_refused_whether_announced_or_not(client, shift):
    big = b'{"text": "' + b"A" * 70_000 + b'"}'
    pieces = (big[start : start + 999] for start in range(0, len(big), 999))
    for content in (big, pieces):
        answer = client.post("/api/scans", content=content, headers=JSON)
        assert answer.status_code == 413
        assert answer.json()["code"] == "error.body_too_large"
    assert shift.workflow.calls == []


@pytest.mark.parametrize("path", ["/", "/api/state", "/static/js/inspect.js", "/nowhere", "/openapi.json"])
def test_every_answer_is_locked_down(client, path):
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert headers.get_list("cache-control") == [headers["cache-control"]]


def test_no_page_holds_a_script_or_style_of_its_own(client):
    for path in ("/", "/returns", "/holds", "/tasks", "/status", "/docs"):
        page = client.get(path).text
        assert "<script>" not in page
        assert "<style" not in page
        assert " style=" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")
        assert "https://" not in page
