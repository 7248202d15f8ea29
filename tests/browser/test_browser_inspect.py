"""The inspection page at work: by touch, by keyboard, with questions, windows and a wire that breaks."""

import re
from dataclasses import replace

import pytest
from browser_steps import until, wait_for_phase, wait_until_sent, wedge
from builders_station import BAG, LINES, NOW, a_proposal

from edge.errors import StorageFull, WorkflowRefused
from edge.inspection.desk import Choice, Message, Phase, Question, QuestionKind
from edge.station.services import Connection
from hardware.scanners.scan import Scan

pytestmark = pytest.mark.browser

KETCHUP, TEA, BANANA, EARBUDS = (LINES[n][2] for n in (1, 2, 6, 8))


def at_the_proposal(station):
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.scan(Scan(KETCHUP, "test", 0))


def names(station):
    return [call[0] for call in station.shift.workflow.calls if call[0] != "scan"]


def test_the_page_shows_what_becomes_of_the_item(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    decision = page.inner_text("#decision")
    assert "Tomato ketchup 1 kg" in decision
    assert "Restock, marked down" in decision
    assert "MD-02-1" in decision
    assert "129 days left" in decision
    assert page.locator(".verdict svg").count() == 1  # colour, icon and word
    assert page.locator(".view").count() == 2
    assert page.locator("[data-view=front] .finding").count() == 2
    assert page.inner_text("#guide") == "Accept, then put it at MD-02-1"


def test_findings_lie_where_they_are_in_the_picture(desk, station):
    page = desk()
    at_the_proposal(station)
    page.wait_for_selector("[data-view=top] .finding")
    until(page, "document.querySelector('[data-view=top] img').complete")
    view = page.locator("[data-view=top]").bounding_box()
    box = page.locator("[data-view=top] .finding rect.box").bounding_box()
    scale = min(view["width"] / 1920, view["height"] / 1080)
    left = view["x"] + (view["width"] - 1920 * scale) / 2 + 980 * scale
    top = view["y"] + (view["height"] - 1080 * scale) / 2 + 420 * scale
    assert box["x"] == pytest.approx(left, abs=4)
    assert box["y"] == pytest.approx(top, abs=4)
    assert box["width"] == pytest.approx(210 * scale, abs=6)


def test_accept_by_keyboard_saves_and_keeps_the_place_in_sight(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    page.keyboard.press("Enter")
    page.wait_for_selector(".toast[data-level=success]")
    assert "Saved" in page.inner_text("#toasts")
    assert page.inner_text("#decision .place strong") == "MD-02-1"
    assert names(station) == ["accept"]


@pytest.mark.parametrize(
    ("key", "call"), [("r", "retake"), ("n", "item_without_code"), ("l", "leave_return")]
)
def test_shortcuts(desk, station, key, call):
    page = desk()
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    if key == "r":
        station.shift.workflow.scan(Scan(KETCHUP, "test", 0))
    page.wait_for_selector(f"[data-key={key}]:not([disabled])")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press(key)
    wait_until_sent(page)
    assert names(station) == [call]


def test_undo_and_bag_empty_ask_first(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    page.keyboard.press("Enter")
    page.wait_for_selector("#do-undo:not([disabled])")
    page.keyboard.press("u")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.wait_for_selector("dialog[open]")
    assert "Whole wheat flour" in page.inner_text("dialog")
    page.keyboard.press("Enter")
    wait_for_phase(page, "idle")
    assert names(station) == ["accept", "close_return"]


def test_change_needs_a_badge_where_it_brings_the_item_nearer_to_sale(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    page.keyboard.press("c")
    page.wait_for_selector("dialog[open]")
    save = page.locator("dialog .dialog-foot .primary")
    assert page.locator("dialog [data-value=TRANSFER]").is_disabled()
    page.click("dialog [data-value=RESTOCK]")
    page.click("dialog [data-value=no_damage]")
    assert save.is_disabled()
    page.fill("dialog input[name=badge]", "BADGE-77")
    assert save.is_enabled()
    save.click()
    page.wait_for_selector(".toast[data-level=success]")
    assert station.shift.workflow.calls[-1][2:] == (None, "RESTOCK", "no_damage", "BADGE-77")


def test_a_badge_scanned_into_an_open_window_goes_into_its_field(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    page.click("#do-change")
    page.click("dialog [data-value=RESTOCK]")
    page.click("dialog [data-value=other]")  # takes the focus away from the field
    wedge(page, "BADGE-78")
    until(page, "document.querySelector('dialog input[name=badge]').value === 'BADGE-78'")
    assert [scan.text for scan in station.shift.workflow.scans] == [BAG, KETCHUP]


def test_set_aside_takes_two_touches(desk, station):
    page = desk(has_touch=True)
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    page.tap("#do-set-aside")
    page.tap("dialog [data-value=hazard]")
    page.wait_for_selector(".toast[data-level=success]")
    assert station.shift.workflow.calls[-1][2] == "hazard"


def test_a_date_is_typed_on_the_keypad_and_read_back_in_words(desk, station):
    page = desk(has_touch=True)
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.scan(Scan(TEA, "test", 0))
    page.wait_for_selector(".keypad")
    for sign in "31032027":
        page.tap(f".key[data-sign='{sign}']")
    assert page.input_value("input[name=answer]") == "31-03-2027"
    assert page.inner_text(".answer-echo") == "31 March 2027"
    page.tap(".question .primary")
    wait_for_phase(page, "proposal")
    assert station.shift.workflow.calls[-1][2] == "2027-03-31"


@pytest.mark.parametrize(
    ("typed", "shown", "sent"),
    [("062027", "06-2027", "2027-06"), ("31022027", "31-02-2027", None), ("12", "12", None)],
)
def test_month_only_and_impossible_dates(desk, station, typed, shown, sent):
    page = desk()
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.scan(Scan(TEA, "test", 0))
    page.wait_for_selector("input[name=answer]")
    page.keyboard.type(typed, delay=100)
    assert page.input_value("input[name=answer]") == shown
    if sent is None:
        assert page.locator(".question .primary").is_disabled()
        return
    page.keyboard.press("Enter")
    wait_for_phase(page, "proposal")
    assert station.shift.workflow.calls[-1][2] == sent


def test_a_weight_and_a_serial(desk, station):
    page = desk()
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.scan(Scan(BANANA, "test", 0))
    page.wait_for_selector("input[name=answer]")
    page.keyboard.type("1,2a35", delay=100)
    page.click(".question .primary")
    wait_for_phase(page, "proposal")
    assert station.shift.workflow.calls[-1][2] == "1.235"
    station.shift.workflow.scan(Scan(EARBUDS, "test", 0))
    page.wait_for_selector("input[name=answer]")
    page.keyboard.type("SN-0042")  # a scanner, into the field that waits for it
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.keyboard.press("Enter")
    wait_until_sent(page)
    wait_for_phase(page, "proposal")
    assert station.shift.workflow.calls[-1] == ("answer", station.shift.workflow.calls[-1][1], "SN-0042")


def test_digits_choose(desk, station):
    page = desk()
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.item_without_code()
    page.wait_for_selector("[data-digit='2']")
    page.keyboard.press("2")
    wait_for_phase(page, "proposal")
    assert station.shift.workflow.calls[-1][2] == "2"


def test_counts_with_a_button_each_need_no_keypad(desk, station):
    page = desk()
    choices = [Choice(str(n), Message("choice.count", {"count": n})) for n in range(1, 5)]
    prompt = Message("question.quantity", {"item": "Toned milk", "most": 4})
    question = Question("q-1", QuestionKind.QUANTITY, prompt, "integer", choices)
    station.shift.workflow.show(phase=Phase.QUESTION, question=question)
    page.wait_for_selector("[data-digit='4']")
    assert page.locator(".keypad").count() == 0


def test_everything_needed_is_on_one_screen_and_big_enough_for_gloves(desk, station):
    for width, height in ((1280, 800), (1920, 1080)):
        page = desk(width=width, height=height)
        at_the_proposal(station)
        wait_for_phase(page, "proposal")
        fits = page.evaluate(
            "[document.body.scrollHeight <= innerHeight, document.body.scrollWidth <= innerWidth]"
        )
        assert fits == [True, True]
        targets = page.locator("button:visible, select:visible, nav a:visible, #scan-text")
        for index in range(targets.count()):
            box = targets.nth(index).bounding_box()
            assert box["height"] >= 56, targets.nth(index).evaluate("e => e.outerHTML.slice(0, 80)")
            assert box["width"] >= 56
        page.context.close()


def test_a_refusal_says_what_happened_and_what_to_do(desk, station):
    page = desk(may_log_errors=True)
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    refusal = WorkflowRefused(Message("refused.no_proposal"), Message("next.look_again"))
    for error, words in ((refusal, "Look at the screen again"), (StorageFull(), "all before it is safe")):
        station.shift.workflow.fail_with = error
        page.click("#do-accept")
        until(page, f"document.querySelector('#toasts').innerText.includes({words!r})")


def test_a_decision_for_a_person_is_marked(desk, station):
    page = desk()
    at_the_proposal(station)
    unsure = a_proposal("insp-9", needs_person=True, grade=None, findings=[], views=[])
    station.shift.workflow.show(proposal=unsure)
    page.wait_for_selector(".person-needed")
    assert page.inner_text("#guide") == "Please look, and decide"
    assert page.locator("#pictures .stage").count() == 1


def test_the_connection_is_told_in_the_top_line(desk, station):
    page = desk()
    station.shift.delivery.state = Connection(False, False, 12, 0, 0, NOW, False)
    page.wait_for_selector("#link-state[data-state=away]")
    assert "No network" in page.inner_text("#link-state")
    assert "12 owed" in page.inner_text("#link-state")


def test_the_page_says_that_the_station_is_gone_and_comes_back_by_itself(desk, station):
    page = desk(may_log_errors=True)
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    station.stop()
    page.wait_for_selector("#offline:not([hidden])", timeout=15000)
    assert page.locator("#do-accept").is_disabled()
    station.shift.workflow.show(proposal=replace(station.shift.workflow.desk.proposal, place_label="ZZ-99"))
    station.start()
    page.wait_for_selector("#offline", state="hidden", timeout=20000)
    until(page, "document.querySelector('#decision').innerText.includes('ZZ-99')")
    assert page.locator("#do-accept").is_enabled()


def test_changes_from_elsewhere_reach_the_page_at_once(desk, station):
    page = desk()
    at_the_proposal(station)
    page.wait_for_selector("#desk[data-phase=proposal]", timeout=2000)
    assert re.search(r"\d", page.get_attribute("#desk", "data-version"))
