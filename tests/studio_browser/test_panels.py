"""Panels by dragging: what is drawn is saved as the page's corrections, and this page runs again alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import PAGES, Studio
from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P02.png"


def corrections(out: Path) -> dict[str, Any]:
    """The page's file; empty where there is none."""
    file = out / ".mangacolor/edits/E19P02.json"
    document: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return document


def drawn(window: Window) -> list[list[list[int]]]:
    """The panels as they are drawn, in reading order."""
    shapes: list[list[list[int]]] = window.page.evaluate(
        "async () => (await import('/static/js/panels/sheet.js')).sheet.get().drawing.panels"
    )
    return shapes


@pytest.fixture
def room(window: Window) -> Window:
    """The panels' room of a page."""
    window.show(PAGE)
    window.press("p")
    window.until(lambda: len(drawn(window)) >= 3, "the panels")
    return window


def on_window(window: Window, point: list[int]) -> tuple[float, float]:
    size = next(page["size"] for page in window.state("chapter")["pages"] if page["name"] == PAGE)
    return window.place(PAGE, point[0] / size[0], point[1] / size[1])


def worked_at(out: Path) -> dict[str, int]:
    """When each page was last put into colour."""
    pages = out / ".mangacolor/pages"
    return {name: (pages / name / "colorize.json").stat().st_mtime_ns for name in PAGES}


def is_redone(out: Path, worked: dict[str, int]) -> bool:
    """Whether the page has been put into colour since; in between its file is not there."""
    kept = out / ".mangacolor/pages" / PAGE / "colorize.json"
    return kept.exists() and kept.stat().st_mtime_ns != worked[PAGE]


def test_drag_cut_and_renumber_and_this_page_alone_runs_again(room: Window, studio: Studio) -> None:
    before, worked = drawn(room), worked_at(studio.out)
    corner = before[0][0]
    room.page.mouse.click(*on_window(room, middle(before[0])))
    start = on_window(room, corner)
    room.drag(start, (start[0] + 30, start[1] + 24))
    moved = drawn(room)
    scale = room.state("zoom")
    assert moved[0][0] == pytest.approx([corner[0] + 30 / scale, corner[1] + 24 / scale], abs=2)
    assert (moved[0][1:], moved[1:]) == (before[0][1:], before[1:])

    room.page.click('[data-tool="cut"]')
    left, top, right, bottom = bounds(moved[1])
    halfway = (left + right) // 2
    room.drag(on_window(room, [halfway, top - 8]), on_window(room, [halfway, bottom + 8]))
    cut = drawn(room)
    assert len(cut) == len(before) + 1
    is_rtl = room.state("chapter")["direction"] == "rtl"
    assert (middle(cut[1])[0] > middle(cut[2])[0]) == is_rtl

    room.page.click('[data-tool="order"]')
    for shape in (cut[2], cut[1], cut[0], *cut[3:]):
        room.page.mouse.click(*on_window(room, middle(shape)))
    wanted = [cut[2], cut[1], cut[0], *cut[3:]]
    assert drawn(room) == wanted

    assert not (studio.out / ".mangacolor/edits").exists()
    room.press("Control+s")
    room.until((studio.out / ".mangacolor/edits/E19P02.json").exists, "the file")
    assert corrections(studio.out)["polygons"] == wanted
    room.until(lambda: is_redone(studio.out, worked), "the page to be put into colour again")
    room.wait_for_rest()
    after = worked_at(studio.out)
    assert {name for name in PAGES if after[name] != worked[name]} == {PAGE}


@pytest.mark.slow
def test_what_was_found_comes_back_once_the_page_has_run(room: Window, studio: Studio) -> None:
    room.press("n", ".", "Shift+ArrowDown", "Control+s")
    file = studio.out / ".mangacolor/edits/E19P02.json"
    room.until(file.exists, "the file")
    room.wait_for_rest()
    saved = drawn(room)
    room.page.click("#panels-found")
    room.until(lambda: not file.exists(), "the file to go")
    room.until(lambda: drawn(room) not in ([], saved), "the panels that were found")
    told = studio.ask(f"panels?page={PAGE}").json()
    assert not told["corrected"] and drawn(room) == told["polygons"]


def test_regions_join_delete_and_undo(room: Window, studio: Studio) -> None:
    before = drawn(room)
    room.page.click('[data-tool="join"]')
    for shape in before[:2]:
        room.page.mouse.click(*on_window(room, middle(shape)))
    joined = drawn(room)
    assert len(joined) == len(before) - 1
    assert bounds(joined[0]) == bounds([*before[0], *before[1]])
    room.press("Control+z")
    assert drawn(room) == before

    room.page.click('[data-tool="leftOut"]')
    room.drag(on_window(room, [200, 100]), on_window(room, [260, 160]))
    room.page.click('[data-tool="coloured"]')
    room.drag(on_window(room, [300, 200]), on_window(room, [340, 260]))
    room.page.click('[data-tool="panel"]')
    for point in ([10, 10], [60, 10], [60, 50]):
        room.page.mouse.click(*on_window(room, point))
    room.press("Enter")
    assert len(drawn(room)) == len(before) + 1
    room.press("Delete")
    assert drawn(room) == before
    room.page.click("#panels-save")
    room.until(lambda: "left_out" in corrections(studio.out), "the file")
    kept = corrections(studio.out)
    assert bounds(kept["left_out"][0]) == pytest.approx((200, 100, 260, 160), abs=2)
    assert bounds(kept["coloured"][0]) == pytest.approx((300, 200, 340, 260), abs=2)
    room.wait_for_rest()


def test_corners_by_keyboard_and_changes_that_are_not_lost(room: Window) -> None:
    before = drawn(room)
    room.press("n", ".", "ArrowRight", "Shift+ArrowDown")
    moved = drawn(room)
    assert moved[0][0] == [before[0][0][0] + 1, before[0][0][1] + 10]
    room.press("i")
    assert len(drawn(room)[0]) == len(before[0]) + 1
    room.page.click("#mode-panels")  # where one is already
    room.press("Delete")
    assert drawn(room) == moved and room.page.locator("#shapes").is_visible()
    room.press("p")  # leaving would lose what was drawn
    room.page.locator(".notice", has_text="not saved").wait_for()
    assert room.state("mode") == "panels"
    room.page.click("#panels-discard")
    assert drawn(room) == before
    room.press("Control+z")
    assert drawn(room) == moved  # Discard is a step, too
    room.page.click("#panels-discard")
    room.press("p")
    room.until(lambda: room.state("mode") == "colours", "the way back")


def test_what_another_window_has_saved_is_not_overwritten_unseen(room: Window) -> None:
    room.expected = ("409",)
    told = room.page.evaluate(f"async () => (await fetch('/api/panels?page={PAGE}')).json()")
    theirs = {**told, "polygons": told["polygons"][:1], "panels": told["panels"][:1], "revision": "theirs"}
    theirs["corrected"], found = True, drawn(room)
    held, sent = [], []

    def answer(route: Any) -> None:
        if route.request.method == "GET":
            route.fulfill(json=theirs)
        elif route.request.method == "DELETE":
            route.fulfill(json=told)
        else:
            sent.append(route.request.post_data_json["revision"])
            held.append(route)

    room.page.route("**/api/panels*", answer)
    room.press("n", "Shift+ArrowDown")
    mine = drawn(room)
    save, state = room.page.locator("#panels-save"), room.page.locator("#panels-state")
    save.click()
    room.until(lambda: len(held) == 1, "it to be sent")
    assert state.inner_text() == "Saving…" and save.is_disabled()
    room.press("Control+s")  # nothing more
    held.pop().fulfill(status=409, json={"error": "changed elsewhere", "remedy": "Look."})
    room.page.locator(".notice", has_text="changed elsewhere").wait_for()
    room.until(save.is_enabled, "that it can be saved all the same")
    assert drawn(room) == mine and state.inner_text() == "Not saved"
    save.click()
    room.until(lambda: sent == [told["revision"], "theirs"], "it to be sent for what is seen by now")
    held.pop().fulfill(status=409, json={"error": "another program holds it", "remedy": "Wait."})
    room.page.locator(".notice", has_text="holds it").get_by_text("Try again").wait_for()
    room.page.click("#panels-discard")
    assert drawn(room) == theirs["polygons"]
    room.page.click("#panels-found")  # before a run has shown what was corrected: it will find the same
    room.until(lambda: drawn(room) == found and state.inner_text() == "As found", "what there is by now")


def test_sums_on_polygons(window: Window) -> None:
    """A concave panel is cut where the line was drawn; what overlaps is joined by its hull."""
    done = window.page.evaluate(
        """async () => {
            const { cut, join, areaOf, isTangled, holds } = await import('/static/js/panels/shapes.js');
            const comb = [[0, 0], [100, 0], [100, 100], [70, 100], [70, 30], [30, 30], [30, 100], [0, 100]];
            const pieces = cut(comb, [-5, 60], [40, 60]);
            const apart = join([[0, 0], [40, 0], [40, 50], [0, 50]], [[50, 0], [90, 0], [90, 80], [50, 80]]);
            const over = join([[0, 0], [60, 0], [60, 60], [0, 60]], [[40, 40], [90, 40], [90, 90], [40, 90]]);
            return {
                pieces: pieces.map(areaOf), missed: cut(comb, [200, 0], [200, 50]), apart: areaOf(apart),
                tangled: [isTangled(apart), isTangled(over), isTangled([[0, 0], [9, 9], [9, 0], [0, 9]])],
                over: areaOf(over), inside: [holds(comb, [15, 80]), holds(comb, [50, 80])],
            };
        }"""
    )
    assert sorted(done["pieces"]) == [30 * 40, 7200 - 1200]
    assert done["missed"] is None
    assert 40 * 50 + 40 * 80 <= done["apart"] <= 40 * 50 + 40 * 80 + 10 * 80
    assert done["tangled"] == [False, False, True]
    assert done["over"] >= 60 * 60 + 50 * 50 - 20 * 20
    assert done["inside"] == [True, False]


def bounds(shape: list[list[int]]) -> tuple[int, int, int, int]:
    across, down = zip(*shape, strict=True)
    return min(across), min(down), max(across), max(down)


def middle(shape: list[list[int]]) -> list[int]:
    left, top, right, bottom = bounds(shape)
    return [(left + right) // 2, (top + bottom) // 2]
