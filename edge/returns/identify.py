"""What is it that was scanned? Text in, one of `Identified` out; no text, however hostile, raises.

The order matters: the station's own command sheet and labels first, then the site's numbers, then GS1. A
retail symbology (EAN, UPC) settles that it is an article, whatever the site's patterns say.

>>> identify("DS:ACCEPT", None, SitePatterns())
StationCommand(command=<Command.ACCEPT: 'ACCEPT'>)
>>> identify("ORD-20261122-0042", None, SitePatterns()).kind
<ReferenceKind.ORDER: 'order'>
>>> identify("8900000000012", None, SitePatterns()).gtin14
'08900000000012'
>>> identify("8900000000013", None, SitePatterns()).reason
<UnknownReason.CHECK_DIGIT: 'check_digit'>
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Literal

from edge.returns.expected import ReferenceKind
from edge.returns.gs1 import GS, read_digital_link, read_element_strings, read_human_form
from edge.returns.gtin import as_gtin14, has_good_check_digit, is_sscc, looks_like_gtin
from edge.returns.identified import (
    Command,
    Identified,
    PlaceCode,
    ProductCode,
    ReturnReference,
    Sscc,
    StaffBadge,
    StationCommand,
    UnitLabel,
    UnknownCode,
    UnknownReason,
)
from edge.returns.patterns import SitePatterns
from edge.returns.values import Quantity

LONGEST_TEXT = 1000
_SHOWN = 60
_EARLIEST_TODAY = date(2025, 1, 1)
_AIM_PREFIX = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_GS1_SYMBOLOGIES = ("]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1")
_RETAIL_SYMBOLOGIES = ("]E",)
_COMMAND = re.compile(r"DS:(.{0,40})", re.IGNORECASE)
_UNIT_LABEL = re.compile(r"UL:([A-Za-z0-9][A-Za-z0-9_.-]{0,31}):([A-Za-z0-9][A-Za-z0-9_.-]{0,39})")
_STARTS_LIKE_GS1 = re.compile(r"01[0-9]{14}.*|00[0-9]{18}.*", re.ASCII)
_EAN13 = 13
_REFERENCES: tuple[tuple[Literal["rma", "order", "shipment", "bag"], ReferenceKind], ...] = (
    ("rma", ReferenceKind.RMA),
    ("order", ReferenceKind.ORDER),
    ("shipment", ReferenceKind.SHIPMENT),
    ("bag", ReferenceKind.BAG),
)


def identify(
    text: str, symbology: str | None, patterns: SitePatterns, *, today: date | None = None
) -> Identified:
    """What a scanned text is.

    Args:
        text: As the scanner sent it.
        symbology: AIM identifier where the scanner gave one; a prefix in the text itself counts too.
        patterns: How the site's own codes look.
        today: The local day, for the century of two-digit years. A day before this software existed is not
            believed.
    """
    text = text.strip(" \t\r\n")
    trouble = _trouble(text, patterns)
    if trouble is not None:
        return UnknownCode(reason=trouble, shown=_safe(text))
    prefix = _AIM_PREFIX.match(text)
    if prefix is not None:
        symbology, text = symbology or prefix.group(), text[prefix.end() :]
    for separator in patterns.separators:
        text = text.replace(separator, GS) if _starts_like_gs1(text) else text
    day = max(today or _EARLIEST_TODAY, _EARLIEST_TODAY)
    found = _ours(text, symbology, patterns) or _gs1(text, symbology, patterns, day)
    if isinstance(found, UnknownReason):
        return UnknownCode(reason=found, shown=_safe(text))
    return found


def _trouble(text: str, patterns: SitePatterns) -> UnknownReason | None:
    """Why a text is not even looked at."""
    if not text:
        return UnknownReason.EMPTY
    if len(text) > LONGEST_TEXT:
        return UnknownReason.TOO_LONG
    allowed = {GS, *patterns.separators}
    if any(unicodedata.category(sign).startswith("C") and sign not in allowed for sign in text):
        return UnknownReason.CONTROL_CHARACTERS
    return None


def _ours(text: str, symbology: str | None, patterns: SitePatterns) -> Identified | UnknownReason | None:
    """The station's and the site's own codes."""
    command = _COMMAND.fullmatch(text)
    if command is not None:
        return _command(command.group(1))
    label = _UNIT_LABEL.fullmatch(text)
    if label is not None:
        return UnitLabel(site=label.group(1), unit=label.group(2))
    if symbology is not None and symbology.startswith(_RETAIL_SYMBOLOGIES):
        return None
    badge = patterns.find("badge", text)
    if badge is not None:
        return StaffBadge(badge=badge)
    for name, kind in _REFERENCES:
        value = patterns.find(name, text)
        if value is not None:
            return ReturnReference(kind=kind, value=value)
    place = patterns.find("place", text)
    return PlaceCode(place_id=place) if place is not None else None


def _command(name: str) -> StationCommand | UnknownReason:
    try:
        return StationCommand(command=Command(name.upper()))
    except ValueError:
        return UnknownReason.UNKNOWN_COMMAND


def _gs1(
    text: str, symbology: str | None, patterns: SitePatterns, today: date
) -> ProductCode | Sscc | UnknownReason:
    if looks_like_gtin(text):
        return _article(text, symbology, patterns)
    if is_sscc(text):
        return Sscc(value=text)
    if text.lower().startswith(("http://", "https://")):
        return read_digital_link(text, today=today, symbology=symbology)
    if text.startswith("("):
        return read_human_form(text, today=today)
    by_scanner = symbology is not None and symbology.startswith(_GS1_SYMBOLOGIES)
    if by_scanner or _starts_like_gs1(text):
        return read_element_strings(text, trusted=by_scanner, today=today, symbology=symbology)
    return UnknownReason.UNRECOGNISED


def _starts_like_gs1(text: str) -> bool:
    return _STARTS_LIKE_GS1.fullmatch(text.lstrip(GS)) is not None


def _article(digits: str, symbology: str | None, patterns: SitePatterns) -> ProductCode | UnknownReason:
    ean13 = digits[1:] if len(digits) == _EAN13 + 1 and digits.startswith("0") else digits
    if len(ean13) == _EAN13 and has_good_check_digit(ean13):
        for label in patterns.weighed:
            if label.fits(ean13):
                holds_weight = label.value == "weight_kg"
                amount = label.amount(ean13)
                return ProductCode(
                    item_code=label.item_code(ean13),
                    net_weight=Quantity.kilograms(amount) if holds_weight else None,
                    price=None if holds_weight else Decimal(amount),
                    symbology=symbology,
                )
    gtin14 = as_gtin14(digits)
    if gtin14 is None:
        return UnknownReason.CHECK_DIGIT
    return ProductCode(gtin14=gtin14, symbology=symbology)


def _safe(text: str) -> str:
    """A text that may be shown and stored: printable, short."""
    printable = "".join(sign if sign.isprintable() else "·" for sign in text[:_SHOWN])
    return printable + ("…" if len(text) > _SHOWN else "")
