"""An outline drawn over the page: what lies inside takes a colour, with a mouse, a pen and a finger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"
SKY = (0.5, 0.2)  # shares of the page's sides
RING = ((0.42, 0.13), (0.58, 0.13), (0.58, 0.27), (0.42, 0.27))
LOWER = ((0.42, 0.16), (0.58, 0.16), (0.58, 0.3), (0.42, 0.3))


def open_page(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)


def draw(window: Window, *places: tuple[float, float]) -> None:
    """Go around with the mouse, nearly to where it began."""
    first, *others = (window.place(PAGE, *place) for place in places)
    window.page.mouse.move(*first)
    window.page.mouse.down()
    for place in others:
        window.page.mouse.move(*place, steps=8)
    window.page.mouse.up()


def edits(window: Window) -> list[dict[str, Any]]:
    return list(window.state("chapter")["palette"]["edits"])


def test_what_lies_inside_takes_a_colour_and_can_be_drawn_again(window: Window) -> None:
    open_page(window)
    button = window.page.locator("#outline")
    assert "lies inside" in str(button.get_attribute("title"))
    window.press("o")
    assert button.get_attribute("aria-pressed") == "true"
    draw(window, *RING)
    window.until(lambda: bool(window.state("draft")), "what was drawn")
    assert window.state("outlining") is None and window.state("lasso") is None
    assert window.state("draft")["reach"] == "outline" and edits(window) == []
    assert not window.page.get_by_text("This, too", exact=True).is_visible()
    before = window.picture()
    window.choose_colour("#c02020")
    window.until(lambda: len(edits(window)) == 1, "the change")
    window.until(lambda: bool((window.picture() != before).any()), "what it looks like")
    (edit,) = edits(window)
    assert edit["reach"] == "outline" and len(edit["outline"]) >= 4 and list(edit["pages"]) == [PAGE]

    window.press("Escape")
    window.click_at(PAGE, *SKY)  # inside it is the change that is opened
    window.until(
        lambda: (window.state("draft") or {}).get("edit") == edit["id"], "the change under the pointer"
    )
    window.page.get_by_role("button", name="Draw it again").click()
    draw(window, *LOWER)
    window.until(lambda: edits(window)[0]["outline"] != edit["outline"], "the new line")
    assert len(edits(window)) == 1 and edits(window)[0]["colour"] == "#c02020"
    window.choose_colour("#2040c0")
    window.until(lambda: edits(window)[0]["colour"] == "#2040c0", "another colour")
    window.wait_for_rest()
    inside, outside = (window.place(PAGE, *place) for place in (SKY, (0.8, 0.1)))
    seen = window.picture("body")
    blue, other = (seen[round(y), round(x)].astype(int) for x, y in (inside, outside))
    assert blue[2] > blue[0] + 60 and other[2] < other[0] + 60

    window.page.get_by_role("tab", name="Changes").click()
    assert "outline, " in window.page.inner_text("#edits")
    window.press("Control+z", "Control+z", "Control+z")
    window.until(lambda: edits(window) == [], "undone")
    window.press("Control+Shift+z")
    window.until(lambda: [one["outline"] for one in edits(window)] == [edit["outline"]], "done again")
    window.press("Control+z")
    window.until(lambda: edits(window) == [], "undone again")


def test_a_line_that_goes_around_twice_is_opened_by_a_click_inside(window: Window) -> None:
    open_page(window)
    window.press("o")
    draw(window, *RING, *RING)
    window.until(lambda: bool(window.state("draft")), "what was drawn")
    window.choose_colour("#c02020")
    window.until(lambda: len(edits(window)) == 1, "the change")
    window.press("Escape")
    window.click_at(PAGE, *SKY)
    window.until(lambda: (window.state("draft") or {}).get("edit") == edits(window)[0]["id"], "the change")
    window.press("Control+z")
    window.until(lambda: edits(window) == [], "undone")


def test_escape_gives_it_up_and_a_click_draws_nothing(window: Window) -> None:
    open_page(window)
    window.page.click("#outline")
    window.click_at(PAGE, *SKY)
    assert window.state("draft") is None and "around something" in window.status
    first, second, *_ = (window.place(PAGE, *place) for place in RING)
    window.page.mouse.move(*first)
    window.page.mouse.down()
    window.page.mouse.move(*second, steps=8)
    assert len(window.state("lasso")["line"]) > 2
    window.press("Escape")
    window.page.mouse.up()
    assert window.state("outlining") is None and window.state("lasso") is None
    assert window.state("draft") is None


def test_an_outline_of_paper_is_refused_in_words(window: Window) -> None:
    window.expected = ("/api/cover",)
    open_page(window)
    window.press("o")
    draw(window, (0.001, 0.001), (0.01, 0.001), (0.01, 0.006), (0.001, 0.006))
    window.until(lambda: "takes a colour" in window.page.inner_text("#notices"), "why not")
    assert window.state("draft") is None


def test_a_finger_and_a_pen_draw_it_too(open_window: Callable[..., Window]) -> None:
    window = open_window(has_touch=True)
    open_page(window)
    for kind in ("touch", "pen"):
        window.page.click("#outline")
        window.page.evaluate(
            """([kind, places]) => {
                 const stage = document.getElementById("stage");
                 stage.setPointerCapture = () => {};
                 const send = (type, [clientX, clientY]) => stage.dispatchEvent(new PointerEvent(type, {
                     pointerId: 7, pointerType: kind, isPrimary: true, bubbles: true, clientX, clientY,
                 }));
                 send("pointerdown", places[0]);
                 for (const place of places.slice(1)) send("pointermove", place);
                 send("pointerup", places.at(-1));
               }""",
            [kind, [window.place(PAGE, *place) for place in RING]],
        )
        window.until(lambda: bool(window.state("draft")), f"what a {kind} drew")
        corners = np.array(window.state("draft")["outline"])
        assert len(corners) == len(RING) and (np.ptp(corners, axis=0) > 50).all()
        window.press("Escape")
        window.until(lambda: window.state("draft") is None, "closed")
