"""Many tabs of one browser: a window listens while it is seen, and catches up when it is seen again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from mangacolor.tests.helpers.studio import Studio
from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"
TABS = 9  # more than the six connections that a browser has to one server
# Headless tabs are all in sight: this puts one out of it.
VEIL = """() => {
  let away = false;
  Object.defineProperty(document, 'hidden', { get: () => away });
  window.turnAway = (now) => {
    away = now;
    document.dispatchEvent(new Event('visibilitychange'));
  };
}"""


@pytest.fixture
def tabs(browser: Browser, studio: Studio) -> Iterator[list[Window]]:
    """Tabs of one window, of which the last one is in sight."""
    context = browser.new_context()
    context.add_init_script(f"({VEIL})()")
    opened: list[Window] = []
    for _ in range(TABS):
        if opened:
            turn(opened[-1], away=True)
        opened.append(Window(context, context.new_page()))
        opened[-1].page.set_default_timeout(30_000)
        opened[-1].page.goto(studio.address)
        opened[-1].wait_for_page()
    yield opened
    context.close()


def turn(window: Window, *, away: bool) -> None:
    window.page.evaluate("(away) => turnAway(away)", away)


def edits(window: Window) -> list[Any]:
    return [edit["colour"] for edit in window.state("chapter")["palette"]["edits"]]


def test_each_of_many_tabs_works_and_shows_what_the_others_did(tabs: list[Window]) -> None:
    first, last = tabs[0], tabs[-1]
    last.show(PAGE)
    last.wait_for_surfaces(PAGE)
    last.click_at(PAGE, 0.22, 0.86)
    last.choose_colour("#d01c2a")
    last.until(lambda: edits(last) == ["#d01c2a"], "the change")
    last.wait_for_rest()
    assert edits(first) == []  # out of sight nothing is told
    turn(last, away=True)
    turn(first, away=False)
    first.until(lambda: edits(first) == ["#d01c2a"], "what was missed")
    assert first.state("connected")
    first.press("Control+z")
    first.until(lambda: edits(first) == [], "the change to be taken back")
    first.wait_for_rest()  # of that run it is told as it goes on
