"""Reading order of panels: recursive guillotine cuts between their boxes, tolerant of overlaps and slants."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Direction
from mangacolor.core.types import Box
from mangacolor.stages.panels.params import DEFAULTS, OrderParams


def order_panels(
    boxes: Sequence[Box],
    size: tuple[int, int],
    direction: Direction,
    params: OrderParams = DEFAULTS.order,
) -> list[int]:
    """Indices of ``boxes`` (x, y, width, height in pixels) in reading order.

    ``size`` is the page's (width, height). Rows are read from the top; in a row ``rtl`` starts at the right.
    Raises ``UsageError`` for another direction. The rules, first to last:

    1. A double spread is read one page after the other, unless a panel crosses its fold.
    2. Four-panel strips side by side are read column by column.
    3. An inset follows its host, or precedes it where reading starts: about that corner, or along its top.
    4. Rows come before columns, told apart by a straight cut that boxes overlap by at most ``tolerance``,
    5. else by a slanted one that all panels along it fit.
    6. Where there is neither, the clearest straight cut is taken, up to an overlap of ``joined``; where all
       overlap by more, the box that lies nearest to where reading starts is first.
    7. A first column that starts far below the others, with nothing above it, is read last.

    What is said in balloons is not looked at, and no side alone decides: where panels overlap, the one that
    reaches further towards the start is not first if it lies lower.
    """
    if direction not in ("rtl", "ltr"):
        raise UsageError(f"Reading direction {direction!r} is not known.", "Use 'rtl' or 'ltr'.")
    if not boxes:
        return []
    corners = np.array([(x, y, x + w, y + h) for x, y, w, h in boxes], np.float64)
    if direction == "rtl":  # mirrored, so that reading starts at the upper left in what follows
        corners[:, [0, 2]] = size[0] - corners[:, [2, 0]]
    first = _first_page(corners, size, params)
    if first is not None and 0 < first.sum() < len(boxes):
        pages = np.flatnonzero(first), np.flatnonzero(~first)
        return [int(page[index]) for page in pages for index in _order_page(corners[page], params)]
    return _order_page(corners, params)


def _first_page(corners: F64, size: tuple[int, int], params: OrderParams) -> Mask | None:
    """Which boxes (N×4 of x0, y0, x1, y1) lie on the first page of a double spread; None where this is none.

    A spread is wide, and nothing lies in the inner margins at its fold.
    """
    width, height = size
    fold, margin = width / 2, params.fold * width / 2
    if width < params.spread_aspect * height:
        return None
    first, second = corners[:, 2] <= fold - margin, corners[:, 0] >= fold + margin
    return first if (first | second).all() else None


def _order_page(corners: F64, params: OrderParams) -> list[int]:
    columns = _order_four_panel_strips(corners, params)
    if columns:
        return columns
    hosts = _find_hosts(corners, params.inset_share)
    order = _order(corners, [index for index in range(len(corners)) if index not in hosts], params)
    # Large insets first, so that an inset of an inset finds its host in place.
    for inset in sorted(hosts, key=lambda index: (-_area(corners[index]), index)):
        before = _is_read_before(corners[inset], corners[hosts[inset]], params.inset_edge)
        order.insert(order.index(hosts[inset]) + (not before), inset)
    return order


def _order_four_panel_strips(corners: F64, params: OrderParams) -> list[int]:
    """The order of a page of four-panel strips side by side; empty for any other page.

    Such a page is two or more columns of four equal boxes; its rows line up too, which on an
    ordinary page would be read first.
    """
    if len(corners) < 8 or len(corners) % 4:
        return []
    sizes = corners[:, 2:] - corners[:, :2]
    if (np.abs(sizes / np.median(sizes, axis=0) - 1) > params.strip_size).any():
        return []
    columns = np.argsort(corners[:, 0], kind="stable").reshape(-1, 4)
    if (np.ptp(corners[columns, 0], axis=1) > params.strip_shift * np.median(sizes[:, 0])).any():
        return []
    return [int(index) for column in columns for index in column[np.argsort(corners[column, 1])]]


def _find_hosts(corners: F64, inset_share: float) -> dict[int, int]:
    """For each box that lies within a larger one: the smallest such box."""
    hosts: dict[int, int] = {}
    areas = [_area(box) for box in corners]
    for inset, box in enumerate(corners):
        low, high = np.maximum(corners[:, :2], box[:2]), np.minimum(corners[:, 2:], box[2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        within = [
            host
            for host in range(len(corners))
            if shared[host] >= inset_share * areas[inset] and areas[host] > areas[inset] > 0
        ]
        if within:
            hosts[inset] = min(within, key=lambda host: (areas[host], host))
    return hosts


def _area(box: F64) -> float:
    return float((box[2] - box[0]) * (box[3] - box[1]))


def _is_read_before(inset: F64, host: F64, edge: float) -> bool:
    """Whether an inset sits where the eye enters its host: the upper corner reading starts from.

    A low strip along the whole upper edge does, too: it is a row of its own.
    """
    left, top, right, bottom = ((inset.reshape(2, 2) - host[:2]) / (host[2:] - host[:2])).ravel()
    row = left <= edge and right >= 1 - edge and top <= edge and bottom <= 1 / 3
    return bool(row or (left + right < 2 / 3 and top + bottom < 1.2))


def _order(corners: F64, members: list[int], params: OrderParams) -> list[int]:
    """Rows first, then columns, where cuts are clear, straight ones first; else the cut that is clearest."""
    if len(members) == 1:
        return members
    overlaps = [_overlaps(corners, members, axis) for axis in (0, 1)]
    for axis in (1, 0):
        if min(overlaps[axis]) <= params.tolerance:
            return _order_parts(corners, members, axis, overlaps[axis], params)
        parts = _cut_on_slant(corners, members, axis, params)
        if parts is not None:
            return [index for part in parts for index in _order(corners, part, params)]
    axis = 0 if min(overlaps[0]) < min(overlaps[1]) else 1
    if min(overlaps[axis]) <= params.joined:
        return _order_parts(corners, members, axis, overlaps[axis], params)
    first = min(members, key=lambda i: (corners[i, 1] + 0.25 * corners[i, 3] + 0.5 * corners[i, 0], i))
    return [first, *_order(corners, [index for index in members if index != first], params)]


def _order_parts(
    corners: F64, members: list[int], axis: int, overlaps: list[float], params: OrderParams
) -> list[int]:
    """The order after straight cuts wherever neighbours along ``axis`` overlap by no more than is allowed."""
    allowed = max(params.tolerance, min(overlaps))
    along = _sort_along(corners, members, axis)
    cuts = [0, *(at + 1 for at, overlap in enumerate(overlaps) if overlap <= allowed), len(along)]
    groups = [along[a:b] for a, b in pairwise(cuts)]
    if axis == 0 and _starts_late(corners, groups, params):
        groups = [*groups[1:], groups[0]]
    return [index for group in groups for index in _order(corners, group, params)]


def _starts_late(corners: F64, columns: list[list[int]], params: OrderParams) -> bool:
    """Whether the first column starts far below the others, with nothing above it: the eye reaches it last.

    Below a slanted or ragged tier a column starts lower, too, and is read in its turn.
    """
    first = corners[columns[0]]
    left, top, right = first[:, 0].min(), first[:, 1].min(), first[:, 2].max()
    members = corners[[index for column in columns for index in column]]
    late = top - members[:, 1].min() > params.late_start * np.ptp(members[:, [1, 3]])
    shared = np.minimum(corners[:, 2], right) - np.maximum(corners[:, 0], left)
    over = shared > params.tolerance * np.minimum(corners[:, 2] - corners[:, 0], right - left)
    over &= (corners[:, 1] + corners[:, 3]) / 2 < top
    return bool(late and not over.any())


def _sort_along(corners: F64, members: list[int], axis: int) -> list[int]:
    return sorted(members, key=lambda i: (corners[i, axis] + corners[i, axis + 2], i))


def _overlaps(corners: F64, members: list[int], axis: int) -> list[float]:
    """For each cut between neighbours along ``axis``: the largest overlap of any two sides across it.

    In shares of the smaller extent of the two boxes.
    """
    boxes = corners[_sort_along(corners, members, axis)]
    low, high = boxes[:, axis], boxes[:, axis + 2]
    extent = np.maximum(np.minimum.outer(high - low, high - low), 1e-9)
    overlap = (high[:, None] - low[None]) / extent
    return [float(overlap[:at, at:].max()) for at in range(1, len(boxes))]


def _cut_on_slant(
    corners: F64, members: list[int], axis: int, params: OrderParams
) -> tuple[list[int], list[int]] | None:
    """The members on this and on the far side of the slanted cut that fits best; None where none fits.

    ``axis`` 1 cuts between tiers, 0 between columns. The boxes of two tiers overlap where the gutter between
    them slants, and may overlap more than boxes of ragged columns do. What tells them apart: sides slanted
    like the gutter fit each other all along it.
    """
    boxes = corners[members]
    size = boxes[:, 2:] - boxes[:, :2]
    length, depth = size[:, 1 - axis], size[:, axis]
    along, across = boxes[:, 1 - axis] + length / 2, boxes[:, axis] + depth / 2
    shared = np.minimum.outer(boxes[:, 3 - axis], boxes[:, 3 - axis]) - np.maximum.outer(
        boxes[:, 1 - axis], boxes[:, 1 - axis]
    )
    beside = shared > params.meeting * np.minimum.outer(length, length)
    least = np.maximum(np.minimum.outer(depth, depth), 1e-9)
    best, sides = params.misfit, None
    slopes = np.arange(params.slope_step, params.steepest + params.slope_step / 2, params.slope_step)
    for slope in np.concatenate([slopes, -slopes]):
        level = across - slope * along
        order = np.argsort(level, kind="stable")
        # A slanted side reaches its box at one end only: in its middle it lies further in.
        half = (depth - abs(slope) * length) / 2
        overlap = ((level + half)[:, None] - (level - half)[None]) / least
        overlap, meeting = overlap[order][:, order], beside[order][:, order]
        for count in range(1, len(members)):
            misfit = _misfit(overlap, meeting, count, params)
            if misfit < best:
                best, sides = misfit, (order[:count], order[count:])
    if sides is None:
        return None
    return [members[index] for index in sides[0]], [members[index] for index in sides[1]]


def _misfit(overlap: F64, beside: Mask, count: int, params: OrderParams) -> float:
    """How badly the first ``count`` panels and the others fit along a cut: worst overlap plus widest gap.

    ``overlap`` and ``beside`` are N×N, in order across the cut. Infinite where too few panels meet.
    """
    above = np.logical_and(beside, overlap <= params.misfit)
    last = ~above[:count, :count].any(1, keepdims=True)
    first = ~above[count:, count:].any(0, keepdims=True)
    meet = beside[:count, count:] & last & first
    alone = (meet.any(1, keepdims=True) != last).any() or (meet.any(0, keepdims=True) != first).any()
    if alone or meet.sum() < params.least_meetings:
        return np.inf
    between = overlap[:count, count:]
    return float(max(between.max(), 0) + max(-between[meet].min(), 0))
