"""The HTTP API: what the pages and programs on the machine can ask for, and how refusals are told."""

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from builders_station import BAG, HOSTILE, LINES
from fakes_station import FakeShift
from server_station import http_client

from edge.errors import EvidenceMissing, StorageFull, WorkflowRefused
from edge.inspection.desk import Message
from edge.station.services import HealthState

KETCHUP = LINES[1][2]


@pytest.fixture
def shift() -> FakeShift:
    return FakeShift()


@pytest.fixture
def client(shift: FakeShift) -> Iterator[httpx.Client]:
    with http_client(shift) as client:
        yield client


def at_the_proposal(client: httpx.Client) -> str:
    client.post("/api/scans", json={"text": BAG})
    return client.post("/api/scans", json={"text": KETCHUP}).json()["proposal"]["inspection_id"]


def test_state_holds_everything_that_the_page_shows(client):
    state = client.get("/api/state").json()
    assert state["site"] == "BLR-07"
    assert state["desk"]["phase"] == "idle"
    assert state["connection"]["owed"] == 3
    assert state["counts"]["holds"] == 2
    assert state["epoch"] == "000012-9f3ac1"


def test_a_scan_reaches_the_workflow_with_its_symbology_and_time(client, shift):
    answer = client.post("/api/scans", json={"text": BAG, "symbology": "]d2"})
    assert answer.json()["phase"] == "return_open"
    scan = shift.workflow.scans[0]
    assert (scan.text, scan.symbology, scan.scanner, scan.scanned_at_ns) == (
        BAG,
        "]d2",
        "page",
        1_000_000_000,
    )


@pytest.mark.parametrize("text", [HOSTILE, "\x1d\x00\x7f", "A" * 10_240, "'; DROP TABLE x;--", "९८७", "🧴"])
def test_any_text_is_a_scan(client, shift, text):
    assert client.post("/api/scans", json={"text": text}).status_code == 200
    assert shift.workflow.scans[0].text == text


def test_the_work_by_http_alone(client, shift):
    inspection = at_the_proposal(client)
    client.post("/api/proposal/retake", json={"inspection_id": inspection})
    inspection = client.get("/api/state").json()["desk"]["proposal"]["inspection_id"]
    change = {
        "inspection_id": inspection,
        "disposition": "SCRAP",
        "reason_code": "smell_or_leak",
        "badge": "B-1",
    }
    saved = client.post("/api/proposal/override", json=change).json()
    assert saved["last_saved"]["disposition"] == "SCRAP"
    assert client.post(f"/api/inspections/{inspection}/undo").json()["last_saved"] is None
    question = client.post("/api/item-without-code").json()["question"]
    answered = client.post("/api/answers", json={"question_id": question["question_id"], "value": "2"}).json()
    aside = {"inspection_id": answered["proposal"]["inspection_id"], "reason_code": "hazard"}
    assert client.post("/api/proposal/set-aside", json=aside).json()["last_saved"]["place_label"] == "HOLD-02"
    assert client.post("/api/return/leave").json()["phase"] == "idle"
    client.post("/api/scans", json={"text": BAG})
    assert client.post("/api/return/close").json()["phase"] == "idle"
    inspection = at_the_proposal(client)
    assert client.post("/api/proposal/accept", json={"inspection_id": inspection}).json()["last_saved"][
        "undoable"
    ]
    assert client.post(
        "/api/holds/hold-1/resolve", json={"disposition": "SCRAP", "reason_code": "spoilt"}
    ).json()
    assert client.post("/api/inspections/old-1/put-away", json={"place_code": "A-01-1"}).json() == {
        "done": True
    }
    assert client.post("/api/tasks/task-1/done").json() == {"done": True}
    assert client.post("/api/outbox/0194-4/retry").json() == {"done": True}
    assert shift.delivery.retried == ["0194-4"]
    assert client.post("/api/outbox/0194-5/release").json() == {"done": True}
    assert shift.delivery.released == ["0194-5"]
    assert [task["task_id"] for task in client.get("/api/tasks").json()] == ["task-2"]
    assert [hold["hold_id"] for hold in client.get("/api/holds").json()] == ["hold-2"]


def test_records(client):
    assert len(client.get("/api/inspections").json()) == 24
    detail = client.get("/api/inspections/old-2").json()
    assert detail["movements"][0]["to_state"] == "MARKDOWN"
    picture = client.get("/api/inspections/old-2/pictures/top")
    assert picture.headers["content-type"] == "image/jpeg"
    assert picture.content.startswith(b"\xff\xd8")
    assert [row["state"] for row in client.get("/api/outbox?state=DEAD&limit=2").json()] == ["DEAD", "DEAD"]
    assert client.get("/api/reasons").json()["set_aside"][0] == "condition_unclear"


def test_today_is_read_page_by_page(client):
    first = client.get("/api/inspections?limit=10").json()
    assert [row["inspection_id"] for row in first] == [f"old-{number}" for number in range(10)]
    rest = client.get("/api/inspections", params={"limit": 500, "before": "old-9"}).json()
    assert [row["inspection_id"] for row in rest] == [f"old-{number}" for number in range(10, 24)]
    refused = client.get("/api/inspections?oms=rejected").json()
    assert {row["oms_state"] for row in refused} == {"rejected"}
    for wrong in ("limit=0", "limit=501", "limit=many", "before=%27--", "oms=lost"):
        assert client.get(f"/api/inspections?{wrong}").status_code == 422
    told = client.get("/openapi.json").json()["paths"]["/api/inspections"]["get"]["parameters"]
    assert {parameter["name"] for parameter in told} == {"limit", "before", "oms"}


@pytest.mark.parametrize(
    "path",
    [
        "/api/inspections/nobody",
        "/api/inspections/old-1/pictures/inside",
        "/nowhere",
        "/static/nothing.js",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
    ],
)
def test_what_is_not_there_is_said_in_words(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.json()["code"] == "error.not_found"
    assert answer.json()["what_next"]["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/scans", {}),
        ("/api/scans", {"text": ""}),
        ("/api/scans", {"text": "A" * 20_001}),
        ("/api/scans", {"text": "A", "symbology": "DataMatrix"}),
        ("/api/scans", {"text": "A", "also": 1}),
        ("/api/scans", ["A"]),
        ("/api/answers", {"question_id": "q 1", "value": "x"}),
        ("/api/proposal/accept", {"inspection_id": "../etc"}),
        ("/api/proposal/override", {"inspection_id": "i", "grade": "E", "reason_code": "other"}),
        ("/api/inspections/a%20b/undo", None),
    ],
)
def test_impossible_requests_do_nothing(client, shift, path, body):
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert answer.json()["code"] == "error.invalid_request"
    assert shift.workflow.calls == []


@pytest.mark.parametrize("content", [b"{", b'{"text": "\\ud800"}', b"\xff\xfe", b"null"])
def test_broken_json_does_nothing(client, shift, content):
    answer = client.post("/api/scans", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert shift.workflow.calls == []


def test_a_refusal_carries_codes_for_translation_and_english_for_logs(client):
    answer = client.post("/api/proposal/accept", json={"inspection_id": "gone"})
    assert answer.status_code == 409
    problem = answer.json()
    assert problem["code"] == "refused.no_proposal"
    assert problem["message"] == "There is nothing to accept yet."
    assert problem["what_next"]["code"] == "next.look_again"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (WorkflowRefused(Message("refused.other_item")), 409, "refused.other_item"),
        (StorageFull("no space left"), 507, "error.storage_full"),
        (EvidenceMissing("gone"), 500, "error.evidence_missing"),
        (RuntimeError("secret detail"), 500, "error.unexpected"),
    ],
)
def test_errors_say_what_it_means_for_the_item_in_hand(client, shift, error, status, code):
    shift.workflow.fail_with = error
    answer = client.post("/api/return/close")
    assert answer.status_code == status
    assert answer.json()["code"] == code
    assert answer.json()["message"] != code
    assert "secret" not in answer.text


def test_getting_changes_nothing(client, shift):
    paths = ["/", "/returns", "/holds", "/tasks", "/status", "/docs", "/metrics", "/openapi.json"]
    paths += ["/api/state", "/api/inspections", "/api/holds", "/api/tasks", "/api/outbox", "/api/health"]
    for path in paths:
        assert client.get(path).status_code == 200, path
    assert shift.workflow.calls == []
    assert shift.workflow.desk.version == 1


def test_health_is_the_worst_of_its_parts(client, shift):
    assert client.get("/api/health").json()["state"] == "warning"
    checks = shift.devices.checks()
    failed = replace(checks[0], state=HealthState.FAILED)
    shift.devices.checks = lambda: [failed]
    assert client.get("/api/health").json()["state"] == "failed"


def test_metrics_are_in_the_format_of_prometheus(client):
    text = client.get("/metrics").text
    assert "darkstore_outbox_owed 3\n" in text
    assert "darkstore_outbox_oldest_seconds 120\n" in text
    assert 'darkstore_device_live{kind="camera",name="front"} 0\n' in text
    assert 'darkstore_device_live{kind="scanner",name="counter"} 1\n' in text
    assert 'darkstore_inspections_today{disposition="RESTOCK",grade="A",oms_state="owed"} 1\n' in text
    for line in text.splitlines():
        assert line.startswith(("# HELP ", "# TYPE ", "darkstore_"))


def test_catalogues_are_merged_with_english(client):
    tamil = client.get("/api/catalogue/ta").json()
    assert tamil["action.accept"] == "ஏற்கிறேன்"
    assert client.get("/api/catalogue/en").json().keys() == tamil.keys()
    assert client.get("/api/catalogue/xx").status_code == 422


@pytest.mark.parametrize(("cookie", "language"), [("ta", "ta"), ("xx", "hi"), ('"><script>', "hi")])
def test_the_language_of_a_page(cookie, language):
    with http_client(FakeShift(language="hi")) as client:
        page = client.get(
            "/", headers={"cookie": f"darkstore_language={cookie}; darkstore_theme={cookie}"}
        ).text
    assert f'<html lang="{language}" data-theme="auto"' in page
    assert "<script>" not in page


def test_the_openapi_page_describes_problems(client):
    described = client.get("/openapi.json").json()
    assert "what_next" in described["components"]["schemas"]["Problem"]["properties"]
    accept = described["paths"]["/api/proposal/accept"]["post"]
    assert {"200", "409", "422"} <= accept["responses"].keys()
