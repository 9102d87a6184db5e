"""An outline on the pixels of a page: how much of each it holds, and what its segments look like there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I32, AnyArray, Mask
from mangacolor.core.types import Image, Point
from mangacolor.stages.edits.enclosing import paste_outline
from mangacolor.stages.edits.page_edits import WindowEdits

# Sigma, in pixels, of an outline's edge where it runs through a surface: soft over about two.
EDGE_SIGMA = 0.8
# Pixels around what an outline holds that its edge may change.
EDGE = 3


@dataclass(frozen=True, slots=True)
class LaidArea:
    """Where and how an outline changes a page.

    ``corner``: x and y on the page of ``share``, h×w, how much of each pixel it holds, 0 to 255. ``rows``:
    K×5, of a table of segments. ``place``: S, which of them each segment of the page has, -1 for the others.
    """

    corner: Point
    share: Image
    place: I32
    rows: F32

    def part(self, shape: tuple[int, ...], corner: Point) -> tuple[tuple[slice, slice], Image] | None:
        """What lies on a part of the page of this shape that begins at a ``corner``: rows and columns there,
        and their share; None for nothing."""
        left, top = self.corner[0] - corner[0], self.corner[1] - corner[1]
        high, wide = self.share.shape
        rows = slice(max(0, top), min(shape[0], top + high))
        columns = slice(max(0, left), min(shape[1], left + wide))
        if rows.start >= rows.stop or columns.start >= columns.stop:
            return None
        here = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        return (rows, columns), self.share[here]

    def everywhere(self, shape: tuple[int, ...], corner: Point) -> LaidArea:
        """As if all of a part of the page lay inside."""
        return LaidArea(corner, np.full(shape, 255, np.uint8), self.place, self.rows)


def chosen_segments(windows: Sequence[WindowEdits]) -> Mask:
    """Which of the segments of a page, as ``PageSegments`` counts them, are edited: S."""
    none = np.zeros(1, np.bool_)
    return np.concatenate([none, *(part for window in windows for part in (none, window.chosen))])


def lay_area(corners: F64, chosen: Mask, table: F32, labels: AnyArray, tremor: float) -> LaidArea:
    """An outline (``corners`` N×2, in pixels of the page) that gives segments which are ``chosen`` (S) their
    rows of a ``table``, S×5.

    ``labels``: H×W, the segments of the page. ``tremor``: how exactly people draw, pixels: where no more than
    that lies between the outline and the end of a segment, it holds that, too.
    """
    margin = math.ceil(2 * tremor) + EDGE
    x, y = (max(0, math.floor(least) - margin) for least in corners.min(axis=0))
    right, bottom = (max(0, math.ceil(most) + 1 + margin) for most in corners.max(axis=0))
    own = labels[y:bottom, x:right]
    inside = paste_outline(corners - (x, y), own.shape)
    place = np.full(len(chosen), -1, np.int32)
    place[chosen] = np.arange(np.count_nonzero(chosen))
    return LaidArea((x, y), _share(inside, own, chosen, tremor), place, table[chosen])


def _share(inside: Mask, labels: AnyArray, chosen: Mask, tremor: float) -> Image:
    """How much of each pixel an outline holds, H×W, 0 to 255."""
    if not inside.any():
        return np.zeros(inside.shape, np.uint8)
    meant = chosen[labels]
    held = inside | (meant & _slivers(inside, labels, meant, tremor))
    # Beyond the ends of its segments it goes on: there is nothing to be soft against.
    beyond = cv2.dilate(held.view(np.uint8), np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)).view(np.bool_)
    held |= beyond & ~meant
    return np.asarray(
        cv2.GaussianBlur(held.view(np.uint8) * np.uint8(255), (0, 0), EDGE_SIGMA), dtype=np.uint8
    )


def _slivers(inside: Mask, labels: AnyArray, meant: Mask, tremor: float) -> Mask:
    """What is left of segments between an outline and their own ends, as narrow as a hand is steady: H×W."""
    rest = meant & ~inside
    # Segments beside each other are measured each by itself.
    left = rest.copy()
    left[:, :-1] &= labels[:, :-1] == labels[:, 1:]
    left[:-1] &= labels[:-1] == labels[1:]
    side = 2 * math.ceil(tremor / 2) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    wide = cv2.morphologyEx(left.view(np.uint8), cv2.MORPH_OPEN, disc).view(np.bool_)
    # A disc leaves out corners, those of a square by .59 of its radius in steps of one pixel. They are no
    # strips: held, they would scallop an outline wherever segments end at it.
    for _ in range(math.ceil(0.6 * (side // 2)) + 1):
        wide = _grow(wide, labels) & rest
    near = cv2.distanceTransform((~inside).view(np.uint8), cv2.DIST_L2, 3) <= tremor
    return np.asarray(near & ~wide & ~inside)


def _grow(mask: Mask, labels: AnyArray) -> Mask:
    """A mask (H×W) larger by a pixel to every side, within the segments that it lies in."""
    grown = mask.copy()
    for here, there in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[1:], np.s_[:-1])):
        same = labels[here] == labels[there]
        grown[here] |= mask[there] & same
        grown[there] |= mask[here] & same
    return grown
