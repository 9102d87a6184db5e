"""``palette.html`` in a browser: on a telephone nothing of it is beside the window."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mangacolor.tests.helpers.edited_chapters import palette
from mangacolor.tests.helpers.studio import PAGES

BESIDE = """() => [...document.querySelectorAll('body *')]
  .filter((one) => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def sheet(chapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a chapter with an edit."""
    out = Path(shutil.copytree(chapter / "out", tmp_path_factory.mktemp("sheet") / "out"))
    assert palette(out, "--at", f"{PAGES[0]}:100,500", "--colour", "crimson").status == 0
    return out / ".mangacolor/palette.html"


@pytest.mark.parametrize("width", [360, 390, 700, 768])
def test_the_palette_fits_the_window(browser: Browser, sheet: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.goto(sheet.as_uri())
    assert page.locator("tr[data-id]").count() > 3 and page.locator(".edits .seen img").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(BESIDE) == []
    page.close()
