"""The studio as people have it: a chapter that has been coloured, the command running, a browser on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from filelock import FileLock
from PIL import Image as PilImage

from mangacolor.api import colorize_chapter
from mangacolor.tests.helpers.paths import ROOT

# The first is Chromium without the windows around a page.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Set by .ci/run: the studio's tests fail without this browser and are not skipped.
ASKED = "MANGACOLOR_TEST_BROWSER"
PROGRAM = ("-m", "mangacolor")
COVER, BROKEN = "E19P00.png", "E19P04.png"
PAGES = ("E19P01.png", "E19P02.png", "E19P03.png")
SERIES = {"one": PAGES[:2], "two": PAGES[1:]}
# Of the bundled pages' size: large enough for hair to be hair, small enough for seconds.
SCALE = 0.6


def find_browser() -> str:
    """Path of a Chromium. Skips the test where there is none, unless one was asked for."""
    asked = os.environ.get(ASKED)
    if asked:
        assert Path(asked).is_file(), f"{ASKED}={asked}: there is no such file"
        return asked
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        remedy = "Debian: apt-get install chromium-headless-shell"
        pytest.skip(f"no Chromium is installed ({remedy}): nothing is tested in one")
    return found


def write_chapter(folder: Path) -> Path:
    """Three pages of the bundled chapter, smaller; a cover in colour before them, and a broken page after."""
    folder.mkdir(parents=True)
    for name in PAGES:
        write_smaller(ROOT / "examples/chapter" / name, folder)
    rows, columns = np.mgrid[0:420, 0:300]
    cover = np.stack([rows % 256, columns % 256, np.full_like(rows, 90)], -1).astype(np.uint8)
    PilImage.fromarray(cover).save(folder / COVER)
    (folder / BROKEN).write_bytes((folder / PAGES[0]).read_bytes()[:3000])
    return folder


def write_smaller(path: Path, folder: Path) -> None:
    """A page at the size at which these tests have it."""
    with PilImage.open(path) as page:
        size = (round(page.width * SCALE), round(page.height * SCALE))
        page.convert("L").resize(size, PilImage.Resampling.LANCZOS).save(folder / path.name)


def coloured_chapter(factory: pytest.TempPathFactory) -> Path:
    """A folder with ``pages`` and their ``out``, coloured once for all processes of a run; to be copied."""

    def make(folder: Path) -> None:
        colour(write_chapter(folder / "pages"), folder / "out")

    return made_once(factory, "studio_chapter", make)


def coloured_series(factory: pytest.TempPathFactory) -> Path:
    """The same of two chapters with some of its pages, ``one`` and ``two``.

    What is kept of a page is good for it wherever it lies: no network is asked again.
    """
    chapter = coloured_chapter(factory)

    def make(folder: Path) -> None:
        for name, pages in SERIES.items():
            (folder / "pages" / name).mkdir(parents=True)
            for page in pages:
                shutil.copy(chapter / "pages" / page, folder / "pages" / name)
                kept = Path(".mangacolor/pages")
                shutil.copytree(chapter / "out" / kept / page, folder / "out" / kept / name / page)
        colour(folder / "pages", folder / "out")

    return made_once(factory, "studio_series", make)


def colour(pages: Path, out: Path) -> None:
    """Quickly, as these tests have it."""
    colorize_chapter(pages, out, scale="1", upscaler="lanczos", device="cpu")


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that one of the processes of a test run fills, and all use."""
    base = factory.getbasetemp()
    # Of several processes each has a folder of its own in that of the test run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            make(folder)
            (folder / "done").touch()
    return folder


def files_of(out: Path) -> dict[str, bytes]:
    """What people have of an output folder: its pages, its palette and the corrections of its panels."""
    kept = [*out.glob("*.png"), out / ".mangacolor/palette.json", *(out / ".mangacolor").glob("edits/*.json")]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(kept) if path.exists()}


def network_times(out: Path) -> dict[str, int]:
    """When the colour network's answer to each page was kept, in nanoseconds."""
    answers = sorted((out / ".mangacolor/pages").rglob("colorize.json"))
    return {path.parent.name: path.stat().st_mtime_ns for path in answers}


@dataclass(slots=True)
class Studio:
    """``mangacolor studio OUT`` as a process of its own, and a client that asks it as a program does."""

    out: Path
    process: subprocess.Popen[str]
    address: str
    is_new: bool = False  # nothing has been coloured there: it begins with that

    @classmethod
    def begin(
        cls, out: Path, *arguments: str, pages: Path | None = None, program: tuple[str, ...] = PROGRAM
    ) -> Studio:
        """Start it, on what is in OUT or to colour ``pages`` into it, and read its address."""
        paths = [str(out)] if pages is None else [str(pages), "--out", str(out)]
        command = [sys.executable, *program, "studio", *paths, "--no-browser", *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        return cls(out, process, process.stdout.readline().strip(), pages is not None)

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return str(httpx.URL(self.address).copy_with(path="", query=None)).rstrip("/")

    def ask(self, path: str) -> httpx.Response:
        """What the studio answers a program that knows the token."""
        token = httpx.URL(self.address).params["token"]
        return httpx.get(f"{self.origin}/api/{path}", headers={"X-Token": token}, timeout=90)

    def wait_until_idle(self) -> None:
        """Until nothing runs or is about to."""
        until = time.monotonic() + 90
        while (run := self.ask("chapter").json()["run"])["waits"] or run["state"] not in ("idle", "failed"):
            assert time.monotonic() < until, run
            time.sleep(0.1)

    def end(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.wait(90)  # a stage of a run at work is ended first
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process.wait(5)
