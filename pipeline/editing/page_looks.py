"""Pages of OUT on which points are looked at, in pixels as they came."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from mangacolor.core.types import Inputs, Point
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.names import PANELS
from mangacolor.stages.spreads.halves import Half, half_of

# Pages that stay at hand: two that lie open side by side. One of 1400×2000 pixels is some 15 MB.
_KEPT: Final = 2


@dataclass(frozen=True, slots=True)
class LookedAt:
    """A page, or the ``half`` of a drawing of two that it is. ``look``: at all of the drawing."""

    half: Half | None
    look: PageLook

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """From what stages kept of the page."""
        return cls(half_of(inputs[PANELS].data), PageLook.of(inputs))

    def to_drawing(self, at: Point) -> Point:
        """A point of the page in pixels of the drawing."""
        return self.half.to_drawing(*at) if self.half else at

    def to_page(self, at: Point) -> Point:
        """Back from ``to_drawing``."""
        return self.half.to_page((*at, 1, 1))[:2] if self.half else at

    def meet(self, at: Point) -> tuple[tuple[int, int] | None, str]:
        """As ``PageLook.meet``, at a point of the page."""
        if self.half and not all(0 <= one < side for one, side in zip(at, self.half.size, strict=True)):
            return None, "it lies beside the page"
        return self.look.meet(*self.to_drawing(at))


class PageLooks:
    """Those last looked at stay at hand: a line over a page has a hundred points on it.

    ``read``: what stages kept of a page. ``stamp``: what changes when that does. For one thread.
    """

    def __init__(self, read: Callable[[str], Inputs], stamp: Callable[[str], str] = str) -> None:
        self._read, self._stamp = read, stamp
        self._kept: OrderedDict[str, tuple[str, LookedAt]] = OrderedDict()

    def at(self, page: str) -> LookedAt:
        """Raises ``InputError`` where something of it is gone."""
        stamp = self._stamp(page)
        known = self._kept.pop(page, None)
        if known is None or known[0] != stamp:
            while len(self._kept) >= _KEPT:
                self._kept.popitem(last=False)
            known = stamp, LookedAt.of(self._read(page))
        self._kept[page] = known
        return known[1]
