"""Insets: small framed panels laid into another, which no straight cut through the host sets free.

Two to four of their sides must be borders to the network; the others are the host's own. Where two
borders meet, both end: a line that runs on belongs to something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.panels.cutting.confidence import Region
from mangacolor.stages.panels.cutting.lines import SAMPLE_STEP, View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, covered_share, swap
from mangacolor.stages.panels.cutting.record import Recorder
from mangacolor.stages.panels.params import InsetParams

_LEAST_TOLD = 1e-9  # a score that a recorder is told of: 0 means that some side is none


@dataclass(frozen=True, slots=True)
class Side:
    """A side that an inset could have, at ``at`` pixels; ``sums``: running sureness of a border along it.

    Without ``sums`` it is the host's own side, and nothing is asked of it.
    """

    at: float
    sums: F64 | None = None

    def sureness(self, first: float, last: float) -> float:
        """How sure a border is between two pixels along the side, in [0, 1]."""
        if self.sums is None:
            return 1.0
        a, b = (int(np.clip(end / SAMPLE_STEP, 0, len(self.sums) - 1)) for end in (first, last))
        return float(self.sums[b] - self.sums[a]) / max(b - a, 1)


def find_insets(
    views: tuple[View, View], host: Region, params: InsetParams, recorder: Recorder | None
) -> list[tuple[Polygon, float]]:
    """Rectangles laid into a convex region, and how surely each is a panel, in [0, 1]; apart, best first.

    ``recorder`` is told every rectangle with a border on each of its inner sides.
    """
    across = _likely_sides(views[0], host.polygon, params)
    down = _likely_sides(views[1], swap(host.polygon), params)
    height, width = views[0].white.shape
    floor = params.mean_score if recorder is None else _LEAST_TOLD
    candidates = []
    for (top, bottom), (left, right) in product(_spans(across, height, params), _spans(down, width, params)):
        box = np.array([(left.at, top.at), (right.at, bottom.at)])
        score = _score(box, (top, bottom), (left, right), params)
        if score >= floor:
            candidates.append((score, box))
    insets: list[tuple[Polygon, float]] = []
    boxes: list[F64] = []
    for score, box in sorted(candidates, key=lambda candidate: -candidate[0]):
        white, black = (covered_share(mask, _corners(box)) for mask in (views[0].white, views[0].black))
        reason = _objection(
            score, box, boxes, (white, black), (views[0].white.size, area(host.polygon)), params
        )
        if recorder is not None:
            measured = {"border along its sides": score, "white": white, "black": black}
            recorder.add_inset(_corners(box), host.number, score, measured, reason)
        if not reason:
            insets.append((_corners(box), score))
            boxes.append(box)
    return insets


def _objection(
    score: float,
    box: F64,
    taken: list[F64],
    blank: tuple[float, float],
    areas: tuple[float, float],
    params: InsetParams,
) -> str:
    """Why a rectangle is no inset; empty if it is one. ``areas``: of the page and of the host."""
    (white, black), (page, host) = blank, areas
    size = area(_corners(box))
    if score < params.mean_score:
        return f"scores less than {params.mean_score}"
    if size < params.smallest * page:
        return f"smaller than {100 * params.smallest:.2g} % of the page"
    if size > params.largest * host:
        return f"larger than {100 * params.largest:.2g} % of its host"
    if white > params.max_white or black > params.max_black:
        return "almost blank, like a caption"
    if any(_shared_part(box, other) > params.max_overlap for other in taken):
        return "a surer inset covers it"
    return ""


def _shared_part(first: F64, second: F64) -> float:
    """How much of the smaller of two boxes (2×2, low and high corner) the other one covers."""
    common = np.maximum(np.minimum(first[1], second[1]) - np.maximum(first[0], second[0]), 0).prod()
    return float(common / min((box[1] - box[0]).prod() for box in (first, second)))


def _likely_sides(view: View, polygon: Polygon, params: InsetParams) -> list[Side]:
    """The host's own two sides, first, and the surest borders between them, in one direction."""
    lines = view.lines
    low, high = polygon.min(0), polygon.max(0)
    own = [Side(float(low[1])), Side(float(high[1]))]
    middle = lines.offset + lines.slope * (low[0] + high[0]) / 2
    inner = np.abs(lines.slope) <= params.max_slope
    inner &= (middle > low[1] + params.host_distance) & (middle < high[1] - params.host_distance)
    first, last = int(max(low[0], 0) / SAMPLE_STEP), int(high[0] / SAMPLE_STEP)
    likely = np.where(inner, (lines.border[:, first:last] > params.tried_level).sum(1), 0)
    sides: list[Side] = []
    for index in np.argsort(-likely):
        if (
            len(sides) == params.max_sides
            or likely[index] * SAMPLE_STEP < params.thinnest * view.white.shape[1]
        ):
            break
        if all(abs(middle[index] - side.at) > params.twin_distance for side in sides):
            sureness = 0.5 * lines.border[index] / 255 + 0.5 * lines.edges(index)
            sides.append(Side(float(middle[index]), np.concatenate([[0], np.cumsum(sureness)])))
    return [*own, *sides]


def _spans(sides: list[Side], extent: int, params: InsetParams) -> list[tuple[Side, Side]]:
    """Pairs of sides, lower coordinate first, far enough apart, at least one of them inner."""
    pairs = [(a, b) if a.at < b.at else (b, a) for a, b in combinations(sides, 2)]
    return [
        (a, b)
        for a, b in pairs
        if b.at - a.at >= params.thinnest * extent and not (a.sums is None and b.sums is None)
    ]


def _score(box: F64, rows: tuple[Side, Side], columns: tuple[Side, Side], params: InsetParams) -> float:
    """Mean sureness along the inner sides; 0 where one is no border or runs on beyond a corner."""
    (x0, y0), (x1, y1) = box
    total = length = 0.0
    for sides, ends, others in ((rows, (x0, x1), columns), (columns, (y0, y1), rows)):
        for side in (side for side in sides if side.sums is not None):
            sureness = side.sureness(*ends)
            before = others[0].sums is not None and side.sureness(
                ends[0] - params.beyond_last, ends[0] - params.beyond_first
            )
            after = others[1].sums is not None and side.sureness(
                ends[1] + params.beyond_first, ends[1] + params.beyond_last
            )
            if sureness < params.side_score or max(before, after) > params.beyond_score:
                return 0.0
            total, length = total + sureness * (ends[1] - ends[0]), length + ends[1] - ends[0]
    return total / length


def _corners(box: F64) -> Polygon:
    (x0, y0), (x1, y1) = box
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])
