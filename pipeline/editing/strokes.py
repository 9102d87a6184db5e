"""The surfaces that a line drawn over a page crosses."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Point
from mangacolor.pipeline.editing.page_looks import LookedAt
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.windows.scale import DRAWING_HEIGHT

# How much of a line must lie in a surface for it to be meant: against the side of a square of its area, so
# that a scribble over hair that slips out of it does not mean the whole wall behind, and in pixels at the
# scale of segments.
SHARE = 0.15
GRAZED = 4
# Points at which a line is looked at, at most: a scribble all over a page is looked at less closely.
MOST_POINTS = 20_000

Segment = tuple[int, int]  # number of the window, and label there


@dataclass(frozen=True, slots=True)
class Crossing:
    """A surface that is crossed: its row among all segments of the page, and a point of the line in it, in
    pixels of the page."""

    row: int
    at: Point


def find_crossings(seen: LookedAt, line: Sequence[Point]) -> tuple[Crossing, ...]:
    """What a line crosses, in its order, a surface once; paper, balloons and solid ink are passed over.

    ``line``: its corners in pixels of the page, which it may leave. The point of a surface is the middle of
    the longest piece of the line in it, and so well away from what lies beside. A surface that is only grazed
    is left out, unless all of them are.
    """
    points, step = _points(line, max(1.0, seen.look.size[1] / DRAWING_HEIGHT))
    pieces: defaultdict[Segment, list[list[Point]]] = defaultdict(list)
    for segment, piece in groupby(points, lambda at: seen.meet(at)[0]):
        if segment is not None:
            pieces[segment].append(list(piece))
    sides = _sides(seen.look, {window for window, _ in pieces})
    meant = {
        (window, label): parts
        for (window, label), parts in pieces.items()
        if step * sum(map(len, parts)) >= max(GRAZED * step, SHARE * sides[window][label])
    }
    return tuple(
        Crossing(seen.look.row_of(*segment), _middle(max(parts, key=len)))
        for segment, parts in (meant or pieces).items()
    )


def _points(line: Sequence[Point], step: float) -> tuple[list[Point], float]:
    """Points along a line, its ends among them, evenly and about a step apart, and how far they are."""
    corners = np.array(line, np.float64)
    along = np.concatenate([[0.0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    count = min(MOST_POINTS, math.ceil(along[-1] / step) + 1)
    places = np.linspace(0.0, along[-1], count)
    x, y = (np.rint(np.interp(places, along, side)).astype(int).tolist() for side in corners.T)
    return list(zip(x, y, strict=True)), max(step, along[-1] / count)


def _sides(look: PageLook, numbers: Collection[int]) -> dict[int, F64]:
    """Of some windows, for each label, the side of a square of its area, in pixels of the page."""
    sides = {}
    for number in numbers:
        window = look.colours.windows[number]
        scale = window.box[2] * window.box[3] / window.labels.size
        sides[number] = np.sqrt(np.bincount(window.labels.ravel()) * scale)
    return sides


def _middle(piece: Sequence[Point]) -> Point:
    return piece[len(piece) // 2]
