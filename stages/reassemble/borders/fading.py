"""Where colour ends beside paper though nothing is drawn there: it fades out, and has no hard edge.

A panel without a frame, one that runs off the page, and a balloon without an outline have such ends.
"""

from __future__ import annotations

import math

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, Mask, WindowMap
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.borders.meeting import LINE, OPEN
from mangacolor.stages.reassemble.params import FadeParams

# Of 255: what of a mask counts as paper beside which colours end.
PAPER = 128
# Rows of the page worked on at once: bounds memory on long strips.
FADED_ROWS = 512
# Bytes that a pixel of these rows takes.
FADED_PIXEL = 48
# Rows beside them in which ends and surfaces go on, as a multiple of how far an end is felt.
ROWS_BESIDE = 4


def find_drawn(kinds: Image, windows: WindowMap, grey: Image, decided: Image) -> Mask:
    """Where something is drawn that colour may end at, H×W, or somebody has said where it ends.

    ``kinds``: H×W, as of ``find_kinds``. ``windows``: H×W, the window of each pixel, -1 for ground. ``grey``:
    H×W, the page's luma. ``decided``: H×W uint8, 255 for parts of the page that are as somebody wants them.
    """
    return np.asarray(np.where(windows < 0, grey < LINE, kinds != OPEN) | (decided > 0), dtype=np.bool_)


def fade_beside_paper(keep: Image, drawn: Mask, side: float, params: FadeParams) -> Image:
    """The mask of paper (``keep``, H×W uint8, 255 where nothing is coloured), grown where colour ends at it
    and nothing is drawn: 255 at the end, and less and less into the coloured surface.

    ``drawn``: H×W, as of ``find_drawn``. ``side``: pixels of the short side of the page. What a line parts
    from such an end keeps its colour; a line on bare paper has none.
    """
    faded, beside = np.empty_like(keep), rows_beside(side, params)
    for first in range(0, len(keep), FADED_ROWS):
        last, top = min(len(keep), first + FADED_ROWS), max(0, first - beside)
        rows, own = slice(top, last + beside), (first - top, last - top)
        faded[first:last] = _fade_rows(keep[rows], drawn[rows], own, side, params)
    return faded


def rows_beside(side: float, params: FadeParams) -> int:
    """How many rows above and below those that are worked on are looked at, too."""
    return ROWS_BESIDE * max(1, round(params.reach * side))


def _fade_rows(keep: Image, drawn: Mask, own: tuple[int, int], side: float, params: FadeParams) -> Image:
    """The ``own`` rows (from, to) of a mask, grown; the others are what is seen from them."""
    surface = (~drawn & (keep < PAPER)).view(np.uint8)
    faded = np.zeros_like(keep)
    ends = surface & _beside_paper(~drawn & (keep >= PAPER), surface, side, params)
    if ends.any():  # there are few, and nothing is felt beyond their reach
        near = _box_around(ends, max(math.ceil(params.reach * side), params.joined) + 1)
        faded[near] = _fade_surface(surface[near], ends[near], side, params)
    # A line sees as far as it is blurred, which OpenCV does over four standard deviations.
    beside = math.ceil(4 * params.line_sigma) + 1
    first = max(0, own[0] - beside)
    rows = slice(first, own[1] + beside)
    lines = _fade_lines(faded[rows], surface[rows], keep[rows], params)
    grown = np.maximum(keep[rows], np.where(surface[rows] > 0, faded[rows], lines))
    return np.asarray(grown[own[0] - first : own[1] - first], np.uint8)


def _box_around(mask: Image, beside: int) -> tuple[slice, slice]:
    """The rows and columns of a mask (H×W, not empty) in which it is above 0, and so many ``beside`` them."""
    x, y, wide, high = cv2.boundingRect(mask)
    return slice(max(0, y - beside), y + high + beside), slice(max(0, x - beside), x + wide + beside)


def _beside_paper(bare: Mask, surface: Image, side: float, params: FadeParams) -> Image:
    """H×W, 1 for pixels of a ``surface`` (H×W, 1 on it) next to ``bare`` paper (H×W) that is no speck and no
    sliver beyond a line."""
    paper, cross = bare.view(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    beside = surface & np.asarray(cv2.dilate(paper, cross), np.uint8)
    if not beside.any():
        return beside
    length = max(1, round(params.least_paper * side))
    square = np.ones((length, length), np.uint8)
    # Whether paper counts is decided by what lies up to three squares away.
    near = _box_around(beside, 3 * length + 1)
    here = np.ascontiguousarray(paper[near])
    # What holds a square, and what of it is close to one.
    wide = np.asarray(cv2.dilate(cv2.morphologyEx(here, cv2.MORPH_OPEN, square), square), np.uint8) & here
    beside[near] &= np.asarray(cv2.dilate(wide, cross), np.uint8)
    return beside


def _fade_surface(surface: Image, ends: Image, side: float, params: FadeParams) -> Image:
    """How much of its colour each pixel of a surface loses, H×W uint8, by how far its nearest end is.

    The longer an end, the further it is felt: beside a nick in an outline nothing is to be seen.
    """
    most = max(1.0, params.reach * side)
    distance, index = cv2.distanceTransformWithLabels(
        1 - ends, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at = np.flatnonzero(ends)
    end_of = np.zeros(len(at) + 1, np.int64)
    end_of[index.ravel()[at]] = at
    around = _count_steps(surface & (distance < most), ends, math.ceil(most))
    near = np.flatnonzero(around < most)
    source, away = end_of[index.ravel()[near]], np.maximum(distance.ravel()[near], around.ravel()[near])
    reach = np.clip(params.of_length * _lengths(ends, source, params), 1, most)
    left = np.clip(1 - away / reach, 0, 1)
    faded = np.zeros_like(surface)
    faded.ravel()[near] = np.rint(255 * left * left * (3 - 2 * left)).astype(np.uint8)  # smoothstep
    return faded


def _count_steps(surface: Image, ends: Image, most: int) -> F32:
    """How many steps each pixel of a surface is from the nearest end, H×W, if it goes around what is drawn;
    ``most`` where it is so many or more.

    Every other step may be a diagonal one (the octagonal distance, Rosenfeld & Pfaltz 1968): never more than
    the distance itself where nothing is in the way.
    """
    reached, since = surface & ends, np.zeros(surface.shape, np.uint16)
    shapes = [cv2.getStructuringElement(shape, (3, 3)) for shape in (cv2.MORPH_CROSS, cv2.MORPH_RECT)]
    count = 0
    for step in range(most):
        cv2.add(since, reached, dst=since, dtype=cv2.CV_16U)
        cv2.dilate(reached, shapes[step % 2], dst=reached)
        reached &= surface
        before, count = count, cv2.countNonZero(reached)
        if step % 2 and count == before:  # not even by a diagonal step is there more to reach
            since += reached * np.uint16(most - step - 1)
            break
    return np.asarray(np.float32(most) - since, np.float32)


def _lengths(ends: Image, places: I64, params: FadeParams) -> F32:
    """How many pixels long the end is that lies at each place, with the gaps in it: N."""
    side = 2 * params.joined + 1
    joined = cv2.dilate(ends, np.ones((side, side), np.uint8))
    _, run, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    length = stats[:, cv2.CC_STAT_AREA] / side - (side - 1)
    return np.asarray(length[run.ravel()[places]], np.float32)


def _fade_lines(faded: Image, surface: Image, keep: Image, params: FadeParams) -> Image:
    """The same for what is drawn, as for the surfaces around it (normalised convolution), or as for paper.
    H×W, 0 on surfaces and on paper."""
    lines = np.zeros_like(keep)
    at = np.flatnonzero((surface == 0) & (keep < 255))
    if not len(at):
        return lines
    paper = _blur(keep.astype(np.float32) * np.float32(1 / 255), params).ravel()[at]
    weight = surface.astype(np.float32)
    around = _blur(weight, params).ravel()[at]
    bare = np.clip((paper - params.least_bare) / (params.bare - params.least_bare), 0, 1)
    coloured = np.minimum(around / np.float32(params.surface), 1)
    lost = (1 - coloured) * 255 * bare
    if faded.any():
        lost = coloured * (_blur(faded * weight, params).ravel()[at] / np.maximum(around, 1e-6)) + lost
    lines.ravel()[at] = np.rint(lost)
    return lines


def _blur(picture: F32, params: FadeParams) -> F32:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), params.line_sigma), np.float32)
