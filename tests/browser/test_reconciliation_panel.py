"""The panel that says whether the OMS has everything, once: in figures, by name, in three languages."""

from dataclasses import replace

import pytest
from browser_steps import until
from builders_station import NOW

from edge.station.services import ComparedMessage, ComparisonView

pytestmark = pytest.mark.browser

MESSAGE = ComparedMessage("000012-9f3ac1", 7, "0194-7", "darkstore.return.inspected.v1", "ret-1", "old-6")
TROUBLE = ComparisonView(
    "done",
    NOW,
    1204,
    missing=31,
    doubled=1,
    named_missing=(MESSAGE,),
    named_doubled=(replace(MESSAGE, message_id="0194-8", sequence=8),),
)


def panel(page):
    page.wait_for_selector("#comparison .summary")
    return page.inner_text("#comparison")


def test_all_well_is_said_in_figures(open_page, station):
    shown = panel(open_page("/status"))
    assert "0 missing, 0 doubled" in shown
    assert "1,204 messages compared, 3 min" in shown


def test_what_is_missing_or_doubled_is_named_with_a_way_to_the_return(open_page, station):
    station.shift.delivery.compared = TROUBLE
    page = open_page("/status")
    shown = panel(page)
    assert "31 missing, 1 doubled" in shown
    assert "and 30 more" in shown
    assert page.locator("[data-named=missing] [data-compared='0194-7']").count() == 1
    assert page.locator("[data-named=doubled] [data-compared='0194-8']").count() == 1
    page.click("[data-named=missing] a")
    page.wait_for_selector("dialog[open]")
    assert "/returns#old-6" in page.url


def test_the_button_asks_and_the_verdict_comes_by_itself(open_page, station):
    delivery = station.shift.delivery
    delivery.compared = ComparisonView("never")
    page = open_page("/status")
    page.wait_for_selector("[data-comparison=never]")
    page.click("#compare")
    until(page, "document.querySelector('.toast') !== null")
    assert delivery.comparisons_asked == 1
    delivery.compared = ComparisonView("done", NOW, 12, resent=2)
    page.wait_for_selector("#comparison .summary")
    assert "0 missing, 0 doubled" in page.inner_text("#comparison")


def test_a_station_that_went_back_is_told_so(open_page, station):
    station.shift.delivery.compared = ComparisonView("unanswered", forgotten=15)
    page = open_page("/status")
    page.wait_for_selector("[data-forgotten='15']")
    assert "15 messages that this station no longer knows" in page.inner_text("#comparison")


@pytest.mark.parametrize(("language", "words"), [("hi", "31 गायब, 1 दोहरे"), ("ta", "31 இல்லை, 1 இரட்டிப்பு")])
def test_the_verdict_is_said_in_the_persons_language(open_page, station, language, words):
    station.shift.delivery.compared = replace(TROUBLE, state="unanswered", foreign=1, forgotten=3, resent=2)
    page = open_page("/status", language=language)
    shown = panel(page)
    assert words in shown
    assert "missing" not in shown
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
