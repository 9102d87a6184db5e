"""The studio on a telephone: the page has room, what is touched is large enough, and nothing is cut off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import BROKEN
from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"
HAIR = (0.22, 0.86)
UPRIGHT = [(360, 740), (390, 844), (420, 900)]
SIDEWAYS = [(844, 390), (740, 360), (667, 375)]
TABLETS = [(768, 1024), (820, 1180), (1024, 768)]
# What fingers press in the window, and which of it is too small or reaches beyond the window.
WRONG = """() => [...document.querySelectorAll('button, summary, select, [type=text], .segments label')]
  .filter((one) => !one.closest('.strip'))
  .map((one) => [one, one.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0)
  .filter(([, box]) => box.width < 40 || box.height < 40 || box.left < 0 || box.right > innerWidth)
  .map(([one, box]) => `${one.id || one.outerHTML.slice(0, 80)} ${JSON.stringify(box)}`)"""
# What a window says of clicks, and calls by them.
CLICKS = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.checkVisibility())
  .flatMap((one) => [
    ...[...one.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data),
    one.getAttribute('aria-label') ?? '',
    one.title,
  ])
  .filter((text) => /\\bclick/i.test(text))"""
# Of what is in the bar: which lies on which.
COVERED = """() => [...document.querySelectorAll('.bar :is(button, summary)')]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !one.contains(there);
  })
  .map((one) => one.id || one.outerHTML.slice(0, 80))"""
# The edits that the surfaces of a page have.
EDITED = """async (page) => {
  const { knownSurfaces } = await import('/static/js/pages/known_surfaces.js');
  return (knownSurfaces(page)?.surfaces ?? []).map((surface) => surface.edit);
}"""
# A run goes on, and there are several chapters with long names: the bar has all that it can have.
FULL = """async () => {
  const { patchChapter, store } = await import('/static/js/core/state.js');
  const { run } = store.get().chapter;
  patchChapter({ run: { ...run, state: 'running', done: 2, of: 5, seconds_left: 72 } });
  document.getElementById('chapters').hidden = false;
  document.getElementById('chapter-name').textContent = 'A rather long name, volume 12, no. 103';
}"""


def phone(open_window: Callable[..., Window], size: tuple[int, int]) -> Window:
    """A window of a telephone, on the first page of the chapter that has colours."""
    viewport = {"width": size[0], "height": size[1]}
    window = open_window(viewport=viewport, has_touch=True, is_mobile=True)
    window.press("PageDown")
    window.page.wait_for_selector(f'.page[data-page="{PAGE}"]')
    window.wait_for_surfaces(PAGE)
    return window


def pick(window: Window) -> None:
    window.page.touchscreen.tap(*window.place(PAGE, *HAIR))
    window.until(lambda: "surface" in window.page.inner_text(".counts"), "the counts")


def clicks(window: Window) -> list[str]:
    found: list[str] = window.page.evaluate(CLICKS)
    return found


def box(window: Window, selector: str) -> dict[str, Any]:
    found: dict[str, Any] = window.page.locator(selector).bounding_box()
    return found


def check(window: Window) -> None:
    assert window.page.evaluate(WRONG) == []
    assert window.page.evaluate(COVERED) == []
    beyond = "(({scrollWidth, scrollHeight}) => [scrollWidth - innerWidth, scrollHeight - innerHeight])"
    width, height = window.page.evaluate(f"{beyond}(document.documentElement)")
    assert width <= 0 and height <= 0  # what has the focus scrolls its own panel, never the window


@pytest.mark.parametrize("size", UPRIGHT + SIDEWAYS + TABLETS[:2])
def test_every_room_can_be_worked_by_fingers(
    open_window: Callable[..., Window], size: tuple[int, int]
) -> None:
    window = phone(open_window, size)
    check(window)
    pick(window)
    check(window)
    for tab in ("groups", "history"):
        window.page.click(f"#to-{tab}")
        check(window)
    window.page.click("#mode-panels")
    window.page.locator("#panel-list .group-pick").first.click()
    check(window)
    window.page.click("#mode-colours")
    window.page.evaluate(FULL)
    window.page.locator("#run-bar:not([hidden])").wait_for(state="attached")  # tablets have words alone
    check(window)


def test_where_one_taps_nobody_is_told_to_click(open_window: Callable[..., Window], window: Window) -> None:
    assert any("Click something on the page" in text for text in clicks(window))
    tapped = phone(open_window, UPRIGHT[1])
    assert "Tap something on the page" in tapped.page.inner_text("body")
    assert clicks(tapped) == []
    pick(tapped)
    assert "A tap means" in tapped.page.inner_text("body")
    assert clicks(tapped) == []
    tapped.page.click("#to-groups")
    assert clicks(tapped) == []
    tapped.page.click("#mode-panels")
    for tool in tapped.page.locator("[data-tool].tool").all():
        tool.click()
        assert clicks(tapped) == []
    assert "tap corner by corner" in tapped.page.inner_text("#tool-how")
    tapped.page.click("#mode-colours")
    assert "corner by corner" not in tapped.page.inner_text("body")


def test_a_page_without_a_picture_says_why_in_the_strip(open_window: Callable[..., Window]) -> None:
    for window in (open_window(), phone(open_window, UPRIGHT[1])):
        sheet = window.page.locator(f'[data-page="{BROKEN}"] .thumb-missing')
        sheet.scroll_into_view_if_needed()
        sheet.wait_for()
        why = sheet.get_attribute("data-why") or ""
        assert why.startswith("cannot be decoded") and BROKEN not in why
        assert sheet.evaluate("one => getComputedStyle(one, '::after').content") == json.dumps(why)
        assert sheet.locator("svg").is_visible()
        inside, around = sheet.bounding_box(), window.page.locator(f'[data-page="{BROKEN}"]').bounding_box()
        assert inside is not None and around is not None
        assert around["x"] <= inside["x"] and inside["x"] + inside["width"] <= around["x"] + around["width"]
    assert window.page.locator(".thumb-missing").filter(visible=True).count() == 1


@pytest.mark.parametrize("size", UPRIGHT)
def test_the_page_has_most_of_the_window(open_window: Callable[..., Window], size: tuple[int, int]) -> None:
    window = phone(open_window, size)
    assert box(window, "#stage")["height"] > 0.5 * size[1]
    assert box(window, ".strip")["height"] > 60
    pick(window)
    assert box(window, "#stage")["height"] > 0.38 * size[1]
    assert (
        window.state("tab") == "colour"
    )  # the panel came up under the finger, which has pressed nothing of it
    plane, side = box(window, ".field-plane"), box(window, ".side")
    assert plane["y"] + plane["height"] <= side["y"] + side["height"]  # a colour is chosen without scrolling


def test_a_finger_moves_the_page_and_draws_once_it_adds(open_window: Callable[..., Window]) -> None:
    window = phone(open_window, UPRIGHT[1])
    pick(window)
    window.page.evaluate("async () => (await import('/static/js/pages/stage.js')).zoomBy(3)")
    draw(window, 0.5, 0.45)
    assert window.state("draft")["also"] == []
    window.choose("This, too")
    place = window.place(PAGE, *HAIR)
    draw(window, 0.5, 0.45)
    window.until(lambda: len(window.state("draft")["also"]) > 0, "what the finger crossed")
    assert window.place(PAGE, *HAIR) == place


def draw(window: Window, across: float, down: float) -> None:
    """Draw a line with a finger, upwards from a point of the stage (shares of its sides)."""
    stage = box(window, "#stage")
    x, y = stage["x"] + across * stage["width"], stage["y"] + down * stage["height"]
    fingers = window.context.new_cdp_session(window.page)
    for step in range(9):
        kind = "touchStart" if step == 0 else "touchMove"
        point = {"x": x + 3 * step, "y": y - 6 * step}
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    fingers.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.parametrize("size", SIDEWAYS)
def test_on_its_side_the_tools_are_beside_the_page(
    open_window: Callable[..., Window], size: tuple[int, int]
) -> None:
    window = phone(open_window, size)
    pick(window)
    stage, side = box(window, "#stage"), box(window, ".side")
    assert stage["height"] > 0.6 * size[1] and stage["width"] > 0.5 * size[0]
    assert side["x"] >= stage["x"] + stage["width"]


@pytest.mark.parametrize("size", SIDEWAYS + TABLETS)
def test_the_bar_of_one_chapter_is_one_row(open_window: Callable[..., Window], size: tuple[int, int]) -> None:
    window = phone(open_window, size)
    assert box(window, ".bar")["height"] < 60
    assert window.page.evaluate(COVERED) == []
    window.page.evaluate(FULL)
    window.page.locator("#run-bar").wait_for(state="attached")
    assert box(window, ".bar-name")["width"] >= 90  # some of the chapter's name is read
    assert window.page.evaluate(COVERED) == []


def test_where_there_is_no_room_page_and_width_take_turns(open_window: Callable[..., Window]) -> None:
    window = phone(open_window, (667, 375))
    for fit in ("width", "page", "width"):
        other = {"width": "page", "page": "width"}[fit]
        assert not window.page.is_visible(f"#fit-{other}")
        window.page.tap(f"#fit-{fit}")
        window.until(lambda fit=fit: window.state("fit") == fit, f"the {fit}")  # type: ignore[misc]
    window.page.evaluate("import('/static/js/core/state.js').then(({ store }) => store.set({ fit: 'free' }))")
    window.page.wait_for_selector("#fit-width", state="hidden")
    assert window.page.is_visible("#fit-page")


@pytest.mark.parametrize(("text", "colour"), [("#20c040", "#20c040"), ("crimson", "#dc143c")])
def test_what_was_written_is_for_what_was_picked_then(
    open_window: Callable[..., Window], text: str, colour: str
) -> None:
    """A finger that goes on to something else leaves the field only after that has been picked."""
    window = phone(open_window, UPRIGHT[1])
    pick(window)
    picked = window.state("draft")["at"]
    write(window, ".hex", text)
    pick_another(window)
    window.until(lambda: len(edits(window)) == 1, "what was written")
    (edit,) = edits(window)
    assert (edit["at"], edit["colour"]) == ([picked], colour)
    assert window.state("draft")["at"] != picked and not window.state("draft")["touched"]

    window.until(lambda: edit["id"] in window.page.evaluate(EDITED, PAGE), "the surfaces to be the edit's")
    window.until(lambda: tapped_edit(window) == edit["id"], "the edit")
    write(window, ".own [type=text]", "hair")
    pick_another(window)
    window.until(lambda: edits(window)[0]["name"] == "hair", "the name")
    window.page.tap("#undo")  # of the name
    window.until(lambda: edits(window)[0]["name"] == "", "the name to be gone")
    window.page.tap("#undo")
    window.until(lambda: edits(window) == [], "the edit to be gone")
    window.wait_for_rest()


def write(window: Window, selector: str, text: str) -> None:
    window.page.locator(selector).tap()
    window.page.locator(selector).press("ControlOrMeta+a")
    window.page.keyboard.type(text)


def tapped_edit(window: Window) -> str | None:
    """The edit that a tap at the hair opens; the page's surfaces may just be coming anew."""
    window.page.touchscreen.tap(*window.place(PAGE, *HAIR))
    window.page.wait_for_timeout(300)
    edit: str | None = window.state("draft")["edit"]
    return edit


def pick_another(window: Window) -> None:
    before = window.state("draft")["at"]
    window.page.touchscreen.tap(*window.place(PAGE, 0.5, 0.2))
    window.until(lambda: window.state("draft")["at"] != before, "another surface")


def edits(window: Window) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = window.state("chapter")["palette"]["edits"]
    return found


@pytest.mark.parametrize("size", TABLETS[:2])
def test_on_an_upright_tablet_the_page_has_most_of_the_window(
    open_window: Callable[..., Window], size: tuple[int, int]
) -> None:
    window = phone(open_window, size)
    pick(window)
    window.until(lambda: box(window, f'.page[data-page="{PAGE}"]')["width"] > 0.58 * size[0], "a large page")
    stage, side = box(window, "#stage"), box(window, ".side")
    assert side["x"] >= stage["x"] + stage["width"] and side["width"] < 0.36 * size[0]
    assert box(window, ".strip")["y"] >= side["y"] + side["height"]
    window.page.click("#to-groups")
    names = window.page.locator("#groups .group-name")
    names.first.wait_for()
    assert names.evaluate_all("(all) => all.filter((one) => one.scrollWidth > one.clientWidth).length") == 0
