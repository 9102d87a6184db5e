"""Hints, edits of one anchor each: ``[{"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}, …]``.

``page`` is the page's output name or its number in the chapter; ``x`` and ``y`` are pixels of the page as
it comes; ``colour`` is in hex, or a name of CSS. A hint reaches what is alike in the chapter, unless it says
something else by ``reach`` and ``likeness``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, KnownChapters
from mangacolor.formats.names import composed
from mangacolor.formats.option_files import json_file
from mangacolor.stages.edits.colours import check_colour
from mangacolor.stages.edits.model import LIKENESS, Anchor, Edit, Reach

REMEDY = 'Write a JSON list of {"page": "001.png", "x": 120, "y": 340, "colour": "#c0392b"}.'
NEEDED = {"page", "x", "y", "colour"}
# A group has a number, which no hint knows, and an outline has corners.
REACHES = tuple(reach.value for reach in Reach if reach not in (Reach.GROUP, Reach.OUTLINE))
# The id of an edit that is a hint: it is no entry of any log.
HINT_ID = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """A colour at a point of a page, and how far it reaches."""

    page: str | int
    x: int
    y: int
    colour: str
    reach: Reach = Reach.ALIKE
    likeness: float = LIKENESS

    def to_edit(self, page: str) -> Edit:
        """As an edit; ``page``: the output name of its page."""
        anchor = Anchor(page, self.x, self.y)
        return Edit(HINT_ID, self.colour, self.reach, (anchor,), likeness=self.likeness)


def read_hints(path: Path) -> tuple[Hint, ...]:
    """The hints of a file. Raises ``UsageError`` if there is none or it says something else."""
    rows = json_file(path, "--hints", REMEDY)
    if not isinstance(rows, list):
        raise UsageError(f"--hints {path}: must be a list", REMEDY)
    return tuple(_hint(row, f"--hints {path}: hint {number}") for number, row in enumerate(rows, 1))


def _hint(row: object, where: str) -> Hint:
    if not isinstance(row, dict) or not NEEDED <= set(row) <= {*NEEDED, "reach", "likeness"}:
        raise UsageError(f"{where} must have page, x, y and colour, and may have reach and likeness", REMEDY)
    page, x, y = row["page"], row["x"], row["y"]
    whole = all(isinstance(value, int) and not isinstance(value, bool) and value >= 0 for value in (x, y))
    if not whole or isinstance(page, bool) or not isinstance(page, str | int):
        raise UsageError(f"{where}: page is a name or number, x and y are pixels from 0", REMEDY)
    reach, likeness = row.get("reach", Reach.ALIKE.value), row.get("likeness", LIKENESS)
    if reach not in REACHES:
        raise UsageError(f"{where}: there is no reach {reach!r}", f"There are: {', '.join(REACHES)}.")
    if isinstance(likeness, bool) or not isinstance(likeness, int | float) or not 0 <= likeness <= 1:
        raise UsageError(f"{where}: likeness {likeness!r} is no number from 0 to 1", "1 is the same.")
    return Hint(page, x, y, check_colour(row["colour"], where), Reach(reach), float(likeness))


def with_pages(hints: Sequence[Hint], chapter: Chapter) -> list[tuple[Hint, str]]:
    """The hints for this chapter's pages, each with the name of its page."""
    names: dict[str | int, str] = {composed(page.name): page.name for page in chapter.pages}
    names |= {page.name: page.name for page in chapter.pages}
    names |= {page.number: page.name for page in chapter.pages}
    found = [(hint, names.get(hint.page) or names.get(_composed(hint.page))) for hint in hints]
    return [(hint, name) for hint, name in found if name is not None]


def _composed(page: str | int) -> str | int:
    return composed(page) if isinstance(page, str) else page


def check_hints(options: Options, known: KnownChapters) -> None:
    """Raise ``UsageError`` for hints that cannot be read, or one whose page is in no chapter."""
    for hint in read_hints(Path(options.hints)) if options.hints else ():
        if known.are_all and not any(with_pages([hint], chapter) for chapter in known.chapters):
            raise UsageError(f"--hints: there is no page {hint.page!r}", "Give its output name or number.")
