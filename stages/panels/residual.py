"""Drawn area that no panel holds: sound effects in the margin, frameless figures, stray balloons."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.types import Box, Image, Point
from mangacolor.stages.panels.params import ResidualParams


def find_residual_boxes(
    ground: Image, polygons: Sequence[Sequence[Point]], params: ResidualParams
) -> list[Box]:
    """Boxes around what is neither ground (H×W, 255) nor inside a panel, from the top down."""
    free = (ground == 0).view(np.uint8)
    for polygon in polygons:
        cv2.fillPoly(free, [np.array(polygon, np.int32)], 0)
    # A closing joins lettering and broken lines; an opening drops the rims of frames.
    reach = max(3, min(ground.shape) // 100) | 1
    # Nothing is drawn beyond the page: the line that a scan has along its edge is as thin as it looks.
    square = np.ones((3, 3), np.uint8)
    opened = cv2.morphologyEx(free, cv2.MORPH_OPEN, square, borderType=cv2.BORDER_CONSTANT, borderValue=(0,))
    joined = cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    if np.count_nonzero(joined) < params.least_area * ground.size:
        return []
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    shortest = params.least_side * min(ground.shape)
    return [
        (int(x), int(y), int(w), int(h))
        for x, y, w, h, area in stats[1:]
        if area >= params.least_area * ground.size and min(w, h) >= shortest
    ]
