"""Pages: the strip, the stage, before and after, reading order, what has become of each page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest

from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import BROKEN, COVER, Studio
from mangacolor.tests.helpers.studio_window import Window

PAGE = "E19P01.png"


def chosen(window: Window, theme: str) -> bool:
    return bool(window.state("theme") == theme)


def spread_of_colours(picture: np.ndarray) -> float:
    """How much colour there is: the mean distance of a pixel's channels."""
    return float(np.ptp(picture.astype(int), -1).mean())


def test_the_strip_says_what_has_become_of_each_page(window: Window) -> None:
    rows = window.page.locator("#strip li")
    states = {
        rows.nth(at).get_attribute("data-page"): rows.nth(at).get_attribute("data-state") for at in range(5)
    }
    assert states.pop(COVER) == "copied"
    assert states.pop(BROKEN) == "failed"
    assert set(states.values()) == {"coloured"}
    window.page.locator('#strip li[data-state="coloured"] img').first.wait_for()
    window.page.click(f'#strip li[data-page="{BROKEN}"] button')
    note = window.page.locator("#page-note")
    note.wait_for()
    assert note.get_attribute("data-state") == "failed"
    assert (
        BROKEN.partition(".")[0] in note.inner_text()
        or "cut" in note.inner_text()
        or "end" in note.inner_text()
    )
    assert note.get_by_role("button", name="Do this page again").is_visible()


def test_arrows_follow_the_reading_direction(window: Window) -> None:
    direction = window.state("chapter")["direction"]
    onwards, back = ("ArrowLeft", "ArrowRight") if direction == "rtl" else ("ArrowRight", "ArrowLeft")
    window.press(onwards)
    window.until(lambda: window.state("page") == PAGE, "the next page")
    window.press(back)
    window.until(lambda: window.state("page") == COVER, "the page before")
    window.press("End")
    window.until(lambda: window.state("page") == BROKEN, "the last page")
    window.until(lambda: f"page={BROKEN}" in window.page.url, "the address")


def test_a_double_page_lies_open_as_it_is_read(window: Window) -> None:
    window.show(PAGE)
    window.press("d")
    window.until(lambda: window.page.locator(".page").count() == 2, "two pages")
    first = window.page.locator(f'.page[data-page="{PAGE}"]').bounding_box()
    second = window.page.locator('.page[data-page="E19P02.png"]').bounding_box()
    is_rtl = window.state("chapter")["direction"] == "rtl"
    assert (first["x"] > second["x"]) == is_rtl
    assert abs(first["y"] - second["y"]) < 1 and abs(first["height"] - second["height"]) < 1
    window.press("PageUp")
    window.until(lambda: window.page.locator(".page").count() == 1, "the cover alone")


def test_zoom_and_move(window: Window) -> None:
    window.show(PAGE)
    page = window.page.locator(f'.page[data-page="{PAGE}"]')
    fitted = page.bounding_box()
    stage = window.page.locator("#stage").bounding_box()
    assert fitted["height"] <= stage["height"]
    window.press("w")
    window.until(lambda: page.bounding_box()["width"] > fitted["width"] * 1.2, "the width to fit")
    window.press("0")
    window.until(
        lambda: round(page.bounding_box()["width"]) == window.state("chapter")["pages"][1]["size"][0], "100 %"
    )
    window.press("f", "+", "+", "+")
    window.until(lambda: page.bounding_box()["width"] > fitted["width"] * 1.5, "a larger page")
    grown = page.bounding_box()
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    window.drag(middle, (middle[0], middle[1] + 120))
    assert page.bounding_box()["y"] == grown["y"] + 120
    assert window.state("draft") is None  # moving the page is no click
    window.page.mouse.move(*middle)
    under = (middle[1] - page.bounding_box()["y"]) / page.bounding_box()["height"]
    window.page.mouse.wheel(0, -200)
    window.until(lambda: page.bounding_box()["width"] > grown["width"] * 1.2, "the wheel")
    after = (middle[1] - page.bounding_box()["y"]) / page.bounding_box()["height"]
    assert abs(after - under) < 0.01  # what is under the pointer stays there


def test_before_and_after(window: Window) -> None:
    window.show(PAGE)
    box = window.page.locator(f'.page[data-page="{PAGE}"]').bounding_box()
    coloured = spread_of_colours(window.picture(f'.page[data-page="{PAGE}"]'))
    window.press("b")
    window.until(lambda: window.page.locator("#flipped").is_visible(), "the scan")
    window.page.wait_for_function("[...document.querySelectorAll('.page img')].every(i => i.complete)")
    assert spread_of_colours(window.picture(f'.page[data-page="{PAGE}"]')) < 0.2 * coloured
    window.press("b", "s")
    divider = window.page.locator("#divider")
    divider.wait_for()
    window.drag(
        (box["x"] + box["width"] / 2, box["y"] + 300), (box["x"] + box["width"] * 0.25, box["y"] + 300)
    )
    assert divider.get_attribute("aria-valuenow") == "25"
    seen = window.picture(f'.page[data-page="{PAGE}"]')
    wide = seen.shape[1]
    left, right = seen[:, : int(wide * 0.2)], seen[:, int(wide * 0.3) :]
    assert spread_of_colours(left) < 0.2 * spread_of_colours(right)
    window.page.focus("#divider")
    window.press("ArrowRight")
    window.until(lambda: divider.get_attribute("aria-valuenow") == "27", "the line by keyboard")


def test_help_shows_every_key_and_themes_turn(window: Window) -> None:
    window.press("?")
    dialog = window.page.locator("#help-dialog")
    dialog.wait_for()
    assert dialog.locator("kbd").count() > 30
    window.press("Escape")
    dialog.wait_for(state="hidden")
    shades = []
    for theme in ("light", "dark"):
        window.press("t")
        window.until(partial(chosen, window, theme), theme)
        shades.append(window.picture(".side").mean())
    assert shades[0] > 200 and shades[1] < 80


def test_what_is_told_stays_while_it_is_pointed_at(window: Window) -> None:
    window.page.clock.install()
    window.page.evaluate(
        "async (text) => void (await import('/static/js/core/say.js')).notify({ text, kind: 'info' })",
        f"Read me {400 * 'x'}.png",
    )
    notice = window.page.locator(".notice", has_text="Read me")
    box = notice.get_by_label("Close").bounding_box()
    assert box["x"] + box["width"] <= 1440  # whatever a file is called
    notice.hover()
    window.page.clock.fast_forward(9000)
    assert notice.is_visible()
    window.page.mouse.move(0, 0)
    window.page.clock.fast_forward(9000)
    notice.wait_for(state="hidden")


def test_a_picture_that_is_dropped_while_nothing_is_picked_says_where_it_is(window: Window) -> None:
    picture = (ROOT / "examples/chapter" / PAGE).read_bytes()
    given = {"name": "hero.png", "mimeType": "image/png", "buffer": picture}
    window.page.set_input_files("input[type=file]", given)
    window.until(lambda: window.status.startswith("The reference picture is kept"), "where it is")


def test_thumbnails_come_as_they_are_seen(open_window: Callable[..., Window]) -> None:
    small = open_window(viewport={"width": 1200, "height": 420})
    strip = small.page.locator("#strip")
    asked = small.page.locator("#strip img[src]")
    small.until(lambda: asked.count() >= 2, "the first thumbnails")
    assert strip.evaluate("one => one.scrollHeight > one.clientHeight")
    small.press("End")
    small.until(lambda: asked.count() == 5, "the last thumbnail")
    written = small.page.evaluate(
        """async () => {
          const { store } = await import('/static/js/core/state.js');
          const keep = history.replaceState.bind(history);
          const begun = performance.now();
          let count = 0;
          history.replaceState = (...given) => { count += 1; keep(...given); };
          const { pages } = store.get().chapter;
          for (const page of [...pages, ...pages, ...pages, pages[1]]) {
            store.set({ page: page.name, hover: null });
            await new Promise((done) => setTimeout(done, 5));
          }
          return [count, (performance.now() - begun) / 400];
        }"""
    )
    assert written[0] <= 2 + written[1]  # browsers count how often an address is another
    small.until(lambda: f"page={PAGE}" in small.page.url, "the address")


def test_what_did_not_come_while_the_studio_was_away_is_asked_for_once_more(window: Window) -> None:
    window.expected = ("ERR_",)
    window.page.route("**/api/pictures/*page=E19P02*", lambda route: route.abort())
    window.show("E19P02.png")
    missing = window.page.locator('.page[data-page="E19P02.png"] .missing')
    missing.wait_for()
    window.page.unroute_all()
    thumbnail = window.page.locator('#strip li[data-page="E19P02.png"] img')
    thumbnail.evaluate("(one) => (one.dataset.there = 'false')")
    for connected in ("false", "true"):
        window.page.evaluate(
            f"""async () => {{
              (await import('/static/js/core/state.js')).store.set({{ connected: {connected} }});
              await new Promise((done) => setTimeout(done));
            }}"""
        )
    missing.wait_for(state="hidden")
    window.wait_for_surfaces("E19P02.png")
    window.until(lambda: thumbnail.get_attribute("data-there") is None, "its thumbnail")


def test_a_tablet_has_room_and_large_targets(open_window: Callable[..., Window]) -> None:
    tablet = open_window(viewport={"width": 1024, "height": 768}, has_touch=True, is_mobile=True)
    tablet.show(PAGE)
    tablet.wait_for_surfaces(PAGE)
    tablet.page.touchscreen.tap(*tablet.place(PAGE, 0.22, 0.86))
    tablet.until(lambda: tablet.state("draft") is not None, "a tap to pick")
    small = tablet.page.evaluate(
        """() => [...document.querySelectorAll('button, summary, select, .segments label')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width > 0 && (box.width < 40 || box.height < 40);
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert small == []
    assert tablet.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hidden = tablet.page.evaluate(
        """() => [...document.querySelectorAll('.bar button, .bar summary')].filter((one) => {
            const box = one.getBoundingClientRect();
            return box.width > 0 && box.right > innerWidth;
        }).map((one) => one.id)"""
    )
    assert hidden == []


@pytest.mark.parametrize(
    ("form", "told"),
    [("cbz", "1 page is in it as it came"), ("pdf", "1 page cannot be read, and is not in it")],
)
def test_a_page_that_is_not_in_colour_is_told_of_with_the_book(window: Window, form: str, told: str) -> None:
    window.page.click("#export summary")
    with window.page.expect_download():
        window.page.click(f'#export [data-form="{form}"]')
    window.page.get_by_text(told).wait_for()


def test_the_studio_that_is_gone_says_so(window: Window, studio: Studio) -> None:
    # The last one of this file: it leaves the others no studio.
    window.expected = ("ERR_", "Failed to load")
    studio.process.kill()
    window.page.locator("#lost").wait_for()
    assert "connection" in window.page.inner_text("#lost").lower()
    assert window.page.locator("#lost button").is_visible()
