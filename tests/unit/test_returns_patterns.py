"""Site patterns are checked when the station starts."""

import pytest
from pydantic import ValidationError

from edge.returns.errors import PatternRefused
from edge.returns.patterns import SitePatterns, WeighedLabel, check_pattern


@pytest.mark.parametrize(
    "pattern",
    [r"RMA[0-9]{6,10}", r"(?:SWG|BLR)-\d{4}-(\d{4,8})", r"[A-Z]{2}/[0-9]+", r"40[0-9]{11}", r"OD\.\d+"],
)
def test_sound_patterns(pattern):
    check_pattern("order", pattern)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"(a+)+", "repeated"),
        (r"(?:ab)*", "repeated"),
        (r"(?=A)B", "not allowed"),
        (r"(?P<x>A)\1", "not allowed"),
        (r"A\1", "not allowed"),
        (r"^ORD", "not allowed"),
        (r"(ORD", "pair up"),
        (r"ORD)", "pair up"),
        (r"[0-9]*[0-9]*[0-9]*[0-9]*", "changing length"),
        (r"[0-9]{13}", "article numbers"),
        (r"\d+", "article numbers"),
        (r"[Z-A]", "regular expression"),
        (r"*A", "regular expression|not allowed"),
        ("|".join("ABCDEFGHIJKLMNOPQR"), "alternatives"),
    ],
)
def test_unsafe_patterns_are_refused_with_the_reason(pattern, why):
    with pytest.raises(PatternRefused, match=why) as refused:
        check_pattern("order", pattern)
    assert "[patterns]" in str(refused.value)
    with pytest.raises(ValidationError, match="order"):
        SitePatterns(order=(pattern,))


def test_a_separator_may_be_no_letter():
    with pytest.raises(ValidationError, match="separator"):
        SitePatterns(separators=("A",))


@pytest.mark.parametrize("layout", ["31IIIIIVVVVVC", "21IIIIVVVVC", "21IIIIIVVVVVV"])
def test_a_weighed_label_has_thirteen_known_places(layout):
    with pytest.raises(ValidationError):
        WeighedLabel(layout=layout, value="weight_kg", decimals=3)


def test_long_texts_are_never_matched():
    assert SitePatterns(order=(r"ORD-[0-9]+",)).find("order", "ORD-" + "1" * 100) is None
