"""The other pages, the languages, the themes, and that nothing comes from outside."""

from pathlib import Path

import pytest
from browser_steps import until, wedge
from builders_station import HOSTILE, a_summary

pytestmark = pytest.mark.browser

PAGES = {
    "/": "#desk[data-phase=idle]",
    "/returns": "tr.touchable",
    "/holds": ".work",
    "/tasks": ".work",
    "/status": "#checks .card",
    "/golden": "#products .choice",
    "/golden?sku=BOTTLE-1": ".teach-picture",
    "/docs": ".operation",
}


def test_returns_show_what_the_oms_knows_and_why(open_page, station):
    page = open_page("/returns")
    page.wait_for_selector("tr.touchable")
    assert page.locator("tr.group").count() == 6
    units = page.locator("tr.touchable").count()
    assert "Confirmed, please check" in page.inner_text("#list")
    page.click("text=With a problem")
    until(page, "document.querySelectorAll('tr.touchable').length === 2")
    page.click("text=All")
    until(page, f"document.querySelectorAll('tr.touchable').length === {units}")
    page.click("tr.touchable >> nth=0")
    page.wait_for_selector("dialog[open]")
    detail = page.inner_text("dialog")
    assert "Torn open" in detail
    assert "markdown" in detail
    assert page.locator("dialog .finding").count() == 3
    page.fill("dialog .putaway input", "A-01-1")
    page.click("dialog .putaway button")
    page.wait_for_selector(".toast[data-level=success]")
    assert station.shift.workflow.calls == [("put_away", "old-0", "A-01-1")]


def test_a_late_answer_to_the_filter_before_changes_nothing(open_page, station):
    page = open_page("/returns")
    page.wait_for_selector("tr.touchable")
    units = page.locator("tr.touchable").count()
    late = []
    page.route("**/api/inspections*oms=rejected*", lambda route: late.insert(0, route))
    page.click("text=With a problem")
    while not late:
        page.wait_for_timeout(30)
    with page.expect_response("**/api/inspections?limit=100"):
        page.click("text=All")
    with page.expect_response("**/api/inspections*oms=rejected*"):
        late[0].continue_()
    page.wait_for_timeout(300)
    assert page.locator("tr.touchable").count() == units


def test_undo_from_the_list_asks_first(open_page, station):
    page = open_page("/returns")
    page.click("tr.touchable >> nth=1")
    page.click("dialog .dialog-foot >> text=Undo")
    page.click("dialog >> text=Yes, take it back")
    page.wait_for_selector("dialog", state="detached")
    assert station.shift.workflow.calls == [("undo", "old-1")]


def test_a_hold_is_resolved(open_page, station):
    page = open_page("/holds")
    page.wait_for_selector(".work")
    page.click("[data-hold=hold-1] .primary")
    assert page.locator("dialog [data-value=RESTOCK]").is_disabled()
    page.click("dialog [data-value=SCRAP]")
    page.click("dialog [data-value=spoilt]")
    page.click("dialog .dialog-foot .primary")
    until(page, "document.querySelectorAll('.work').length === 1")
    assert station.shift.workflow.calls == [("resolve_hold", "hold-1", "SCRAP", "spoilt", None)]


def test_a_task_is_done(open_page, station):
    page = open_page("/tasks")
    page.click("[data-task=task-1] .primary")
    until(page, "document.querySelectorAll('.work').length === 1")
    assert station.shift.workflow.calls == [("finish_task", "task-1")]


def test_a_dead_letter_is_sent_again(open_page, station):
    page = open_page("/status")
    page.wait_for_selector("tr[data-message]")
    page.click("text=Refused >> visible=true")
    page.click("tr[data-message] button >> nth=0")
    page.wait_for_selector(".toast[data-level=success]")
    assert station.shift.delivery.retried == ["0194-4"]
    assert "lost" in page.inner_text("[data-device=front]")
    assert "41500 MB free" in page.inner_text("[data-check=disk]")


def test_a_scan_on_a_list_page_is_not_lost_silently(open_page, station):
    page = open_page("/returns")
    page.wait_for_selector("tr.touchable")
    wedge(page, "8901030865237")
    page.wait_for_selector(".toast")
    assert "8901030865237" in page.inner_text("#toasts")
    assert station.shift.workflow.scans == []


def test_hostile_names_are_text_on_every_page(open_page, station):
    station.shift.journal.inspections = [a_summary(0, name=HOSTILE, place_label=HOSTILE, reference=HOSTILE)]
    page = open_page("/returns")
    page.wait_for_selector("tr.touchable")
    assert "<img src=x" in page.inner_text("#list")
    assert page.locator("#list img").count() == 0
    page = open_page("/")
    page.wait_for_selector(".recent li")
    assert page.locator(".recent img").count() == 0


@pytest.mark.parametrize("language", ["hi", "ta"])
def test_every_page_speaks_the_language_and_fits(open_page, station, language):
    for path, ready in PAGES.items():
        page = open_page(path, language=language)
        page.wait_for_selector(ready)
        assert page.get_attribute("html", "lang") == language
        words = page.evaluate("document.body.innerText")
        assert not set(words.split()) & {"Inspect", "Returns", "Accept", "undefined", "NaN"}
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.context.close()


def test_language_and_theme_are_kept(open_page, station):
    page = open_page("/")
    page.wait_for_selector("html[data-wire=up]")
    page.select_option("#language", "ta")
    page.wait_for_selector("html[lang=ta][data-wire=up]")
    assert page.inner_text("#do-accept .action-label") == "ஏற்கிறேன்"
    page.click("#theme")
    page.click("#theme")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.goto(station.address + "/holds")
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.get_attribute("html", "lang") == "ta"


CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_legible_in_both_themes(open_page, station, scheme):
    for path, ready in PAGES.items():
        page = open_page(path, color_scheme=scheme)
        page.wait_for_selector(ready)
        assert page.evaluate(CONTRAST) == []
        page.context.close()


def test_nothing_comes_from_outside(open_page, station):
    asked = []
    for path, ready in PAGES.items():
        page = open_page("/")
        page.on("request", lambda request: asked.append(request.url))
        page.goto(station.address + path)
        page.wait_for_selector(ready)
        page.context.close()
    assert asked
    assert all(url.startswith(station.address) for url in asked)


def test_the_api_page_works_without_a_network(open_page, station):
    page = open_page("/docs")
    page.wait_for_selector(".operation")
    page.click("summary:has-text('/api/scans')")
    body = page.inner_text("details[open]")
    assert "symbology" in body
    assert "what_next" in body


def test_earlier_units_come_when_they_are_asked_for(open_page, station):
    station.shift.journal.inspections = [a_summary(number) for number in range(150)]
    page = open_page("/returns")
    page.wait_for_selector("tr.touchable")
    assert page.locator("tr.touchable").count() == 100
    page.click(".more")
    until(page, "document.querySelectorAll('tr.touchable').length === 150")
    assert page.locator(".more").count() == 0


def test_times_are_the_sites_whatever_the_device_is_set_to(open_page, station):
    station.shift.journal.inspections = [a_summary(0)]  # a minute before 9:30 UTC
    page = open_page("/returns", timezone_id="America/New_York")
    page.wait_for_selector("tr.touchable")
    assert page.inner_text("tr.touchable td >> nth=0") == "14:59"


def test_a_lost_camera_says_what_to_do_in_the_persons_language(open_page, station):
    page = open_page("/status", language="hi")
    page.wait_for_selector("[data-device=front]")
    assert "तार" in page.inner_text("[data-device=front] .next")
    assert page.locator("[data-device=top] .next").count() == 0
