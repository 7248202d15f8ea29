"""What is shown can be read: nothing cut off, nothing over something else, in every language."""

from dataclasses import replace
from datetime import timedelta

import pytest
from browser_steps import wait_for_phase
from builders_station import BAG, LINES, NOW, a_proposal, a_return, views

from edge.inspection.desk import Choice, Level, Message, Notice, Phase, Question, QuestionKind
from edge.station.services import Connection
from hardware.scanners.scan import Scan

pytestmark = pytest.mark.browser


def at_the_proposal(station):
    station.shift.workflow.scan(Scan(BAG, "test", 0))
    station.shift.workflow.scan(Scan(LINES[1][2], "test", 0))


def show_question(station, kind, prompt, field, choices):
    question = Question("q-1", kind, prompt, field, choices)
    station.shift.workflow.show(phase=Phase.QUESTION, current_return=a_return(), question=question)


@pytest.mark.parametrize("language", ["en", "hi", "ta"])
def test_a_choice_among_many_lines_is_readable(desk, station, language):
    page = desk(language=language)
    lines = [{"line": n, "item": f"Wireless earbuds, charging case, two tips {n}"} for n in range(1, 13)]
    choices = [Choice(str(line["line"]), Message("choice.line", line)) for line in lines]
    show_question(station, QuestionKind.CHOOSE_LINE, Message("question.choose_line"), "none", choices)
    page.wait_for_selector("[data-value='12']")
    spilt = (
        "[...document.querySelectorAll('.choice')].filter((e) => e.scrollHeight > e.clientHeight + 1).length"
    )
    assert page.evaluate(spilt) == 0


@pytest.mark.parametrize("language", ["en", "hi", "ta"])
def test_a_long_notice_is_never_cut_before_it_says_what_to_do(desk, station, language):
    page = desk(language=language)
    lost = Message("quality.lost", {"view": "front"})
    code = "notice.unknown_code.check_digit"
    for said, then in ((lost, "next.camera_lost"), (Message(code, {"text": "1"}), "next.unknown_code")):
        station.shift.workflow.show(notice=Notice(Level.WARNING, said, Message(then)))
        page.wait_for_timeout(150)
        words = "document.querySelector('#notice span')"
        assert page.evaluate(f"{words}.scrollHeight - {words}.clientHeight") <= 2
        inside = "document.querySelector('#notice').getBoundingClientRect().bottom"
        assert page.evaluate(f"{inside} <= document.querySelector('.guide').getBoundingClientRect().bottom")


def test_what_is_wrong_with_a_picture_stands_beside_its_sign(desk, station):
    page = desk()
    at_the_proposal(station)
    lost_views = [
        replace(view, usable=False, url="", quality=Message("quality.lost", {"view": view.view}))
        for view in views("insp-9")
    ]
    station.shift.workflow.show(proposal=a_proposal("insp-9", views=lost_views, findings=[]))
    page.wait_for_selector(".view-flaw .icon")
    sign, strip = (page.locator(part).first.bounding_box() for part in (".view-flaw .icon", ".view-flaw"))
    assert sign["x"] < strip["x"] + 40
    lost, view = (page.locator(part).first.bounding_box() for part in (".view-lost .icon", ".view"))
    assert abs(lost["x"] + lost["width"] / 2 - view["x"] - view["width"] / 2) < 3


def test_pictures_that_are_not_needed_cannot_be_taken_again(desk, station):
    page = desk()
    at_the_proposal(station)
    wait_for_phase(page, "proposal")
    assert page.locator("#do-retake").is_enabled()
    station.shift.workflow.show(proposal=a_proposal("insp-9", views=[], findings=[]))
    page.wait_for_selector("#do-retake[disabled]")


def test_the_size_of_an_article_is_never_cut_off(desk, station):
    page = desk()
    names = [f"GODHIRA Strawberry flavoured yoghurt drink {n}, {n}00 ml" for n in range(1, 13)]
    opened = a_return()
    lines = [replace(line, name=name) for line, name in zip(opened.lines, names, strict=True)]
    station.shift.workflow.show(phase=Phase.RETURN_OPEN, current_return=replace(opened, lines=lines))
    page.wait_for_selector(".line .name-tail")
    widths = "[...document.querySelectorAll('.line .name-tail')].map((e) => e.scrollWidth - e.clientWidth)"
    assert page.evaluate(widths) == [0] * 12
    assert page.inner_text(".line .name-tail >> nth=4").replace("\xa0", " ") == ", 500 ml"


@pytest.mark.parametrize("language", ["en", "hi", "ta"])
def test_the_top_line_says_in_full_what_is_owed_and_for_how_long(desk, station, language):
    long_ago = NOW - timedelta(hours=31, minutes=20)
    station.shift.delivery.state = Connection(False, False, 4812, 0, 0, long_ago, False)
    page = desk(language=language)
    page.wait_for_selector("#link-state[data-state=away]")
    cut = "[...document.querySelectorAll('.link-text > *')].map((e) => e.scrollWidth - e.clientWidth)"
    assert max(page.evaluate(cut)) <= 0
