"""Balloons by their shape: clean paper that an outline encloses, with strokes in it, where one is suspected.

It is what finds balloons of one or two glyphs, which are too little lettering to be told by it alone, and
lettering that the drawing around its balloon hides from a search of the page.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.balloons.fit import SLACK, SMALLEST
from mangacolor.stages.balloons.kinds import CERTAIN, CONTRAST, Region, kind_of, solidity, without_holes
from mangacolor.stages.balloons.lettering import find_lettering

_BRIGHT = 255 - SLACK  # paper of a balloon is no darker
_LARGEST = 0.03  # of the page: who says more is found by the lettering
_SOLID = 0.92  # faces, sleeves and folds are less compact
_INK = (0.003, 0.3)  # share of strokes
_GLYPH = 0.12  # of the shape, that one of them may cover
_SUSPECTED, _SURE = 0.055, 0.25  # mean chance of a balloon; from the second on it may be a rectangle
_STROKES = 4  # levels of 255: the network's mean answer for lettering, on the strokes


def enclosed(
    luma: Image, chance: Image, strokes: Image, ground: Image | None, known: Sequence[Region]
) -> list[Region]:
    """Enclosed shapes of ``luma`` that are balloons and not ``known`` yet. All pictures H×W uint8.

    ``chance`` and ``strokes`` are the network's of a balloon and of its lettering; ``ground``: 255 = paper
    around what is drawn.
    """
    paper = (luma >= _BRIGHT).astype(np.uint8)
    if ground is not None:
        paper[ground > 0] = 0
    for region in known:
        x, y, w, h = region.box
        paper[y : y + h, x : x + w][region.mask > 0] = 0
    # A tail or a nick in the outline that is a pixel wide shall not join a balloon to what lies around it.
    core = cv2.morphologyEx(paper, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(core, connectivity=4)
    found = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        inner = x > 0 and y > 0 and x + w < luma.shape[1] and y + h < luma.shape[0]
        if not inner or not SMALLEST <= area <= _LARGEST * luma.size:
            continue
        window = np.s_[y : y + h, x : x + w]
        paper_here = labels[window] == index
        mask = without_holes(paper_here.astype(np.uint8))
        confidence = float(chance[window][mask > 0].mean()) / 255
        region = Region((x, y, w, h), mask, confidence, int(np.median(luma[window][paper_here])))
        if _compact(paper_here, mask) and _is_balloon(region, luma, strokes[window]):
            found.append(region)
    return found


def _is_balloon(region: Region, luma: Image, strokes: Image) -> bool:
    """Whether a shape is outlined and holds lettering: to the network, or plainly."""
    x, y, w, h = region.box
    view, inside = luma[y : y + h, x : x + w], region.mask > 0
    ink = inside & (view < _BRIGHT - CONTRAST)
    if not _INK[0] <= np.count_nonzero(ink) / np.count_nonzero(inside) <= _INK[1]:
        return False
    kind = kind_of(region, luma, ())
    if region.confidence >= _SUSPECTED and float(strokes[ink].mean()) >= _STROKES:
        return kind == "closed" or (kind == "caption" and region.confidence >= _SURE)
    alone = np.where(cv2.erode(region.mask, np.ones((3, 3), np.uint8)) > 0, view, 255).astype(np.uint8)
    return kind == "closed" and any(block.confidence >= CERTAIN for block in find_lettering(alone))


def _compact(paper: npt.NDArray[np.bool_], mask: Image) -> bool:
    """Whether a shape is round enough, and nothing in it larger than a glyph: no balloon in a panel."""
    holes = ((mask > 0) & ~paper).astype(np.uint8)
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(holes)
    largest = stats[1:, cv2.CC_STAT_AREA].max(initial=0)
    return bool(solidity(mask) >= _SOLID and largest <= _GLYPH * np.count_nonzero(mask))
