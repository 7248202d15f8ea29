"""Files of expected returns and reference data become streams with offsets."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from builders_messages import an_expected_return
from fakes_oms import Desk

from sync.contract.messages import (
    Block,
    ExpectedBatch,
    ExpectedCancel,
    ExpectedUpsert,
    Product,
    ReferenceBatch,
    SitePlace,
    StockState,
    StreamName,
)
from sync.oms import loading
from sync.oms.errors import LoadingError
from sync.oms.feeding import Feeding
from sync.oms.loading import ExpectedFile, ReferenceFile, load_expected, load_reference
from sync.oms.settings import OmsSettings
from sync.oms.streams import STRETCH_BYTES, Streams

EXPECTED, REFERENCE = StreamName.EXPECTED, StreamName.REFERENCE


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path) as opened:
        yield opened


def returns(*ids: str, **changes: Any) -> ExpectedFile:
    return ExpectedFile(site="blr-01", returns=tuple(an_expected_return(one, **changes) for one in ids))


def stretches(desk: Desk, after: int = 0) -> list[ExpectedBatch]:
    return [ExpectedBatch.from_wire(one) for one in desk.streams.stretch("blr-01", EXPECTED, after)]


def test_changes_get_offsets_and_what_stayed_gets_none(desk: Desk) -> None:
    assert desk.streams.take_expected(returns("R-1", "R-2")) == ["R-1", "R-2"]
    assert desk.streams.take_expected(returns("R-1", "R-2")) == []
    assert desk.streams.take_expected(returns("R-1", "R-2", quantity=5)) == ["R-1", "R-2"]
    position = desk.streams.position("blr-01", EXPECTED)
    assert position is not None
    assert position.offset == 4


def test_a_stretch_tells_only_the_newest_of_each_return(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1", "R-2"))
    desk.streams.take_expected(returns("R-1", quantity=7))
    (stretch,) = stretches(desk)
    assert (stretch.after, stretch.through) == (0, 3)
    assert [item.offset for item in stretch.items] == [2, 3]
    (rest,) = stretches(desk, after=2)
    assert (rest.after, rest.through, len(rest.items)) == (2, 3, 1)
    assert stretches(desk, after=3) == []


def test_a_cancelled_return_is_told_as_such(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1"))
    file = ExpectedFile.model_validate(
        {"site": "blr-01", "cancelled": [{"return_id": "R-1", "reason_code": "kept"}]}
    )
    assert desk.streams.take_expected(file) == ["R-1"]
    (stretch,) = stretches(desk)
    assert [item.op for item in stretch.items] == ["cancel"]


def test_a_cancellation_carries_the_return_for_stations_that_never_heard_of_it(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1"))
    file = ExpectedFile.model_validate({"site": "blr-01", "cancelled": [{"return_id": "R-1"}]})
    desk.streams.take_expected(file)
    (stretch,) = stretches(desk)
    (gone,) = stretch.items
    assert isinstance(gone, ExpectedCancel)
    assert gone.expected == returns("R-1").returns[0]
    assert desk.streams.take_expected(file) == []  # the same file again changes nothing


def test_a_cancelled_return_that_nobody_was_told_of_is_named_only(desk: Desk) -> None:
    file = ExpectedFile.model_validate({"site": "blr-01", "cancelled": [{"return_id": "R-9"}]})
    assert desk.streams.take_expected(file) == ["R-9"]
    (gone,) = stretches(desk)[0].items
    assert isinstance(gone, ExpectedCancel)
    assert gone.expected is None


def test_a_long_stream_is_cut_into_stretches_that_follow_each_other(desk: Desk) -> None:
    desk.streams.take_expected(returns(*(f"R-{number}" for number in range(200))))
    parts = stretches(desk)
    assert len(parts) > 1
    assert all(len(part.to_wire()) < STRETCH_BYTES + 500 for part in parts)
    assert [part.after for part in parts] == [0, *(part.through for part in parts[:-1])]
    assert parts[-1].through == 200
    assert sum(len(part.items) for part in parts) == 200


def test_a_snapshot_starts_anew_where_the_station_follows_another_stream(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1", "R-2"))

    def answer(after: int, stream_id: str | None) -> list[ExpectedBatch]:
        return [
            ExpectedBatch.from_wire(one) for one in desk.streams.answer("blr-01", EXPECTED, after, stream_id)
        ]

    assert [part.after for part in answer(1, "stream-1")] == [1]
    assert [part.after for part in answer(1, "an older one")] == [0]
    assert [part.after for part in answer(9, "stream-1")] == [0], "ahead of a restored stream"
    (nothing_new,) = answer(2, "stream-1")
    assert (nothing_new.after, nothing_new.through, nothing_new.items) == (2, 2, ())


def test_a_site_without_data_gets_an_empty_answer(desk: Desk) -> None:
    (payload,) = desk.streams.answer("pnq-07", REFERENCE, 0, None)
    batch = ReferenceBatch.from_wire(payload)
    assert (batch.through, batch.items) == (0, ())


def test_what_vanishes_from_the_reference_file_is_removed(desk: Desk) -> None:
    product = Product(sku="TEA", gtins=("08901234567890",), name="Tea", category="ambient_food")
    place = SitePlace(place="A-1", label="Shelf", state=StockState.AVAILABLE)
    block = Block(block_id="B-1", gtin="08901234567890", reason="Recall")
    whole = ReferenceFile(site="blr-01", products=(product,), places=(place,), blocks=(block,))
    assert len(desk.streams.take_reference(whole)) == 3
    assert desk.streams.take_reference(whole.model_copy(update={"blocks": ()})) == ["block:B-1"]
    assert desk.streams.take_reference(whole.model_copy(update={"blocks": ()})) == []
    (stretch,) = (ReferenceBatch.from_wire(one) for one in desk.streams.stretch("blr-01", REFERENCE, 3))
    (removed,) = stretch.items
    assert removed.to_data() == {"offset": 4, "kind": "removed", "removed": "block", "key": "B-1"}
    assert desk.streams.take_reference(whole) == ["block:B-1"], "and may come back"


def test_sites_have_streams_of_their_own(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1"))
    other = an_expected_return("R-5", site="pnq-07")
    desk.streams.take_expected(ExpectedFile(site="pnq-07", returns=(other,)))
    assert desk.streams.sites() == [("blr-01", EXPECTED), ("pnq-07", EXPECTED)]
    (stretch,) = stretches(desk)
    assert len(stretch.items) == 1


# ---- files


def write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content))
    return path


def as_file(*ids: str) -> dict[str, Any]:
    body = [an_expected_return(one).to_data() for one in ids]
    for one in body:
        del one["site"]
    return {"site": "blr-01", "returns": body}


def test_returns_take_over_the_site_of_their_file(tmp_path: Path) -> None:
    file = load_expected(write(tmp_path / "expected.json", as_file("R-1")))
    assert file.returns[0].site == "blr-01"


def test_a_file_without_a_site_takes_the_one_of_the_command(tmp_path: Path) -> None:
    content = as_file("R-1")
    del content["site"]
    path = write(tmp_path / "expected.json", content)
    assert load_expected(path, site="pnq-07").returns[0].site == "pnq-07"
    with pytest.raises(LoadingError, match="site"):
        load_expected(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, column 2: not JSON"),
        ('{"site":"blr-01","retruns":[]}', "retruns"),
        ('{"site":"oms"}', "site"),
        (
            '{"site":"blr-01","returns":[{"return_id":"R-1"}]}',
            r"returns\.0\.\w+ \(return_id R-1\): is missing",
        ),
        ('{"site":"blr-01","cancelled":[{"return_id":"R"},{"return_id":"R"}]}', "names R twice"),
        ('"text"', "the file"),
        ("[7]", "the file"),
    ],
)
def test_a_bad_file_is_refused_with_the_place_in_it(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "expected.json"
    path.write_text(content)
    with pytest.raises(LoadingError, match=message):
        load_expected(path, site=None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"site":', "line 1, column 9: not JSON"),
        (b'{"site":"\xff"}', "byte 9: not UTF-8 text. The receiver was not started. Save the file as UTF-8"),
        (None, "The receiver was not started. Create the file, or correct its name"),
    ],
)
def test_a_start_that_a_file_prevents_says_where_and_what_to_do(
    desk: Desk, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "expected.json"
    if content is not None:
        path.write_bytes(content)
    feeding = Feeding(OmsSettings(data_dir=tmp_path, expected=(path,)), desk.ledger, desk.streams)
    with pytest.raises(LoadingError) as refused:
        feeding.load_all()
    assert str(path) in str(refused.value)
    assert said in str(refused.value)
    assert str(refused.value).endswith("and start it again.")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoadingError, match="No such file"):
        load_reference(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("name", "model"), [("expected-file", ExpectedFile), ("reference-file", ReferenceFile)]
)
def test_the_schemas_of_the_files_are_published(name: str, model: type[ExpectedFile]) -> None:
    committed = (loading.SCHEMA_FOLDER / f"{name}.json").read_text()
    assert committed == loading.schema_text(model), "run: python -m sync.oms.loading"
    if model is ExpectedFile:
        content = json.loads(json.dumps(as_file("R-1")))
        content["returns"][0]["site"] = "blr-01"
        jsonschema.validate(content, json.loads(committed))


def test_a_changed_file_is_read_again_and_a_bad_one_changes_nothing(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "expected.json", as_file("R-1"))
    reference = write(tmp_path / "reference.json", {"places": []})
    settings = OmsSettings(data_dir=tmp_path, expected=(path,), reference=(reference,))
    feeding = Feeding(settings, desk.ledger, desk.streams)
    feeding.load_all()
    assert not feeding.load_changed()
    path.write_text("{")
    assert not feeding.load_changed()
    assert "not JSON" in caplog.text
    write(tmp_path / "next.json", as_file("R-1", "R-2"))
    (tmp_path / "next.json").replace(path)
    assert feeding.load_changed()
    position = desk.streams.position("blr-01", EXPECTED)
    assert position is not None
    assert position.offset == 2


def test_offsets_survive_a_restart(tmp_path: Path) -> None:
    with Desk(tmp_path) as before:
        before.streams.take_expected(returns("R-1"))
    with Desk(tmp_path) as after:
        streams = Streams(after.ledger.database, new_stream_id=lambda: "another")
        position = streams.position("blr-01", EXPECTED)
        assert position is not None
        assert (position.stream_id, position.offset) == ("stream-1", 1)
        assert streams.take_expected(returns("R-1")) == []


def test_items_are_whole_messages(desk: Desk) -> None:
    desk.streams.take_expected(returns("R-1"))
    (stretch,) = stretches(desk)
    (item,) = stretch.items
    assert isinstance(item, ExpectedUpsert)
    assert item.expected == an_expected_return("R-1")
