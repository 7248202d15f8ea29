"""Steps that the page tests share. Playwright's `wait_for_function` needs `eval`, which the pages forbid."""

import time

import pytest

PATIENCE_S = 15.0


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
