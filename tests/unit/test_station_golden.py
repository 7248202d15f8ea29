"""Teaching golden pictures over HTTP: what a program may ask for and what it is told."""

from fakes_station import FakeShift
from fakes_teaching import BOSS
from server_station import http_client


def test_articles_are_found_and_their_pictures_shown() -> None:
    with http_client(FakeShift()) as client:
        assert client.get("/api/golden").json() == [
            {"sku": "BOTTLE-1", "name": "Steel bottle 1 l", "pictures": 10}
        ]
        found = client.post("/api/golden/find", json={"text": "8901030865237"}).json()
        assert found == {"sku": "BOTTLE-1", "badge": None}
        product = client.get("/api/golden/product", params={"sku": "BOTTLE-1"}).json()
        top, front = product["views"]
        assert (top["compared"], front["compared"]) == (True, False)
        assert front["standing"] == {"code": "teach.too_few", "params": {"count": 3, "fewest": 5}}
        asked = {"sku": "BOTTLE-1", "view": "top", "name": top["pictures"][0]["name"]}
        answer = client.get("/api/golden/picture", params=asked)
        assert answer.headers["content-type"] == "image/jpeg"
        assert "immutable" in answer.headers["cache-control"]
        assert client.get("/api/golden/picture", params={**asked, "name": "0" * 64}).status_code == 404


def test_changes_take_a_supervisors_badge() -> None:
    shift = FakeShift()
    with http_client(shift) as client:
        refused = client.post("/api/golden/take", json={"sku": "TEA-500"})
        assert (refused.status_code, refused.json()["code"]) == (409, "refused.teach_supervisor")
        assert refused.json()["what_next"]["code"] == "next.teach_supervisor"
        assert shift.teaching.calls == []
        taken = client.post("/api/golden/take", json={"sku": "TEA-500", "views": ["top"], "badge": BOSS})
        assert [one["kept"] for one in taken.json()["views"]] == [True]
        name = taken.json()["product"]["views"][0]["pictures"][0]["name"]
        body = {"sku": "TEA-500", "view": "top", "name": name, "badge": BOSS}
        assert client.post("/api/golden/remove", json=body).status_code == 200
    assert shift.teaching.kept["TEA-500", "top"] == []


def test_what_makes_no_sense_is_refused() -> None:
    with http_client(FakeShift()) as client:
        for body in (
            {"sku": ""},
            {"sku": "TEA-500", "views": []},
            {"sku": "TEA-500", "views": ["../x"]},
            {"sku": "TEA-500", "folder": "/etc"},
        ):
            assert client.post("/api/golden/take", json=body).status_code == 422
        for name in ("..", "A" * 64, "0" * 63):
            body = {"sku": "TEA-500", "view": "top", "name": name, "badge": BOSS}
            assert client.post("/api/golden/remove", json=body).status_code == 422
        assert client.get("/api/golden/product", params={"sku": "NONE"}).status_code == 409
        foreign = {"Origin": "http://evil.example"}
        assert client.post("/api/golden/take", json={"sku": "TEA-500"}, headers=foreign).status_code == 403
