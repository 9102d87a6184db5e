"""Parts of a page that somebody has marked: what stays as it is, and what is coloured all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from mangacolor.core.types import Image, Point

LEFT_OUT, COLOURED = "left_out", "coloured"  # their entries in a Panels JSON
PAPER, DRAWN = 255, 0  # of a mask of the ground; of balloons what stays and what is coloured


@dataclass(frozen=True, slots=True)
class MarkedParts:
    """Polygons in pixels of the page.

    ``left_out``: stay as the page has them, as balloons do. ``coloured``: are coloured, whether they were
    taken for paper or for a balloon. Where two overlap, what is left out counts.
    """

    left_out: tuple[tuple[Point, ...], ...] = ()
    coloured: tuple[tuple[Point, ...], ...] = ()

    def to_document(self) -> dict[str, Any]:
        """The entries of a Panels JSON; none for no parts: a page without any is as it was found."""
        entries = {LEFT_OUT: self.left_out, COLOURED: self.coloured}
        return {
            name: [[list(point) for point in part] for part in parts]
            for name, parts in entries.items()
            if parts
        }

    def open_ground(self, ground: Image) -> Image:
        """The ground of a page, H×W uint8 (255 = paper), without what is to be coloured."""
        return _filled(ground, self.coloured, DRAWN)

    def mark_balloons(self, balloons: Image) -> Image:
        """The mask of balloons, H×W uint8 (255 = stays), with what is left out and without what is not."""
        return _filled(_filled(balloons, self.coloured, DRAWN), self.left_out, PAPER)

    def mark_decided(self, decided: Image) -> Image:
        """What is as somebody wants it, H×W uint8 (255), with all marked parts."""
        return _filled(decided, (*self.left_out, *self.coloured), 255)


NO_PARTS = MarkedParts()


def _filled(mask: Image, parts: Sequence[Sequence[Point]], value: int) -> Image:
    filled = mask.copy()
    for part in parts:
        cv2.fillPoly(filled, [np.array(part, np.int32)], value)
    return filled
