"""Insets: small framed panels laid into another, which no straight cut through the host sets free.

Two to four of their sides must be borders to the network; the others are the host's own. Where two
borders meet, both end: a line that runs on belongs to something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
import numpy.typing as npt

from mangacolor.stages.panels.cutting.lines import STEP, View
from mangacolor.stages.panels.cutting.polygons import Floats, Polygon, area
from mangacolor.stages.panels.cutting.snap import share

_MOST = 7  # lines of each direction tried in one host
_LEVEL = 0.01  # slope of a line that still runs along the page
_THIN, _SMALL = 0.06, 0.01  # least width of an inset, of the page's side; least area, of the page's
_LARGE = 0.6  # of its host
_SUSPECTED = 80  # chance, in levels of 255, of a pixel of a side that is tried
_SIDE, _MEAN = 0.6, 0.78  # how sure each side is, and all of them are: half the chance, half the edge seen
_BEYOND, _ENDED = 24.0, 0.5  # pixels beyond a corner, and the chance there of a border that has ended
_AWAY = 8.0  # pixels from the host's own side
_OVERLAP = 0.2  # of an inset, that another may cover
_BLANK = 0.72  # a caption is paper and lettering


@dataclass(frozen=True, slots=True)
class Side:
    """A side that an inset could have, at ``at`` pixels; ``sums``: running sureness of a border along it.

    Without ``sums`` it is the host's own side, and nothing is asked of it.
    """

    at: float
    sums: npt.NDArray[np.float64] | None = None

    def chance(self, first: float, last: float) -> float:
        """How sure a border is between two pixels along the side."""
        if self.sums is None:
            return 1.0
        a, b = (int(np.clip(end / STEP, 0, len(self.sums) - 1)) for end in (first, last))
        return float(self.sums[b] - self.sums[a]) / max(b - a, 1)


def insets(views: tuple[View, View], polygon: Polygon) -> list[tuple[Polygon, float]]:
    """Rectangles laid into a convex region, and how surely each is a panel, in [0, 1]; apart, best first."""
    across, down = _sides(views[0], polygon), _sides(views[1], polygon[:, ::-1])
    height, width = views[0].white.shape
    found = []
    for (top, bottom), (left, right) in product(_spans(across, height), _spans(down, width)):
        box = np.array([(left.at, top.at), (right.at, bottom.at)])
        score = _score(box, (top, bottom), (left, right))
        if score >= _MEAN and _fits(views[0], box, polygon):
            found.append((score, box))
    kept: list[tuple[float, Floats]] = []
    for score, box in sorted(found, key=lambda item: -item[0]):
        if all(_shared(box, other) <= _OVERLAP for _, other in kept):
            kept.append((score, box))
    return [(_corners(box), score) for score, box in kept]


def _shared(first: Floats, second: Floats) -> float:
    """How much of the smaller of two boxes the other one covers."""
    common = np.maximum(np.minimum(first[1], second[1]) - np.maximum(first[0], second[0]), 0).prod()
    return float(common / min((box[1] - box[0]).prod() for box in (first, second)))


def _sides(view: View, polygon: Polygon) -> list[Side]:
    """The host's own two sides, first, and the surest borders between them, in one direction."""
    lines = view.lines
    low, high = polygon.min(0), polygon.max(0)
    own = [Side(float(low[1])), Side(float(high[1]))]
    middle = lines.offset + lines.slope * (low[0] + high[0]) / 2
    inner = (np.abs(lines.slope) <= _LEVEL) & (middle > low[1] + _AWAY) & (middle < high[1] - _AWAY)
    first, last = int(max(low[0], 0) / STEP), int(high[0] / STEP)
    seen = np.where(inner, (lines.border[:, first:last] > _SUSPECTED).sum(1), 0)
    found: list[Side] = []
    for index in np.argsort(-seen):
        if len(found) == _MOST or seen[index] * STEP < _THIN * view.white.shape[1]:
            break
        if all(abs(middle[index] - side.at) > 4 for side in found):
            seen_edge = lines.brighter[index] | lines.darker[index]
            sums = np.concatenate([[0], np.cumsum(0.5 * lines.border[index] / 255 + 0.5 * seen_edge)])
            found.append(Side(float(middle[index]), sums))
    return [*own, *found]


def _spans(sides: list[Side], extent: int) -> list[tuple[Side, Side]]:
    """Pairs of sides, lower coordinate first, far enough apart, at least one of them inner."""
    pairs = [(a, b) if a.at < b.at else (b, a) for a, b in combinations(sides, 2)]
    return [
        (a, b) for a, b in pairs if b.at - a.at >= _THIN * extent and not (a.sums is None and b.sums is None)
    ]


def _score(box: Floats, rows: tuple[Side, Side], columns: tuple[Side, Side]) -> float:
    """Mean chance of a border along the inner sides; 0 where one lacks it or runs on beyond a corner."""
    (x0, y0), (x1, y1) = box
    total = length = 0.0
    for sides, ends, others in ((rows, (x0, x1), columns), (columns, (y0, y1), rows)):
        for side in (side for side in sides if side.sums is not None):
            chance = side.chance(*ends)
            before = others[0].sums is not None and side.chance(ends[0] - _BEYOND, ends[0] - 6)
            after = others[1].sums is not None and side.chance(ends[1] + 6, ends[1] + _BEYOND)
            if chance < _SIDE or max(before, after) > _ENDED:
                return 0.0
            total, length = total + chance * (ends[1] - ends[0]), length + ends[1] - ends[0]
    return total / length


def _fits(view: View, box: Floats, polygon: Polygon) -> bool:
    """Whether a rectangle is of a size to be an inset, lies in its host and is drawn."""
    corners = _corners(box)
    size = area(corners)
    if not _SMALL * view.white.size <= size <= _LARGE * area(polygon):
        return False
    return share(view.white, corners) <= _BLANK and share(view.black, corners) <= 0.97


def _corners(box: Floats) -> Polygon:
    (x0, y0), (x1, y1) = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
