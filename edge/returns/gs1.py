"""GS1 codes: what a GS1-128, DataMatrix, DataBar, QR code or Digital Link says of a unit.

Fields of changing length (lot, serial) end with FNC1, which scanners send as the GS character. Many
keyboard-wedge scanners drop it. Then `10LOT21SERIAL` may be a lot `LOT21SERIAL` or a lot and a serial, and a
guess could let a recalled lot pass. So every reading is tried, and only what all readings agree on is told;
the rest is *unclear*.

Years have two digits: GS1 takes the century that lies within 49 years back and 50 ahead. Day 00 is the
month's end.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from biip import ParseConfig, ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

from edge.returns.catalogue import DateKind
from edge.returns.dates import DateSource, PackDate
from edge.returns.gtin import as_gtin14, is_sscc
from edge.returns.identified import ProductCode, Sscc, UnclearField, UnknownReason
from edge.returns.values import Quantity

GS = "\x1d"
_LONGEST = 200
_MOST_READINGS = 64
# Dates are read here, by the station's clock and not by the library's; a broken one leaves the rest good.
_CONFIG = ParseConfig(gs1_element_strings_verify_date=False)
_FOLLOWERS = ("10", "11", "15", "17", "21", "310")
_EXPIRY = {
    "17": DateKind.USE_BY,
    "7003": DateKind.USE_BY,
    "15": DateKind.BEST_BEFORE,
    "16": DateKind.BEST_BEFORE,
}
_MADE = {"11": DateKind.MANUFACTURED, "13": DateKind.MANUFACTURED}

Elements = dict[str, GS1ElementString]


def read_element_strings(
    text: str, *, trusted: bool, today: date, symbology: str | None
) -> ProductCode | Sscc | UnknownReason:
    """What GS1 element strings say.

    Args:
        text: Without AIM prefix; separators are the GS character.
        trusted: The scanner is known to send separators, so that there is only one reading.
        today: For the century of two-digit years.
        symbology: AIM identifier, for the record.
    """
    trusted = trusted or GS in text
    text = text.strip(GS)
    if len(text) > _LONGEST:
        return UnknownReason.TOO_LONG
    if trusted:
        reading = _one_reading(text)
        readings = [reading] if reading is not None else []
    else:
        readings = _all_readings(text)
    if not readings:
        return UnknownReason.INCOMPLETE
    if len(readings) >= _MOST_READINGS:
        return UnknownReason.AMBIGUOUS
    return _told(readings, today, symbology)


def read_human_form(text: str, *, today: date) -> ProductCode | Sscc | UnknownReason:
    """What the human-readable form says, as printed below the bars: `(01)…(10)…`."""
    if len(text) > _LONGEST:
        return UnknownReason.TOO_LONG
    try:
        message = GS1Message.parse_hri(text, config=_CONFIG)
    except (ParseError, ValueError):
        return UnknownReason.INCOMPLETE
    elements = _by_ai(message.element_strings)
    return _told([elements], today, None) if elements is not None else UnknownReason.INCOMPLETE


def read_digital_link(text: str, *, today: date, symbology: str | None) -> ProductCode | Sscc | UnknownReason:
    """What a GS1 Digital Link URI says; a web address that is none names no item."""
    try:
        link = GS1DigitalLinkURI.parse(text, config=_CONFIG)
    except (ParseError, ValueError):
        return UnknownReason.NO_ITEM
    elements = _by_ai(link.element_strings)
    return _told([elements], today, symbology) if elements is not None else UnknownReason.INCOMPLETE


def gs1_date(yymmdd: str, kind: DateKind, today: date) -> PackDate | None:
    """A GS1 date of six digits; None where no calendar has it.

    >>> gs1_date("270200", DateKind.USE_BY, date(2026, 11, 22)).day
    datetime.date(2027, 2, 28)
    """
    year_digits, month, day = int(yymmdd[:2]), int(yymmdd[2:4]), int(yymmdd[4:6])
    ahead = year_digits - today.year % 100
    century = today.year // 100 * 100
    if ahead >= 51:
        century -= 100
    elif ahead <= -50:
        century += 100
    try:
        return PackDate.expiring(kind, century + year_digits, month, day or None, source=DateSource.GS1)
    except ValueError:
        return None


def _one_reading(text: str) -> Elements | None:
    try:
        return _by_ai(GS1Message.parse(text, config=_CONFIG).element_strings)
    except (ParseError, ValueError):
        return None


def _by_ai(elements: list[GS1ElementString]) -> Elements | None:
    """Elements by application identifier; None where one stands twice with two values."""
    found: Elements = {}
    for element in elements:
        other = found.setdefault(element.ai.ai, element)
        if other.value != element.value:
            return None
    return found


def _all_readings(text: str) -> list[Elements]:
    readings = []
    for elements in _readings(text, ()):
        readings.append(elements)
        if len(readings) >= _MOST_READINGS:
            break
    return readings


def _readings(text: str, used: tuple[str, ...]) -> Iterator[Elements]:
    """Every way to cut a text without separators into fields, no field twice."""
    try:
        ai = GS1ApplicationIdentifier.extract(text)
    except (ParseError, ValueError):
        return
    if ai.ai in used:
        return
    rest = text[len(ai.ai) :]
    for end in _ends(ai, rest):
        element = _element(ai.ai + rest[:end])
        if element is None:
            continue
        if end == len(rest):
            yield {ai.ai: element}
        elif not ai.separator_required or rest.startswith(_FOLLOWERS, end):
            for following in _readings(rest[end:], (*used, ai.ai)):
                yield {ai.ai: element, **following}


def _ends(ai: GS1ApplicationIdentifier, rest: str) -> list[int]:
    """Where a field may end: at its fixed length, or anywhere."""
    if ai.separator_required:
        return list(range(1, min(len(rest), 90) + 1))
    try:
        element = GS1ElementString.extract(ai.ai + rest, config=_CONFIG)
    except (ParseError, ValueError):
        return []
    return [len(element.value)]


def _element(text: str) -> GS1ElementString | None:
    try:
        return GS1ElementString.parse(text, config=_CONFIG)
    except (ParseError, ValueError):
        return None


def _told(readings: list[Elements], today: date, symbology: str | None) -> ProductCode | Sscc | UnknownReason:
    """What all readings agree on."""
    gtins = {_value(reading, "01") or _value(reading, "02") for reading in readings}
    if len(gtins) > 1:
        return UnknownReason.AMBIGUOUS
    number = gtins.pop()
    if number is None:
        return _container(readings)
    gtin14 = as_gtin14(number)
    if gtin14 is None:
        return UnknownReason.CHECK_DIGIT
    lot, lot_clear = _agreed(readings, "10")
    serial, serial_clear = _agreed(readings, "21")
    ends, ends_clear = _agreed_date(readings, _EXPIRY, today)
    made, made_clear = _agreed_date(readings, _MADE, today)
    clear = {
        UnclearField.LOT: lot_clear,
        UnclearField.SERIAL: serial_clear,
        UnclearField.DATE: ends_clear and made_clear,
    }
    return ProductCode(
        gtin14=gtin14,
        lot=lot,
        serial=serial,
        date=ends,
        manufactured=made,
        net_weight=_weight(readings[0]) if len(readings) == 1 else None,
        price=_price(readings[0]) if len(readings) == 1 else None,
        symbology=symbology,
        unclear=tuple(field for field, good in clear.items() if not good),
    )


def _container(readings: list[Elements]) -> Sscc | UnknownReason:
    number = _value(readings[0], "00")
    if number is None:
        return UnknownReason.NO_ITEM
    return Sscc(value=number) if is_sscc(number) else UnknownReason.CHECK_DIGIT


def _value(reading: Elements, ai: str) -> str | None:
    return reading[ai].value if ai in reading else None


def _agreed(readings: list[Elements], ai: str) -> tuple[str | None, bool]:
    values = {_value(reading, ai) for reading in readings}
    return (values.pop(), True) if len(values) == 1 else (None, False)


def _agreed_date(
    readings: list[Elements], kinds: dict[str, DateKind], today: date
) -> tuple[PackDate | None, bool]:
    """The earliest date of those kinds, where all readings tell the same and every one is in the calendar."""
    told = set()
    clear = True
    for reading in readings:
        read = [gs1_date(reading[ai].value, kind, today) for ai, kind in kinds.items() if ai in reading]
        good = [one for one in read if one is not None]
        clear = clear and len(good) == len(read)
        told.add(min(good, key=lambda one: one.day, default=None))
    return (told.pop(), clear) if len(told) == 1 else (None, False)


def _weight(reading: Elements) -> Quantity | None:
    for ai, element in reading.items():
        if ai.startswith("310") and element.decimal is not None:
            return Quantity.kilograms(element.decimal)
    return None


def _price(reading: Elements) -> Decimal | None:
    for ai, element in reading.items():
        if ai.startswith("392") and element.decimal is not None:
            return min(element.decimal, Decimal(100_000_000))
    return None
