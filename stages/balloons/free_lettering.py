"""Lettering that stands free where nothing takes colour: on the page's paper, or on flat black.

Footnotes, captions in gutters, page numbers, titles, whole pages of text. What is drawn on paper or black
falls apart into marks with bare ground all round. The marks are looked at alone, all else wiped away, and so
told by the same signs as any lettering. What stands on a drawing, or reaches into one, takes its colour.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import I32, Mask
from mangacolor.core.types import Box, Image
from mangacolor.stages.balloons.kinds import without_holes
from mangacolor.stages.balloons.lettering import Lettering, box_sums, find_lettering
from mangacolor.stages.balloons.params import DEFAULTS, FreeParams, Params

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands on bare ground. ``labels``: H×W, the mark of each pixel, 0 for none of them.

    A row for each of N marks, the first for none: ``boxes`` N×5 (x, y, w, h, area); ``levels``, the mean luma
    of the ground beside it; ``on_paper``, whether that is the page's own, and not a black part of a drawing.
    """

    labels: I32
    boxes: I32
    levels: Numbers
    on_paper: Numbers


def find_free_lettering(
    luma: Image,
    ground: Image,
    probability: Image | None = None,
    panels: Sequence[Box] = (),
    params: Params = DEFAULTS,
) -> Image:
    """The marks of ``luma`` that are free lettering, whole with what they enclose: H×W uint8, 255.

    ``ground``: 255 = paper around what is drawn. ``probability``: the network's of a balloon, 255 = 1, for
    want of which lettering on black must be plain. ``panels``: boxes; what is small and stands above or below
    all of them is a page number. All pictures H×W uint8, at working scale.
    """
    signs = params.free
    marks = _find_marks(luma, ground, _find_flat_black(luma, signs), signs)
    chosen = np.zeros(len(marks.boxes), np.bool_)
    dark = marks.levels < signs.dark
    for side in (~dark, dark):
        numbers = np.flatnonzero(side & (marks.boxes[:, 4] > 0))
        if not len(numbers):
            continue
        alone = _wipe_all_but(marks, side, luma)
        ink = alone < signs.lettering.ink
        for block in find_lettering(alone, signs.lettering):
            inside = _marks_of(block, marks, numbers, signs)
            x, y, w, h = block.box
            if (
                len(inside)
                and _is_certain(block, marks, inside, luma, probability, params)
                and has_glyphs(ink[y : y + h, x : x + w], signs)
            ):
                chosen[inside] = True
        margin = _find_page_numbers(marks, side & ~chosen, panels, signs)
        if margin.any() and has_glyphs(ink & margin[marks.labels], signs):
            chosen |= margin
    if not chosen.any():
        return np.zeros_like(luma)
    mask = chosen[marks.labels].astype(np.uint8) * 255
    return np.asarray(cv2.dilate(mask, np.ones((2 * signs.rim + 1,) * 2, np.uint8)), np.uint8)


def _find_flat_black(luma: Image, params: FreeParams) -> Mask:
    """H×W: wide patches of black, which is ground for white lettering. Frames and strokes are too thin."""
    black = (luma <= params.black).astype(np.uint8)
    if black.mean() < params.least_black:
        return np.zeros(luma.shape, np.bool_)
    core = cv2.erode(black, np.ones((params.thin,) * 2, np.uint8))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(core, connectivity=4)
    wide = stats[:count, cv2.CC_STAT_AREA] >= params.least_black * luma.size
    wide[0] = False
    patches = cv2.dilate(wide[labels].astype(np.uint8), np.ones((params.thin,) * 2, np.uint8))
    return np.asarray((patches > 0) & (black > 0))


def _find_marks(luma: Image, ground: Image, black: Mask, params: FreeParams) -> Marks:
    """What is small and lies on the page's ground, or in flat black."""
    bare = ((ground > 0) & (luma >= params.dark)) | black  # a thick stroke is black ground to its finder
    _count, labels, stats, _centres = cv2.connectedComponentsWithStats((~bare).astype(np.uint8))
    boxes = np.asarray(stats, np.int32)
    x, y, w, h, area = boxes.T
    boxes[(area > params.largest_mark * luma.size) | (np.arange(len(boxes)) == 0)] = 0
    around = x - 2, y - 2, w + 4, h + 4
    beside = np.maximum(_sum_over(bare, *around), 1)
    levels = _sum_over(np.where(bare, luma, 0), *around) / beside
    on_paper = _sum_over(ground > 0, *around) > params.paper_share * beside
    return Marks(np.asarray(labels, np.int32), boxes, levels, on_paper)


def _sum_over(plane: Numbers, x: I32, y: I32, w: I32, h: I32) -> I32:
    left, top = np.maximum(x, 0), np.maximum(y, 0)
    return box_sums(cv2.integral(plane.astype(np.uint8)), left, top, x + w - left, y + h - top)


def _wipe_all_but(marks: Marks, side: Numbers, luma: Image) -> Image:
    """The marks of one ``side``, as if they were dark lettering on white: H×W."""
    kept = (side & (marks.boxes[:, 4] > 0))[marks.labels]
    level = np.maximum(marks.levels, 1)[marks.labels[kept]]
    own = luma[kept].astype(np.float32)
    lightness = own / level if level[0] >= 128 else (255 - own) / (255 - level)
    alone = np.full(luma.shape, 255, np.uint8)
    alone[kept] = np.rint(np.minimum(lightness, 1) * 255)
    return alone


def _marks_of(block: Lettering, marks: Marks, numbers: Numbers, params: FreeParams) -> Numbers:
    """Of the marks with these numbers those that a block covers, and small ones in line with it."""
    x, y, w, h = block.box
    view = marks.labels[y : y + h, x : x + w][block.mask > 0]
    held = np.bincount(view.ravel(), minlength=len(marks.boxes))[numbers]
    sides = marks.boxes[numbers, 2:4]
    inside = held > params.held * marks.boxes[numbers, 4]
    small = sides.min(axis=1) <= params.small[0] * block.glyph
    small &= sides.max(axis=1) <= params.small[1] * block.glyph
    start = marks.boxes[numbers, :2]
    low, high = np.array((x, y)), np.array((x + w, y + h))
    while True:
        beyond = np.maximum(low - start, start + sides - high)  # how far a mark sticks out of the line
        level = beyond <= params.reach * block.glyph
        near = beyond - sides <= params.beside * block.glyph
        more = small & ~inside & ((level[:, 1] & near[:, 0]) | (level[:, 0] & near[:, 1]))
        if not more.any():
            return np.asarray(numbers[inside])
        inside |= more
        low = np.minimum(low, start[more].min(axis=0))
        high = np.maximum(high, (start + sides)[more].max(axis=0))


def _is_certain(
    block: Lettering,
    marks: Marks,
    inside: Numbers,
    luma: Image,
    probability: Image | None,
    params: Params,
) -> bool:
    """Whether a block is surely lettering. Stars in a black sky and gleams on black hair are in doubt."""
    signs = params.free
    if marks.on_paper[inside].mean() > 0.5:
        title = block.glyph > params.lettering.largest_glyph * max(luma.shape)
        return block.confidence >= signs.title or not title
    if block.confidence >= signs.certain or probability is None:
        return block.confidence >= signs.certain
    x, y, w, h = block.box
    return float(probability[y : y + h, x : x + w][block.mask > 0].mean()) >= signs.suspected


def has_glyphs(ink: Mask, params: FreeParams) -> bool:
    """Whether a fair share of the strokes in a part of the page bend, branch or have holes, as letters do.

    Hatching, stars, teeth and specks are convex.
    """
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    shaped = total = 0
    for index in range(1, count, 1 + count // params.looked_at):
        x, y, w, h, area = (int(value) for value in stats[index])
        if max(w, h) < params.lettering.smallest_glyph:
            continue
        stroke = (labels[y : y + h, x : x + w] == index).astype(np.uint8)
        outline = cv2.convexHull(cv2.findNonZero(stroke))
        hull = cv2.fillConvexPoly(np.zeros((h, w), np.uint8), outline, 1)
        _centre, sides, _angle = cv2.minAreaRect(outline)
        thick = max(sides) + 1 < params.straight * (min(sides) + 1)
        holes = np.count_nonzero(without_holes(stroke)) - area
        bends = area < params.convex * np.count_nonzero(hull) or holes > params.hole
        shaped += int(thick and bends)
        total += 1
    return shaped >= params.shaped * max(total, 1)


def _find_page_numbers(marks: Marks, free: Numbers, panels: Sequence[Box], params: FreeParams) -> Numbers:
    """Which of the ``free`` marks are small and stand in the margin, above or below all panels, and few."""
    if not panels:
        return np.zeros_like(free)
    _x, y, w, h, area = marks.boxes.T
    top, bottom = min(box[1] for box in panels), max(box[1] + box[3] for box in panels)
    middle, side = y + h / 2, np.maximum(w, h) / max(marks.labels.shape)
    least, most = params.page_number
    found = free & marks.on_paper & (area > 0) & ((middle < top) | (middle > bottom))
    found &= (side >= least) & (side <= most)
    return found if np.count_nonzero(found) <= params.most_numbers else np.zeros_like(found)
