"""Points of a change are seen where they are, and each can be taken away, before it is saved and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import PAGES
from mangacolor.tests.helpers.studio_window import Window

PAGE = PAGES[0]
HAIR, SKY, CENTRE = (0.22, 0.86), (0.5, 0.2), (0.5, 0.5)
BESIDE_SKY = (0.53, 0.2)  # in the same surface, where no mark is
CLOTH = "#2f7d6b"
# Of the light half of a mark, as they are drawn: green where something is meant, red where it is not.
MARKS = {"meant": (183, 240, 194), "not": (255, 194, 187)}


@pytest.fixture
def picked(window: Window) -> Iterator[Window]:
    """A window with the hair picked, on its page alone; afterwards nothing is changed."""
    window.pick(PAGE, *HAIR)
    window.choose("Page")
    window.until(lambda: len(covered(window)) > 0, "what is like it")
    yield window
    window.press("Escape")
    undo_all(window)


def undo_all(window: Window) -> None:
    window.page.evaluate(
        """async () => {
          const { commit, settled } = await import('/static/js/colours/commit.js');
          const { store } = await import('/static/js/core/state.js');
          await settled();
          for (const { id } of store.get().chapter.palette.edits) commit({ undo: id });
          await settled();
        }"""
    )
    window.until(lambda: not edits(window), "the undo")
    window.wait_for_rest()


def edits(window: Window) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = window.state("chapter")["palette"]["edits"]
    return found


def covered(window: Window) -> list[int]:
    cover = window.state("cover")
    return list(cover["surfaces"].get(PAGE, [])) if cover else []


def marks(window: Window, kind: str) -> int:
    """How many pixels over the page are of that kind of mark."""
    count: int = window.page.evaluate(
        """([red, green, blue]) => {
          const canvas = document.getElementById('overlay');
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let count = 0;
          for (let at = 0; at < data.length; at += 4)
            if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count += 1;
          return count;
        }""",
        list(MARKS[kind]),
    )
    return count


def points(window: Window, kind: str) -> list[Any]:
    return list(window.state("draft")[kind])


def test_a_click_at_its_mark_takes_a_point_away_before_anything_is_saved(picked: Window) -> None:
    before = covered(picked)
    picked.until(lambda: marks(picked, "meant") > 20 and not marks(picked, "not"), "the first point")
    picked.click_at(PAGE, *SKY, "Alt")
    picked.until(lambda: marks(picked, "not") > 20, "the point that is not meant")
    picked.page.mouse.move(*picked.place(PAGE, 0.5, 0.01))
    picked.page.mouse.move(*picked.place(PAGE, *SKY))
    picked.until(lambda: picked.status == "A click takes this point away.", "what a click would do")
    picked.click_at(PAGE, *SKY)
    picked.until(lambda: points(picked, "not") == [] and not marks(picked, "not"), "the point to be gone")
    picked.until(lambda: covered(picked) == before, "the same to be covered as before")
    picked.click_at(PAGE, *HAIR)  # the only one that is left is no mark to be taken away
    picked.until(lambda: picked.state("draft")["reach"] == "page", "the hair to be picked anew")
    assert picked.state("draft") is not None and edits(picked) == []


def test_what_alone_is_meant_cannot_be_what_is_not(picked: Window) -> None:
    counts = picked.page.locator(".counts")  # whose line would come over that word
    picked.choose("Spot")
    picked.until(lambda: counts.inner_text() == "1 surface on 1 page", "the hair alone")
    picked.click_at(PAGE, *HAIR, "Alt")
    picked.until(lambda: "nothing would be left" in picked.status, "a word of it")
    assert points(picked, "not") == []
    picked.click_at(PAGE, *SKY, "Shift")
    picked.until(lambda: counts.inner_text() == "2 surfaces on 1 page", "the sky, too")
    picked.click_at(PAGE, *HAIR, "Alt")
    picked.until(lambda: len(points(picked, "not")) == 1, "the hair to be taken away")
    picked.until(lambda: counts.inner_text() == "1 surface on 1 page", "the sky alone")
    picked.click_at(PAGE, *BESIDE_SKY, "Alt")
    picked.until(lambda: "nothing would be left" in picked.status, "a word of the sky")
    assert len(points(picked, "not")) == 1


def test_of_what_is_like_it_beside_it_that_alone_can_be_taken_away(picked: Window) -> None:
    before = len(covered(picked))
    picked.click_at(PAGE, *HAIR, "Alt")
    picked.until(lambda: len(points(picked, "not")) == 1, "the hair to be taken away")
    picked.until(lambda: 0 < len(covered(picked)) < before, "the rest to be left")


def test_the_first_point_goes_and_the_next_one_is_the_first(picked: Window) -> None:
    picked.click_at(PAGE, *SKY, "Shift")
    picked.until(lambda: len(points(picked, "also")) == 1, "the further point")
    (sky,) = points(picked, "also")
    picked.click_at(PAGE, *HAIR)
    picked.until(lambda: picked.state("draft")["at"] == sky, "the hair to be gone")
    assert points(picked, "also") == []
    picked.choose_colour(CLOTH)
    picked.until(lambda: len(edits(picked)) == 1, "the change")
    assert edits(picked)[0]["at"] == [sky]


def test_a_saved_point_is_taken_away_by_the_list_and_comes_back_by_undo(picked: Window) -> None:
    before = covered(picked)
    picked.choose_colour(CLOTH)
    picked.until(lambda: picked.state("draft")["edit"] is not None, "the change to be saved")
    assert not picked.page.locator(".points").is_visible()  # of one point there is nothing to list
    picked.click_at(PAGE, *SKY, "Shift")
    picked.until(lambda: len(edits(picked)[0]["at"]) == 2, "the further point to be saved")
    picked.until(lambda: len(covered(picked)) > len(before), "more to be covered")
    both = edits(picked)[0]["at"]
    picked.page.locator(".points summary").click()
    assert picked.page.inner_text(".points summary") == "Points: 2 meant, 0 not"
    picked.page.locator(".points [aria-label^='Take away']").nth(1).click()
    picked.until(lambda: edits(picked)[0]["at"] == both[:1], "the point to be forgotten")
    picked.until(lambda: covered(picked) == before, "as much to be covered as before")
    picked.press("Control+z")
    picked.until(lambda: edits(picked)[0]["at"] == both, "the undo")
    picked.until(lambda: len(covered(picked)) > len(before), "what is covered to follow")


# Answers to changes take a moment longer, so that what is done meanwhile comes first.
SLOW = """() => {
  const { fetch } = window;
  window.fetch = async (...given) => {
    if (String(given[0]).includes('/api/palette')) await new Promise((done) => setTimeout(done, 700));
    return fetch(...given);
  };
}"""


@pytest.mark.parametrize("gone", ["first", "further"])
def test_a_point_is_taken_away_while_the_change_is_being_saved(picked: Window, gone: str) -> None:
    picked.click_at(PAGE, *SKY, "Shift")
    picked.until(lambda: len(points(picked, "also")) == 1, "the further point")
    hair, (sky,) = picked.state("draft")["at"], points(picked, "also")
    picked.page.evaluate(SLOW)
    picked.choose_colour(CLOTH)
    place = HAIR if gone == "first" else SKY
    picked.click_at(PAGE, *place)
    picked.click_at(PAGE, *place)  # who clicks twice means once
    left = [sky] if gone == "first" else [hair]
    picked.until(lambda: [edit["at"] for edit in edits(picked)] == [left], "the point to be gone")
    picked.until(lambda: picked.state("draft")["edit"] == edits(picked)[0]["id"], "the change to be open")
    picked.choose_colour("#c0392b")
    picked.until(lambda: edits(picked)[0]["colour"] == "#c0392b", "the colour")
    assert [edit["at"] for edit in edits(picked)] == [left]


def test_a_point_that_comes_while_the_change_is_being_saved_is_saved_too(picked: Window) -> None:
    picked.page.evaluate(SLOW)
    picked.choose_colour(CLOTH)
    picked.click_at(PAGE, *SKY, "Shift")
    picked.until(lambda: [len(edit["at"]) for edit in edits(picked)] == [2], "both points to be saved")
    picked.until(lambda: points(picked, "also") == [], "the points to be the edit's")


def test_by_keys_the_focus_stays_near_a_point_that_went(picked: Window) -> None:
    for place in (SKY, CENTRE):
        before = len(points(picked, "not"))
        picked.click_at(PAGE, *place, "Alt")
        picked.until(lambda before=before: len(points(picked, "not")) > before, "a point")  # type: ignore[misc]
    picked.page.locator(".points summary").focus()
    picked.press("Enter")
    for there in (".points .group-pick", "#stage"):
        picked.page.locator(".points [aria-label^='Take away: Not']").first.focus()
        picked.press("Enter")
        picked.until(lambda there=there: has_focus(picked, there), there)  # type: ignore[misc]


def has_focus(window: Window, selector: str) -> bool:
    return bool(window.page.evaluate("(one) => document.activeElement.matches(one)", selector))


def test_the_open_colour_follows_an_undo(picked: Window) -> None:
    for colour in (CLOTH, "#c0392b"):
        picked.choose_colour(colour)
        picked.until(lambda colour=colour: [e["colour"] for e in edits(picked)] == [colour], colour)  # type: ignore[misc]
    picked.press("Escape")
    picked.wait_for_rest()
    picked.until(lambda: picked.state("draft") is None, "the panel to close")
    picked.wait_for_surfaces(PAGE)
    picked.click_at(PAGE, *HAIR)
    picked.until(lambda: picked.page.input_value(".hex") == "#c0392b", "the change to be open")
    picked.page.locator("#undo").click()
    picked.until(lambda: picked.page.input_value(".hex") == CLOTH, "the colour that it has now")
    assert picked.state("draft")["colour"] == CLOTH


def test_fingers_take_points_away(open_window: Callable[..., Window]) -> None:
    window = open_window(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    window.press("PageDown")
    window.wait_for_surfaces(PAGE)
    window.page.touchscreen.tap(*window.place(PAGE, *HAIR))
    window.until(lambda: window.state("draft") is not None, "the panel")
    window.choose("This, too")
    window.page.touchscreen.tap(*window.place(PAGE, *SKY))
    window.until(lambda: len(points(window, "also")) == 1, "the further point")
    window.page.touchscreen.tap(*window.place(PAGE, *SKY))
    window.until(lambda: points(window, "also") == [], "the point to be gone")


def test_a_change_is_taken_back_from_its_panel_and_from_the_list(picked: Window) -> None:
    for take_back in ("#tab-colour .own >> text=Take back", "#edits [aria-label='Take e1 back']"):
        if not picked.state("draft"):
            picked.wait_for_rest()
            picked.click_at(PAGE, *HAIR)
            picked.until(lambda: picked.state("draft") is not None, "the panel")
        picked.choose_colour(CLOTH)
        picked.until(lambda: len(edits(picked)) == 1, "the change to be saved")
        (edit,) = edits(picked)
        if "#edits" in take_back:
            picked.page.click("#to-history")
        picked.page.locator(take_back.replace("e1", edit["id"])).click()
        picked.until(lambda: edits(picked) == [], f"{take_back} to take it back")
    picked.page.click("#to-colour")
