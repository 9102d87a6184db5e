"""What a click means and how it would look: surfaces of a page, what a wish covers, pages painted with it.

Everything here runs on the desk's thread.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.core.arrays import I64, Mask
from mangacolor.core.types import Image, Point
from mangacolor.pipeline.editing.coverage import Cover, Surfaces
from mangacolor.pipeline.editing.points import nearest_surface
from mangacolor.pipeline.editing.preview import find_changes
from mangacolor.pipeline.editing.strokes import find_crossings
from mangacolor.pipeline.editing.telling import count_surfaces
from mangacolor.pipeline.editing.wishes.changer import Changer
from mangacolor.pipeline.editing.wishes.options import Wishes
from mangacolor.pipeline.editing.wording import edit_id, read_id
from mangacolor.stages.edits.colours import to_hex
from mangacolor.stages.edits.model import Edit, Look
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.harmonize.corrections import NO_GROUP
from mangacolor.studio.desk import Desk

# Likenesses of which a browser is told how much an edit would cover there.
LIKENESSES = tuple(step / 20 for step in range(1, 20))


@dataclass(frozen=True, slots=True)
class Tried:
    """A palette with a wish that nobody has decided on. ``edit``: the edit that it makes or changes."""

    palette: Palette
    edit: Edit | None


def try_wishes(desk: Desk, wishes: Wishes) -> Tried:
    """Raises ``UsageError`` for what cannot be. Of an edit that has been taken back nothing is tried."""
    palette, _ = desk.palette()
    if wishes == Wishes() or _is_of_none(palette, wishes):
        return Tried(palette, None)
    changer = Changer(desk.now.coloured(), desk.surfaces, desk.looks)
    after = changer.change(palette, wishes)
    edit = next((edit for edit in after.edits if edit.id == changer.touched), None)
    return Tried(after, edit)


def _is_of_none(palette: Palette, wishes: Wishes) -> bool:
    """Whether a wish is of an edit that is not there: it may have been taken back while a window asked."""
    named = [(wishes.edit, "--edit")] if wishes.edit is not None else []
    if wishes.undo and not wishes.undo.isdecimal():
        named.append((wishes.undo, "--undo"))
    known = {edit.id for edit in palette.edits}
    return any(read_id(text, option) not in known for text, option in named)


def paint_page(desk: Desk, page: str, side: int, wishes: Wishes, look: Look | None = None) -> Image:
    """A page with the palette's edits and a wish, H×W×3 RGB, no longer than ``side``."""
    tried = try_wishes(desk, wishes)
    return desk.painter(page, side).paint(tried.palette.edits, look or tried.palette.look)


def paint_unedited(desk: Desk, page: str, side: int) -> Image:
    """A page as it was before anybody changed a colour of the chapter, as ``paint_page``."""
    return desk.painter(page, side).paint(())


def cover_document(desk: Desk, wishes: Wishes) -> dict[str, Any]:
    """What a wish would cover in the chapter: of each page how many surfaces, and their numbers.

    ``unopposed``: how many surfaces on how many pages it would be if nothing were named that is not meant;
    None where nothing is. How like all surfaces are is measured once for all of it.
    """
    tried, surfaces = try_wishes(desk, wishes), desk.surfaces()
    if tried.edit is None:
        before, _ = desk.palette()
        changes = find_changes(surfaces, before.edits, tried.palette.edits)
        pages = {change.page: change.surfaces for change in changes}
        numbers = {change.page: _numbers(change.changed) for change in changes}
        return {"pages": pages, "area": 0.0, "surfaces": numbers, "likeness": [], "unopposed": None}
    cover = surfaces.covers([tried.edit])[tried.edit.id]
    others = zip(LIKENESSES, surfaces.covers_at(tried.edit, LIKENESSES), strict=True)
    pages = pages_of(surfaces, cover.pages)
    unopposed = None if cover.unopposed is None else pages_of(surfaces, cover.unopposed)
    return {
        "pages": pages,
        "area": round(cover.area, 5),
        "surfaces": {page: _numbers(_on_page(surfaces, cover, page)) for page in pages},
        "likeness": [[step, *count_surfaces(some.pages)] for step, some in others],
        "unopposed": None if unopposed is None else count_surfaces(unopposed),
    }


def surfaces_document(desk: Desk, page: str) -> list[dict[str, Any]]:
    """Of each surface of a page, by its number: group, what it is part of, colour, and edit."""
    palette, _ = desk.palette()
    surfaces = desk.surfaces()
    speaker = surfaces.drawings.speakers[page]
    place = list(surfaces.drawings).index(speaker)
    own = surfaces.segments.by_page()[place]
    rows = surfaces.segments.row[own]
    count = sum(surfaces.segments.counts[place])
    groups, owner = np.full(count, NO_GROUP, np.int64), np.full(count, -1, np.int64)
    groups[rows] = group_numbers(surfaces, palette)[own]
    edits, resolved = surfaces.lay(palette.edits)
    given = len(edits) - len(palette.edits)
    owner[rows] = resolved.owner[own]
    coarse = np.full(count, -1, np.int64)
    coarse[rows] = surfaces.segments.coarse[own]
    chroma, shown = surfaces.unedited_colours(page)
    colours = [to_hex(luma, cb, cr) for luma, (cb, cr) in zip(shown, chroma, strict=True)]
    return [
        {
            "group": None if group == NO_GROUP else int(group),
            "coarse": int(part),
            "colour": edits[edit].colour if edit >= 0 else colour,
            "edit": edit_id(edits[edit]) if edit >= given else None,
        }
        for group, part, colour, edit in zip(groups, coarse, colours, owner, strict=True)
    ]


def point_document(desk: Desk, page: str, x: int, y: int) -> dict[str, Any]:
    """What lies at a point of a page (pixels as it came): its surface, or why there is none."""
    seen = desk.looks.at(page)
    met, why = seen.meet((x, y))
    near = nearest_surface(seen, (x, y)) if met is None else None
    return {"number": 0 if met is None else seen.look.row_of(*met) + 1, "why": why, "near": near}


def line_document(desk: Desk, page: str, line: Sequence[Point]) -> dict[str, Any]:
    """What a line crosses, a point of each surface. Pixels are of the page as it came."""
    crossings = find_crossings(desk.looks.at(page), line)
    return {"surfaces": [{"number": crossing.row + 1, "at": crossing.at} for crossing in crossings]}


def group_numbers(surfaces: Surfaces, palette: Palette) -> I64:
    """The group of each segment, those that were merged since the last run taken for one."""
    groups = surfaces.groups.copy()
    for step in palette.merges:
        groups[np.isin(groups, step.groups[1:])] = step.groups[0]
    return groups


def pages_by_group(surfaces: Surfaces, palette: Palette) -> dict[int, dict[str, int]]:
    """Of each group, how many surfaces it has on which page."""
    groups = group_numbers(surfaces, palette)
    found: dict[int, dict[str, int]] = {}
    for page, own in zip(surfaces.drawings, surfaces.segments.by_page(), strict=True):
        for group, number in Counter(groups[own].tolist()).items():
            if group != NO_GROUP:
                found.setdefault(group, {})[page] = number
    return found


def pages_of(surfaces: Surfaces, numbers: Mapping[str, int]) -> dict[str, int]:
    """How many surfaces of a cover (its ``numbers``) each page shows; both halves of a spread show their
    drawing's."""
    speakers = surfaces.drawings.speakers
    return {page: numbers[speaker] for page, speaker in speakers.items() if speaker in numbers}


def changed_pages(surfaces: Surfaces, before: Palette, after: Palette) -> list[str]:
    """The pages that look otherwise with another palette."""
    if before.look != after.look:
        return list(surfaces.drawings.speakers)
    return [change.page for change in find_changes(surfaces, before.edits, after.edits)]


def _on_page(surfaces: Surfaces, cover: Cover, page: str) -> Mask:
    """Which of the surfaces of a page that is covered are."""
    return np.concatenate(cover.chosen[surfaces.drawings.speakers[page]])


def _numbers(chosen: Mask) -> list[int]:
    """Numbers of a page's surfaces, from 1."""
    numbers: list[int] = (np.flatnonzero(chosen) + 1).tolist()
    return numbers
