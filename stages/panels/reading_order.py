"""Reading order of panels: recursive guillotine cuts, tolerant of overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Box, Direction
from mangacolor.stages.panels.slants import slanted_cut

Floats = npt.NDArray[np.float64]
_WITHIN = 0.7  # share of a box inside a larger one that makes it an inset
_UNEQUAL = 0.12  # by which the boxes of four-panel strips may differ in size
_TOLERANCE = 0.25  # of the smaller of two extents: that much overlap does not join panels
_SPREAD, _FOLD = 1.2, 0.02  # width over height of a double spread; its margins at the fold, of the width
_JOINED = 0.6  # and this much does, where no clearer cut is to be had
_LOW = 0.2  # of the columns' height
_EDGE = 0.03  # of a host, within which an inset reaches its edge


def order_panels(boxes: Sequence[Box], size: tuple[int, int], direction: Direction) -> list[int]:
    """Indices of ``boxes`` (x, y, width, height in pixels) in reading order.

    ``size`` is the page's (width, height). Rows are read from the top; in a row ``rtl`` starts at
    the right. A double spread is read one page after the other, unless a panel crosses its fold.
    Raises ``UsageError`` for another direction.
    """
    if direction not in ("rtl", "ltr"):
        raise UsageError(f"Reading direction {direction!r} is not known.", "Use 'rtl' or 'ltr'.")
    if not boxes:
        return []
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float64)
    if direction == "rtl":
        corners[:, [0, 2]] = size[0] - corners[:, [2, 0]]
    first = _first_page(corners, size)
    if first is not None and 0 < first.sum() < len(boxes):
        pages = np.flatnonzero(first), np.flatnonzero(~first)
        return [int(page[index]) for page in pages for index in _page_order(corners[page])]
    return _page_order(corners)


def _first_page(corners: Floats, size: tuple[int, int]) -> npt.NDArray[np.bool_] | None:
    """Which boxes lie on the first page of a double spread; None where this is none.

    A spread is wide, and nothing lies in the inner margins at its fold.
    """
    width, height = size
    fold, margin = width / 2, _FOLD * width / 2
    if width < _SPREAD * height:
        return None
    first, second = corners[:, 2] <= fold - margin, corners[:, 0] >= fold + margin
    return first if (first | second).all() else None


def _page_order(corners: Floats) -> list[int]:
    columns = _four_panel_columns(corners)
    if columns:
        return columns
    hosts = _hosts(corners)
    order = _order(corners, [index for index in range(len(corners)) if index not in hosts])
    # Large insets first, so that an inset of an inset finds its host in place.
    for inset in sorted(hosts, key=lambda index: (-_area(corners[index]), index)):
        first = _read_before(corners[inset], corners[hosts[inset]])
        order.insert(order.index(hosts[inset]) + (not first), inset)
    return order


def _four_panel_columns(corners: Floats) -> list[int]:
    """The order of a page of four-panel strips side by side; empty for any other page.

    Such a page is two or more columns of four equal boxes; its rows line up too, which on an
    ordinary page would be read first.
    """
    if len(corners) < 8 or len(corners) % 4:
        return []
    sizes = corners[:, 2:] - corners[:, :2]
    if (np.abs(sizes / np.median(sizes, axis=0) - 1) > _UNEQUAL).any():
        return []
    by_column = np.argsort(corners[:, 0], kind="stable").reshape(-1, 4)
    if (np.ptp(corners[by_column, 0], axis=1) > 0.2 * np.median(sizes[:, 0])).any():
        return []
    return [int(index) for column in by_column for index in column[np.argsort(corners[column, 1])]]


def _hosts(corners: Floats) -> dict[int, int]:
    """For each box that lies within a larger one: the smallest such box."""
    hosts: dict[int, int] = {}
    areas = [_area(box) for box in corners]
    for inset, box in enumerate(corners):
        low, high = np.maximum(corners[:, :2], box[:2]), np.minimum(corners[:, 2:], box[2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        within = [
            host
            for host in range(len(corners))
            if shared[host] >= _WITHIN * areas[inset] and areas[host] > areas[inset] > 0
        ]
        if within:
            hosts[inset] = min(within, key=lambda host: (areas[host], host))
    return hosts


def _area(box: Floats) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _read_before(inset: Floats, host: Floats) -> bool:
    """Whether an inset sits where the eye enters its host: the upper corner reading starts from.

    A low strip along the whole upper edge does, too: it is a row of its own.
    """
    left, top, right, bottom = ((inset.reshape(2, 2) - host[:2]) / (host[2:] - host[:2])).ravel()
    row = left <= _EDGE and right >= 1 - _EDGE and top <= _EDGE and bottom <= 1 / 3
    return bool(row or (left + right < 2 / 3 and top + bottom < 1.2))


def _order(corners: Floats, members: list[int]) -> list[int]:
    """Rows first, then columns, where cuts are clear, straight ones first; else the cut that is clearest."""
    if len(members) == 1:
        return members
    overlaps = [_overlaps(corners, members, axis) for axis in (0, 1)]
    for axis in (1, 0):
        if min(overlaps[axis]) <= _TOLERANCE:
            return _cut(corners, members, axis, overlaps[axis])
        parts = slanted_cut(corners, members, axis)
        if parts is not None:
            return [index for part in parts for index in _order(corners, part)]
    axis = 0 if min(overlaps[0]) < min(overlaps[1]) else 1
    if min(overlaps[axis]) <= _JOINED:
        return _cut(corners, members, axis, overlaps[axis])
    first = min(members, key=lambda i: (corners[i, 1] + 0.25 * corners[i, 3] + 0.5 * corners[i, 0], i))
    return [first, *_order(corners, [index for index in members if index != first])]


def _cut(corners: Floats, members: list[int], axis: int, overlaps: list[float]) -> list[int]:
    """The order after straight cuts wherever neighbours along ``axis`` overlap by no more than is allowed."""
    allowed = max(_TOLERANCE, min(overlaps))
    along = _along(corners, members, axis)
    cuts = [0, *(at + 1 for at, overlap in enumerate(overlaps) if overlap <= allowed), len(along)]
    groups = [along[a:b] for a, b in pairwise(cuts)]
    if axis == 0 and _starts_late(corners, groups):
        groups = [*groups[1:], groups[0]]
    return [index for group in groups for index in _order(corners, group)]


def _starts_late(corners: Floats, columns: list[list[int]]) -> bool:
    """Whether the first column starts far below the others, with nothing above it: the eye reaches it last.

    Below a slanted or ragged tier a column starts lower, too, and is read in its turn.
    """
    first = corners[columns[0]]
    left, top, right = first[:, 0].min(), first[:, 1].min(), first[:, 2].max()
    members = corners[[index for column in columns for index in column]]
    late = top - members[:, 1].min() > _LOW * np.ptp(members[:, [1, 3]])
    shared = np.minimum(corners[:, 2], right) - np.maximum(corners[:, 0], left)
    over = shared > _TOLERANCE * np.minimum(corners[:, 2] - corners[:, 0], right - left)
    over &= (corners[:, 1] + corners[:, 3]) / 2 < top
    return bool(late and not over.any())


def _along(corners: Floats, members: list[int], axis: int) -> list[int]:
    return sorted(members, key=lambda i: (corners[i, axis] + corners[i, axis + 2], i))


def _overlaps(corners: Floats, members: list[int], axis: int) -> list[float]:
    """For each cut between neighbours along ``axis``: the largest overlap of any two sides across it.

    In shares of the smaller extent of the two boxes.
    """
    boxes = corners[_along(corners, members, axis)]
    low, high = boxes[:, axis], boxes[:, axis + 2]
    extent = np.maximum(np.minimum.outer(high - low, high - low), 1e-9)
    overlap = (high[:, None] - low[None]) / extent
    return [float(overlap[:at, at:].max()) for at in range(1, len(boxes))]
