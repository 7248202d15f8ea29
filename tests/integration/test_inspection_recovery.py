"""After a stop at any point: the staff are where they were, nothing saved is lost, nothing else is owed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from builders_desk import Table, a_desk, a_seen
from builders_returns import a_gtin, a_line, a_product, an_expected_return

from edge.bootstrap import open_station
from edge.errors import StationLocked
from edge.inspection.desk import Phase
from edge.inspection.recovery import restore_desk, sweep_pictures
from edge.locking import DataFolderLock
from edge.settings import Settings
from sync.errors import DatabaseTooNew

ORDER, GTIN = "ORD-1001", a_gtin(1)


def restored(desk) -> Phase:
    parts = desk.parts
    sweep_pictures(parts.store, parts.pictures)
    restore_desk(parts.state, parts.drafts, parts.store, parts.judge, parts.references, parts.workflow)
    return desk.desk.phase


def test_unit_in_hand_is_proposed_again_from_its_kept_pictures(tmp_path: Path) -> None:
    table = Table()
    with a_desk(tmp_path, table=table) as desk:
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan(ORDER)
        table.put("dented", a_seen())
        before = desk.scan(GTIN).proposal
    # The item was taken away meanwhile; the kept pictures are judged, not the table as it is now.
    later = Table(findings=dict(table.findings))
    with a_desk(tmp_path, table=later) as desk:
        assert restored(desk) is Phase.PROPOSAL
        after = desk.desk.proposal
        assert before is not None
        assert after is not None
        assert (after.inspection_id, after.grade, after.disposition) == (
            before.inspection_id,
            before.grade,
            before.disposition,
        )
        assert desk.parts.journal.picture(after.inspection_id, "top") == b"top-dented"
        assert desk.accept().last_saved is not None
        assert len(desk.events("inspected")) == 1


def test_saved_unit_is_not_offered_again(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.knows(a_product(), an_expected_return(a_line(pieces=1, mrp=1500)))
        desk.scan(ORDER)
        desk.scan(GTIN)
        desk.accept()
    with a_desk(tmp_path) as desk:
        assert restored(desk) is Phase.RETURN_OPEN
        assert desk.desk.current_return is not None
        assert desk.desk.current_return.lines[0].done
        assert [event["epoch"][:6] for event in desk.events()] == ["000001", "000001"]


def test_question_is_asked_again(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.knows(
            a_product(category="ambient_food", goods_class="food", dated=True),
            an_expected_return(a_line(mrp=1500)),
        )
        desk.scan(ORDER)
        assert desk.scan(GTIN).phase is Phase.QUESTION
    with a_desk(tmp_path) as desk:
        assert restored(desk) is Phase.QUESTION
        assert desk.answer("2028-01-31").proposal is not None


def test_pictures_of_what_was_never_saved_are_put_aside(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan(ORDER)
        desk.scan(GTIN)
        kept = desk.accept().last_saved
        assert kept is not None
        orphan = tmp_path / "pictures" / "2026-11-22" / "0190-top.jpg"
        orphan.write_bytes(b"half a pic")
        assert sweep_pictures(desk.parts.store, desk.parts.pictures) == ["2026-11-22/0190-top.jpg"]
        assert (tmp_path / "unclaimed" / "2026-11-22" / "0190-top.jpg").read_bytes() == b"half a pic"
        assert desk.parts.journal.picture(kept.inspection_id, "top") == b"top-1"


def test_second_start_on_the_same_data_is_refused(tmp_path: Path) -> None:
    with DataFolderLock(tmp_path), pytest.raises(StationLocked, match="in use by another station"):
        DataFolderLock(tmp_path)
    DataFolderLock(tmp_path).release()


def test_killed_holder_leaves_the_folder_free(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from edge.locking import DataFolderLock;"
        "lock = DataFolderLock(Path(sys.argv[1])); print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(StationLocked, match=f"pid {holder.pid}"):
            DataFolderLock(tmp_path)
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            DataFolderLock(tmp_path).release()
            break
        except StationLocked:
            time.sleep(0.01)
    else:
        pytest.fail("the lock outlived its holder")


def test_database_of_a_newer_version_is_refused_unchanged(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk, desk.database.write():
        desk.database.sql(
            "INSERT INTO schema_version (set_name, version, title, applied_at) "
            "VALUES ('edge', 99, 'later', 'x')"
        )
    with pytest.raises(DatabaseTooNew), a_desk(tmp_path):
        pass


def test_damaged_database_is_set_aside_and_what_can_be_read_goes_on(tmp_path: Path) -> None:
    with a_desk(tmp_path) as desk:
        desk.knows(a_product(), an_expected_return(a_line(mrp=1500)))
        desk.scan(ORDER)
        desk.scan(GTIN)
        saved = desk.accept().last_saved
        assert saved is not None
        desk.database.checkpoint()
    file = tmp_path / "station.db"
    whole = bytearray(file.read_bytes())
    middle = len(whole) // 4096 // 2 * 4096
    whole[middle : middle + 4096] = bytes(4096)
    file.write_bytes(bytes(whole))
    (tmp_path / "station.db-wal").unlink(missing_ok=True)
    section = {"site": "blr-01", "station": "desk-1", "data_dir": tmp_path, "port": 1}
    with open_station(Settings.model_validate({"station": section}), serving=False) as station:
        told = [task for task in station.journal.tasks() if task.kind == "repair"]
        assert told[0].message.code == "task.salvaged"
        assert station.services.versions.epoch.startswith("0000")
    kept = list((tmp_path / "damaged").rglob("station.db"))
    assert len(kept) == 1
    assert list(
        tmp_path.rglob(f"{saved.inspection_id}-top.jpg")
    )  # its picture is evidence, whatever was lost
