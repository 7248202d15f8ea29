"""A supervisor teaches golden pictures: by touch and scanner, with gloves, in each language."""

import pytest
from browser_steps import until, wedge
from fakes_teaching import BOSS

pytestmark = pytest.mark.browser

SCREENS = [("en", 1280, 800), ("hi", 1280, 800), ("ta", 1280, 800), ("ta", 1920, 1080)]
VISIBLE = "[...document.querySelectorAll('#teaching .button')].filter((e) => e.checkVisibility())"


def type_in(page, text):
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def teach(page):
    """Open the article by its barcode."""
    page.wait_for_selector("#products .choice")
    wedge(page, "8901030865237")
    page.wait_for_selector("#teaching[data-step=product] .teach-picture")


def give_badge(page):
    page.wait_for_selector("#badge-form")
    type_in(page, BOSS)
    page.wait_for_selector("dialog", state="detached")


def test_an_article_is_scanned_and_its_pictures_are_taken_by_a_supervisor(open_page, station):
    page = open_page("/golden", may_log_errors=True)  # the refusal without a badge is logged by the browser
    teach(page)
    assert "7 pictures do for a start; 10 make it firm." in page.inner_text("[data-view=top]")
    assert "3 of at least 5: show more intact units." in page.inner_text("[data-view=front]")
    page.click("#take")
    give_badge(page)
    page.wait_for_selector("[data-result=top][data-level=success]")
    page.wait_for_selector("[data-result=front][data-level=success]")
    assert "8 pictures" in page.inner_text("[data-view=top]")
    assert page.inner_text("[data-count=front]") == "Front: 4"
    page.click("#take")
    until(page, "document.querySelector('[data-view=top]').innerText.includes('9 pictures')")
    assert station.shift.teaching.calls == [("take", "BOTTLE-1", None, BOSS)] * 2, "one badge does for both"


def test_what_is_wrong_with_a_picture_stays_beside_the_button(open_page, station):
    page = open_page("/golden?sku=BOTTLE-1", may_log_errors=True)
    station.shift.teaching.trouble = {"front": "quality.blurred"}
    page.wait_for_selector(".teach-picture")
    page.click("#take")
    give_badge(page)
    page.wait_for_selector("[data-result=front][data-level=warning]")
    assert page.locator("[data-result=top][data-level=success]").count() == 1
    station.shift.teaching.trouble = {}
    page.click("[data-take=front]")
    page.wait_for_selector("[data-result=front][data-level=success]")
    assert station.shift.teaching.calls[-1] == ("take", "BOTTLE-1", ("front",), BOSS)


def test_the_picture_of_another_article_is_named_and_removed(open_page, station):
    teaching = station.shift.teaching
    teaching.flaws = {6: ("other_colours",), 7: ("other_colours",)}
    page = open_page("/golden?sku=BOTTLE-1", may_log_errors=True)
    page.wait_for_selector("[data-view=top][data-level=error]")
    assert "6, 7 have quite other colours" in page.inner_text("[data-view=top]")
    odd = teaching.kept["BOTTLE-1", "top"][6]
    assert "other colours" in page.inner_text(f"[data-picture='{odd}']")
    page.click(f"[data-remove='{odd}']")
    page.click("dialog .primary")
    give_badge(page)
    page.wait_for_selector(f"[data-picture='{odd}']", state="detached")
    assert teaching.calls == [("remove", "BOTTLE-1", "top", odd, BOSS)]


def test_done_forgets_the_badge(open_page, station):
    page = open_page("/golden", may_log_errors=True)
    teach(page)
    page.click("#take")
    give_badge(page)
    page.wait_for_selector("[data-result=top]")
    page.click("#done")
    page.wait_for_selector("#teaching[data-step=choose]")
    page.click("[data-sku=BOTTLE-1]")
    page.wait_for_selector(".teach-picture")
    page.click("#take")
    page.wait_for_selector("#badge-form")
    assert len(station.shift.teaching.calls) == 1


def test_no_badge_no_change_and_a_wrong_one_is_asked_again(open_page, station):
    page = open_page("/golden?sku=TEA-500", may_log_errors=True)
    page.wait_for_selector("[data-view=top]")
    assert "No pictures yet." in page.inner_text("[data-view=top]")
    page.click("#take")
    page.wait_for_selector("#badge-form")
    type_in(page, "STAFF-0001")
    page.wait_for_selector(".toast[data-level=error]")
    page.wait_for_selector("#badge-form")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    assert page.locator("#take").is_enabled()
    assert station.shift.teaching.calls == []


def test_an_unknown_code_says_what_to_scan(open_page, station):
    page = open_page("/golden", may_log_errors=True)
    page.wait_for_selector("#products .choice")
    page.fill("#find-text", "<img src=x onerror=alert(1)>")
    page.click("#find .primary")
    page.wait_for_selector(".toast[data-level=error]")
    assert "is no article that this station knows" in page.inner_text("#toasts")


@pytest.mark.parametrize(("language", "width", "height"), SCREENS)
def test_it_fits_the_screen_and_gloves(open_page, station, language, width, height):
    station.shift.teaching.flaws = {3: ("alone",)}
    page = open_page("/golden?sku=BOTTLE-1", language=language, width=width, height=height)
    page.wait_for_selector("[data-view=front] .teach-picture")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(f"Math.min(...{VISIBLE}.map((e) => e.getBoundingClientRect().height))") >= 56
    assert page.evaluate(f"{VISIBLE}.filter((e) => e.scrollWidth > e.clientWidth + 1).length") == 0
    in_sight = "document.querySelector('#done').getBoundingClientRect().bottom <= innerHeight"
    assert page.evaluate(in_sight), "the big buttons need no scrolling"
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.evaluate("document.querySelector('#take').getBoundingClientRect().top >= 0")
