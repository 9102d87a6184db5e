"""Points as people give them, ``003.png:120,340``, and the segment that lies under one."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Point
from mangacolor.core.wording import counted, did_you_mean, first_few
from mangacolor.formats.pixels import find_size
from mangacolor.pipeline.editing.chapter import ColouredChapter, chapter_of_page
from mangacolor.pipeline.editing.page_looks import LookedAt, PageLooks
from mangacolor.pipeline.page_names import NUMBER, find_pages, page_called
from mangacolor.stages.edits.enclosing import find_enclosed, find_inner_point
from mangacolor.stages.edits.model import CORNERS, Anchor, page_digest
from mangacolor.stages.segments.features import SegmentFeatures

# How many pages of a chapter a message names.
MOST_NAMES = 6
# Pixels of the page: how far around a point that meets nothing a surface is looked for, in which steps, and
# in how many directions.
SEARCH_REACH = 80
SEARCH_STEP = 4
SEARCH_TURNS = 16
# Pixels by which a line may be off its corners: those that are nearer to it say nothing.
STRAIGHT = 0.7
# Characters of what people gave that a message repeats.
MOST_TEXT = 60


@dataclass(frozen=True, slots=True)
class PagePoint:
    """A point as an option names it. ``text``: the option and its value, for messages."""

    page: str
    x: int
    y: int
    text: str


def read_point(text: str, option: str) -> PagePoint:
    """``003.png:120,340``. Raises ``UsageError``, naming the ``option``."""
    match = re.fullmatch(rf"(.+?):\s*({NUMBER})\s*,\s*({NUMBER})\s*", text, re.DOTALL)
    if match is None:
        raise UsageError(
            f"{option} {text!r}: must be a page and a point on it",
            f"As {option} 003.png:120,340: a page of OUT, and x and y in pixels of the page as it came.",
        )
    return PagePoint(match[1], int(match[2]), int(match[3]), f"{option} {text.strip()}")


def find_page(chapter: ColouredChapter, point: PagePoint) -> str:
    """The page that a point names: by its name in OUT, by a path that leads there, or by its number.

    Raises ``UsageError`` where there is none, or it is not coloured.
    """
    out, called = chapter.state.out, chapter.chapter.name
    other = page_called(point.page, chapter.others, out, called)
    if other is not None:
        raise UsageError(f"{point.text}: {_why_not_coloured(chapter, other)}", "Choose another page.")
    found = find_pages(point.page, chapter.names, out, called)
    if len(found) == 1:
        return found[0]
    elsewhere = None if found else chapter_of_page(chapter.state, point.page)
    if elsewhere is not None and elsewhere != called:
        raise UsageError(
            f"{point.text}: lies in the chapter {elsewhere}, and the others in {called}",
            "What is asked for in one command is of one chapter: give each a command of its own.",
        )
    known = f"Its pages: {first_few(found or chapter.names, MOST_NAMES)}."
    what = f"{len(found)} pages are called {point.page}" if found else f"{out.name} has no page {point.page}"
    guess = "" if found else did_you_mean(point.page, chapter.names)
    raise UsageError(f"{point.text}: {what}", f"{guess} {known}".strip())


def _why_not_coloured(chapter: ColouredChapter, name: str) -> str:
    entry = chapter.others[name]
    if entry.outcome == "copied":
        return f"{name} was copied as it is ({entry.reason or 'nothing to colour'})"
    return f"{name} has not been coloured"


def make_anchor(chapter: ColouredChapter, looks: PageLooks, point: PagePoint) -> Anchor:
    """The segment under a point, to be recoloured or left out. Raises ``UsageError`` where there is none,
    saying what lies there."""
    name = find_page(chapter, point)
    _check_inside(chapter, name, point)
    seen, at = looks.at(name), (point.x, point.y)
    met, why = seen.meet(at)
    if met is None:
        near = nearest_surface(seen, at)
        told = f"The nearest surface is at {near[0]},{near[1]}." if near else ""
        raise UsageError(
            f"{point.text}: {why}", f"{told or 'Move the point.'} x and y are pixels of the page as it came."
        )
    return _anchor(chapter, seen, name, at, met)


def read_outline(text: str) -> tuple[PagePoint, ...]:
    """The corners of a closed line, as ``--outline`` names them: ``003.png:120,340,180,340,150,410``. Raises
    ``UsageError``."""
    match = re.fullmatch(rf"(.+?):((?:\s*{NUMBER}\s*,)*\s*{NUMBER})\s*", text, re.DOTALL)
    numbers = [int(number) for number in match[2].split(",")] if match else []
    if match is None or len(numbers) % 2:
        raise UsageError(
            f"--outline {_short(text)!r}: must be a page and the corners of a line around something on it",
            "As --outline 003.png:120,340,180,340,150,410: a page of OUT, and x and y of each corner.",
        )
    corners = list(zip(numbers[::2], numbers[1::2], strict=True))
    if len(set(corners)) < CORNERS:
        raise UsageError(
            f"--outline {_short(text)}: {counted(len(set(corners)), 'corner')} hold nothing",
            f"Give {CORNERS} or more, x and y of each.",
        )
    page = match[1]
    return tuple(PagePoint(page, x, y, f"--outline {page}: the corner {x},{y}") for x, y in corners)


def make_outline(
    chapter: ColouredChapter, looks: PageLooks, corners: Sequence[PagePoint]
) -> tuple[Anchor, tuple[Point, ...]]:
    """A point inside a closed line, on a segment that is to be recoloured there, and the line's corners, but
    for those that say nothing. Raises ``UsageError`` where it leaves the page, or holds nothing that takes a
    colour."""
    name = find_page(chapter, corners[0])
    for corner in corners:
        _check_inside(chapter, name, corner)
    line = np.array([(corner.x, corner.y) for corner in corners], np.int32)
    outline = tuple((int(x), int(y)) for x, y in cv2.approxPolyDP(line, STRAIGHT, closed=True)[:, 0])
    seen = looks.at(name)
    held = find_enclosed(seen.look, [seen.to_drawing(corner) for corner in outline])
    found = find_inner_point(seen.look, held) if len(outline) >= CORNERS else None
    if found is None:
        raise UsageError(
            f"{corners[0].text.partition(':')[0]}: nothing inside takes a colour",
            "Paper, balloons and solid ink stay as they are: draw the outline around something else.",
        )
    window, label, at = found
    return _anchor(chapter, seen, name, seen.to_page(at), (window, label)), outline


def _short(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]}…"


def _anchor(
    chapter: ColouredChapter, seen: LookedAt, page: str, at: Point, segment: tuple[int, int]
) -> Anchor:
    """A point of a page on a segment, window and label."""
    window, label = segment
    segments = seen.look.colours.windows[window]
    known = SegmentFeatures(
        segments.features, identities=segments.identities if segments.identities.size else None
    )
    return Anchor(page, *at, page_digest(chapter.source_hash(page)), known.look_of(label - 1))


def _check_inside(chapter: ColouredChapter, name: str, point: PagePoint) -> None:
    wide, high = chapter.size(name)
    if point.x < wide and point.y < high:
        return
    remedy = f"x goes from 0 to {wide - 1}, y from 0 to {high - 1}."
    factor = _enlargement(chapter, name, wide)
    if factor > 1:
        remedy += f" {name} in OUT is enlarged {factor} times: divide by that what you read off it."
    raise UsageError(f"{point.text}: outside of the page, which came with {wide}×{high} pixels", remedy)


def _enlargement(chapter: ColouredChapter, name: str, width: int) -> int:
    """How many times the page in OUT is larger than it came, as a whole number; 1 where nobody knows."""
    file = chapter.finished_file(name)
    size = find_size(file) if file is not None else None
    return 1 if size is None else max(1, round(size[0] / width))


def nearest_surface(seen: LookedAt, around: Point) -> Point | None:
    """The nearest point of a page around one that meets a segment; None where none is near."""
    x, y = around
    for reach in range(SEARCH_STEP, SEARCH_REACH + 1, SEARCH_STEP):
        for turn in range(SEARCH_TURNS):
            angle = 2 * math.pi * turn / SEARCH_TURNS
            at = x + round(reach * math.cos(angle)), y + round(reach * math.sin(angle))
            if seen.meet(at)[0] is not None:
                return at
    return None
