"""The pictures of the guide, made of the studio as it is.

MANGACOLOR_GUIDE_PICTURES=docs/pictures python -m pytest -m slow tests/studio_browser/test_guide_pictures.py
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PilImage

from mangacolor.api import colorize_chapter
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import Studio, write_smaller
from mangacolor.tests.helpers.studio_window import Window

pytestmark = pytest.mark.slow
TARGET = "MANGACOLOR_GUIDE_PICTURES"
PAGE = "E19P01.png"
# Shares of the page's sides: the heroine's hair in the last row of panels.
HAIR = (0.22, 0.86)
EYES = ((0.1735, 0.856), (0.222, 0.627))  # which are taken for hair
RED = "#b4342a"
LIKENESS = "0.5"
SIZE = (1440, 900)
QUALITY = 82  # of WebP: small, and letters are still letters


@pytest.fixture(scope="module")
def studio(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio on all of the bundled chapter, at about the size at which the window shows it."""
    del browser
    folder = tmp_path_factory.mktemp("guide")
    pages = folder / "chapter"
    pages.mkdir()
    for path in (ROOT / "examples/chapter").glob("*.png"):
        write_smaller(path, pages)
    colorize_chapter(pages, folder / "colored", scale="1", direction="ltr", device="cpu")
    running = Studio.begin(folder / "colored")
    yield running
    running.end()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the pictures go: a folder that is thrown away, unless another one is asked for."""
    return ROOT / os.environ[TARGET] if TARGET in os.environ else tmp_path


def shoot(window: Window, path: Path) -> None:
    window.page.wait_for_timeout(700)  # sharper pictures have come
    with PilImage.open(io.BytesIO(window.page.screenshot())) as picture:
        picture.convert("RGB").save(path, quality=QUALITY, method=6)
    assert path.stat().st_size < 250_000


def wait_for_negatives(window: Window, count: int) -> None:
    window.until(lambda: len(window.state("draft")["not"]) == count, "what is not meant")


def test_pictures_of_the_guide(browser: Any, studio: Studio, target: Path) -> None:
    size = {"width": SIZE[0], "height": SIZE[1]}
    window = Window.open(browser, studio.address, viewport=size, color_scheme="light")
    window.show(PAGE)
    window.wait_for_surfaces(PAGE)
    window.click_at(PAGE, *HAIR)
    window.choose_colour(RED)
    window.until(lambda: bool((window.state("draft") or {}).get("edit")), "the change to be saved")
    window.page.fill("#tab-colour .likeness input", LIKENESS)
    window.until(lambda: window.state("draft")["likeness"] == float(LIKENESS), "the likeness to be saved")
    for number, eye in enumerate(EYES, 1):
        window.click_at(PAGE, *eye, "Alt")
        wait_for_negatives(window, number)
    window.wait_for_rest()
    shoot(window, target / "studio.webp")
    window.press("Escape", "s")
    window.page.click("#to-groups")
    shoot(window, target / "studio-before-after.webp")
    window.press("s")
    window.show("E19P02.png")
    window.page.click("#mode-panels")
    window.page.locator("#panel-list .group-pick").nth(1).click()
    shoot(window, target / "studio-panels.webp")
    window.close()
    named = {path.name for path in target.glob("studio*.webp")}
    guide = (ROOT / "docs/guide/studio.md").read_text(encoding="utf-8")
    assert len(named) == 3 and all(f"../pictures/{name}" in guide for name in named)
    assert window.complaints == []
