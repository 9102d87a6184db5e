"""Balloons through which the drawing is seen are no paper: white in part they look torn, so none of them is.

Where the drawing shows through, its lines cut a balloon's paper in pieces, and letters with it. A region at
whose border a fair share of its lettering is cut is such a piece.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import Region, paint
from mangacolor.stages.balloons.params import Params


def without_pieces(
    regions: Sequence[Region], luma: Image, strokes: Image, ground: Image | None, params: Params
) -> list[Region]:
    """The ``regions`` without white ones that hold their lettering in part.

    ``luma``, ``strokes``, the network's probability of lettering (255 = 1), and ``ground`` (255 = paper
    around what is drawn) are H×W uint8. What another region holds, or stands on the ground, is not cut.
    """
    known, most = np.zeros_like(luma), params.piece.cut
    if ground is not None:
        cv2.dilate(ground, np.ones((params.piece.thick,) * 2, np.uint8), dst=known)  # strokes on it, too
    paint(known, regions)
    return [
        region
        for region in regions
        if region.tone < params.kind.dark or _cut_share(region, luma, strokes, known, params) < most
    ]


def _cut_share(region: Region, luma: Image, strokes: Image, known: Image, params: Params) -> float:
    """The share of letters in a region and beside it, by ink, that no region holds whole."""
    signs = params.piece
    x, y, w, h = region.box
    pad = signs.reach
    x0, y0 = max(x - pad, 0), max(y - pad, 0)
    window = np.s_[y0 : y + h + pad, x0 : x + w + pad]
    contrast = np.abs(luma[window].astype(np.int16) - region.tone)
    ink = (contrast > params.fit.stroke_contrast).astype(np.uint8)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(ink)
    area = stats[:, cv2.CC_STAT_AREA]
    total = np.maximum(area, 1)
    level = np.bincount(labels.ravel(), strokes[window].ravel(), minlength=count) / total
    held = np.bincount(labels[known[window] > 0], minlength=count) / total
    longest = signs.largest_letter * max(luma.shape)
    letters = (level >= signs.letter) & (area >= signs.smallest) & (stats[:, 2:4].max(axis=1) <= longest)
    letters[0] = False
    cut = area[letters & (held < signs.whole)].sum()
    inside = area[letters & (held > 1 - signs.whole)].sum()
    return float(cut / max(cut + inside, 1))
