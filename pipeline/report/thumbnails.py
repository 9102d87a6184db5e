"""Cuttings of finished pages: what an edit means, outlined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Box, Image
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.pipeline.editing.outlines import Mark, draw_outline
from mangacolor.pipeline.editing.page_map import map_segments, spread_values
from mangacolor.pipeline.report.pictures import embed, read_bytes, read_picture

# Pixels of a thumbnail's longer side.
THUMBNAIL = 112


@dataclass(frozen=True, slots=True)
class Cutting:
    """A part of a page to show. ``key``: whose thumbnail it is. ``box``: in pixels of the page as it came.

    ``outlined``: for each window of the page which of its segments have an outline; () for none. ``marks``:
    points of the page.
    """

    key: str
    page: str
    box: Box
    outlined: tuple[Mask, ...] = ()
    marks: tuple[Mark, ...] = ()


def make_thumbnails(chapter: ColouredChapter, cuttings: Sequence[Cutting]) -> dict[str, list[str]]:
    """The thumbnails as HTML, by key, in the order of the pages. Each page is read once; a page that is not
    there any more has none."""
    made: dict[str, list[str]] = {}
    for page in sorted({cutting.page for cutting in cuttings}):
        file = chapter.finished_file(page)
        picture = read_picture(read_bytes(file)) if file is not None else None
        if picture is None:
            continue
        scale = picture.shape[1] / chapter.size(page)[0]
        for cutting in cuttings:
            address = (
                embed(_cut(chapter, cutting, picture, scale), THUMBNAIL) if cutting.page == page else None
            )
            if address is not None:
                name = escape(page)
                html = f'<img loading=lazy alt="{name}" title="{name}" src="{address}">'
                made.setdefault(cutting.key, []).append(html)
    return made


def _cut(chapter: ColouredChapter, cutting: Cutting, picture: Image, scale: float) -> Image | None:
    """The part of a page's picture that a cutting shows; None where it lies outside."""
    height, width = picture.shape[:2]
    x, y, w, h = cutting.box
    left, top = max(0, round(x * scale)), max(0, round(y * scale))
    rows = slice(top, min(height, max(top + 1, round((y + h) * scale))))
    columns = slice(left, min(width, max(left + 1, round((x + w) * scale))))
    part = picture[rows, columns]
    if not part.size:
        return None
    if not cutting.outlined:
        return np.ascontiguousarray(part)
    shown = map_segments(chapter.pages[cutting.page], (width, height))[rows, columns]
    covered = spread_values(np.concatenate(cutting.outlined), shown)
    marks = [mark.moved(-left, -top, scale) for mark in cutting.marks]
    return draw_outline(part, covered, marks)
