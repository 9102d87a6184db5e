"""Point hints: ``[{"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}, …]``.

``page`` is the page's output name or its number in the chapter; ``x`` and ``y`` are pixels of the page as
it comes; ``colour`` is in hex, or a name of CSS. The group under the point takes the colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Inputs
from mangacolor.formats.option_files import json_file
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.harmonize.chapter import ChapterSegments
from mangacolor.stages.harmonize.palette_file import check_colour
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


def group_by_page(hints: Sequence[Hint], chapter: Chapter) -> dict[str, list[Hint]]:
    """The hints for this chapter's pages, by page name."""
    names = {page.name: page.name for page in chapter.pages}
    numbers = {page.number: page.name for page in chapter.pages}
    grouped: dict[str, list[Hint]] = {}
    for hint in hints:
        name = numbers.get(hint.page) if isinstance(hint.page, int) else names.get(hint.page)
        if name is not None:
            grouped.setdefault(name, []).append(hint)
    return grouped


def place_hints(hints: Iterable[Hint], chapter: Chapter, drawings: Drawings) -> tuple[Hint, ...]:
    """Hints at points of a spread's halves, moved to the same points of their drawings."""
    names = {page.number: page.name for page in chapter.pages}

    def place(hint: Hint) -> Hint:
        name = names.get(hint.page, "") if isinstance(hint.page, int) else hint.page
        found, x, y = drawings.find_point(name, hint.x, hint.y)
        return hint if found == name and (x, y) == (hint.x, hint.y) else Hint(found, x, y, hint.colour)

    return tuple(map(place, hints))


def check_hints(options: Options, chapters: Sequence[Chapter]) -> None:
    """Raise ``UsageError`` for a hint of ``--hints`` whose page is in none of the chapters."""
    for hint in read_hints(Path(options.hints)) if options.hints else ():
        if not any(group_by_page([hint], chapter) for chapter in chapters):
            raise UsageError(f"--hints: there is no page {hint.page!r}", "Give its output name or number.")


@dataclass(frozen=True, slots=True)
class LocatedHints:
    """``colours``: what hints want, by page and row of a segment, each counted from 0. ``missed``: for each
    hint that meets nothing its page, and why."""

    colours: dict[tuple[int, int], str]
    missed: list[tuple[str, str]]


def locate_hints(
    hints: Sequence[Hint], chapter: Chapter, pages: Mapping[str, Inputs], segments: ChapterSegments
) -> LocatedHints:
    """Find the segments that hints mean. ``pages``: by name, in reading order; only some are read."""
    located = LocatedHints({}, [])
    wanted = group_by_page(hints, chapter)
    taking_part = set(zip(segments.page.tolist(), segments.row.tolist(), strict=True))
    for number, name in enumerate(pages):
        if name not in wanted:
            continue
        colours = coloured_page(pages[name])
        height, width = pages[name]["balloons"].images["main"].shape
        for hint in wanted[name]:
            row = segment_at(colours, hint.x, hint.y)
            if row is not None and (number, row) in taking_part:
                located.colours[number, row] = hint.colour
            elif hint.x >= width or hint.y >= height:
                why = f"the page has {width}×{height} pixels"
                located.missed.append((name, NO_EFFECT.format(hint=hint, why=why)))
            else:
                why = "it lies on paper, ink or a gutter" if row is None else "it lies in a balloon"
                located.missed.append((name, NO_EFFECT.format(hint=hint, why=why)))
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
