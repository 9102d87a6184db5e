"""Slanted cuts between panels of which only the boxes are known.

The boxes of two tiers overlap where the gutter between them slants, and may overlap more than boxes of ragged
columns do. What tells them apart: sides slanted like the gutter fit each other all along it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SLOPES = np.concatenate([np.arange(0.025, 0.26, 0.025) * sign for sign in (1, -1)])  # steeper tiers are rare
_BESIDE = 0.2  # of the smaller extent along the cut, that two panels that meet there share
_MISFIT = 0.2  # overlap and gap, in shares of the smaller extent across the cut, of a slant that fits
_MEETING = 2  # pairs that meet at a cut: a single one fits any slant


def slanted_cut(corners: Floats, members: list[int], axis: int) -> tuple[list[int], list[int]] | None:
    """The members on this and on the far side of the slanted cut that fits best; None where none fits.

    ``corners``: N×4 of x0, y0, x1, y1. ``axis`` 1 cuts between tiers, 0 between columns.
    """
    boxes = corners[members]
    size = boxes[:, 2:] - boxes[:, :2]
    length, depth = size[:, 1 - axis], size[:, axis]
    along, across = boxes[:, 1 - axis] + length / 2, boxes[:, axis] + depth / 2
    shared = np.minimum.outer(boxes[:, 3 - axis], boxes[:, 3 - axis]) - np.maximum.outer(
        boxes[:, 1 - axis], boxes[:, 1 - axis]
    )
    beside = shared > _BESIDE * np.minimum.outer(length, length)
    least = np.maximum(np.minimum.outer(depth, depth), 1e-9)
    best, found = _MISFIT, None
    for slope in _SLOPES:
        level = across - slope * along
        order = np.argsort(level, kind="stable")
        # A slanted side reaches its box at one end only: in its middle it lies further in.
        half = (depth - abs(slope) * length) / 2
        overlap = ((level + half)[:, None] - (level - half)[None]) / least
        for count in range(1, len(members)):
            misfit = _misfit(overlap[np.ix_(order, order)], beside[np.ix_(order, order)], count)
            if misfit < best:
                best, found = misfit, (order[:count], order[count:])
    if found is None:
        return None
    return [members[index] for index in found[0]], [members[index] for index in found[1]]


def _misfit(overlap: Floats, beside: npt.NDArray[np.bool_], count: int) -> float:
    """How badly the first ``count`` panels and the others fit along a cut: worst overlap plus widest gap.

    ``overlap`` and ``beside`` are N×N, in order across the cut. Infinite where too few panels meet.
    """
    above = np.logical_and(beside, overlap <= _MISFIT)
    last = ~above[:count, :count].any(1, keepdims=True)
    first = ~above[count:, count:].any(0, keepdims=True)
    meet = beside[:count, count:] & last & first
    alone = (meet.any(1, keepdims=True) != last).any() or (meet.any(0, keepdims=True) != first).any()
    if alone or meet.sum() < _MEETING:
        return np.inf
    between = overlap[:count, count:]
    return float(max(between.max(), 0) + max(-between[meet].min(), 0))
