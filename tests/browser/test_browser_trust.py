"""How far the station may decide alone, said in one plain sentence for each kind of goods."""

import pytest

from edge.inspection.desk import Message
from edge.station.trust import CalibrationView

pytestmark = pytest.mark.browser


def card(page, pack):
    page.wait_for_selector(f"[data-calibration={pack}]")
    return page.inner_text(f"[data-calibration={pack}]")


def test_the_page_says_what_is_decided_alone_and_what_is_still_wanting(open_page):
    page = open_page("/status")
    assert (
        "The station decides alone on sound goods from confidence 0.93: of such units at most 1 % are really "
        "damaged (95 % certain, tested on 412 units from 19 days). A person is still asked for 38 of 100."
    ) in card(page, "default")
    assert (
        "Not calibrated: a person looks at every unit. At least 187 more judged units are needed."
    ) in card(page, "electronics")


@pytest.mark.parametrize(
    ("language", "words"), [("hi", "19 दिनों की 412 इकाइयों"), ("ta", "19 நாட்களின் 412 பொருட்களில்")]
)
def test_it_is_said_in_the_persons_language(open_page, language, words):
    page = open_page("/status", language=language)
    assert words in card(page, "default")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_alarm_says_what_has_changed(open_page, station):
    params = {"sign": "picture", "wanting": 299}
    station.shift.calibrations.found = [
        CalibrationView("default", "alarmed", Message("calibration.alarmed", params))
    ]
    said = card(open_page("/status"), "default")
    assert "The pictures are no longer what they were" in said
    assert "a person looks at every unit" in said


def test_a_second_look_is_given_before_the_stations_answer_is_shown(open_page, station):
    page = open_page("/second-looks")
    page.wait_for_selector("[data-look='insp-3']")
    assert page.locator(".look-views img").count() == 2
    assert "The station said" not in page.inner_text("body")
    page.click("[data-kind=breakage]")
    page.click("[data-grade=C]")
    page.wait_for_selector(".toast")
    assert "The station said grade A; it saw: nothing" in page.inner_text(".toasts")
    assert station.shift.looks.given == [("insp-3", "C", ["breakage"])]
    page.wait_for_selector("#agreement table")
    assert "1 damaged ones that the station thought sound" in page.inner_text("#agreement")
    page.wait_for_selector(".empty")
