"""A small chapter that has been coloured, and commands about its palette."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image as PilImage

from mangacolor.api import colorize_chapter
from mangacolor.cli import main
from mangacolor.pipeline.editing.chapter import open_chapter
from mangacolor.pipeline.events import RunResult
from mangacolor.stages.segments.features import SPACING_TAIL
from mangacolor.tests.helpers.stages import comic_page

# Points of every page: in the grey half of the first panel, in its balloon, on something black, in the margin
# and in the second panel.
TONE, BALLOON, INK, PAPER, FLOOR = "100,100", "330,70", "80,560", "8,8", "300,500"
RED = "#c0392b"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command ended with and said."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What it said with ``--json``."""
        document: dict[str, Any] = json.loads(self.out)
        return document


def palette(out: Path, *arguments: str) -> Answer:
    """``mangacolor palette OUT`` with these arguments."""
    said, complained = io.StringIO(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(complained):
        try:
            main(["palette", str(out), *arguments])
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    return Answer(status, said.getvalue(), complained.getvalue())


def write_pages(folder: Path, count: int = 3) -> Path:
    """Pages of a chapter, ``0.png`` and so on."""
    folder.mkdir(parents=True)
    for number in range(count):
        page = comic_page(620 + 8 * number)
        page[545:575, 60:100] = 0
        PilImage.fromarray(page).save(folder / f"{number}.png")
    return folder


def colour(source: Path, out: Path, weights: Path, **options: Any) -> RunResult:
    """Colour a chapter with a tiny network."""
    chosen = {"scale": "1", "upscaler": "lanczos", "device": "cpu", **options}
    return colorize_chapter(source, out, weights=str(weights), **chosen)


def pages_of(out: Path) -> dict[str, bytes]:
    """The finished pages by name."""
    return {path.name: path.read_bytes() for path in sorted(out.glob("*.png"))}


def change_points(out: Path, change: Callable[[dict[str, Any]], object]) -> bytes:
    """Change each point of the palette; returns the file as it is then."""
    file = out / ".mangacolor/palette.json"
    document = json.loads(file.read_text())
    for step in document["log"]:
        for point in (*step["anchors"], *step["negatives"]):
            change(point)
    file.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n")
    return file.read_bytes()


def age_edits(out: Path, *, identities: bool = False) -> bytes:
    """Leave the palette as an earlier version did, whose edits keep rows alone, or these and ``identities``
    without spacing; returns its file."""
    chapter = open_chapter(out)
    columns = chapter.segments(chapter.names[0]).windows[0].features.shape[1]

    def shorten(point: dict[str, Any]) -> None:
        looks = base64.b64decode(point["looks"])
        assert len(looks) > columns + SPACING_TAIL
        kept = looks[:-SPACING_TAIL] if identities else looks[:columns]
        point["looks"] = base64.b64encode(kept).decode()

    return change_points(out, shorten)
