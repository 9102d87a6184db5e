"""The studio as people have it: a chapter that has been coloured, the command running, a browser on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
from filelock import FileLock
from PIL import Image as PilImage

from mangacolor.api import colorize_chapter
from mangacolor.tests.helpers.paths import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Set by .ci/run: the studio's tests fail without this browser and are not skipped.
ASKED = "MANGACOLOR_TEST_BROWSER"
COMMAND = (sys.executable, "-m", "mangacolor", "studio")
COVER, BROKEN = "E19P00.png", "E19P04.png"
PAGES = ("E19P01.png", "E19P02.png", "E19P03.png")
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
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium): the studio is not tested")
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
    base = factory.getbasetemp()
    # Of several processes each has a folder of its own in that of the test run.
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "studio_chapter"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            pages = write_chapter(folder / "pages")
            colorize_chapter(pages, folder / "out", scale="1", upscaler="lanczos", device="cpu")
            (folder / "done").touch()
    return folder


def files_of(out: Path) -> dict[str, bytes]:
    """What people have of an output folder: its pages, its palette and the corrections of its panels."""
    kept = [*out.glob("*.png"), out / ".mangacolor/palette.json", *(out / ".mangacolor").glob("edits/*.json")]
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(kept) if path.exists()}


@dataclass(slots=True)
class Studio:
    """``mangacolor studio OUT`` as a process of its own, and a client that asks it as a program does."""

    out: Path
    process: subprocess.Popen[str]
    address: str

    @classmethod
    def begin(cls, out: Path, *arguments: str) -> Studio:
        """Start it and read its address."""
        command = [*COMMAND, str(out), "--no-browser", *arguments]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
        )
        assert process.stdout is not None
        return cls(out, process, process.stdout.readline().strip())

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return str(httpx.URL(self.address).copy_with(path="", query=None)).rstrip("/")

    def ask(self, path: str) -> httpx.Response:
        """What the studio answers a program that knows the token."""
        token = httpx.URL(self.address).params["token"]
        return httpx.get(f"{self.origin}/api/{path}", headers={"X-Token": token}, timeout=30)

    def end(self) -> None:
        """Stop it as Ctrl-C does."""
        self.process.terminate()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process.wait(5)
