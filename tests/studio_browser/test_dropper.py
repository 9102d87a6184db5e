"""The eyedropper: a colour is taken from where it is seen, on any page, by pointer, finger and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import COVER, PAGES
from mangacolor.tests.helpers.studio_window import Window

PAGE, OTHER = PAGES[:2]
# Shares of the page's sides: the heroine's hair, the sky, and the margin.
HAIR, SKY, MARGIN = (0.22, 0.86), (0.5, 0.2), (0.5, 0.01)
NEAR = 6  # levels by which a copied cover's picture in the browser may differ from its file


@pytest.fixture
def picked(window: Window) -> Iterator[Window]:
    """A window with the hair picked; afterwards nothing is changed."""
    window.pick(PAGE, *HAIR)
    yield window
    if edits(window):
        window.press("Control+z")
        window.until(lambda: edits(window) == [], "the undo")
    window.wait_for_rest()


def edits(window: Window) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = window.state("chapter")["palette"]["edits"]
    return found


def surface_colour(window: Window, page: str, place: tuple[float, float]) -> str:
    """What the foot of the window says of a surface."""
    window.wait_for_surfaces(page)
    window.page.mouse.move(*window.place(page, *place))
    window.until(lambda: window.status.startswith("#"), "the surface")
    return window.status[:7]


def taken(window: Window) -> str:
    """The colour of the change that the eyedropper has made."""
    window.until(lambda: len(edits(window)) == 1, "the change to be saved")
    assert window.state("dropping") is False
    return str(edits(window)[0]["colour"])


def test_a_colour_of_another_page_is_taken_for_what_was_picked(picked: Window) -> None:
    picked.press("Escape")
    picked.show(OTHER)
    sky = surface_colour(picked, OTHER, SKY)
    picked.pick(PAGE, *HAIR)
    picked.press("i")
    assert "Click the colour to take" in picked.status
    picked.show(OTHER)
    picked.page.mouse.move(*picked.place(OTHER, *SKY))
    picked.until(lambda: picked.status.startswith(sky), "the colour under the pointer")
    assert picked.page.locator("#dropper-spot").is_visible()
    picked.click_at(OTHER, *SKY)
    assert taken(picked) == sky
    assert edits(picked)[0]["at"][0][0] == PAGE and not picked.page.locator("#dropper-spot").is_visible()
    assert picked.page.locator(".swatches .spot").first.get_attribute("aria-label") == sky  # now a recent one


def test_a_cover_that_was_in_colour_gives_what_its_picture_has(picked: Window) -> None:
    picked.page.click("#dropper")
    picked.show(COVER)
    picked.click_at(COVER, 0.6, 0.5)
    colour = taken(picked)
    there = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    assert max(abs(one - other) for one, other in zip(there, (210, 180, 90), strict=True)) <= NEAR


def test_of_the_scan_it_takes_what_the_scan_has(picked: Window) -> None:
    picked.press("i", "b")
    picked.click_at(PAGE, *HAIR)
    colour = taken(picked)
    assert colour[1:3] == colour[3:5] == colour[5:7]
    picked.press("b")


def test_paper_is_white(picked: Window) -> None:
    picked.press("i")
    picked.click_at(PAGE, *MARGIN)
    assert taken(picked) == "#ffffff"


def test_it_is_left_and_nothing_is_changed(picked: Window) -> None:
    for leave in ("i", "Escape", "o", "p"):
        if picked.state("mode") == "panels":
            picked.press("p")
        picked.pick(PAGE, *HAIR)
        picked.press("i")
        picked.until(lambda: picked.state("dropping"), "the eyedropper")
        picked.press(leave)
        picked.until(lambda: not picked.state("dropping"), f"{leave} to leave it")
        assert (picked.state("outlining") is not None) == (leave == "o")
        assert leave == "p" or picked.state("draft") is not None
    picked.press("p", "Escape", "Escape")
    assert edits(picked) == []
    picked.press("i")
    assert "first" in picked.status and picked.state("dropping") is False


def test_it_is_worked_by_keys(picked: Window) -> None:
    picked.press("x", "i", ".")
    picked.until(lambda: "Enter takes it" in picked.status, "the colour under the cross")
    colour = picked.status[:7]
    picked.press("Enter")
    assert taken(picked) == colour
    picked.press("Escape", "Escape")


def test_a_finger_takes_a_colour(open_window: Callable[..., Window], picked: Window) -> None:
    sky = surface_colour(picked, PAGE, SKY)
    phone = open_window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone.press("PageDown")
    phone.wait_for_surfaces(PAGE)
    phone.page.touchscreen.tap(*phone.place(PAGE, *HAIR))
    phone.until(lambda: phone.state("draft") is not None, "the panel")
    phone.page.locator("#dropper").tap()
    phone.until(lambda: "Tap the colour to take" in phone.status, "the eyedropper")
    phone.page.touchscreen.tap(*phone.place(PAGE, *SKY))
    assert taken(phone) == sky
    picked.until(lambda: len(edits(picked)) == 1, "the other window to see it")
