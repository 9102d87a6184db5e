"""Several chapters of one OUT: a window each, links that lead to them, and what is saved of one."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mangacolor.tests.helpers.studio import SERIES, Studio, coloured_series, find_browser
from mangacolor.tests.helpers.studio_window import Window

ONE, TWO = ([f"{name}/{page}" for page in pages] for name, pages in SERIES.items())
RED, BLUE = "#d01c2a", "#2040c8"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio on a copy of two coloured chapters."""
    find_browser()
    series = coloured_series(tmp_path_factory)
    running = Studio.begin(shutil.copytree(series / "out", tmp_path_factory.mktemp("studio") / "out"))
    yield running
    running.end()


def pages(window: Window) -> list[str]:
    """The pages in the strip."""
    items = window.page.locator("#strip li")
    return [str(items.nth(at).get_attribute("data-page")) for at in range(items.count())]


def open_chapter(window: Window, name: str) -> None:
    """By its link."""
    window.page.click("#chapters summary")
    window.page.click(f"#chapter-list a:text-is('{name}')")
    window.page.wait_for_url(f"**/?chapter={name}#*")
    window.wait_for_page()


def edits(window: Window) -> list[str]:
    """The colours of the edits that a window knows."""
    found: list[dict[str, Any]] = window.state("chapter")["palette"]["edits"]
    return [edit["colour"] for edit in found]


def pick_something(window: Window, page: str) -> None:
    """By the keyboard's cross, the next surface of the page."""
    window.wait_for_surfaces(page)
    window.press("x", ".", "Enter")
    window.until(lambda: window.state("draft") is not None, "the colour panel")


def test_links_reload_and_the_back_button_lead_to_a_chapter_and_its_page(window: Window) -> None:
    assert pages(window) == ONE and window.page.inner_text("#chapter-name") == "one"
    window.page.click("#chapters summary")
    window.press("Escape")
    assert not window.page.locator("#chapter-list").is_visible()
    window.show(ONE[1])
    open_chapter(window, "two")
    assert pages(window) == TWO and window.state("page") == TWO[0]
    assert "two" in window.page.title()
    window.show(TWO[1])
    window.page.reload()
    window.wait_for_page()
    assert (pages(window), window.state("page")) == (TWO, TWO[1])
    window.page.go_back()
    window.wait_for_page()
    assert (pages(window), window.state("page")) == (ONE, ONE[1])
    window.page.go_forward()
    window.wait_for_page()
    assert (pages(window), window.state("page")) == (TWO, TWO[1])
    window.page.evaluate("(page) => { location.hash = new URLSearchParams({ page }); }", TWO[0])
    window.until(lambda: window.state("page") == TWO[0], "the page that was written into the address")


def test_two_windows_on_two_chapters_edit_at_once(open_window: Callable[..., Window], studio: Studio) -> None:
    one, two = open_window(), open_window()
    open_chapter(two, "two")
    pick_something(one, ONE[0])
    pick_something(two, TWO[0])
    one.choose_colour(RED)
    two.choose_colour(BLUE)
    one.until(lambda: bool(edits(one)), "the edit of the one")
    two.until(lambda: bool(edits(two)), "the edit of the other")
    for window, own, colour, other in ((one, ONE, RED, BLUE), (two, TWO, BLUE, RED)):
        window.wait_for_rest()
        assert edits(window) == [colour] and pages(window) == own
        kept = studio.out / ".mangacolor/chapters" / own[0].partition("/")[0] / "palette.json"
        assert colour in kept.read_text() and other not in kept.read_text()
    one.press("Escape", "Escape", "Control+z")
    one.until(lambda: edits(one) == [], "the undo")
    assert edits(two) == [BLUE]


def test_a_chapter_that_is_gone_is_said(window: Window, studio: Studio) -> None:
    window.expected = ("400",)
    window.page.goto(f"{studio.origin}/?chapter=three")
    window.page.get_by_text("there is no chapter 'three'").wait_for()
    assert "There are: one, two." in window.page.inner_text("#trouble")


@pytest.mark.parametrize(
    ("form", "head"), [("cbz", b"PK"), ("pdf", b"%PDF"), ("epub", b"PK"), ("zip", b"PK")]
)
def test_the_chapter_in_view_is_saved(window: Window, tmp_path: Path, form: str, head: bytes) -> None:
    open_chapter(window, "two")
    saved = save(window, form, tmp_path)
    assert saved.name == f"two.{form}"
    assert saved.read_bytes().startswith(head)
    if form in ("cbz", "zip"):
        with zipfile.ZipFile(saved) as archive:
            assert archive.namelist() == list(SERIES["two"])
    window.until(lambda: f"{saved.name} is saved" in window.status, "the word that it is saved")


def test_the_palette_of_the_chapter_in_view_is_saved(window: Window, studio: Studio, tmp_path: Path) -> None:
    open_chapter(window, "two")
    saved = save(window, "palette", tmp_path)
    kept = studio.out / ".mangacolor/chapters/two/palette.json"
    assert json.loads(saved.read_text()) == json.loads(kept.read_text())


def save(window: Window, form: str, folder: Path) -> Path:
    """What a line of the menu "Save as" gives."""
    window.page.click("#export summary")
    with window.page.expect_download() as coming:
        window.page.click(f'#export [data-form="{form}"]')
    assert not window.page.locator("#export .menu").is_visible()
    target = folder / str(coming.value.suggested_filename)
    coming.value.save_as(target)
    return target
