"""What may be removed for want of space, and what may not: decided on real records."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from builders_desk import DeskUnderTest, a_desk
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.inspection.desk import QuestionKind
from edge.inspection.reserve import QueueReserve
from edge.inspection.storage import MIB, StorageGovernor

GTIN = a_gtin(1)
PLENTY, SHORT = 100 * MIB, 5 * MIB


class Disk:
    """Free space that a test sets."""

    def __init__(self) -> None:
        self.free = SHORT

    def __call__(self, _: Path) -> int:
        return self.free


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[DeskUnderTest]:
    with a_desk(tmp_path) as under_test:
        under_test.knows(a_product(), an_expected_return(a_line(pieces=9, mrp=1500)))
        under_test.scan("ORD-1001")
        yield under_test


def save(desk: DeskUnderTest, *, aside: bool = False) -> str:
    desk.scan(GTIN)
    while (question := desk.desk.question) is not None:
        desk.answer("1" if question.kind is QuestionKind.QUANTITY else "another")
    assert desk.desk.proposal is not None
    inspection_id = str(desk.desk.proposal.inspection_id)
    if aside:
        desk.parts.workflow.set_aside(inspection_id, "condition_unclear")
    else:
        desk.accept()
    return inspection_id


def settle(desk: DeskUnderTest, *inspections: str) -> None:
    """The OMS has confirmed these."""
    with desk.database.write():
        for one in inspections:
            desk.database.sql(
                "UPDATE outbox SET state = 'SETTLED' WHERE message_id = "
                "(SELECT message_id FROM inspection WHERE inspection_id = ?)",
                (one,),
            )


def a_governor(desk: DeskUnderTest, tmp_path: Path, disk: Disk, **changes: object) -> StorageGovernor:
    values = {
        "reserve_mb": 20,
        "stop_mb": 10,
        "picture_days": 30,
        "now": desk.clock.now,
        "clock_ok": lambda: desk.clock.right,
        "previews": tmp_path / "drafts",
        "free_bytes": disk,
    }
    return StorageGovernor(desk.database, tmp_path / "pictures", **{**values, **changes})  # type: ignore[arg-type]


def kept(tmp_path: Path) -> set[str]:
    return {path.name.rpartition("-")[0] for path in (tmp_path / "pictures").glob("*/*.jpg")}


def test_only_what_is_confirmed_and_not_on_hold_goes(desk: DeskUnderTest, tmp_path: Path) -> None:
    confirmed, owed, held = save(desk), save(desk), save(desk, aside=True)
    settle(desk, confirmed, held)
    preview = tmp_path / "drafts" / "top.jpg"
    preview.parent.mkdir(exist_ok=True)
    preview.write_bytes(b"again")
    assert a_governor(desk, tmp_path, Disk()).make_room() == 2
    assert kept(tmp_path) == {owed, held}
    assert not preview.exists()
    assert len(desk.events("inspected")) == 3, "no event ever goes"


def test_with_room_enough_nothing_goes(desk: DeskUnderTest, tmp_path: Path) -> None:
    settle(desk, confirmed := save(desk))
    disk = Disk()
    disk.free = PLENTY
    assert a_governor(desk, tmp_path, disk).make_room() == 0
    assert kept(tmp_path) == {confirmed}


def test_confirmed_pictures_go_after_their_days_and_others_never(desk: DeskUnderTest, tmp_path: Path) -> None:
    confirmed, owed = save(desk), save(desk)
    settle(desk, confirmed)
    disk = Disk()
    disk.free = PLENTY
    governor = a_governor(desk, tmp_path, disk)
    desk.clock.time += timedelta(days=29)
    assert governor.make_room() == 0
    desk.clock.time += timedelta(days=2)
    assert governor.make_room() == 2
    assert kept(tmp_path) == {owed}


def test_a_clock_that_jumps_ten_years_removes_nothing(desk: DeskUnderTest, tmp_path: Path) -> None:
    settle(desk, confirmed := save(desk))
    disk = Disk()
    disk.free = PLENTY
    desk.clock.time += timedelta(days=3652)
    desk.clock.right = False
    assert a_governor(desk, tmp_path, disk).make_room() == 0
    assert kept(tmp_path) == {confirmed}


def test_a_picture_whose_message_was_lost_with_a_damaged_database_stays(
    desk: DeskUnderTest, tmp_path: Path
) -> None:
    orphan = save(desk)
    with desk.database.write():
        desk.database.sql(
            "DELETE FROM outbox WHERE message_id = "
            "(SELECT message_id FROM inspection WHERE inspection_id = ?)",
            (orphan,),
        )
    governor = a_governor(desk, tmp_path, Disk(), message_days=90)
    assert governor.make_room() == 0
    assert kept(tmp_path) == {orphan}, "nobody else has seen this unit"
    desk.clock.time += timedelta(days=91)
    assert governor.make_room() == 2, "by now the message would have been let go after its time"


def test_the_outboxes_room_is_taken_while_there_is_plenty_and_given_back_at_the_last(
    desk: DeskUnderTest, tmp_path: Path
) -> None:
    disk, file = Disk(), tmp_path / "outbox.reserve"
    governor = a_governor(desk, tmp_path, disk, queue_mb=1)
    disk.free = PLENTY
    governor.make_room()
    assert file.stat().st_size == MIB
    disk.free = 3 * MIB
    governor.make_room()
    assert file.exists(), "short, but not at the end"
    disk.free = 4096
    governor.make_room()
    assert not file.exists()
    disk.free = 11 * MIB
    governor.make_room()
    assert not file.exists(), "not as long as it would stop the station again"
    disk.free = PLENTY
    governor.make_room()
    assert QueueReserve(file, MIB).held


def test_no_previews_are_kept_while_room_is_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with a_desk(tmp_path) as desk:
        monkeypatch.setattr(desk.parts.drafts, "_is_short", lambda: True)
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan("ORD-1001")
        desk.scan(GTIN)
        assert desk.desk.proposal is not None
        desk.parts.drafts.stop()
        assert not list((tmp_path / "drafts").glob("*.jpg"))
        draft, pictures = desk.parts.drafts.restore() or (None, {})
        assert draft is not None, "where the staff were is kept all the same"
        assert pictures == {}
