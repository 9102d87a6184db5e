"""The main commands on a pretended Windows and macOS: nothing that those systems lack, refuse or cannot name.

What no Linux can pretend is in docs/guide/install.md.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as PilImage

from mangacolor.formats.names import clash_key
from mangacolor.tests.helpers.other_system import is_windows_name
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.stages import comic_page

ENTRIES = ("what? 1/a|b.png", "what? 1/a*b.png", "end./z.png")  # the first two are one name on Windows
BOOK = "黒猫 1 .cbz"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path
    for name in ("in", "books"):
        (folder / name).mkdir()
    for number in range(2):
        PilImage.fromarray(comic_page(620 + 8 * number)).save(folder / "in" / f"第{number}頁 é.png")
    with zipfile.ZipFile(folder / "books" / BOOK, "w") as archive:
        for number, name in enumerate(ENTRIES):
            stream = io.BytesIO()
            PilImage.fromarray(comic_page(600 + 8 * number)).save(stream, "PNG")
            archive.writestr(name, stream.getvalue())
    return folder


REFUSALS = """
from pathlib import Path
import os, sys
from mangacolor.tests.helpers.other_system import pretend
windows = pretend("windows")
from mangacolor.core.cpu import usable_cores
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.core.system.kind import on_windows, stop_signals
here = Path(sys.argv[1])
for name in ("a", "b"):
    (here / name).write_bytes(b"x")
tried = []
def attempt(what):
    try:
        what()
        tried.append("done")
    except OSError as error:
        tried.append(type(error).__name__)
with (here / "b").open("rb"):
    attempt(lambda: os.replace(here / "a", here / "b"))
    attempt(lambda: (here / "b").unlink())
attempt(lambda: (here / "what?").write_bytes(b""))
attempt(lambda: (here / "end. ").mkdir())
attempt(lambda: move_file(here / "a", here / "b"))
attempt(lambda: remove_file(here / "b"))
print(*tried, len(windows.refused), on_windows(), usable_cores() == os.cpu_count(), len(stop_signals()))
"""


def test_the_pretence_refuses_what_windows_refuses(tmp_path: Path) -> None:
    command = [sys.executable, "-c", REFUSALS, str(tmp_path)]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert ended.stdout.split() == [
        *("PermissionError", "PermissionError", "OSError", "OSError", "done", "done"),
        *("4", "True", "True", "2"),
    ], ended.stderr


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("system", ["windows", "macos"])
def test_the_main_commands(system: str, source: Path) -> None:
    told = take_tour(system, source)
    assert {row["command"]: row["said"] for row in told if row["status"]} == {}
    assert [refused for row in told for refused in row["refused"]] == []
    for path in source.rglob("*"):
        siblings = [clash_key(other.name) for other in path.parent.iterdir()]
        assert len(set(siblings)) == len(siblings), path.parent
    if system == "windows":
        every = {
            path for out in ("out", "books-out", "loose", "panels") for path in (source / out).rglob("*")
        }
        assert every and all(is_windows_name(path.name) for path in every)
        loose = sorted(
            path.relative_to(source).as_posix() for path in (source / "loose").glob("黒*/**/*.png")
        )
        assert loose == [f"loose/黒猫 1/{name}.png" for name in ("end/z", "what_ 1/a_b", "what_ 1/a_b~2")]
        with zipfile.ZipFile(source / "books-out" / BOOK) as archive:
            assert tuple(archive.namelist()) == ENTRIES  # an archive keeps what it holds


def take_tour(system: str, folder: Path) -> list[dict[str, Any]]:
    """What ``helpers.tour`` tells, of a process of its own."""
    module = "mangacolor.tests.helpers.tour"
    command = [sys.executable, "-X", "warn_default_encoding", "-m", module, system, str(folder)]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")
    assert ended.returncode == 0, ended.stderr
    told: list[dict[str, Any]] = json.loads((folder / "tour.json").read_text(encoding="utf-8"))
    return told
