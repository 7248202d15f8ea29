"""Where one read of a scanner ends and the next begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.scanners.decoding import decode_read
from hardware.scanners.driver import RefusedText, ScannedText
from hardware.scanners.framing import LineFramer


@pytest.mark.parametrize(
    ("sent", "reads"),
    [
        (b"A\r", [b"A"]),
        (b"A\n", [b"A"]),
        (b"A\r\nB\r\n", [b"A", b"B"]),
        (b"\x02A\x03", [b"A"]),
        (b"\x02A\x03\x02B\x03", [b"A", b"B"]),
        (b"\x02A\r\n", [b"A"]),
        (b"\x02A\x03\r\n", [b"A"]),
        (b"\r\n\r\n\x03\x03", []),
        (b"A", []),
        (b"01089\x1d17\r", [b"01089\x1d17"]),
        (b"cut\x02A\x03", [RefusedText("scan.interrupted", 3), b"A"]),
        (b"\x00\x7f\xff\r", [b"\x00\x7f\xff"]),
    ],
)
def test_all_usual_marks_are_understood(sent, reads):
    assert LineFramer(100).feed(sent) == reads


@pytest.mark.parametrize(
    ("sent", "reads"),
    [
        (b"\x02two\r\nlines\x03", [b"two\r\nlines"]),
        (b"noise\x02A\x03noise\r\n\x02B\x03", [b"A", b"B"]),
    ],
)
def test_with_stx_and_etx_alone_line_ends_are_text_and_the_rest_is_noise(sent, reads):
    assert LineFramer(100, stx_etx_only=True).feed(sent) == reads


@given(st.lists(st.binary(max_size=12), max_size=12), st.booleans())
def test_it_does_not_matter_how_the_bytes_arrive(chunks, stx_etx_only):
    whole, piecewise = (LineFramer(8, stx_etx_only=stx_etx_only) for _ in range(2))
    together = whole.feed(b"".join(chunks))
    assert [read for chunk in chunks for read in piecewise.feed(chunk)] == together


@given(st.binary(max_size=5000))
def test_no_read_is_longer_than_the_limit(data):
    framer = LineFramer(16)
    for read in [*framer.feed(data), *framer.finish()]:
        assert isinstance(read, RefusedText) or 0 < len(read) <= 16


def test_an_endless_read_takes_no_more_memory_than_the_limit_and_is_reported_at_its_end():
    framer = LineFramer(10)
    for _ in range(100):
        assert framer.feed(b"x" * 1000) == []
    assert framer.feed(b"\rA\r") == [RefusedText("scan.too_long", 100_000), b"A"]


def test_an_unplugged_scanners_half_read_does_not_join_the_next():
    framer = LineFramer(100)
    framer.feed(b"89012345")
    framer.reset()
    assert framer.feed(b"67894\r") == [b"67894"]


@pytest.mark.parametrize(
    ("data", "text", "symbology"),
    [
        (b"]E08901234567894", "8901234567894", "]E0"),
        (b"]d20108901234567894\x1d10A", "0108901234567894\x1d10A", "]d2"),
        (b"]", "]", None),
        (b"]9x", "]9x", None),
        ("दाल".encode(), "दाल", None),
        (b"caf\xe9", "café", None),
        (b"]C1", "", "]C1"),
    ],
)
def test_bytes_become_text_and_symbology(data, text, symbology):
    assert decode_read(data, aim_prefix=True) == ScannedText(text, symbology)


@given(st.binary(max_size=50))
def test_every_read_has_a_text(data):
    assert decode_read(data, aim_prefix=False).symbology is None
