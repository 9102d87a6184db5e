"""Reading order of panels: recursive guillotine cuts, tolerant of overlaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mangacolor.errors import UsageError
from mangacolor.nouns import Box, Direction

Floats = npt.NDArray[np.float64]
_TOLERANCE = 0.25  # of the smaller of two extents: that much overlap does not join panels


def order_panels(boxes: Sequence[Box], size: tuple[int, int], direction: Direction) -> list[int]:
    """Indices of ``boxes`` (x, y, width, height in pixels) in reading order.

    ``size`` is the page's (width, height). Rows are read from the top; in a row ``rtl`` starts at
    the right. Raises ``UsageError`` for another direction.
    """
    if direction not in ("rtl", "ltr"):
        raise UsageError(f"Reading direction {direction!r} is not known.", "Use 'rtl' or 'ltr'.")
    if not boxes:
        return []
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float64)
    if direction == "rtl":
        corners[:, [0, 2]] = size[0] - corners[:, [2, 0]]
    return _order(corners, list(range(len(boxes))))


def _order(corners: Floats, members: list[int]) -> list[int]:
    if len(members) == 1:
        return members
    groups = _groups(corners, members, 1)
    if len(groups) == 1:
        groups = _groups(corners, members, 0)
    if len(groups) == 1:
        first = min(members, key=lambda i: (corners[i, 1] + 0.25 * corners[i, 3] + 0.5 * corners[i, 0], i))
        rest = [index for index in members if index != first]
        return [first, *_order(corners, rest)]
    return [index for group in groups for index in _order(corners, group)]


def _groups(corners: Floats, members: list[int], axis: int) -> list[list[int]]:
    """Members split by straight cuts across ``axis``, where no two sides overlap too much."""
    ordered = sorted(members, key=lambda i: (corners[i, axis] + corners[i, axis + 2], i))
    groups = [[ordered[0]]]
    for position in range(1, len(ordered)):
        before, after = ordered[:position], ordered[position:]
        if all(_clear(corners, a, b, axis) for a in before for b in after):
            groups.append([])
        groups[-1].append(ordered[position])
    return groups


def _clear(corners: Floats, before: int, after: int, axis: int) -> bool:
    overlap = corners[before, axis + 2] - corners[after, axis]
    extent = min(
        corners[before, axis + 2] - corners[before, axis], corners[after, axis + 2] - corners[after, axis]
    )
    return bool(overlap <= _TOLERANCE * extent)
