"""Framed panels that overlap others at a corner or a side, which no cut from side to side sets free.

Such a panel is a rectangle whose frame is closed: at two opposite corners a level and an upright line meet
and both end, and no border runs through it from side to side. What it hides of the page counts for nothing
when the rest is cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64, Mask
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, Lines, Spans, View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, covered_share
from mangacolor.stages.panels.params import OverlapParams

Runs = npt.NDArray[np.float64]  # N×4: number of the line, where it lies in its middle, first and last pixel


@dataclass(frozen=True, slots=True)
class OverlappingPanel:
    """Its low and high corner (2×2, pixels), and how surely it is a panel, in [0, 1]."""

    box: F64
    score: float

    @property
    def polygon(self) -> Polygon:
        """Clockwise from the upper left corner."""
        (x0, y0), (x1, y1) = self.box
        return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def find_overlapping(
    views: tuple[View, View], regions: Sequence[Polygon], params: OverlapParams
) -> list[OverlappingPanel]:
    """Those that lie over two of the page's ``regions`` or more, apart from each other, the surest first."""
    if views[0].border is None or views[0].painted:
        return []
    across, down = (_runs(view, params) for view in views)
    found: list[OverlappingPanel] = []
    candidates = [
        OverlappingPanel(box, score)
        for box in _boxes(across, down, views[0].white.shape, params)
        if (score := _sureness(views, box, params)) >= params.mean_score
    ]
    for panel in sorted(candidates, key=lambda candidate: -candidate.score):
        apart = all(_shared(panel.box, other.box) <= params.max_overlap for other in found)
        if apart and _lies_over(panel, regions, params) and _is_drawn(views, panel, params):
            found.append(panel)
    return found


def hide_overlapping(
    views: tuple[View, View], panels: Sequence[OverlappingPanel], margin: float
) -> tuple[View, View]:
    """The page as if nothing were seen within panels: borders and gutters go on behind them."""
    boxes = [panel.box + np.array([[-margin], [margin]]) for panel in panels]
    return _hide(views[0], boxes), _hide(views[1], [box[:, ::-1] for box in boxes])


def _runs(view: View, params: OverlapParams) -> Runs:
    """Level pieces of lines that an edge follows all along, up to small gaps."""
    lines, least = view.lines, params.thinnest * view.white.shape[1] * params.whole
    rows: list[tuple[float, float, float, float]] = []
    for number in np.flatnonzero(np.abs(lines.slope) <= params.max_slope):
        seen = np.flatnonzero(lines.edges(number))
        if len(seen) * SAMPLE_STEP < least:
            continue
        breaks = np.flatnonzero(np.diff(seen) * SAMPLE_STEP > params.gap)
        firsts, lasts = seen[np.r_[0, breaks + 1]], seen[np.r_[breaks, len(seen) - 1]]
        for first, last in zip(firsts * SAMPLE_STEP, lasts * SAMPLE_STEP, strict=True):
            if last - first >= least:
                middle = lines.offset[number] + lines.slope[number] * (first + last) / 2
                rows.append((float(number), float(middle), float(first), float(last)))
    return np.array(rows).reshape(-1, 4)


def _boxes(across: Runs, down: Runs, shape: tuple[int, ...], params: OverlapParams) -> list[F64]:
    """Rectangles (2×2) of a panel's size of which two opposite corners are seen: two runs end there."""
    corners = {ends: _corners(across, down, ends, params.reach) for ends in product((0, 1), (0, 1))}
    thinnest = params.thinnest * np.array(shape[::-1])
    boxes: list[F64] = []
    for (first, second), flip in (((0, 0), (1, 1)), False), (((1, 0), (0, 1)), True):
        for one, other in product(corners[first], corners[second]):
            low, high = np.minimum(one, other), np.maximum(one, other)
            turned = (one[0] > other[0]) if flip else (one[0] < other[0])
            share = (high - low).prod() / (shape[0] * shape[1])
            sized = (high - low >= thinnest).all() and params.smallest <= share <= params.largest
            if turned and one[1] < other[1] and sized:
                boxes.append(np.array([low, high]))
    return boxes


def _corners(across: Runs, down: Runs, ends: tuple[int, int], reach: float) -> list[F64]:
    """Where a level run ends at its left (0) or right (1) on an upright one that begins or ends there.

    ``ends``: of x, 0 for a corner at the left of its rectangle; of y, 0 for one at the top.
    """
    if not len(across) or not len(down):
        return []
    x = np.abs(across[:, None, 2 + ends[0]] - down[None, :, 1])
    y = np.abs(across[:, None, 1] - down[None, :, 2 + ends[1]])
    points = [np.array([down[j, 1], across[i, 1]]) for i, j in np.argwhere((x <= reach) & (y <= reach))]
    kept: list[F64] = []
    for point in points:
        if all(np.abs(point - other).max() > reach / 2 for other in kept):
            kept.append(point)
    return kept


def _sureness(views: tuple[View, View], box: F64, params: OverlapParams) -> float:
    """Mean sureness of a border along a rectangle's sides; 0 where one is none, or runs on, or through it."""
    (x0, y0), (x1, y1) = box
    level, upright = ((x0, x1), (y0, y1)), ((y0, y1), (x0, x1))
    total = 0.0
    for view, (span, sides) in zip(views, (level, upright), strict=True):
        for side in sides:
            sure = _side(view.lines, span, side, params)
            if sure < params.side_score:
                return 0.0
            total += sure * (span[1] - span[0])
    if any(
        _runs_through(view.lines, *ends, params) for view, ends in zip(views, (level, upright), strict=True)
    ):
        return 0.0
    return total / float(2 * (x1 - x0 + y1 - y0))


def _side(lines: Lines, span: tuple[float, float], at: float, params: OverlapParams) -> float:
    """How sure a border is along one side; 0 where it runs on beyond a corner."""
    first, last = span
    heights = lines.offset[:, None] + lines.slope[:, None] * np.array(span)
    near = np.abs(heights - at).max(1) <= params.reach
    near = np.flatnonzero(near & (np.abs(lines.slope) <= params.max_slope))
    if not len(near):
        return 0.0
    before = _along(lines, near, first - params.beyond_last, first - params.beyond_first)
    after = _along(lines, near, last + params.beyond_first, last + params.beyond_last)
    ends = max(before.max(), after.max()) <= params.beyond_score
    return float(_along(lines, near, first, last).max()) if ends else 0.0


def _runs_through(
    lines: Lines, span: tuple[float, float], sides: tuple[float, float], params: OverlapParams
) -> bool:
    """Whether a border parts a rectangle from side to side."""
    heights = lines.offset[:, None] + lines.slope[:, None] * np.array(span)
    margin = params.inner * (sides[1] - sides[0])
    inner = (heights.min(1) > sides[0] + margin) & (heights.max(1) < sides[1] - margin)
    return bool(_along(lines, np.flatnonzero(inner), *span).max(initial=0) > params.through)


def _along(lines: Lines, numbers: Spans, first: float, last: float) -> F64:
    """How sure a border is on some lines between two pixels: half its probability, half the edge seen."""
    limit = lines.edge_sums.shape[2] - 1
    a, b = (int(np.clip(end / SAMPLE_STEP, 0, limit)) for end in (first, last))
    if b <= a:
        return np.zeros(len(numbers))
    seen = (lines.brighter[numbers, a:b] | lines.darker[numbers, a:b]).mean(1)
    border = (lines.border_sums[numbers, b] - lines.border_sums[numbers, a]) / (255 * (b - a))
    return np.asarray(0.5 * border + 0.5 * seen)


def _lies_over(panel: OverlappingPanel, regions: Sequence[Polygon], params: OverlapParams) -> bool:
    """Whether it takes a part of two regions or more, is none of them, and is not made up of whole ones."""
    size, areas = area(panel.polygon), np.array([area(region) for region in regions])
    shares = np.array([_common(panel.box, region) for region in regions])
    whole = shares[shares >= params.within * areas].sum()
    same = shares / (size + areas - shares)
    return bool(
        shares.max() <= params.within * size and same.max() <= params.same and whole <= params.made_up * size
    )


def _common(box: F64, polygon: Polygon) -> float:
    """Square pixels of a convex polygon that lie in a box."""
    (x0, y0), (x1, y1) = box
    part = clip(clip(polygon, y0, 0.0, above=False), y1, 0.0, above=True)
    if len(part) < 3:
        return 0.0
    part = clip(clip(part[:, ::-1], x0, 0.0, above=False), x1, 0.0, above=True)
    return area(part)


def _is_drawn(views: tuple[View, View], panel: OverlappingPanel, params: OverlapParams) -> bool:
    """Whether it is no caption, which is paper or black with lettering on it."""
    blank = max(covered_share(mask, panel.polygon) for mask in (views[0].white, views[0].black))
    return blank <= params.max_blank


def _shared(first: F64, second: F64) -> float:
    """How much of the smaller of two boxes the other covers."""
    common = np.maximum(np.minimum(first[1], second[1]) - np.maximum(first[0], second[0]), 0).prod()
    return float(common / min((box[1] - box[0]).prod() for box in (first, second)))


def _hide(view: View, boxes: Sequence[F64]) -> View:
    lines = view.lines
    brighter, darker, border = lines.brighter.copy(), lines.darker.copy(), lines.border.copy()
    white, black, pure = view.white.copy(), view.black.copy(), view.pure.copy()
    columns = np.arange(brighter.shape[1]) * SAMPLE_STEP
    at = lines.offset[:, None] + lines.slope[:, None] * columns
    hidden = np.zeros(brighter.shape, bool)
    for (x0, y0), (x1, y1) in boxes:
        hidden |= (columns >= x0) & (columns <= x1) & (at >= y0) & (at <= y1)
        rows, across = slice(max(0, round(y0)), round(y1) + 1), slice(max(0, round(x0)), round(x1) + 1)
        for mask in (white, black, pure):
            mask[rows, across] = True
    for number in np.flatnonzero(hidden.any(1)):
        _go_on(int(number), hidden[number], brighter, darker, border)
    sums = np.pad(np.stack([brighter, darker]).cumsum(2, dtype=np.int32), ((0, 0), (0, 0), (1, 0)))
    border_sums = np.pad(border.cumsum(1, dtype=np.int64), ((0, 0), (1, 0)))
    lines = replace(
        lines, brighter=brighter, darker=darker, edge_sums=sums, border=border, border_sums=border_sums
    )
    return replace(view, white=white, black=black, pure=pure, lines=lines)


def _go_on(number: int, hidden: Mask, brighter: Mask, darker: Mask, border: npt.NDArray[np.uint8]) -> None:
    """Let a line go on where it is hidden as it is on both sides of that, for as far again."""
    where = np.flatnonzero(hidden)
    first, last = int(where[0]), int(where[-1]) + 1
    length = last - first
    around = np.r_[max(0, first - length) : first, last : min(len(hidden), last + length)]
    around = around[~hidden[around]]
    for samples in (brighter, darker):
        samples[number, where] = len(around) > 0 and float(samples[number, around].mean()) >= 0.5
    border[number, where] = int(border[number, around].mean()) if len(around) else 0
