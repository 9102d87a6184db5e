"""The surfaces that a line drawn over a page crosses."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mangacolor.core.types import Point
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.spreads.halves import Half
from mangacolor.stages.windows.scale import DRAWING_HEIGHT

# Pixels of a line within a surface, at the scale of segments: where there are fewer it was only grazed.
GRAZED = 4
# Points at which a line is looked at, at most: a scribble all over a page is looked at less closely.
MOST_POINTS = 20_000


@dataclass(frozen=True, slots=True)
class Crossing:
    """A surface that is crossed: its row among all segments of the page, and a point of the line in it, in
    pixels of the page."""

    row: int
    at: Point


def find_crossings(look: PageLook, half: Half | None, line: Sequence[Point]) -> tuple[Crossing, ...]:
    """What a line crosses, in its order, a surface once; paper, balloons and solid ink are passed over.

    ``line``: its corners in pixels of the page, which it may leave. The point of a surface is the middle of
    the longest piece of the line in it, and so well away from what lies beside. What is only grazed counts
    where all is.
    """
    step = max(1.0, look.size[1] / DRAWING_HEIGHT)
    pieces: defaultdict[int, list[list[Point]]] = defaultdict(list)
    for row, piece in groupby(_points(line, step), lambda at: _row_at(look, half, at)):
        if row is not None:
            pieces[row].append(list(piece))
    most = {row: max(parts, key=len) for row, parts in pieces.items()}
    meant = {row: piece for row, piece in most.items() if len(piece) >= GRAZED} or most
    return tuple(Crossing(row, piece[len(piece) // 2]) for row, piece in meant.items())


def _points(line: Sequence[Point], step: float) -> list[Point]:
    """Points along a line, its ends among them, evenly and about a step apart."""
    corners = np.array(line, np.float64)
    along = np.concatenate([[0.0], np.hypot(*np.diff(corners, axis=0).T).cumsum()])
    count = min(MOST_POINTS, math.ceil(along[-1] / step) + 1)
    places = np.linspace(0.0, along[-1], count)
    x, y = (np.rint(np.interp(places, along, side)).astype(int).tolist() for side in corners.T)
    return list(zip(x, y, strict=True))


def _row_at(look: PageLook, half: Half | None, at: Point) -> int | None:
    met, _ = look.meet(*(half.to_drawing(*at) if half else at))
    return None if met is None else look.row_of(*met)
