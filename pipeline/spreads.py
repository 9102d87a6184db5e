"""``--spreads auto``: which neighbouring pages of a chapter are the two halves of one drawing.

Every page is read and decoded once more for it, before the run begins: only its edges are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from mangacolor.core.colour import luma
from mangacolor.core.cpu import usable_cores
from mangacolor.core.errors import InputError, PageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Image, Page, Spread
from mangacolor.formats.pixels import decode_picture
from mangacolor.stages.classify.tint import TINT, unexplained_chroma
from mangacolor.stages.panels.corrections import read_edit
from mangacolor.stages.spreads.edges import PageEdges, find_edges
from mangacolor.stages.spreads.joining import lay_out
from mangacolor.stages.spreads.matching import Match, match_pages

IsWanted = Callable[[Page], bool]


@dataclass(frozen=True, slots=True)
class Found:
    """Two neighbours, in reading order, that go on in each other. ``edges``: of the left and right."""

    number: int
    match: Match
    edges: tuple[PageEdges, PageEdges]


@dataclass(slots=True)
class SpreadFinder:
    """Finds the spreads of chapters. ``is_wanted``: whether a page is to be made at all.

    ``check`` raises ``Cancelled`` where the run is to stop. ``notes``: what the user is to be told.
    """

    options: Options
    jobs: int
    is_wanted: IsWanted
    check: Callable[[], None]
    notes: list[str] = field(default_factory=list)

    def mark(self, chapters: Iterable[Chapter]) -> tuple[Chapter, ...]:
        """The chapters, with ``spread`` set for each half of one."""
        with ThreadPoolExecutor(self.jobs or usable_cores()) as pool:
            try:
                return tuple(self._mark_chapter(chapter, pool) for chapter in chapters)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _mark_chapter(self, chapter: Chapter, pool: ThreadPoolExecutor) -> Chapter:
        pages = list(chapter.pages)
        leftwards = (self.options.direction or chapter.direction or "rtl") == "rtl"
        places = [n for n in range(len(pages) - 1) if self._may_join(pages[n], pages[n + 1])]
        needed = sorted({n + step for n in places for step in (0, 1)})
        edges = dict(zip(needed, pool.map(lambda n: self._look(pages[n]), needed), strict=True))
        found: list[Found] = []
        for n in places:
            first, second = edges[n], edges[n + 1]
            if first is None or second is None:
                continue
            sides = (second, first) if leftwards else (first, second)
            match = match_pages(*sides)
            if match is not None:
                found.append(Found(n, match, sides))
        for one in _best_first(found):
            n = one.number
            pages[n], pages[n + 1] = self._join(pages[n], pages[n + 1], one, leftwards)
        return replace(chapter, pages=tuple(pages))

    def _may_join(self, first: Page, second: Page) -> bool:
        alone = "copy" in (first.wanted, second.wanted)
        return not alone and (self.is_wanted(first) or self.is_wanted(second))

    def _look(self, page: Page) -> PageEdges | None:
        """[thread] The edges of a page; None for one that cannot be read, which its own run tells."""
        self.check()
        pixels = self._pixels(page)
        return None if pixels is None else find_edges(luma(pixels))

    def _pixels(self, page: Page) -> Image | None:
        try:
            source = page.source
            return decode_picture(source.read(), source.describe(), self.options.max_pixels).pixels
        except PageError:
            self.notes.append(f"{page.name} cannot be read: whether it is half of a spread is not known")
            return None

    def _join(self, first: Page, second: Page, found: Found, leftwards: bool) -> tuple[Page, Page]:
        """The two pages as halves, or as they are where they are to stay alone."""
        size, *boxes = lay_out(*found.edges, found.match)
        borders = [edge.border for edge in (found.edges[0].right, found.edges[1].left) if edge is not None]
        if leftwards:
            boxes, borders = boxes[::-1], borders[::-1]
        told = f"{first.name} and {second.name} are a spread"
        if size[0] * size[1] > self.options.max_pixels:
            self.notes.append(f"{told} of more pixels than --max-pixels allows: each is coloured by itself")
            return first, second
        if any(self._is_coloured(page) for page in (first, second)):
            return first, second
        edit = _correction_of((first, second), size)
        if edit is None and (first.edit or second.edit):
            self.notes.append(f"{told}, but the panels of one are corrected: each is coloured by itself")
            return first, second
        self.notes.append(f"{told}: coloured as one drawing")
        one = Spread(second.name, second.source, size, boxes[0], boxes[1], borders[0])
        other = Spread(first.name, first.source, size, boxes[1], boxes[0], borders[1])
        return replace(first, spread=one, edit=edit), replace(second, spread=other, edit=edit)

    def _is_coloured(self, page: Page) -> bool:
        self.check()
        pixels = self._pixels(page)
        return pixels is None or unexplained_chroma(pixels, TINT) > 1


def _best_first(found: Sequence[Found]) -> list[Found]:
    """Each page in one spread at most: the one that fits best."""
    taken: set[int] = set()
    chosen: list[Found] = []
    for one in sorted(found, key=lambda one: (-one.match.score, one.number)):
        if not taken & {one.number, one.number + 1}:
            taken |= {one.number, one.number + 1}
            chosen.append(one)
    return sorted(chosen, key=lambda one: one.number)


def _correction_of(pages: Sequence[Page], size: tuple[int, int]) -> Path | None:
    """A corrected Panels JSON that was made for the whole drawing: it counts for both halves."""
    edits = [page.edit for page in pages if page.edit is not None]
    return edits[0] if edits and all(_is_for(edit, size) for edit in edits) else None


def _is_for(edit: Path, size: tuple[int, int]) -> bool:
    try:
        return read_edit(edit).get("size") == list(size)
    except InputError:  # the page will say so
        return False
