"""Two halves as one drawing: where each lies in it, and its pixels."""

from __future__ import annotations

import numpy as np

from mangacolor.core.errors import PageError
from mangacolor.core.types import Box, Image, Spread
from mangacolor.stages.spreads.edges import PageEdges
from mangacolor.stages.spreads.matching import Match
from mangacolor.stages.spreads.params import PARAMS


def lay_out(left: PageEdges, right: PageEdges, match: Match) -> tuple[tuple[int, int], Box, Box]:
    """The size of the whole drawing (width, height), and the boxes of its left and right half in it.

    Nothing is scaled: a half is shifted, and columns that the scan added at the join are left out.
    """
    assert left.right is not None and right.left is not None
    down = round(match.shift * max(left.size[1], right.size[1]) / PARAMS.rows)
    wide = left.size[0] - left.right.border, right.size[0] - right.left.border
    first = (0, max(0, -down), wide[0], left.size[1])
    second = (wide[0], max(0, down), wide[1], right.size[1])
    height = max(first[1] + first[3], second[1] + second[3])
    return (sum(wide), height), first, second


def join_halves(own: Image, partner: Image, spread: Spread) -> Image:
    """The whole drawing of two pages, each H×W×3 uint8 RGB.

    Rows that a shifted half does not reach repeat its nearest one. Raises ``PageError`` where the pages are
    not of the sizes that the spread was found with.
    """
    width, height = spread.size
    drawing = np.empty((height, width, 3), np.uint8)
    fits = own.shape[1] == spread.box[2] + spread.border
    for picture, (x, y, w, h) in ((own, spread.box), (partner, spread.partner_box)):
        if not fits or picture.shape[0] != h or picture.shape[1] < w:
            raise PageError(
                f"it or {spread.source.describe()} has changed since the two were found to be a spread",
                "Run the same command again.",
            )
        part = picture[:, :w] if x == 0 else picture[:, picture.shape[1] - w :]
        rows = np.clip(np.arange(height) - y, 0, h - 1)
        drawing[:, x : x + w] = part[rows]
    return drawing
