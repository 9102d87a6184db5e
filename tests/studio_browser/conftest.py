"""A browser for each file of tests, one chapter coloured once; the tests of a file work on one copy of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from mangacolor.tests.helpers.studio import Studio, coloured_chapter, find_browser
from mangacolor.tests.helpers.studio_window import Window

# Each window of Chromium has pages for suggestions under its address bar, which nobody sees here, and which
# take half of what a window costs. Of two such lists Chromium takes the last one: what Playwright turns off
# and may be noticed here is named again.
TURNED_OFF = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AimEnabled", "DestroyProfileOnBrowserClose", "HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable"),
    *("LensOverlay", "MediaRouter", "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding"),
    *("PreconnectToSearch", "AvoidUnnecessaryBeforeUnloadCheckSync"),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium. Its driver holds the thread's event loop, so it ends with the file."""
    path = find_browser()
    with sync_playwright() as driver:
        # Without a sandbox, since continuous integration mostly is root in a container.
        arguments = ["--no-sandbox", f"--disable-features={','.join(TURNED_OFF)}"]
        opened = driver.chromium.launch(executable_path=path, args=arguments)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pages`` and ``out``; to be copied, not changed."""
    find_browser()  # where there is none, nothing is coloured
    return coloured_chapter(tmp_path_factory)


@pytest.fixture(scope="module")
def studio(chapter: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio on a copy of the coloured chapter."""
    running = Studio.begin(shutil.copytree(chapter / "out", tmp_path_factory.mktemp("studio") / "out"))
    yield running
    running.end()


@pytest.fixture
def open_window(browser: Browser, studio: Studio) -> Iterator[Callable[..., Window]]:
    """Opens windows of the studio; at the end none of them may have complained."""
    windows: list[Window] = []
    if not studio.is_new:
        studio.wait_until_idle()  # what a run of the test before says, it says of that

    def open_one(**context: object) -> Window:
        windows.append(Window.open(browser, studio.address, **context))
        return windows[-1]

    yield open_one
    for window in windows:
        window.close()
    for window in windows:
        assert window.complaints == []


@pytest.fixture
def window(open_window: Callable[..., Window]) -> Window:
    """A window with the chapter in it."""
    return open_window()
