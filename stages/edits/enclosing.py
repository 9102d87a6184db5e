"""What lies inside an outline that somebody has drawn on a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.types import Point
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.nearest import depth_within

# Bits after the binary point of corners as OpenCV fills polygons.
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Enclosed:
    """Segments of a drawing of which an outline holds something.

    ``outline``: its corners in pixels of the drawing. ``rows``: N, of the segments among all of the page.
    ``share``: N, how much of what is seen of each lies inside, 0 to 1. ``area``: N, that in pixels of the
    page. ``depth``: N, how deep inside the outline each comes, and ``own_depth``, how deep it is itself: in
    short sides of the page.
    """

    outline: tuple[Point, ...]
    rows: I64
    share: F64
    area: F64
    depth: F64
    own_depth: float

    def take(self, which: I64, rows: I64) -> Enclosed:
        """Some of its segments, under other ``rows``."""
        share, area, depth = self.share[which], self.area[which], self.depth[which]
        return Enclosed(self.outline, rows, share, area, depth, self.own_depth)


def find_enclosed(look: PageLook, outline: Sequence[Point]) -> Enclosed:
    """What an outline (corners in pixels of the drawing) holds of the segments that are seen there: nothing
    of paper and balloons. Corners beyond the drawing are taken to its edge."""
    outline = [(min(max(x, 0), look.size[0]), min(max(y, 0), look.size[1])) for x, y in outline]
    corners, side = np.array(outline, np.float64), min(look.size)
    parts = [
        _find_in_window(look, number, corners)
        for number, window in enumerate(look.colours.windows)
        if _meet(corners, window.box)
    ]
    rows, share, area, depth = np.concatenate([np.zeros((4, 0)), *parts], axis=1)
    own_depth = float(depth_within(fill_outline(corners)[0].view(np.uint8)).max(initial=0)) / side
    return Enclosed(tuple(outline), rows.astype(np.int64), share, area, depth / side, own_depth)


def find_inner_point(look: PageLook, enclosed: Enclosed) -> tuple[int, int, Point] | None:
    """A point well inside an outline and one of the segments that it holds, the one of which it holds most if
    that is no solid ink: window, label, and the point. None where it holds nothing that takes a colour."""
    inside = paste_outline(np.array(enclosed.outline, np.float64), look.size[::-1])
    for row in enclosed.rows[np.argsort(-enclosed.area, kind="stable")].tolist():
        number, label = look.segment_of(row)
        x, y = look.pixels_of(number)
        depth = depth_within(((look.seen_labels(number) == label) & inside[np.ix_(y, x)]).view(np.uint8))
        down, across = np.unravel_index(depth.argmax(), depth.shape)
        at = int(x[across]), int(y[down])
        if look.meet(*at)[0] == (number, label):
            return number, label, at
    return None


def _find_in_window(look: PageLook, number: int, corners: F64) -> F64:
    """Of the segments of a window that lie inside in part: row, share, area and depth, 4×N, in pixels."""
    labels = look.seen_labels(number)
    (height, width), (left, top, wide, high) = labels.shape, look.colours.windows[number].box
    scale = np.array([width / wide, height / high])
    inside, (x, y) = fill_outline((corners + 0.5 - (left, top)) * scale - 0.5)
    there = slice(max(0, y), y + len(inside)), slice(max(0, x), x + inside.shape[1])
    here = slice(max(0, -y), height - y), slice(max(0, -x), width - x)
    held = np.where(inside[here], labels[there], 0)
    pixels, all_of = (np.bincount(some.ravel(), minlength=int(labels.max()) + 1) for some in (held, labels))
    deepest = np.zeros(len(pixels))
    np.maximum.at(deepest, held, depth_within(inside.view(np.uint8))[here])
    some = np.flatnonzero(pixels[1:]) + 1
    rows, held_pixels = some - 1 + look.row_of(number, 1), pixels[some]
    return np.stack([rows, held_pixels / all_of[some], held_pixels / scale.prod(), deepest[some] / scale[0]])


def fill_outline(corners: F64) -> tuple[Mask, Point]:
    """The pixels inside a closed line (corners N×2, x and y; the middles of pixels are whole numbers): H×W,
    as large as it takes, and where that begins. A line that crosses itself holds all that it goes around."""
    left, top = np.floor(corners.min(axis=0)).astype(int).tolist()
    right, bottom = np.ceil(corners.max(axis=0)).astype(int).tolist()
    filled = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    points = np.rint((corners - (left, top)) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(filled, [points], 1, shift=_SHIFT)
    # Where the line crosses itself OpenCV leaves every second part out.
    loops, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(filled, loops, -1, 1, cv2.FILLED)
    return filled.view(np.bool_), (left, top)


def paste_outline(corners: F64, shape: tuple[int, ...]) -> Mask:
    """The same on a picture of this shape: H×W."""
    filled, (left, top) = fill_outline(corners)
    (high, wide), (height, width) = filled.shape, shape
    inside = np.zeros((height, width), np.bool_)
    there = slice(max(0, top), max(0, top + high)), slice(max(0, left), max(0, left + wide))
    here = slice(max(0, -top), max(0, height - top)), slice(max(0, -left), max(0, width - left))
    inside[there] = filled[here]
    return inside


def _meet(corners: F64, box: tuple[int, int, int, int]) -> bool:
    """Whether a line may go through a box."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return bool(left < box[0] + box[2] and right >= box[0] and top < box[1] + box[3] and bottom >= box[1])
