"""The page as it was before any change, and without one of them: by a key, beside the line, in the list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import pytest
from playwright.sync_api import Browser

from mangacolor.core.arrays import F64
from mangacolor.tests.helpers.studio import COVER, PAGES, Studio
from mangacolor.tests.helpers.studio_window import Window

PAGE = PAGES[0]
# Shares of the page's sides: the heroine's hair, the sky, and the margin.
HAIR, SKY, MARGIN = (0.22, 0.86), (0.5, 0.2), (0.5, 0.01)
RED, GREEN = "#d01c2a", "#20c040"
# Pixels a side of a patch of the page, and levels: of one patch in two pictures, and of one in two colours.
PATCH = 12
SAME, OTHER = 8, 24
WORDS = "Before my changes"
# Mean red, green and blue of hair and of sky, 2×3.
Seen: TypeAlias = F64


class Pages:
    """A page in a window, on which hair and sky may be given other colours."""

    def __init__(self, window: Window) -> None:
        self.window = window
        window.show(PAGE)
        window.wait_for_surfaces(PAGE)

    def give(self, place: tuple[float, float], colour: str) -> None:
        """Give what lies at a place, and nothing else, a colour, and wait until the page's file has it."""
        window, before = self.window, len(self.edits)
        window.wait_for_surfaces(PAGE)
        window.click_at(PAGE, *place)
        window.until(lambda: window.state("draft") is not None, "what is picked")
        window.choose("Panel")
        window.choose_colour(colour)
        window.until(lambda: len(self.edits) == before + 1, "the change to be saved")
        window.until(lambda: bool((window.state("draft") or {}).get("edit")), "the change to be known")
        window.press("Escape")
        window.until(lambda: window.state("draft") is None, "the colour panel to be empty")
        window.wait_for_rest()
        window.wait_for_page()

    @property
    def edits(self) -> list[str]:
        return [edit["id"] for edit in self.window.state("chapter")["palette"]["edits"]]

    @property
    def changes(self) -> list[str]:
        return [step["id"] for step in self.window.state("chapter")["palette"]["log"]]

    def return_to(self, changes: list[str]) -> None:
        """Undo what is more, and do again what is taken back."""
        self.window.page.evaluate("document.activeElement.blur()")
        while (count := len(self.changes)) != len(changes):
            self.window.press("Control+z" if count > len(changes) else "Control+Shift+z")
            self.window.until(lambda count=count: len(self.changes) != count, "the change")  # type: ignore[misc]
        assert self.changes == changes
        self.window.wait_for_rest()

    def seen(self) -> Seen:
        """The colours of hair and sky, once the page has stopped changing."""
        found = [self.look()]
        self.window.until(lambda: bool(np.array_equal(found[-1], self._next(found))), "the page to be still")
        return found[-1]

    def _next(self, found: list[Seen]) -> Seen:
        found.append(self.look())
        return found[-2]

    def look(self) -> Seen:
        """Without the outline of what is pointed at."""
        self.window.page.mouse.move(*self.window.place(PAGE, *MARGIN))
        picture = self.window.picture(f'.page[data-page="{PAGE}"]')
        high, wide = picture.shape[:2]
        corners = [(round(y * high) - PATCH // 2, round(x * wide) - PATCH // 2) for x, y in (HAIR, SKY)]
        patches = [picture[top : top + PATCH, left : left + PATCH] for top, left in corners]
        return np.array([patch.reshape(-1, 3).mean(axis=0) for patch in patches])

    def wait_for(self, hair: Seen, sky: Seen) -> None:
        """Until each is as it was seen once."""

        def is_so() -> bool:
            now = self.look()
            return apart(now[0], hair[0]) < SAME and apart(now[1], sky[1]) < SAME

        self.window.until(is_so, "hair and sky to be so")


def apart(one: Seen, other: Seen) -> float:
    return float(np.abs(one - other).max())


# Of a window: the addresses of pictures that it holds, and what it has asked to be painted.
COUNT = """() => {
  window.held = new Set();
  window.asked = [];
  const [make, revoke, ask] = [URL.createObjectURL, URL.revokeObjectURL, window.fetch];
  URL.createObjectURL = (blob) => {
    const address = make.call(URL, blob);
    window.held.add(address);
    return address;
  };
  URL.revokeObjectURL = (address) => {
    window.held.delete(address);
    revoke.call(URL, address);
  };
  window.fetch = (address, how) => {
    const isPainted = String(address).includes('/api/paint');
    if (isPainted) window.asked.push({ ...JSON.parse(how.body), signal: how.signal });
    return ask(address, how);
  };
}"""


class Looks(NamedTuple):
    """Of a page: at first, with red hair, and with a green sky, too."""

    first: Seen
    red: Seen
    both: Seen


@pytest.fixture(scope="module")
def looks(browser: Browser, studio: Studio) -> Looks:
    """What the page looked like while it was given two colours, which it has from then on."""
    window = Window.open(browser, studio.address)
    pages = Pages(window)
    first = pages.seen()
    pages.give(HAIR, RED)
    red = pages.seen()
    pages.give(SKY, GREEN)
    both = pages.seen()
    window.close()
    assert window.complaints == []
    assert apart(first[0], red[0]) > OTHER and apart(first[1], red[1]) < SAME
    assert apart(red[1], both[1]) > OTHER and apart(red[0], both[0]) < SAME
    return Looks(first, red, both)


@pytest.fixture
def pages(looks: Looks, window: Window) -> Iterator[Pages]:
    """The page with its two colours, which it has again afterwards."""
    made = Pages(window)
    changes = made.changes
    assert len(changes) == 2
    yield made
    made.return_to(changes)


# First: all other tests see a page that is changed.
def test_where_nothing_is_changed_that_is_said(window: Window) -> None:
    window.show(PAGE)
    window.press("m")
    window.until(lambda: window.status == "No colour has been changed.", "what is said")
    assert window.state("flipped") is None
    window.press("s")
    window.page.locator("#divider").wait_for()
    assert not window.page.is_visible("#against")
    window.page.click("#to-history")
    assert not window.page.is_visible("#before-changes")


def test_by_key_by_line_and_one_by_one(pages: Pages, looks: Looks) -> None:
    window = pages.window
    window.press("m")
    window.page.locator("#flipped", has_text=WORDS).wait_for()
    pages.wait_for(looks.first, looks.first)
    assert window.status == f"{WORDS}."
    window.press("m")
    window.page.locator("#flipped").wait_for(state="hidden")
    pages.wait_for(looks.both, looks.both)

    window.page.keyboard.down("m")
    window.page.keyboard.down("m")  # the key repeats: it is held
    pages.wait_for(looks.first, looks.first)
    window.page.keyboard.up("m")
    pages.wait_for(looks.both, looks.both)

    window.press("s")
    window.page.get_by_role("group", name="Left of the line").get_by_role("button", name="Before").click()
    window.page.focus("#divider")
    window.press(*["ArrowLeft"] * 8)
    window.page.wait_for_selector('#divider[aria-valuenow="34"]')  # between hair and sky
    pages.wait_for(hair=looks.first, sky=looks.both)
    window.press("s")

    window.page.click("#to-history")
    without = window.page.get_by_role("button", name=f"The page without {pages.edits[1]}")
    without.click()
    window.page.locator("#flipped", has_text=f"Without {pages.edits[1]}").wait_for()
    pages.wait_for(looks.red, looks.red)
    assert without.get_attribute("aria-pressed") == "true"
    window.page.get_by_role("button", name=f"Take {pages.edits[1]} back", exact=True).click()
    window.until(lambda: window.state("flipped") is None, "what is gone to be seen no more")
    pages.wait_for(looks.red, looks.red)


def test_a_colour_that_is_chosen_is_seen(pages: Pages, looks: Looks) -> None:
    window = pages.window
    window.page.click("#to-history")
    shown = window.page.get_by_role("button", name="Before my changes", pressed=False)
    shown.click()
    pages.wait_for(looks.first, looks.first)
    window.page.get_by_role("button", name="Before my changes", pressed=True).wait_for()
    window.click_at(PAGE, *HAIR)
    window.until(lambda: (window.state("draft") or {}).get("edit") == pages.edits[0], "the hair's change")
    assert window.state("flipped") == "changes"
    window.choose_colour("#7744cc")
    window.until(lambda: window.state("flipped") is None, "the colour to be seen")
    window.until(lambda: pages.edits != [] and not window.state("saving"), "the change to be saved")
    window.press("Escape")
    window.wait_for_rest()


def test_pages_that_leave_hold_no_picture_and_ask_for_none(pages: Pages) -> None:
    window = pages.window
    window.page.evaluate(COUNT)
    window.press("m")
    window.until(lambda: window.page.evaluate("held.size") == 1, "the page as it was")
    asked = window.page.evaluate("asked.map(({ page, side, unedited }) => [page, side, unedited])")
    assert asked == [[PAGE, 1400, True]]
    window.show(COVER)
    window.until(lambda: window.page.evaluate("held.size") == 0, "its picture to be let go")

    # One that leaves while it is painted.
    window.page.route("**/api/paint*", lambda route: None)
    window.show(PAGE)
    window.until(lambda: window.page.evaluate("asked.length") == 2, "the page to be asked for")
    window.show(COVER)
    window.until(lambda: window.page.evaluate("asked[1].signal.aborted"), "it to be given up")
    assert window.page.evaluate("held.size") == 0
    window.press("m")
    window.page.unroute("**/api/paint*")


def test_it_is_left_by_escape_and_for_panels(pages: Pages, looks: Looks) -> None:
    window = pages.window
    flipped = window.page.locator("#flipped", has_text=WORDS)
    window.press("m")
    flipped.wait_for()
    window.press("Escape")
    flipped.wait_for(state="hidden")
    assert window.status == ""
    window.press("m")
    flipped.wait_for()
    window.press("p")
    window.until(lambda: window.state("mode") == "panels", "the panels")
    window.until(lambda: window.state("flipped") is None, "the scan to be called nothing else")
    window.press("b")
    window.press("p")
    window.until(lambda: window.state("mode") == "colours", "the colours")
    assert window.state("flipped") is None
    pages.wait_for(looks.both, looks.both)


def test_what_is_changed_is_seen(pages: Pages) -> None:
    window = pages.window
    flipped = window.page.locator("#flipped", has_text=WORDS)

    window.press("m")
    flipped.wait_for()
    window.page.click("#to-groups")
    window.page.get_by_label("Warmth of the chapter").evaluate(
        "(bar) => { bar.value = '0.5'; bar.dispatchEvent(new Event('input')); }"
    )
    flipped.wait_for(state="hidden")
    window.page.get_by_label("Warmth of the chapter").evaluate(
        "(bar) => bar.dispatchEvent(new Event('blur'))"
    )
    assert window.page.get_by_label("Warmth of the chapter").input_value() == "0"

    window.click_at(PAGE, *HAIR)
    window.until(lambda: (window.state("draft") or {}).get("edit") == pages.edits[0], "the hair's change")
    window.press("m")
    flipped.wait_for()
    window.page.locator(".segments label", has_text="Page").first.click()
    flipped.wait_for(state="hidden")
    window.wait_for_rest()
    window.press("m")
    flipped.wait_for()
    window.press("Escape")
    flipped.wait_for(state="hidden")
    assert window.state("draft") is not None  # that is left by the next one
    window.press("Escape")
    window.until(lambda: window.state("draft") is None, "the colour panel to be empty")

    window.press("b")
    window.until(lambda: window.status == "Scan.", "what is said")
    window.press("m")
    flipped.wait_for()
    window.press("Control+z")
    flipped.wait_for(state="hidden")
    window.wait_for_rest()


def test_by_touch_on_an_upright_tablet(pages: Pages, open_window: Callable[..., Window]) -> None:
    tablet = open_window(viewport={"width": 820, "height": 1180}, has_touch=True, is_mobile=True)
    tablet.show(PAGE)
    tablet.page.tap("#compare")
    tablet.page.tap("#against-changes")
    tablet.page.wait_for_selector('#against-changes[aria-pressed="true"]')
    tablet.page.locator(f'.page[data-page="{PAGE}"] img').nth(3).wait_for()
    tablet.page.tap("#to-history")
    for name in ("Scan", "Before my changes", re.compile("The page without"), re.compile("Take .* back$")):
        buttons = tablet.page.get_by_role("button", name=name)
        buttons.first.wait_for()
        for button in buttons.all():
            box = button.bounding_box()
            assert box is not None and min(box["width"], box["height"]) >= 40, name
            assert box["x"] + box["width"] <= 820
