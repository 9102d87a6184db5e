"""Edits of an earlier version in the studio: told among the changes, and renewed by a click."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mangacolor.tests.helpers.edited_chapters import RED, age_edits, palette
from mangacolor.tests.helpers.studio import PAGES, Studio
from mangacolor.tests.helpers.studio_window import Window


@pytest.fixture
def studio(chapter: Path, tmp_path: Path) -> Iterator[Studio]:
    """On a chapter that has such an edit."""
    out = Path(shutil.copytree(chapter / "out", tmp_path / "out"))
    assert palette(out, "--at", f"{PAGES[0]}:200,100", "--colour", RED).status == 0
    age_edits(out)
    running = Studio.begin(out)
    yield running
    running.end()


def test_a_click_renews_what_an_earlier_version_made(browser: Browser, studio: Studio) -> None:
    window = Window.open(browser, studio.address)
    window.page.click("#to-history")
    line = window.page.locator("#edits > li.none")
    line.wait_for()
    assert "e1: made when figures of one colour" in line.inner_text()
    window.page.click("#edits button[data-key=renew]")
    line.wait_for(state="detached")
    palette_now = window.state("chapter")["palette"]
    assert palette_now["edits"][0]["old"] is False and len(palette_now["log"]) == 2
    window.press("Control+z")
    line.wait_for()
    window.close()
    assert window.complaints == []
