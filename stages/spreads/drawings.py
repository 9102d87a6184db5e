"""The drawings of a chapter: a spread in two halves counts once, and both halves get one answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mangacolor.core.types import Box, Chapter, Inputs, Page
from mangacolor.stages.spreads.halves import Half


@dataclass(frozen=True, slots=True, eq=False)
class Drawings(Mapping[str, Inputs]):
    """What there is to look at, by name and in reading order: a page, or a spread by its first half's name.

    ``pages``: artifacts of every page. ``speakers``: for each page the name that its drawing has here.
    ``halves``: the pages that are half of a spread.
    """

    pages: Mapping[str, Inputs]
    speakers: Mapping[str, str]
    halves: Mapping[str, Page]

    @classmethod
    def of(cls, chapter: Chapter, pages: Mapping[str, Inputs]) -> Drawings:
        """A half whose partner is not among the pages, since it failed or was copied, speaks for itself."""
        halves = {page.name: page for page in chapter.pages if page.spread is not None}
        speakers: dict[str, str] = {}
        for name in pages:
            spread = halves[name].spread if name in halves else None
            speakers[name] = speakers.get(spread.partner, name) if spread else name
        return cls(pages, speakers, halves)

    def __getitem__(self, name: str) -> Inputs:
        return self.pages[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.pages if self.speakers[name] == name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def find_point(self, page: str, x: int, y: int) -> tuple[str, int, int]:
        """A point of a page as the name of its drawing and the point there."""
        half = self._half(page)
        if half is None or page not in self.speakers:
            return page, x, y
        return self.speakers[page], *half.to_drawing(x, y)

    def half_size(self, page: str) -> tuple[int, int] | None:
        """Width and height in pixels of a page that is half of a drawing; None for another."""
        half = self._half(page)
        return half.size if half else None

    def find_place(self, drawing: str, box: Box) -> tuple[str, Box]:
        """A box of a drawing as the page on which its middle lies and the box there."""
        half = self._half(drawing)
        if half is None:
            return drawing, box
        page, spread = drawing, self.halves[drawing].spread
        inside = half.box[0] <= box[0] + box[2] // 2 < half.box[0] + half.box[2]
        partner = self._half(spread.partner) if spread and not inside else None
        if spread is not None and partner is not None:
            page, half = spread.partner, partner
        x, y, w, h = half.to_page(box)
        return page, (max(0, x), max(0, y), w, h)

    def _half(self, name: str) -> Half | None:
        page = self.halves.get(name)
        return Half.of(page.spread) if page is not None and page.spread is not None else None
