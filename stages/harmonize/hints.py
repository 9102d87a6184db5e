"""Point hints: ``[{"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}, …]``.

``page`` is the page's output name or its number in the chapter; ``x`` and ``y`` are pixels of the page as
it comes; ``colour`` is in hex, or a name of CSS. The group under the point takes the colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter
from mangacolor.formats.option_files import json_file
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.harmonize.chapter import ChapterSegments
from mangacolor.stages.spreads.drawings import Drawings
from mangacolor.stages.windows.artifact import PageColours

NO_EFFECT = "the hint at {hint.x}, {hint.y} has no effect: {why}; move the point"
REMEDY = 'Write a JSON list of {"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}.'


@dataclass(frozen=True, slots=True)
class Hint:
    """A colour at a point of a page."""

    page: str | int
    x: int
    y: int
    colour: str


def read_hints(path: Path) -> tuple[Hint, ...]:
    """The hints of a file. Raises ``UsageError`` if there is none or it says something else."""
    rows = json_file(path, "--hints", REMEDY)
    if not isinstance(rows, list):
        raise UsageError(f"--hints {path}: must be a list", REMEDY)
    return tuple(_hint(row, f"--hints {path}: hint {number}") for number, row in enumerate(rows, 1))


def _hint(row: object, where: str) -> Hint:
    if not isinstance(row, dict) or set(row) != {"page", "x", "y", "colour"}:
        raise UsageError(f"{where} must have page, x, y and colour", REMEDY)
    page, x, y = row["page"], row["x"], row["y"]
    whole = all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in (x, y))
    if not whole or isinstance(page, bool) or not isinstance(page, str | int):
        raise UsageError(f"{where}: page is a name or number, x and y are pixels from 0", REMEDY)
    return Hint(page, x, y, check_colour(row["colour"], where))


def with_pages(hints: Sequence[Hint], chapter: Chapter) -> list[tuple[Hint, str]]:
    """The hints for this chapter's pages, each with the name of its page."""
    names: dict[str | int, str] = {page.name: page.name for page in chapter.pages}
    names |= {page.number: page.name for page in chapter.pages}
    return [(hint, names[hint.page]) for hint in hints if hint.page in names]


def check_hints(options: Options, chapters: Sequence[Chapter]) -> None:
    """Raise ``UsageError`` for a hint of ``--hints`` whose page is in none of the chapters."""
    for hint in read_hints(Path(options.hints)) if options.hints else ():
        if not any(with_pages([hint], chapter) for chapter in chapters):
            raise UsageError(f"--hints: there is no page {hint.page!r}", "Give its output name or number.")


@dataclass(frozen=True, slots=True)
class LocatedHints:
    """``colours``: what hints want, by page and row of a segment, each counted from 0. ``missed``: for each
    hint that meets nothing its page, and why."""

    colours: dict[tuple[int, int], str]
    missed: list[tuple[str, str]]


def locate_hints(
    hints: Sequence[Hint], chapter: Chapter, drawings: Drawings, segments: ChapterSegments
) -> LocatedHints:
    """Find the segments that hints mean. Only pages with hints are read.

    A point of half a spread is the same point of its drawing.
    """
    located = LocatedHints({}, [])
    named = with_pages(hints, chapter)
    taking_part = set(zip(segments.page.tolist(), segments.row.tolist(), strict=True))
    for number, name in enumerate(drawings):
        here = [(hint, page) for hint, page in named if drawings.speakers.get(page) == name]
        if not here:
            continue
        colours = coloured_page(drawings[name])
        height, width = drawings[name]["balloons"].images["main"].shape
        for hint, page in here:
            wide, high = drawings.half_size(page) or (width, height)
            _, x, y = drawings.find_point(page, hint.x, hint.y)
            row = segment_at(colours, x, y) if hint.x < wide and hint.y < high else None
            if row is not None and (number, row) in taking_part:
                located.colours[number, row] = hint.colour
                continue
            if hint.x >= wide or hint.y >= high:
                why = f"the page has {wide}×{high} pixels"
            else:
                why = "it lies on paper, ink or a gutter" if row is None else "it lies in a balloon"
            located.missed.append((page, NO_EFFECT.format(hint=hint, why=why)))
    return located


def segment_at(colours: PageColours, x: int, y: int) -> int | None:
    """The row, among all segments of the page, of the one at a pixel; None where nothing is coloured.

    Where windows overlap the smallest one is meant.
    """
    windows = colours.windows
    for number in sorted(range(len(windows)), key=lambda n: windows[n].box[2] * windows[n].box[3]):
        left, top, wide, high = windows[number].box
        if left <= x < left + wide and top <= y < top + high:
            labels = windows[number].labels
            row, column = (y - top) * labels.shape[0] // high, (x - left) * labels.shape[1] // wide
            label = int(labels[row, column])
            if label:
                return sum(window.segments for window in windows[:number]) + label - 1
    return None
