"""Steps that the page tests share. Playwright's `wait_for_function` needs `eval`, which the pages forbid."""

import time

import pytest

PATIENCE_S = 15.0

# A burst as a wedge types it, all keys within a millisecond; what the page does not keep goes into the field.
TYPE_BURST = """([keys, end]) => {
  const target = document.activeElement ?? document.body;
  const field = target instanceof HTMLInputElement ? target : null;
  const press = (init) =>
    target.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
  const write = (key) => field?.setRangeText(key, field.selectionStart, field.selectionEnd, "end");
  for (const key of keys) {
    const isSeparator = key === "\\u001d";
    const init = isSeparator ? { key: "]", code: "BracketRight", ctrlKey: true } : { key };
    if (press(init) && !isSeparator) write(key);
  }
  if (end && press({ key: end }) && end === "Enter") field?.form?.requestSubmit();
}"""


def until(page, expression):
    """Wait until a JavaScript expression holds on the page."""
    deadline = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        if time.monotonic() > deadline:
            pytest.fail(f"never came true: {expression}")
        page.wait_for_timeout(30)


def wait_for_phase(page, phase):
    """Wait until the desk shows a phase."""
    page.wait_for_selector(f"#desk[data-phase={phase}]")


def wait_until_sent(page):
    """Wait until the page has nothing on its way to the station."""
    until(page, "!document.querySelector('#desk').hasAttribute('aria-busy')")


def wedge(page, text, end="Enter"):
    """Let a keyboard wedge scan a code: a burst that no busy machine slows down to a hand's pace."""
    page.evaluate(TYPE_BURST, [list(text), end])
