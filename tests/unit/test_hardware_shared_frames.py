"""Pictures in memory that two processes share: whole ones only."""

import os
import threading

import pytest
from fakes_hardware import open_descriptors
from hypothesis import given
from hypothesis import strategies as st

from hardware.cameras.shared_frames import SLOTS, SharedFrames
from hardware.errors import PictureTooLarge

LIMIT = 20_000


@pytest.fixture
def shared():
    frames = SharedFrames.create("top", LIMIT)
    other = SharedFrames.attach(os.dup(frames.fd), LIMIT)
    yield frames, other
    other.close()
    frames.close()


def test_what_one_side_writes_the_other_reads(shared):
    reader, writer = shared
    assert reader.newest() is None
    assert reader.newest_taken_at_ns() == 0
    assert writer.write(b"first", 111, 64, 48) == 1
    assert writer.write(b"second", 222, 65, 49) == 2
    assert tuple(reader.newest()) == (b"second", 222, 2, 65, 49)
    assert reader.newest_taken_at_ns() == 222


def test_pictures_of_every_size_round_the_slots_stay_themselves(shared):
    reader, writer = shared
    for number in range(1, 4 * SLOTS):
        jpeg = bytes([number]) * (number * 1500)
        writer.write(jpeg, number * 10, 1, 1)
        assert reader.newest().jpeg == jpeg
        assert reader.newest().number == number


def test_a_picture_that_does_not_fit_is_refused_and_the_last_one_stays(shared):
    reader, writer = shared
    writer.write(b"x" * LIMIT, 1, 1, 1)
    with pytest.raises(PictureTooLarge, match="max_picture_bytes"):
        writer.write(b"y" * (LIMIT + 1), 2, 1, 1)
    assert reader.newest().jpeg == b"x" * LIMIT


def test_a_picture_half_written_is_never_handed_out(shared):
    reader, writer = shared
    writer.write(b"whole", 1, 1, 1)
    base = 4096 + 1 * writer._stride
    writer._bytes[base + 64 : base + 69] = b"WHOLE"  # torn without its version telling
    assert reader.newest() is None
    writer.write(b"next", 2, 1, 1)
    assert reader.newest().jpeg == b"next"


def test_a_writer_killed_in_the_middle_leaves_room_for_the_next(shared):
    reader, writer = shared
    writer.write(b"one", 1, 1, 1)
    base = 4096 + 2 * writer._stride
    writer._words[base // 8] |= 1  # the slot of picture 2 is being written when its writer dies
    assert reader.newest().jpeg == b"one"
    after = SharedFrames.attach(os.dup(reader.fd), LIMIT)
    assert after.write(b"two", 2, 1, 1) == 2
    assert reader.newest().jpeg == b"two"
    after.close()


def test_a_reader_overtaken_again_and_again_still_gets_whole_pictures(shared):
    reader, writer = shared
    stop = threading.Event()

    def write_all_the_time():
        number = 0
        while not stop.is_set():
            number += 1
            writer.write(bytes([number % 256]) * LIMIT, number, 1, 1)

    thread = threading.Thread(target=write_all_the_time)
    thread.start()
    try:
        read = 0
        while read < 300:
            frame = reader.newest()
            if frame is not None:
                read += 1
                assert frame.jpeg == bytes([frame.number % 256]) * LIMIT
                assert frame.taken_at_ns == frame.number
    finally:
        stop.set()
        thread.join()


def test_the_memory_cannot_be_cut_by_the_cameras_process(shared):
    _, writer = shared
    with pytest.raises(PermissionError):
        os.ftruncate(writer.fd, 0)


@given(st.text(max_size=6000))
def test_a_report_of_any_text_arrives_up_to_its_limit(text):
    frames = SharedFrames.create("top", 4096)
    frames.report(text)
    expected = text.encode("utf-8", "replace")[:4032].decode("utf-8", "replace")
    assert frames.reported() == expected
    frames.close()


def test_closing_twice_gives_everything_back_once():
    before = open_descriptors()
    frames = SharedFrames.create("top", LIMIT)
    frames.close()
    frames.close()
    assert open_descriptors() == before
