"""Which sides of its window a segment reaches, seen with what it is part of.

A sky is cut by smoke and balloons. Each of its parts is backdrop if the whole is.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import I64, SegmentMap
from mangacolor.core.types import Image
from mangacolor.stages.segments.features import LEFT, RIGHT, SIDE_MARGIN, SIDES, TOP

# Share of a window's width along which a scene must reach the top to count as reaching its corners,
# where a balloon may stand.
WIDE_TOP = 0.25


def share_sides(rows: Image, labels: SegmentMap, scenes: I64) -> Image:
    """Rows of N segments (N×C) with the sides that the scene of each reaches.

    ``labels``: H×W, the window's segments. ``scenes``: N, their scenes, from 0 on.
    """
    if not len(rows):
        return rows
    count = int(scenes.max()) + 1
    sides = np.zeros(count, np.uint8)
    np.bitwise_or.at(sides, scenes, rows[:, SIDES])
    top = labels[: max(1, int(SIDE_MARGIN * labels.shape[0]))].astype(np.int64)
    columns = np.broadcast_to(np.arange(top.shape[1]), top.shape)[top > 0]
    places = np.unique(scenes[top[top > 0] - 1] * top.shape[1] + columns)
    widths = np.bincount(places // top.shape[1], minlength=count)
    sides[(sides & TOP > 0) & (widths >= WIDE_TOP * top.shape[1])] |= LEFT | RIGHT
    shared = rows.copy()
    shared[:, SIDES] = sides[scenes]
    return shared
