"""Colours by clicking: what is meant changes, on every page, nothing else does, and all can be undone."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from filelock import FileLock
from PIL import Image as PilImage

from mangacolor.core.types import Image
from mangacolor.tests.helpers.studio import BROKEN, COVER, PAGES, Studio, files_of
from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"
# Shares of the page's sides: the heroine's hair, the sky, and the margin.
HAIR, SKY, MARGIN = (0.22, 0.86), (0.5, 0.2), (0.5, 0.01)
RED = "#d01c2a"
# Pixels around covered surfaces in which colours meet, and what share of the pixels that change may lie
# outside of them, and beyond that seam: the map is cut at the scale of segments, where slivers are lost,
# the painting at the page's own.
SEAM = 24
BESIDE = 0.12
SLIVERS = 0.005


def decoded(data: bytes) -> Image:
    return np.asarray(PilImage.open(io.BytesIO(data)).convert("RGB"))


def covered_pixels(studio: Studio, page: str, edit: str) -> Image:
    """H×W bool at the page's own size: where the studio says that the edit is."""
    size = studio.ask("chapter").json()
    wide, high = next(one["size"] for one in size["pages"] if one["name"] == page)
    told = studio.ask(f"surfaces?page={page}&side={max(wide, high)}").json()
    address = told["map"].removeprefix("/api/")
    numbers = decoded(studio.ask(address).content).astype(np.int64) @ np.array([65536, 256, 1])
    own = np.array([False, *(surface["edit"] == edit for surface in told["surfaces"])])
    return np.asarray(own[numbers])


def edits(window: Window) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = window.state("chapter")["palette"]["edits"]
    return found


def changes(window: Window) -> int:
    return len(window.state("chapter")["palette"]["log"])


def pick(window: Window, place: tuple[float, float], *keys: str) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.click_at(PAGE, *place, *keys)


def test_pointing_shows_the_surface_and_its_group(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.page.mouse.move(*window.place(PAGE, *MARGIN))
    plain = window.picture()
    window.page.mouse.move(*window.place(PAGE, *HAIR))
    window.until(lambda: "surfaces on" in window.status, "the status line")
    assert window.status.startswith("#") and "Group" in window.status
    window.until(lambda: bool((window.picture() != plain).any()), "the outline")
    window.page.mouse.move(*window.place(PAGE, *MARGIN))
    window.until(lambda: bool((window.picture() == plain).all()), "the outline to go")


def test_red_hair_on_every_page_and_undo_to_the_byte(window: Window, studio: Studio) -> None:
    before = files_of(studio.out)
    pick(window, HAIR)
    window.choose("Chapter")
    window.page.fill("#tab-colour .likeness input", "0.3")
    window.choose_colour(RED)
    window.until(lambda: bool((window.state("draft") or {}).get("edit")), "the change to be saved")
    window.wait_for_rest()

    edit = edits(window)[-1]
    assert (edit["colour"], edit["reach"], edit["likeness"]) == (RED, "alike", 0.3)
    assert PAGE in edit["pages"] and len(edit["pages"]) >= 2
    after = files_of(studio.out)
    assert after[BROKEN] == before[BROKEN]
    for name in (COVER, *PAGES):
        moved = (decoded(before[name]).astype(int) != decoded(after[name])).any(-1)
        if name not in edit["pages"]:
            assert not moved.any(), name
            continue
        covered = covered_pixels(studio, name, edit["id"])
        assert covered.any() and moved[covered].mean() > 0.5, name
        around = cv2.dilate(covered.astype(np.uint8), np.ones((2 * SEAM + 1,) * 2, np.uint8)) > 0
        assert moved[~around].sum() < SLIVERS * moved.sum(), name
        assert moved[~covered].sum() < BESIDE * moved.sum(), name
        red, green, blue = decoded(after[name])[covered & moved].astype(int).mean(0)
        assert red > green + 20 and red > blue + 20, name

    window.press("Escape", "Control+z")
    window.until(lambda: not edits(window), "the undo")
    window.wait_for_rest()
    assert files_of(studio.out) == before


def test_a_preview_is_seen_while_dragging_and_saved_on_release(window: Window, studio: Studio) -> None:
    pick(window, HAIR)
    before = (studio.out / ".mangacolor/palette.json").read_bytes()
    box = window.page.locator(".field-plane").bounding_box()
    window.page.mouse.move(box["x"] + 20, box["y"] + 40)
    window.page.mouse.down()
    for step in range(12):
        window.page.mouse.move(box["x"] + 20 + step, box["y"] + 40 - 2 * step)
    preview = window.page.locator(f'.page[data-page="{PAGE}"] img').nth(2)
    preview.wait_for(state="visible")
    assert str(preview.get_attribute("src")).startswith("blob:")
    assert (studio.out / ".mangacolor/palette.json").read_bytes() == before
    window.page.mouse.up()
    window.until(lambda: len(edits(window)) == 1, "the change to be saved")
    assert (studio.out / ".mangacolor/palette.json").read_bytes() != before
    window.wait_for_rest()
    preview.wait_for(state="hidden")  # the page's own picture has taken its place
    assert len(json.loads((studio.out / ".mangacolor/palette.json").read_text())["log"]) == 1
    window.press("Control+z")
    window.until(lambda: not changes(window), "the undo")


def test_a_right_click_in_the_colour_field_chooses_nothing(window: Window) -> None:
    pick(window, HAIR)
    before, colour = changes(window), window.state("draft")["colour"]
    window.page.locator(".field-plane").click(button="right", position={"x": 30, "y": 10})
    assert not window.state("draft")["touched"] and window.state("draft")["colour"] == colour
    window.page.locator(".field-plane").click(position={"x": 30, "y": 10})
    window.until(lambda: changes(window) == before + 1, "the change to be saved")
    window.press("Escape", "Control+z")
    window.until(lambda: changes(window) == before, "the undo")


def test_a_colour_is_written_by_its_name_and_a_wrong_one_is_told_in_words(window: Window) -> None:
    window.expected = ("/api/colour",)  # the browser tells of the refusal
    pick(window, HAIR)
    before, colour = changes(window), window.state("draft")["colour"]
    problem = window.page.locator(".problem")
    window.choose_colour("crimsn")
    window.until(lambda: "'crimsn' is no colour" in problem.inner_text(), "what is wrong")
    assert "a name of CSS" in problem.inner_text() and window.state("draft")["colour"] == colour
    assert window.page.locator(".hex[aria-invalid=true]").count() == 1 and changes(window) == before
    window.choose_colour("Crimson")
    window.until(lambda: changes(window) == before + 1, "the change to be saved")
    assert window.state("draft")["colour"] == "#dc143c" and not problem.is_visible()
    window.press("Escape", "Control+z")
    window.until(lambda: changes(window) == before, "the undo")


def test_further_points_reach_and_what_it_comes_to(window: Window) -> None:
    pick(window, HAIR)
    counts = window.page.locator(".counts")
    window.until(lambda: "surface" in counts.inner_text(), "the counts")
    window.choose("Spot")
    window.until(lambda: counts.inner_text() == "1 surface on 1 page", "one surface")
    window.choose("Page")
    window.until(lambda: "on 1 page" in counts.inner_text(), "one page")
    window.click_at(PAGE, *SKY, "Shift")
    window.until(lambda: len(window.state("draft")["also"]) == 1, "a further point")
    window.click_at(PAGE, *SKY, "Alt")
    window.until(lambda: len(window.state("draft")["not"]) == 1, "a point that is not meant")
    window.choose("This, too")
    assert window.state("aim") == "also"


def test_paper_says_why_and_offers_what_is_beside_it(window: Window) -> None:
    pick(window, MARGIN)
    notice = window.page.locator(".notice", has_text="paper")
    notice.wait_for()
    assert window.state("draft") is None


def test_the_cross_begins_at_a_pixel_of_the_page(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    width, height = next(one["size"] for one in window.state("chapter")["pages"] if one["name"] == PAGE)
    assert width % 2 and height % 2  # so that its middle is none
    window.press("x", "Enter")
    window.until(lambda: window.state("cover") is not None, "what would be covered")
    assert window.state("draft")["at"] == [PAGE, width // 2, height // 2]
    window.press("Escape", "Escape")
    window.until(lambda: window.state("draft") is None, "the panel to close")


def test_all_of_it_by_keyboard(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.press("x", ".", "ArrowLeft", "Shift+ArrowUp", ".", ".")
    colour = re.compile("#[0-9a-f]{6}")  # behind it the group, where the surface is in one
    window.until(lambda: colour.search(window.status) is not None, "a surface under the cross")
    window.press(",", "Enter")
    window.until(lambda: window.state("draft") is not None, "the panel")
    before = changes(window)
    window.press("c", "ArrowUp")
    window.until(lambda: changes(window) > before, "a saved colour")
    window.press("Escape", "Escape")
    assert window.state("crosshair") is False and window.state("draft") is None
    assert focused(window) == "stage"  # and not nowhere, with the panel that is gone
    window.press("3")
    window.page.locator("#log li:not(.undone) button").first.focus()
    key = focused(window)
    window.press("Enter")
    window.until(lambda: changes(window) == before, "the undo")
    window.until(lambda: focused(window) == key, "the focus on the change, wherever it is by now")
    window.press("Control+Shift+z")
    window.until(lambda: changes(window) == before + 1, "the redo")
    window.press("Control+z")
    window.until(lambda: changes(window) == before, "the second undo")


def focused(window: Window) -> str:
    """The control that has the focus, by its id or its key."""
    return str(window.page.evaluate("document.activeElement.id || document.activeElement.dataset.key || ''"))


def test_groups_are_named_locked_merged_and_split(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.page.click("#to-groups")
    rows = window.page.locator("#groups .groups > li")
    before = changes(window)
    rows.nth(0).locator("summary").click()
    rows.nth(0).get_by_text("Name…").click()
    window.page.keyboard.type("sky")
    window.press("Enter")
    rows.filter(has_text="sky").wait_for()
    rows.nth(0).get_by_role("button", name="Lock sky").click()
    window.until(lambda: is_locked(window, "sky"), "the lock")
    rows.nth(1).get_by_role("checkbox").check()
    rows.nth(2).get_by_role("checkbox").check()
    window.page.get_by_role("button", name="Merge 2 groups").click()
    window.until(lambda: changes(window) == before + 3, "the merge")
    window.wait_for_rest()
    rows.nth(0).locator("summary").click()
    rows.nth(0).get_by_text("Split…").click()
    window.page.get_by_role("button", name="Let the studio divide it").click()
    window.until(lambda: changes(window) == before + 4, "the split")


def test_a_group_is_left_undivided(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.page.click("#to-groups")
    before = changes(window)
    row = window.page.locator("#groups .groups > li").nth(0)
    notice = window.page.locator(".notice", has_text="Split")
    leave: dict[str, Callable[[], None]] = {
        "Escape": lambda: window.press("Escape"),
        "Close": lambda: notice.get_by_role("button", name="Close").click(),
        "Panels": lambda: window.press("p"),
    }
    for how, left in leave.items():
        row.locator("summary").click()
        row.get_by_text("Split…").click()
        notice.wait_for()
        assert window.state("split") is not None, how
        left()
        window.until(lambda: window.state("split") is None and notice.count() == 0, how)
    window.page.click("#mode-colours")
    window.click_at(PAGE, *HAIR)  # two clicks pick, and divide nothing
    window.click_at(PAGE, *HAIR)
    window.until(lambda: window.state("draft") is not None, "what is picked")
    assert changes(window) == before
    window.press("Escape")


def test_what_was_said_of_a_colour_goes_with_its_panel(window: Window) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    for close in ("Escape", "p"):
        window.click_at(PAGE, *HAIR)
        window.until(lambda: "ould change" in window.status or "Changes" in window.status, "the counts")
        window.press(close)
        window.until(lambda: window.status == "", f"the line to be empty after {close}")
    window.page.click("#mode-colours")


def is_locked(window: Window, name: str) -> bool:
    """Whether the group of that name is."""
    groups = window.state("chapter")["palette"]["groups"]
    return [group["locked"] for group in groups if group["name"] == name] == [True]


def test_of_a_look_what_is_not_touched_stays(window: Window) -> None:
    """The command takes more of it, and finer, than the bars have."""
    save = "async (look) => (await import('/static/js/colours/commit.js')).commit({ look })"
    window.page.evaluate(save, {"saturation": 2.42, "warmth": 0})
    window.wait_for_rest()
    window.until(lambda: window.state("chapter")["look"]["saturation"] == 2.42, "the look")
    window.page.click("#to-groups")
    window.page.get_by_label("Warmth of the chapter").fill("0.2")
    window.until(lambda: window.state("chapter")["look"]["warmth"] == 0.2, "the look to be saved")
    assert window.state("chapter")["look"]["saturation"] == 2.42
    window.press("Control+z", "Control+z")
    window.until(lambda: window.state("chapter")["look"] == {"saturation": 1, "warmth": 0}, "the undo")
    window.wait_for_rest()


def test_saturation_and_warmth_are_looked_at_and_kept(window: Window, studio: Studio) -> None:
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    before = (studio.out / PAGE).read_bytes()
    window.page.click("#to-groups")
    window.page.fill('input[aria-label="Saturation of the chapter"]', "0.2")
    window.until(lambda: window.state("chapter")["look"]["saturation"] == 0.2, "the look to be saved")
    window.wait_for_rest()
    pale, full = decoded((studio.out / PAGE).read_bytes()), decoded(before)
    assert np.ptp(pale.astype(int), -1).mean() < 0.5 * np.ptp(full.astype(int), -1).mean()
    window.press("Control+z")
    window.until(lambda: window.state("chapter")["look"]["saturation"] == 1, "the undo")


def test_a_reference_picture_stays_in_the_browser(window: Window) -> None:
    pick(window, HAIR)
    before = changes(window)
    data = io.BytesIO()
    PilImage.new("RGB", (40, 40), (12, 200, 90)).save(data, "PNG")
    asked: list[str] = []
    window.page.on("request", lambda request: asked.append(request.post_data or ""))
    window.page.set_input_files(
        "input[type=file]", {"name": "hero.png", "mimeType": "image/png", "buffer": data.getvalue()}
    )
    window.page.locator("canvas.reference").click()
    window.until(lambda: window.state("draft")["colour"] == "#0cc85a", "the colour of the picture")
    window.until(lambda: changes(window) == before + 1, "the change to be saved")
    assert all("PNG" not in told for told in asked)
    window.press("Escape", "Control+z")
    window.until(lambda: changes(window) == before, "the undo")


def test_two_browsers_do_not_undo_each_other(open_window: Callable[..., Window]) -> None:
    one, other = open_window(), open_window()
    other.expected = ("409",)
    before = len(edits(one))
    pick(other, SKY)
    pick(one, HAIR)
    one.choose_colour(RED)
    one.until(lambda: len(edits(one)) == before + 1, "the first colour")
    other.until(lambda: len(edits(other)) == before + 1, "the other window to see it")
    other.choose_colour("#3060c0")
    other.until(lambda: len(edits(other)) == before + 2, "the second colour")
    one.until(lambda: len(edits(one)) == before + 2, "the first window to see it")
    assert {RED, "#3060c0"} <= {edit["colour"] for edit in edits(one)}


def test_a_click_that_is_refused_is_offered_again(window: Window, studio: Studio) -> None:
    window.expected = ("409", "507")
    pick(window, SKY)
    before = changes(window)
    window.wait_for_rest()
    with FileLock(studio.out / ".mangacolor/lock"):  # another program holds the folder
        window.choose_colour("#7744cc")
        window.page.locator(".notice.error, .notice.warning").wait_for()
        assert changes(window) == before
    window.page.get_by_role("button", name=re.compile("again")).last.click()
    window.until(lambda: changes(window) == before + 1, "the change to be saved after all")

    full = {"error": "the disk is full", "remedy": "Make room."}
    window.page.route("**/api/palette*", lambda route: route.fulfill(status=507, json=full))
    lock = window.page.get_by_label(re.compile("^Lock: later"))
    lock.click()
    window.page.locator(".notice", has_text="disk is full").get_by_label("Close").click()
    window.until(lambda: not lock.is_checked(), "the lock to be shown as it is")
    window.page.evaluate(
        """async () => {
          const { commit, settled } = await import('/static/js/colours/commit.js');
          commit(() => { throw new Error('a fault'); });
          await settled();
        }"""
    )
    window.page.locator(".notice", has_text="a fault").wait_for()  # and what comes after it is sent
    window.page.click("#to-groups")
    boxes = window.page.locator("#groups .groups input")
    for box in (0, 1):
        boxes.nth(box).check()
    window.page.get_by_role("button", name="Merge 2 groups").click()
    window.page.locator(".notice", has_text="disk is full").wait_for()
    with window.page.expect_request("**/api/palette*") as again:
        window.page.get_by_role("button", name="Merge 2 groups").click()
    assert len(again.value.post_data_json["wishes"]["merge"]) == 2


def test_a_window_reloaded_in_the_middle_goes_on(window: Window) -> None:
    before = changes(window)
    pick(window, HAIR)
    window.choose_colour("#22aa55")
    window.until(lambda: changes(window) == before + 1, "the change to be saved")
    window.page.reload()  # while its run goes on
    window.wait_for_page()
    assert window.state("page") == PAGE
    assert "#22aa55" in {edit["colour"] for edit in edits(window)}
    window.wait_for_rest()
