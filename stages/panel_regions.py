"""Convex regions of a page and what a straight line does to them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Polygon = npt.NDArray[np.float64]  # N×2, x and y in pixels


def page_polygon(width: int, height: int) -> Polygon:
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)


def swap(polygon: Polygon) -> Polygon:
    """The polygon in the transposed page."""
    return np.ascontiguousarray(polygon[:, ::-1])


def clip(polygon: Polygon, offset: float, slope: float, above: bool) -> Polygon:
    """The part of a convex polygon above (smaller y) or below the line y = offset + slope·x."""
    side = polygon[:, 1] - offset - slope * polygon[:, 0]
    if not above:
        side = -side
    corners: list[Polygon] = []
    for index in range(len(polygon)):
        after = (index + 1) % len(polygon)
        if side[index] <= 0:
            corners.append(polygon[index])
        if (side[index] < 0) != (side[after] < 0) and side[index] != side[after]:
            share = side[index] / (side[index] - side[after])
            if 0 < share < 1:
                corners.append(polygon[index] + share * (polygon[after] - polygon[index]))
    return np.array(corners) if corners else np.zeros((0, 2))


def area(polygon: Polygon) -> float:
    """Area in square pixels."""
    if len(polygon) < 3:
        return 0.0
    x, y = polygon[:, 0], polygon[:, 1]
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def chord(polygon: Polygon, offset: float, slope: float) -> tuple[float, float]:
    """The x range over which the line runs inside the polygon; (0, 0) where it misses it."""
    side = polygon[:, 1] - offset - slope * polygon[:, 0]
    xs: list[float] = []
    for index in range(len(polygon)):
        after = (index + 1) % len(polygon)
        if (side[index] < 0) != (side[after] < 0):
            share = side[index] / (side[index] - side[after])
            xs.append(float(polygon[index, 0] + share * (polygon[after, 0] - polygon[index, 0])))
    return (min(xs), max(xs)) if len(xs) >= 2 else (0.0, 0.0)
