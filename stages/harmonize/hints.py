"""Point hints: ``[{"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}, …]``.

``page`` is the page's output name or its number in the chapter; ``x`` and ``y`` are pixels of the page as
it comes. The group under the point takes the colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Artifact, Chapter
from mangacolor.formats.option_files import json_file
from mangacolor.stages.harmonize.palette_file import colour_name

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
    return Hint(page, x, y, colour_name(row["colour"], where))


def hints_of(hints: Sequence[Hint], chapter: Chapter) -> dict[str, list[Hint]]:
    """The hints for this chapter's pages, by page name."""
    names = {page.name: page.name for page in chapter.pages}
    numbers = {page.number: page.name for page in chapter.pages}
    found: dict[str, list[Hint]] = {}
    for hint in hints:
        name = numbers.get(hint.page) if isinstance(hint.page, int) else names.get(hint.page)
        if name is not None:
            found.setdefault(name, []).append(hint)
    return found


def check_pages(hints: Sequence[Hint], chapters: Sequence[Chapter]) -> None:
    """Raise ``UsageError`` for a hint whose page is in none of the chapters."""
    for hint in hints:
        if not any(hints_of([hint], chapter) for chapter in chapters):
            raise UsageError(f"--hints: there is no page {hint.page!r}", "Give its output name or number.")


def surface_at(colorize: Artifact, x: int, y: int) -> int | None:
    """The row, among all surfaces of the page, of the one at a pixel; None where nothing is coloured.

    Where windows overlap the smallest one is meant.
    """
    panels = colorize.data["panels"]
    for number in sorted(range(len(panels)), key=lambda n: panels[n]["box"][2] * panels[n]["box"][3]):
        left, top, wide, high = panels[number]["box"]
        if left <= x < left + wide and top <= y < top + high:
            labels = colorize.images[f"surfaces-{number:03d}"]
            row, column = (y - top) * labels.shape[0] // high, (x - left) * labels.shape[1] // wide
            label = int(labels[row, column])
            if label:
                return int(sum(panel["surfaces"] for panel in panels[:number])) + label - 1
    return None
