"""Which part of what ``decode`` leaves is the page's own, where its drawing goes on in another file.

This module alone knows under which names that is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.core.arrays import WindowMap
from mangacolor.core.types import Artifact, Box, Image, Spread

_HALF = "half"  # the entry of an artifact's data
_PAGE = "page"  # the name of the page's own picture, and of its size


@dataclass(frozen=True, slots=True)
class Half:
    """A page that is half of a drawing. ``size``: the page's width and height in pixels.

    ``box``: where it lies in the drawing. It is narrower than the page by what the scan added at the join.
    """

    size: tuple[int, int]
    box: Box

    @classmethod
    def of(cls, spread: Spread) -> Half:
        """The half that a page with this spread is."""
        return cls((spread.box[2] + spread.border, spread.box[3]), spread.box)

    @property
    def left(self) -> int:
        """The column of the page at which the box begins."""
        return 0 if self.box[0] == 0 else self.size[0] - self.box[2]

    def to_page(self, box: Box) -> Box:
        """A box of the drawing in pixels of the page; it may stick out."""
        return box[0] - self.box[0] + self.left, box[1] - self.box[1], box[2], box[3]

    def to_drawing(self, x: int, y: int) -> tuple[int, int]:
        """A point of the page in pixels of the drawing."""
        return x - self.left + self.box[0], y + self.box[1]

    def cut_mask(self, mask: Image) -> Image:
        """The page's part of a mask of the drawing, H×W uint8; 255 on what the scan added."""
        page = np.full(self.size[::-1], 255, np.uint8)
        page[self._inside] = mask[self._rows_and_columns]
        return page

    def cut_windows(self, windows: WindowMap) -> WindowMap:
        """The page's part of the drawing's windows, H×W; -1 on what the scan added."""
        page = np.full(self.size[::-1], -1, np.int16)
        page[self._inside] = windows[self._rows_and_columns]
        return page

    @property
    def _inside(self) -> tuple[slice, slice]:
        """Rows and columns of the page that belong to the drawing."""
        return slice(None), slice(self.left, self.left + self.box[2])

    @property
    def _rows_and_columns(self) -> tuple[slice, slice]:
        """Those of the drawing that belong to the page."""
        x, y, w, h = self.box
        return slice(y, y + h), slice(x, x + w)

    def to_document(self) -> dict[str, Any]:
        """As it is kept in an artifact's data."""
        return {_HALF: {_PAGE: list(self.size), "box": list(self.box)}}


def half_of(data: Mapping[str, Any]) -> Half | None:
    """What an artifact's data says of the half that its page is; None for a page by itself."""
    entry = data.get(_HALF)
    if entry is None:
        return None
    (width, height), (x, y, w, h) = entry[_PAGE], entry["box"]
    return Half((width, height), (x, y, w, h))


def with_page(drawing: Image, page: Image) -> dict[str, Image]:
    """The pictures that ``decode`` leaves of a half."""
    return {"main": drawing, _PAGE: page}


def page_of(decoded: Artifact) -> Image:
    """The page itself, H×W×3 uint8 RGB, of what ``decode`` left; its ``main`` is the whole drawing."""
    return decoded.images.get(_PAGE, decoded.images["main"])
