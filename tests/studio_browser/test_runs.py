"""A first run in the window: pages that appear as they are done, stopped in the middle, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import PAGES, Studio, write_smaller
from mangacolor.tests.helpers.studio_window import Window

# One page at a time, so that there is a middle to stop in.
OPTIONS = ("--scale", "1", "--upscaler", "lanczos", "--device", "cpu", "--jobs", "1")


@pytest.fixture(scope="module")
def studio(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio that colours pages which nobody has coloured."""
    del browser  # which is open by then
    folder = tmp_path_factory.mktemp("first")
    pages = folder / "pages"
    pages.mkdir()
    for name in PAGES[:2]:
        write_smaller(ROOT / "examples/chapter" / name, pages)
    running = Studio.begin(folder / "out", *OPTIONS, pages=pages)
    yield running
    running.end()


def states(window: Window) -> set[str]:
    return {page["state"] for page in window.state("chapter")["pages"]}


def test_a_first_run_is_seen_stopped_and_gone_on_with(window: Window, studio: Studio) -> None:
    assert states(window) <= {"waiting", "working"}
    assert np.ptp(window.picture(".page").astype(int), -1).mean() < 1  # the scan, until there is more
    assert "being coloured" in window.page.inner_text("#tab-colour")
    window.until(lambda: "of 2" in window.page.inner_text("#run-words"), "how far it is")
    assert window.page.locator("#run-bar").is_visible()

    window.page.click("#run-stop")
    window.until(lambda: window.state("chapter")["run"]["state"] == "idle", "the run to stop")
    assert states(window) == {"waiting"} and not list(studio.out.glob("*.png"))
    assert window.page.inner_text("#run-words") == "2 pages to do"
    assert (
        window.page.locator("#run-start").is_visible() and not window.page.locator("#run-stop").is_visible()
    )
    assert not window.state("chapter")["editable"]

    window.page.click("#run-start")
    window.until(lambda: states(window) == {"coloured"}, "the pages")  # without a reload
    window.wait_for_rest()
    assert {file.name for file in studio.out.glob("*.png")} == set(PAGES[:2])
    window.until(lambda: np.ptp(window.picture(".page").astype(int), -1).mean() > 5, "its colours")
    assert window.page.inner_text("#run-words") == ""
    window.wait_for_surfaces(PAGES[0])
    window.press("x", ".", "Enter")
    window.until(lambda: window.state("draft") is not None, "a colour to change")
