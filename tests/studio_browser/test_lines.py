"""Lines drawn over the page: all that they cross is meant, or is not."""

from __future__ import annotations

from typing import Any

from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"
HAIR, SKY = (0.22, 0.86), (0.5, 0.2)  # shares of the page's sides


def pick(window: Window, place: tuple[float, float]) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.click_at(PAGE, *place)


def test_a_line_means_every_surface_that_it_crosses(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    start, end = window.place(PAGE, *HAIR), window.place(PAGE, HAIR[0] + 0.12, HAIR[1] + 0.06)
    window.page.keyboard.down("Shift")
    window.page.mouse.move(*start)
    window.page.mouse.down()
    window.page.mouse.move(*end, steps=20)
    window.until(lambda: len((window.state("stroke") or {"numbers": []})["numbers"]) > 2, "what is crossed")
    assert window.state("draft") is None
    window.page.mouse.up()
    window.page.keyboard.up("Shift")
    assert window.state("stroke") is None
    window.until(lambda: bool(window.state("draft") and window.state("draft")["also"]), "what is meant")
    draft = window.state("draft")
    assert len(draft["also"]) > 1
    assert all(page == PAGE for page, *_ in draft["also"])

    window.choose("Spot")
    counts = window.page.locator(".counts")
    meant = len(draft["also"]) + 1
    window.until(lambda: counts.inner_text() == f"{meant} surfaces on 1 page", "what the line crossed, alone")
    window.drag(start, end)  # without a key the page moves
    assert window.state("draft") == {**draft, "reach": "segment"}

    window.page.keyboard.down("Alt")
    window.drag(window.place(PAGE, *HAIR), window.place(PAGE, HAIR[0] + 0.06, HAIR[1] + 0.03))
    window.page.keyboard.up("Alt")
    window.until(lambda: len(window.state("draft")["not"]) >= 1, "what is not meant")
    window.press("Escape")


def draw(window: Window, key: str, across: float = 0.12, down: float = 0.06) -> None:
    """Draw a line from the hair on, with a key held."""
    window.page.keyboard.down(key)
    window.drag(window.place(PAGE, *HAIR), window.place(PAGE, HAIR[0] + across, HAIR[1] + down))
    window.page.keyboard.up(key)


def test_a_line_of_what_is_not_meant_needs_something_picked(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    before = window.state("chapter")["palette"]["log"]
    draw(window, "Alt")
    window.until(lambda: "Nothing is picked" in window.status, "what it lacks")
    assert window.state("draft") is None and window.state("chapter")["palette"]["log"] == before


def test_a_line_is_for_what_was_picked_when_it_was_drawn(window: Window) -> None:
    pick(window, HAIR)
    held: list[Any] = []
    is_open = [False]
    window.page.route("**/api/line*", lambda route: route.continue_() if is_open[0] else held.append(route))
    draw(window, "Shift")
    window.until(lambda: bool(held), "the question")
    window.click_at(PAGE, *SKY)
    other = window.state("draft")
    is_open[0] = True
    for route in held:
        route.continue_()
    window.until(lambda: "Something else is picked" in window.status, "what became of it")
    assert window.state("draft")["at"] == other["at"] and window.state("draft")["also"] == []
    window.press("Escape")


def test_escape_gives_up_the_line_and_keeps_what_is_picked(window: Window) -> None:
    pick(window, HAIR)
    picked = window.state("draft")
    window.page.keyboard.down("Shift")
    window.page.mouse.move(*window.place(PAGE, *HAIR))
    window.page.mouse.down()
    window.page.mouse.move(*window.place(PAGE, HAIR[0] + 0.12, HAIR[1] + 0.06), steps=10)
    window.until(lambda: bool(window.state("stroke")), "what is crossed")
    window.press("Escape")
    window.page.mouse.up()
    window.page.keyboard.up("Shift")
    assert window.state("draft") == picked and window.state("stroke") is None
    window.press("Escape")
