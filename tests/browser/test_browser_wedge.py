"""A scanner that types, and a person who types: the page tells them apart, wherever the focus is."""

import pytest
from browser_steps import until, wait_for_phase, wait_until_sent, wedge
from builders_station import BAG, HOSTILE, LINES

pytestmark = pytest.mark.browser

KETCHUP = LINES[1][2]
SCANNER_GAP_MS = 60
GS1 = "\x1d01" + KETCHUP + "10L2207A\x1d17270331"


def scans(station):
    return [scan.text for scan in station.shift.workflow.scans]


def test_a_burst_is_a_scan_though_nothing_has_the_focus(desk, station):
    page = desk()
    wedge(page, BAG)
    wait_for_phase(page, "return_open")
    assert scans(station) == [BAG]


def test_real_keys_at_a_scanners_speed_are_a_scan(desk, station):
    page = desk()
    page.evaluate("window.times = []; addEventListener('keydown', (e) => times.push(e.timeStamp), true)")
    for _ in range(40):
        page.evaluate("times.length = 0")
        page.keyboard.type(BAG)
        page.keyboard.press("Enter")
        slowest = page.evaluate("Math.max(...times.slice(1).map((at, index) => at - times[index]))")
        if slowest < SCANNER_GAP_MS or scans(station):
            break
        page.wait_for_timeout(500)  # a busy machine typed as slowly as a hand: once more
    wait_for_phase(page, "return_open")
    assert scans(station) == [BAG]


def test_a_scan_never_triggers_shortcuts_or_accepts(desk, station):
    page = desk()
    wedge(page, BAG)
    wait_for_phase(page, "return_open")
    wedge(page, KETCHUP)
    wait_for_phase(page, "proposal")
    wedge(page, "RCSBNLU123")
    until(page, "document.querySelector('#notice').dataset.level === 'warning'")
    assert [call[0] for call in station.shift.workflow.calls] == ["scan", "scan", "scan"]
    assert page.locator("dialog").count() == 0


@pytest.mark.parametrize("focus", ["#do-accept", "#language", "#scan-text", "nav a[href='/returns']"])
def test_the_focus_does_not_matter(desk, station, focus):
    page = desk()
    wedge(page, BAG)
    wait_for_phase(page, "return_open")
    wedge(page, KETCHUP)
    wait_for_phase(page, "proposal")
    page.focus(focus)
    wedge(page, "8901063092730")
    page.wait_for_selector("input[name=answer]")
    assert scans(station) == [BAG, KETCHUP, "8901063092730"]
    assert [call[0] for call in station.shift.workflow.calls] == ["scan"] * 3
    assert page.url.endswith("/")


def test_a_scan_into_another_field_leaves_what_a_person_typed(desk, station):
    page = desk()
    station.shift.workflow.scan(_scan(BAG))
    station.shift.workflow.scan(_scan(LINES[6][2]))  # weighed: asks for a decimal
    field = page.wait_for_selector("input[name=answer]")
    page.keyboard.type("1.2", delay=120)
    wedge(page, KETCHUP)
    until(page, "document.querySelector('#desk').dataset.phase === 'proposal'")
    assert scans(station)[-1] == KETCHUP
    assert "answer" not in [call[0] for call in station.shift.workflow.calls]
    assert field is not None


def test_typed_text_is_not_a_scan(desk, station):
    page = desk()
    page.focus("#scan-text")
    page.keyboard.type("OD-20", delay=110)
    assert scans(station) == []
    assert page.input_value("#scan-text") == "OD-20"
    page.keyboard.type("48813", delay=110)
    page.keyboard.press("Enter")
    wait_for_phase(page, "return_open")
    assert scans(station) == [BAG]
    assert page.input_value("#scan-text") == ""


@pytest.mark.parametrize("focus", [None, "#scan-text"])
def test_the_gs1_separator_survives_as_control_and_bracket(desk, station, focus):
    page = desk()
    if focus:
        page.focus(focus)
    wedge(page, GS1)
    page.wait_for_selector("#notice[data-level=warning]")
    assert scans(station) == [GS1]


# keys with their times in ms, and what they are read as
TIMED = [
    ([("4", 0), ("2", 130)], None),
    ([(sign, 130 * n) for n, sign in enumerate("TYPED")], None),
    ([(sign, 4 * n) for n, sign in enumerate("AB")], None),
    ([(sign, 4 * n) for n, sign in enumerate("ABC")], "ABC"),
    ([(sign, 75 * n) for n, sign in enumerate("RADIO-LINK")], "RADIO-LINK"),
    ([("8", 0), *[(sign, 120 + 4 * n) for n, sign in enumerate("901030865237")]], "8901030865237"),
    ([("1", 0), (".", 120), ("2", 240), *[(s, 360 + 4 * n) for n, s in enumerate("89010")]], "89010"),
    ([("X", 0), *[(sign, 400 + 4 * n) for n, sign in enumerate("89010")]], "89010"),
]


@pytest.mark.parametrize(("keys", "text"), TIMED)
def test_hands_and_scanners_are_told_apart_by_their_pace(open_page, keys, text):
    page = open_page("/docs")
    judge = """async (keys) => {
      const { BurstDetector } = await import("/static/js/wedge.js");
      const detector = new BurstDetector();
      for (const [sign, at] of keys) detector.character(sign, at);
      return detector.read()?.text ?? null;
    }"""
    assert page.evaluate(judge, [list(key) for key in keys]) == text


@pytest.mark.parametrize("end", ["Tab", None])
def test_a_scanner_without_enter_is_understood(desk, station, end):
    page = desk()
    wedge(page, BAG, end)
    wait_for_phase(page, "return_open")
    assert scans(station) == [BAG]


def test_enter_right_after_slow_keys_accepts_nothing(desk, station):
    page = desk()
    station.shift.workflow.scan(_scan(BAG))
    station.shift.workflow.scan(_scan(KETCHUP))
    wait_for_phase(page, "proposal")
    page.keyboard.type("49", delay=130)  # a scanner so slow that its keys look like a hand's
    page.keyboard.press("Enter")
    page.wait_for_timeout(150)
    assert "accept" not in [call[0] for call in station.shift.workflow.calls]


def test_scans_go_out_in_the_order_of_the_hand(desk, station):
    page = desk()
    texts = [f"CODE-{number:03d}" for number in range(12)]
    for text in texts:
        wedge(page, text)
    wait_until_sent(page)
    assert scans(station) == texts


def test_a_hostile_barcode_is_shown_as_text(desk, station):
    page = desk()
    station.shift.workflow.scan(_scan(HOSTILE))
    page.wait_for_selector("#notice[data-level=warning]")
    shown = page.inner_text("#notice")
    assert '<img src=x onerror="document.title=1">' in shown
    assert "␝" in shown
    assert "␀" in shown
    assert "⟨202E⟩" in shown
    assert "9" * 200 not in shown
    assert page.locator("#notice img").count() == 0
    assert page.title() != "1"


def test_ten_thousand_characters_are_sent_and_shown_short(desk, station):
    page = desk()
    page.fill("#scan-text", "A" * 10_000)
    page.press("#scan-text", "Enter")
    page.wait_for_selector("#notice[data-level=warning]")
    assert len(scans(station)[0]) == 10_000
    assert len(page.inner_text("#notice")) < 400


def _scan(text):
    from hardware.scanners.scan import Scan

    return Scan(text, "test", 0)
