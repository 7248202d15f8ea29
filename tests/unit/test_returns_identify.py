"""Scanned texts are understood, and none is so hostile that it raises."""

import time
from datetime import date
from decimal import Decimal

import pytest
from builders_returns import TODAY, a_gtin
from hypothesis import given
from hypothesis import strategies as st

from edge.returns.catalogue import DateKind
from edge.returns.dates import DatePrecision
from edge.returns.gs1 import GS, gs1_date
from edge.returns.gtin import as_gtin14, check_digit
from edge.returns.identified import (
    Command,
    PlaceCode,
    ProductCode,
    ReturnReference,
    Sscc,
    StaffBadge,
    StationCommand,
    UnclearField,
    UnitLabel,
    UnknownCode,
    UnknownReason,
)
from edge.returns.identify import identify
from edge.returns.patterns import SitePatterns, WeighedLabel

GTIN = a_gtin(1)
PATTERNS = SitePatterns(
    weighed=(
        WeighedLabel(layout="21IIIIIVVVVVC", value="weight_kg", decimals=3),
        WeighedLabel(layout="22IIIIKVVVVVC", value="price", decimals=2),
    )
)


def read(text: str, symbology: str | None = None, patterns: SitePatterns = PATTERNS):
    return identify(text, symbology, patterns, today=TODAY)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("RMA-2026-00042", "rma", "RMA-2026-00042"),
        ("ORD-1001", "order", "ORD-1001"),
        ("SHP-ABC123", "shipment", "SHP-ABC123"),
        ("BAG-000777", "bag", "BAG-000777"),
        ("  ORD-1001\r\n", "order", "ORD-1001"),
    ],
)
def test_the_sites_numbers_are_references(text, kind, value):
    found = read(text)
    assert isinstance(found, ReturnReference)
    assert (found.kind.value, found.value) == (kind, value)


@pytest.mark.parametrize("command", list(Command))
def test_every_command_is_known_in_either_case(command):
    assert read(f"DS:{command.value}") == StationCommand(command=command)
    assert read(f"ds:{command.value.lower()}") == StationCommand(command=command)


def test_labels_badges_and_bins():
    assert read("UL:blr-01:000042") == UnitLabel(site="blr-01", unit="000042")
    assert read("STAFF-0012") == StaffBadge(badge="STAFF-0012")
    assert read("BIN-A-01") == PlaceCode(place_id="BIN-A-01")


def test_a_pattern_with_a_group_takes_the_groups_value():
    patterns = SitePatterns(bag=(r"https://bags\.example/([A-Z0-9]{6,12})",))
    assert read("https://bags.example/AB12CD", patterns=patterns).value == "AB12CD"


@pytest.mark.parametrize("digits", [GTIN, GTIN[1:]])
def test_a_gtin_is_kept_in_fourteen_digits(digits):
    assert read(digits) == ProductCode(gtin14=GTIN)


def test_short_gtins():
    eight = "8901234" + check_digit("8901234")
    twelve = "03600029145" + check_digit("03600029145")
    assert read(eight).gtin14 == eight.zfill(14)
    assert read(twelve).gtin14 == twelve.zfill(14)


@given(st.integers(0, 10**12 - 1), st.integers(1, 9))
def test_a_wrong_check_digit_is_never_an_article(number, wrong_by):
    payload = f"{number:012d}"
    wrong = payload + str((int(check_digit(payload)) + wrong_by) % 10)
    assert read(wrong) == UnknownCode(reason=UnknownReason.CHECK_DIGIT, shown=wrong)
    assert as_gtin14(wrong) is None


def test_nothing_but_zeros_is_no_article():
    assert read("0000000000000").reason is UnknownReason.CHECK_DIGIT


def test_a_retail_symbology_is_an_article_whatever_the_patterns_say():
    patterns = SitePatterns(order=(r"890[0-9]{10}",))
    assert isinstance(read(GTIN[1:], None, patterns), ReturnReference)
    assert isinstance(read(GTIN[1:], "]E0", patterns), ProductCode)


def test_element_strings_with_separators():
    found = read(f"01{GTIN}1727013110LOT-7{GS}21SER/9", "]d2")
    assert (found.gtin14, found.lot, found.serial) == (GTIN, "LOT-7", "SER/9")
    assert (found.date.kind, found.date.day) == (DateKind.USE_BY, date(2027, 1, 31))
    assert found.unclear == ()


def test_the_aim_prefix_may_stand_in_the_text():
    found = read(f"]d201{GTIN}10A21B{GS}21C")
    assert (found.lot, found.serial, found.symbology) == ("A21B", "C", "]d2")


def test_a_lost_separator_leaves_lot_and_serial_unclear_but_not_the_rest():
    found = read(f"01{GTIN}1727013110LOT721SER9")
    assert found.gtin14 == GTIN
    assert found.date.day == date(2027, 1, 31)
    assert (found.lot, found.serial) == (None, None)
    assert found.unclear == (UnclearField.LOT, UnclearField.SERIAL)


def test_a_lost_separator_before_a_date_makes_the_date_unclear():
    found = read(f"01{GTIN}10LOT17270131")
    assert (found.lot, found.date) == (None, None)
    assert set(found.unclear) == {UnclearField.LOT, UnclearField.DATE}


def test_without_separators_a_plain_lot_at_the_end_is_clear():
    found = read(f"01{GTIN}1727013110LOTAB")
    assert (found.lot, found.unclear) == ("LOTAB", ())


def test_a_scanner_may_send_another_separator():
    found = read(f"01{GTIN}10LOT7|21SER9", patterns=SitePatterns(separators=("|",)))
    assert (found.lot, found.serial) == ("LOT7", "SER9")


def test_dates_of_making_and_best_before():
    found = read(f"01{GTIN}1126010115261200", "]d2")
    assert found.manufactured.day == date(2026, 1, 1)
    assert (found.date.kind, found.date.day) == (DateKind.BEST_BEFORE, date(2026, 12, 31))
    assert found.date.precision is DatePrecision.MONTH


def test_a_day_that_no_calendar_has_leaves_the_article_clear():
    found = read(f"01{GTIN}17270230", "]d2")
    assert (found.gtin14, found.date, found.unclear) == (GTIN, None, (UnclearField.DATE,))


@pytest.mark.parametrize(
    ("digits", "today", "expected"),
    [
        ("270101", date(2026, 11, 22), date(2027, 1, 1)),
        ("760101", date(2026, 11, 22), date(2076, 1, 1)),
        ("770101", date(2026, 11, 22), date(1977, 1, 1)),
        ("200101", date(2080, 1, 1), date(2120, 1, 1)),
        ("280200", date(2026, 11, 22), date(2028, 2, 29)),
    ],
)
def test_years_of_two_digits(digits, today, expected):
    assert gs1_date(digits, DateKind.USE_BY, today).day == expected


def test_a_clock_of_1970_does_not_move_the_century():
    found = identify(f"01{GTIN}17270131", "]d2", PATTERNS, today=date(1970, 1, 1))
    assert found.date.day == date(2027, 1, 31)


def test_net_weight_of_a_weighed_pack():
    assert read(f"01{GTIN}3103001250").net_weight.value == Decimal("1.250")


def test_in_store_labels():
    weighed = "211234500650" + check_digit("211234500650")
    found = read(weighed)
    assert (found.item_code, str(found.net_weight), found.gtin14) == ("12345", "0.650 KGM", None)
    priced = "221234912345" + check_digit("221234912345")
    assert (read(priced).item_code, read(priced).price) == ("1234", Decimal("123.45"))
    plain = "231234512345" + check_digit("231234512345")
    assert read(plain).gtin14 == "0" + plain


def test_digital_link_and_human_form():
    for text in (f"https://id.gs1.org/01/{GTIN}/10/AB%2F1?17=270131", f"(01){GTIN}(10)AB/1(17)270131"):
        found = read(text)
        assert (found.gtin14, found.lot, found.date.day) == (GTIN, "AB/1", date(2027, 1, 31))
    assert read("https://www.example.com/offers").reason is UnknownReason.NO_ITEM


def test_sscc_with_and_without_its_identifier():
    digits = "18901234567890123"
    sscc = digits + check_digit(digits)
    assert read(sscc) == read(f"00{sscc}") == Sscc(value=sscc)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        ("A" * 10_000, "too_long"),
        ("ORD-1001\x00", "control_characters"),
        ("\x1b[2J", "control_characters"),
        ("\u202eDRO", "control_characters"),
        ("\ud800", "control_characters"),
        ("'; DROP TABLE inspections; --", "unrecognised"),
        ("<script>alert(1)</script>", "unrecognised"),
        ("{{7*7}}", "unrecognised"),
        ("../../etc/passwd", "unrecognised"),
        ("１２３４５６７８", "unrecognised"),
        ("DS:FORMAT", "unknown_command"),
        (f"01{GTIN[:-1]}{(int(GTIN[-1]) + 1) % 10}", "check_digit"),
        (f"01{GTIN}1727", "incomplete"),
        (f"01{GTIN}10A" + "1021" * 40, "incomplete"),
        ("(01)garbage", "incomplete"),
        ("(((((", "incomplete"),
        ("https://id.gs1.org/01/124", "check_digit"),
        ("http://[", "no_item"),
    ],
)
def test_hostile_and_broken_texts(text, reason):
    found = read(text)
    assert isinstance(found, UnknownCode)
    assert found.reason.value == reason
    assert found.shown.isprintable()
    assert UnknownCode.model_validate_json(found.model_dump_json()) == found


FRAGMENTS = st.sampled_from(
    ["01", GTIN, "10", "21", "17", "270131", GS, "3103", "8005", "00", "]d2", "(", ")", "DS:"]
)


@given(st.one_of(st.text(max_size=300), st.lists(FRAGMENTS | st.text(max_size=6), max_size=12).map("".join)))
def test_no_text_raises_and_every_answer_survives_json(text):
    for symbology in (None, "]d2", "]E0", "nonsense"):
        found = read(text, symbology)
        assert type(found).model_validate_json(found.model_dump_json()) == found


@given(
    lot=st.text("ABCXYZ0123456789-", min_size=1, max_size=20),
    serial=st.text("ABCXYZ0123456789-", min_size=1, max_size=20),
)
def test_without_separators_nothing_wrong_is_ever_told(lot, serial):
    found = read(f"01{GTIN}10{lot}21{serial}")
    if isinstance(found, ProductCode) and UnclearField.LOT not in found.unclear:
        assert (found.lot, found.serial) == (lot, serial)
    elif isinstance(found, ProductCode):
        assert found.lot is None
    else:
        assert found.reason in (UnknownReason.AMBIGUOUS, UnknownReason.INCOMPLETE)


def test_the_worst_text_is_answered_at_once():
    started = time.process_time()
    read(f"01{GTIN}10" + "2110" * 45)
    read("A" * 64, patterns=SitePatterns(order=(r"[A-Z]*[A-Z]*[A-Z]*-",)))
    assert time.process_time() - started < 5
