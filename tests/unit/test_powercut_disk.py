"""The model of a disk: what is certain, what is on its way, and what may arrive of it."""

import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.lab.powercut.disk_model import SECTOR, DiskModel, FileNode
from edge.lab.powercut.disk_states import NOTHING, Arrival, ArrivalChooser, FileArrival, content, tree
from edge.lab.powercut.operations import Change, Create, Remove, Rename, Sync, Truncate, Write


def a_disk(*changes: Change) -> DiskModel:
    model = DiskModel()
    for change in changes:
        model.apply(change)
    return model


def the_file(model: DiskModel) -> FileNode:
    return next(iter(model.files()))


def states(model: DiskModel, by_chance: int = 200) -> set[tuple[tuple[str, bytes | None], ...]]:
    """Every state that the chooser comes to, as paths with bytes."""
    chooser = ArrivalChooser(model, random.Random(1))
    found = set()
    for arrival in [chooser.nothing(), *chooser.planned(), *islice(chooser.by_chance(), by_chance)]:
        shown = tree(model, arrival).items()
        found.add(
            tuple(
                (path, None if file is None else content(file, arrival.files.get(file.number)))
                for path, file in shown
            )
        )
    return found


def test_what_was_forced_is_there_in_every_state() -> None:
    model = a_disk(Create(1, "a"), Write(2, "a", 0, b"kept"), Sync(3, 3, "a"), Sync(4, 4, ""))
    assert states(model) == {(("a", b"kept"),)}


def test_bytes_without_the_name_are_lost() -> None:
    model = a_disk(Create(1, "a"), Write(2, "a", 0, b"kept"), Sync(3, 3, "a"))
    assert states(model) == {(), (("a", b"kept"),)}


def test_the_name_without_the_bytes_is_an_empty_or_a_torn_file() -> None:
    data = b"x" * SECTOR + b"y" * SECTOR
    model = a_disk(Create(1, "a"), Write(2, "a", 0, data), Sync(3, 3, ""))
    shown = {dict(state)["a"] for state in states(model)}
    assert {
        b"",
        data,
        bytes(2 * SECTOR),
        b"x" * SECTOR + bytes(SECTOR),
        bytes(SECTOR) + b"y" * SECTOR,
    } == shown


def test_a_write_after_the_sync_began_is_not_covered_by_it() -> None:
    model = a_disk(Create(1, "a"), Sync(2, 2, ""), Write(5, "a", 0, b"late"), Sync(6, 4, "a"))
    assert the_file(model).certain == b""


def test_a_folder_that_was_not_forced_takes_all_within_it_along() -> None:
    model = a_disk(
        Create(1, "day", folder=True),
        Create(2, "day/a"),
        Write(3, "day/a", 0, b"kept"),
        Sync(4, 4, "day/a"),
        Sync(5, 5, "day"),
    )
    assert states(model) == {(), (("day", None), ("day/a", b"kept"))}


def test_a_rename_happens_or_does_not() -> None:
    model = a_disk(
        Create(1, "a"),
        Write(2, "a", 0, b"old"),
        Create(3, "a.new"),
        Write(4, "a.new", 0, b"new"),
        Sync(5, 5, "a"),
        Sync(6, 6, "a.new"),
        Sync(7, 7, ""),
        Rename(8, "a.new", "a"),
    )
    assert states(model) == {(("a", b"old"), ("a.new", b"new")), (("a", b"new"),)}


def test_a_removal_happens_or_does_not() -> None:
    model = a_disk(Create(1, "a"), Sync(2, 2, ""), Remove(3, "a"))
    assert states(model) == {(), (("a", b""),)}


def test_a_file_that_came_back_is_not_taken_by_its_older_removal() -> None:
    model = a_disk(
        Create(1, "one", folder=True),
        Create(2, "two", folder=True),
        Sync(3, 3, ""),
        Create(4, "one/a"),
        Sync(5, 5, "one"),
        Rename(6, "one/a", "two/a"),
        Create(7, "one/a"),
        Sync(8, 8, "one"),
        Sync(9, 9, "two"),
    )
    assert states(model) == {(("one", None), ("two", None), ("two/a", b""), ("one/a", b""))}


def test_a_sector_arrives_in_the_order_of_its_writes() -> None:
    model = a_disk(Create(1, "a"), Sync(2, 2, ""), Write(3, "a", 0, b"1" * 8), Write(4, "a", 4, b"2" * 4))
    shown = {dict(state)["a"] for state in states(model)}
    assert b"11112222" in shown
    assert b"1111" + bytes(4) not in shown  # half a write within one sector
    assert bytes(4) + b"2222" not in shown  # the second without the first


def test_a_shortened_file_may_be_as_long_as_before() -> None:
    model = a_disk(
        Create(1, "a"), Write(2, "a", 0, b"long"), Sync(3, 3, "a"), Sync(4, 4, ""), Truncate(5, "a", 1)
    )
    assert {dict(state)["a"] for state in states(model)} >= {b"long", b"l"}


def test_equal_seeds_choose_equal_states() -> None:
    model = a_disk(Create(1, "a"), Write(2, "a", 0, b"z" * 9 * SECTOR), Create(3, "b"))
    one, other = (list(islice(ArrivalChooser(model, random.Random(5)).by_chance(), 20)) for _ in range(2))
    assert one == other


def test_things_that_do_not_matter_are_left_to_chance() -> None:
    model = a_disk(Create(1, "draft"), Create(2, "record"))
    chooser = ArrivalChooser(model, random.Random(1), minor=lambda path: path == "draft")
    assert not any("draft" in arrival.plan for arrival in chooser.planned())
    assert any("record" in arrival.plan for arrival in chooser.planned())


def test_an_unknown_file_is_refused() -> None:
    with pytest.raises(KeyError):
        a_disk(Write(1, "from nowhere", 0, b""))


EDITS = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 3 * SECTOR), st.binary(min_size=1, max_size=2 * SECTOR)),
        st.tuples(st.integers(0, 4 * SECTOR), st.none()),
    ),
    min_size=1,
    max_size=6,
)


@given(EDITS)
def test_everything_arrived_is_what_programs_see(edits: list[tuple[int, bytes | None]]) -> None:
    model = a_disk(Create(1, "a"), Sync(2, 2, ""))
    for at, (offset, data) in enumerate(edits, start=3):
        model.apply(Truncate(at, "a", offset) if data is None else Write(at, "a", offset, data))
    live = model.live()["a"]
    file = the_file(model)
    assert len(live) == file.length
    arrivals = list(ArrivalChooser(model, random.Random(1)).planned())
    if file.edits:
        assert content(file, arrivals[0].files[file.number]) == live
        # Sector by sector, and still the same: the slow way comes to what the quick way came to.
        mixed = dict(arrivals[0].files[file.number].sectors)
        mixed[10**6] = NOTHING
        last = len(file.edits) - 1
        assert content(file, FileArrival(last, mixed)) == live
    model.apply(Sync(100, 100, "a"))
    assert the_file(model).certain == live
    assert not the_file(model).edits


def test_nothing_arrived_is_what_is_certain() -> None:
    model = a_disk(Create(1, "a"), Sync(2, 2, ""), Write(3, "a", 0, b"x"))
    nothing = ArrivalChooser(model, random.Random(1)).nothing()
    assert nothing == Arrival("nothing arrived", (), {})
    assert content(the_file(model), None) == b""
