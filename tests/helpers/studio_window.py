"""A window of the studio: what people see of it and do in it."""

from __future__ import annotations

import base64
import io
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from PIL import Image as PilImage

from mangacolor.core.types import Image
from mangacolor.tests.helpers.studio import BROKEN

PATIENCE = 90_000  # milliseconds: runs of a page take one or two seconds, on a busy machine many more
# Milliseconds between two looks at what is waited for: at first, and once it has been waited for a while.
PAUSE, LONG_PAUSE = 40, 120
# Whether nothing runs or is about to, and every page is up to date. Of a run that waits no window is told.
RESTS = """async () => {
  const { store } = await import('/static/js/core/state.js');
  const { askJson } = await import('/static/js/core/api.js');
  const { chapter, saving } = store.get();
  const isStale = chapter.pages.some((page) => page.stale || page.state === 'working');
  if (saving || isStale || chapter.run.state !== 'idle') return false;
  const { run } = await askJson('chapter');
  return run.state === 'idle' && !run.waits;
}"""


@dataclass(slots=True)
class Window:
    """``complaints``: errors of scripts and of the content policy, and requests that left the machine.
    ``asked``: how often what was asked for, by its path."""

    context: Any
    page: Any
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()
    asked: Counter[str] = field(default_factory=Counter)
    devtools: Any = None

    @classmethod
    def open(cls, browser: Any, address: str, **context: Any) -> Window:
        """Open the studio and wait for its first page."""
        made = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **context})
        window = cls(made, made.new_page())
        window.page.set_default_timeout(PATIENCE)

        # Functions of their own: Playwright leaves a mark on its listeners, which methods here do not take.
        def hear(message: Any) -> None:
            window._hear(message)

        def watch(request: Any) -> None:
            window._watch(request)

        window.page.on("pageerror", lambda error: window.complaints.append(str(error)))
        window.page.on("console", hear)
        window.page.on("request", watch)
        window.page.goto(address)
        window.wait_for_page()
        # Once it is told what happens it asks for the chapter again: later nothing is shown anew by itself.
        window.until(lambda: window.asked["/api/chapter"] > 1, "the window to listen")
        window.page.evaluate("async () => (await import('/static/js/core/chapter.js')).fetchChapter()")
        return window

    def _hear(self, message: Any) -> None:
        told = f"{message.text} {message.location.get('url', '')}"
        is_broken_page = (
            "/api/pictures/" in told and f"page={BROKEN}" in told
        )  # which no picture can be made of
        if message.type == "error" and not is_broken_page and not any(word in told for word in self.expected):
            self.complaints.append(told)

    def _watch(self, request: Any) -> None:
        parts = urlsplit(request.url)
        self.asked[parts.path] += 1
        host = parts.hostname
        if host not in ("127.0.0.1", None):
            self.complaints.append(f"asked {request.url}")

    def close(self) -> None:
        """Close it."""
        self.context.close()

    # -- looking

    def state(self, name: str) -> Any:
        """A field of the state that the window keeps."""
        return self.page.evaluate(
            "async (name) => (await import('/static/js/core/state.js')).store.get()[name]", name
        )

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        end, pause = time.monotonic() + PATIENCE / 1000, float(PAUSE)
        while not holds():
            assert time.monotonic() < end, f"waited in vain: {what}"
            self.page.wait_for_timeout(pause)
            pause = min(1.4 * pause, LONG_PAUSE)

    def wait_for_page(self) -> None:
        """Until the page in sight is drawn."""
        self.page.wait_for_selector("#stage[data-ready=true]")

    def wait_for_surfaces(self, name: str) -> None:
        """Until the page's surfaces can be pointed at."""
        self.page.wait_for_selector(f'#stage[data-surfaces~="{name}"]')

    def wait_for_rest(self) -> None:
        """Until nothing runs or is about to, and every page is up to date."""
        self.until(lambda: bool(self.page.evaluate(RESTS)), "a run to end")

    @property
    def status(self) -> str:
        """The line at the foot."""
        return str(self.page.inner_text("#status"))

    def picture(self, selector: str = "#stage") -> Image:
        """What is seen of an element: H×W×3."""
        if self.devtools is None:
            self.devtools = self.context.new_cdp_session(self.page)
        element = self.page.locator(selector)
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        assert box is not None, f"{selector} is not shown"
        # For speed, not for a small file: Playwright's own way takes twice the time.
        clip = {**box, "scale": 1}
        asked = {"format": "png", "optimizeForSpeed": True, "clip": clip}
        data = base64.b64decode(self.devtools.send("Page.captureScreenshot", asked)["data"])
        return np.asarray(PilImage.open(io.BytesIO(data)).convert("RGB"))

    # -- doing

    def show(self, name: str) -> None:
        """Open a page by its thumbnail."""
        self.page.click(f'#strip li[data-page="{name}"] button')
        self.page.wait_for_selector(f'.page[data-page="{name}"]')
        self.wait_for_page()

    def place(self, name: str, x: float, y: float) -> tuple[float, float]:
        """Where a point of a page, as shares of its sides, is in the window."""
        box = self.page.locator(f'.page[data-page="{name}"]').bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def click_at(self, name: str, x: float, y: float, *keys: str) -> None:
        """Click a point of a page, with keys held."""
        for key in keys:
            self.page.keyboard.down(key)
        self.page.mouse.click(*self.place(name, x, y))
        for key in keys:
            self.page.keyboard.up(key)

    def pick(self, name: str, x: float, y: float) -> None:
        """Open a page and click what lies at a point of it, until that is picked."""
        self.show(name)
        self.wait_for_surfaces(name)
        self.click_at(name, x, y)
        self.until(lambda: self.state("draft") is not None, "the panel")

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from a point of the window to another."""
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.page.mouse.move(*end)
        self.page.mouse.up()

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def choose_colour(self, hex_colour: str) -> None:
        """Give the colour panel a colour as hex."""
        self.page.fill(".hex", hex_colour)
        self.page.press(".hex", "Enter")

    def choose(self, label: str) -> None:
        """Press a labelled part of the colour panel, as a reach."""
        self.page.locator(".segments label", has_text=label).first.click()
