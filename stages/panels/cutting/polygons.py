"""Convex regions of a page and what a straight line does to them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64

Polygon = npt.NDArray[np.float64]  # N×2, x and y in pixels
Line = tuple[float, float]  # y = offset + slope·x: offset in pixels, slope
_ROUNDING = 1e-6  # pixels within which a corner lies on a line
_SLIVER = 4.0  # square pixels: no panel, and no margin, is smaller


def page_polygon(width: int, height: int) -> Polygon:
    """The whole page, clockwise from its upper left corner."""
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def move(polygon: Polygon, matrix: F64) -> Polygon:
    """The polygon where an affine map (2×3) brings it."""
    return polygon @ matrix[:, :2].T + matrix[:, 2]


def swap(polygon: Polygon) -> Polygon:
    """The polygon in the transposed page."""
    return np.ascontiguousarray(polygon[:, ::-1])


def clip(polygon: Polygon, offset: float, slope: float, above: bool) -> Polygon:
    """The part of a convex polygon above (smaller y) or below the line y = offset + slope·x."""
    side = polygon[:, 1] - offset - slope * polygon[:, 0]
    if not above:
        side = -side
    # Cuts run along earlier cuts: a corner within rounding of the line lies on it.
    side[np.abs(side) < _ROUNDING] = 0
    sides, points = side.tolist(), polygon.tolist()  # a few numbers are quicker without NumPy
    corners: list[tuple[float, float]] = []
    for index, (here, (x, y)) in enumerate(zip(sides, points, strict=True)):
        after = (index + 1) % len(points)
        if here <= 0:
            corners.append((x, y))
        if here * sides[after] < 0:
            share = here / (here - sides[after])
            corners.append((x + share * (points[after][0] - x), y + share * (points[after][1] - y)))
    return np.array(corners) if corners else np.zeros((0, 2))


def four_to_six(polygon: Polygon) -> Polygon:
    """A convex polygon with 4 to 6 corners: flat ones are left out, a triangle's longest side is halved."""
    while len(polygon) > 6:
        before, after = np.roll(polygon, 1, 0) - polygon, np.roll(polygon, -1, 0) - polygon
        lost = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0])
        polygon = np.delete(polygon, int(lost.argmin()), axis=0)
    if len(polygon) == 3:
        sides = np.roll(polygon, -1, 0) - polygon
        longest = int(np.hypot(sides[:, 0], sides[:, 1]).argmax())
        polygon = np.insert(polygon, longest + 1, polygon[longest] + sides[longest] / 2, axis=0)
    return polygon


def area(polygon: Polygon) -> float:
    """Area in square pixels."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(np.dot(x, _turned(y)) - np.dot(y, _turned(x)))) / 2


def chords(polygon: Polygon, offset: F64, slope: F64) -> F64:
    """N×2: the x range over which each line runs inside the polygon; (0, 0) where it misses it."""
    side = polygon[:, 1] - offset[:, None] - slope[:, None] * polygon[:, 0]
    side[np.abs(side) < _ROUNDING] = 0
    after, following = np.concatenate([side[:, 1:], side[:, :1]], 1), _turned(polygon[:, 0])
    crossed = side * after < 0
    share = side / np.where(crossed, side - after, 1)
    xs = np.where(crossed, polygon[:, 0] + share * (following - polygon[:, 0]), polygon[:, 0])
    met = crossed | (side == 0)
    ends = np.stack([np.where(met, xs, np.inf).min(1), np.where(met, xs, -np.inf).max(1)], 1)
    ends[np.count_nonzero(met, axis=1) < 2] = 0
    return ends


def _turned(values: F64) -> F64:
    """N values, each in the place of the one before it, and the first in that of the last."""
    return np.concatenate([values[1:], values[:1]])


def covered_share(mask: npt.NDArray[np.bool_], polygon: Polygon) -> float:
    """Share of a convex polygon that ``mask`` (H×W) covers; 1 for a sliver of no pixels."""
    if area(polygon) < _SLIVER:
        return 1.0
    low = np.maximum(np.floor(polygon.min(0)), 0).astype(int)
    high = np.minimum(np.ceil(polygon.max(0)), mask.shape[::-1]).astype(int)
    window = np.zeros(np.maximum(high - low, 1)[::-1], np.uint8)
    cv2.fillConvexPoly(window, np.rint(polygon - low).astype(np.int32), 1)
    inside = window[: high[1] - low[1], : high[0] - low[0]].view(bool)
    covered = mask[low[1] : high[1], low[0] : high[0]] & inside
    pixels = np.count_nonzero(inside)
    return np.count_nonzero(covered) / pixels if pixels else 1.0
