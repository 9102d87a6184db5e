"""A first run in the window: pages that appear as they are done, stopped in the middle, and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.studio import PAGES, Studio, find_browser, write_smaller
from mangacolor.tests.helpers.studio_window import Window

OPTIONS = ("--scale", "1", "--upscaler", "lanczos", "--device", "cpu", "--jobs", "1")
# Runs stay where they begin with a page until they are stopped, or a file is there: what a window shows of it
# can be looked at however long that takes.
HELD = """
import time
from pathlib import Path

from mangacolor.cli import main
from mangacolor.pipeline.events import PageStarted
from mangacolor.studio import studio

colour = studio.run

def run(*given, emit, cancel, **named):
    def held(event):
        emit(event)
        while isinstance(event, PageStarted) and not cancel.requested and not Path(GATE).exists():
            time.sleep(0.02)
    return colour(*given, emit=held, cancel=cancel, **named)

studio.run = run
main()
"""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that lets runs go on."""
    return tmp_path_factory.mktemp("gate") / "open"


@pytest.fixture(scope="module")
def studio(gate: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio that colours pages which nobody has coloured."""
    find_browser()
    folder = tmp_path_factory.mktemp("first")
    pages = folder / "pages"
    pages.mkdir()
    for name in PAGES[:2]:
        write_smaller(ROOT / "examples/chapter" / name, pages)
    program = ("-c", HELD.replace("GATE", repr(str(gate))))
    running = Studio.begin(folder / "out", *OPTIONS, pages=pages, program=program)
    yield running
    running.end()


def states(window: Window) -> set[str]:
    return {page["state"] for page in window.state("chapter")["pages"]}


def test_a_first_run_is_seen_stopped_and_gone_on_with(window: Window, studio: Studio, gate: Path) -> None:
    assert states(window) <= {"waiting", "working"}
    assert np.ptp(window.picture(".page").astype(int), -1).mean() < 1  # the scan, until there is more
    window.until(lambda: "being coloured" in window.page.inner_text("#tab-colour"), "what goes on")
    window.until(lambda: "of 2" in window.page.inner_text("#run-words"), "how far it is")
    assert window.page.locator("#run-bar").is_visible()

    window.page.click("#run-stop")
    window.until(lambda: window.state("chapter")["run"]["state"] == "idle", "the run to stop")
    window.until(lambda: window.status == "The run is stopped; what was done stays.", "what is said of that")
    window.until(lambda: states(window) == {"waiting"}, "the pages to wait")
    assert not list(studio.out.glob("*.png"))
    window.until(lambda: window.page.inner_text("#run-words") == "2 pages to do", "what there is to do")
    assert (
        window.page.locator("#run-start").is_visible() and not window.page.locator("#run-stop").is_visible()
    )
    assert not window.state("chapter")["editable"]

    gate.touch()
    window.page.click("#run-start")
    window.until(lambda: states(window) == {"coloured"}, "the pages")  # without a reload
    window.wait_for_rest()
    assert {file.name for file in studio.out.glob("*.png")} == set(PAGES[:2])
    window.until(lambda: window.status == "All pages are up to date.", "that it is said")
    window.until(lambda: np.ptp(window.picture(".page").astype(int), -1).mean() > 5, "its colours")
    window.until(lambda: window.page.inner_text("#run-words") == "", "nothing to be left to do")
    window.wait_for_surfaces(PAGES[0])
    window.press("x", ".", "Enter")
    window.until(lambda: window.state("draft") is not None, "a colour to change")
