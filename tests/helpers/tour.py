"""The main commands, one after the other, in one process that takes itself to be on another system.

``python -X warn_default_encoding -m mangacolor.tests.helpers.tour windows FOLDER``: colours what lies in
FOLDER/in and FOLDER/books, and leaves FOLDER/tour.json: what each command ended with, and what was refused.
"""

from __future__ import annotations

import io
import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any

from mangacolor.tests.helpers.other_system import Windows, pretend

FAST = ("--scale", "1", "--upscaler", "lanczos", "--device", "cpu")
# What a console or pipe of another language has letters for, and no others.
PIPE = "cp1252"


def commands(folder: Path) -> Iterator[tuple[str, ...]]:
    """Each with its arguments."""
    pages, out, books = folder / "in", folder / "out", folder / "books-out"
    archive = next((folder / "books").glob("*.cbz"))
    first = sorted(path.name for path in pages.glob("*.png"))[0]
    yield ("doctor",)
    yield "plan", str(pages), "--out", str(out)
    yield "colorize", str(pages), "--out", str(out), *FAST, "--report"
    yield "colorize", str(pages), "--out", str(out), *FAST, "--json"  # nothing is left to do
    yield "palette", str(out), "--at", f"{out / first}:80,100", "--colour", "crimson"
    yield "colorize", str(pages), "--out", str(out), *FAST, "--json"
    yield "palette", str(out), "--undo", "--json"
    yield "inspect", str(out)
    yield "export", str(out), "--format", "cbz", "--to", str(folder)
    yield "colorize", str(archive), "--out", str(books), *FAST, "--json"
    yield "colorize", str(archive), "--out", str(folder / "loose"), "--format", "folder", *FAST
    yield "watch", str(pages), "--out", str(folder / "watched"), "--once", "--settle", "0", *FAST
    yield "panels", str(pages), "--out", str(folder / "panels"), "--json"
    yield "clean", str(out)


def go(folder: Path, windows: Windows, only: list[int]) -> list[dict[str, Any]]:
    """The status and words of every stop, or only of those of these numbers, and what was refused there."""
    stops: list[tuple[str, Callable[[], tuple[int, str]]]] = [
        (arguments[0], partial(run, list(arguments))) for arguments in commands(folder)
    ]
    stops += [("studio", partial(visit, edit_in_studio, folder)), ("train", partial(train, folder))]
    told = []
    for number, (name, stop) in enumerate(stops):
        if not only or number in only:
            status, said = stop()
            refused, windows.refused = windows.refused, []
            told.append({"command": name, "status": status, "said": said, "refused": refused})
    return told


def visit(what: Callable[[Path], None], folder: Path) -> tuple[int, str]:
    try:
        what(folder)
    except Exception:
        return 1, traceback.format_exc()
    return 0, ""


def run(arguments: list[str]) -> tuple[int, str]:
    """A command with a pipe of another language for its stdout."""
    from mangacolor.cli import main

    pipe = io.BytesIO()
    text = io.TextIOWrapper(pipe, PIPE, errors="strict", write_through=True)
    with redirect_stdout(text):
        try:
            main(arguments)
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    text.flush()
    return status, pipe.getvalue().decode(PIPE)


def edit_in_studio(folder: Path) -> None:
    """A colour and a corrected panel, saved; then the book."""
    from mangacolor.tests.helpers.studio_server import opened_studio, wait_until_idle

    with opened_studio(folder / "out") as (_, client):
        page = client.get("/api/chapter").json()["pages"][0]["name"]
        found = client.get("/api/panels", params={"page": page}).json()
        width, height = found["size"]
        whole = [[0, 0], [width, 0], [width, height], [0, height]]
        asked = {"page": page, "size": found["size"], "polygons": [whole], "left_out": [], "coloured": []}
        put = client.put("/api/panels", json=asked)
        assert put.status_code == 200, put.text
        wait_until_idle(client)
        assert client.delete("/api/panels", params={"page": page}).status_code == 200
        wait_until_idle(client)


def train(folder: Path) -> tuple[int, str]:
    """Three steps, with a process beside that prepares crops."""
    data = folder / "data"
    for number in range(4):
        write_picture(data / "色" / f"{number}.png", number)
    given = ["train", "--data", str(data), "--out", str(folder / "run"), "--preset", "l1", "--workers", "1"]
    small = ("generator=unet", "width=4", "levels=4", 'phases=[{"steps": 3, "size": 32, "batch": 2}]')
    return run([*given, *(word for one in small for word in ("--set", one))])


def write_picture(path: Path, seed: int) -> None:
    import numpy as np
    from PIL import Image as PilImage

    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), np.uint8)
    PilImage.fromarray(pixels).resize((160, 160)).save(path)


def main() -> None:
    system, folder, *only = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:])
    assert system in ("windows", "macos")
    windows = pretend("windows" if system == "windows" else "macos")
    told = go(folder, windows, only)
    (folder / "tour.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    main()
