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
from mangacolor.stages.balloons.free_lettering import has_glyphs
from mangacolor.stages.balloons.kinds import Region, kind_of, solidity, without_holes
from mangacolor.stages.balloons.lettering import find_lettering
from mangacolor.stages.balloons.params import EnclosedParams, Params


def find_enclosed(
    luma: Image,
    probability: Image,
    strokes: Image,
    ground: Image | None,
    known: Sequence[Region],
    params: Params,
) -> list[Region]:
    """Enclosed shapes of ``luma`` that are balloons and not ``known`` yet. All pictures H×W uint8.

    ``probability`` and ``strokes`` are the network's of a balloon and of its lettering, 255 = 1; ``ground``:
    255 = paper around what is drawn.
    """
    paper = (luma >= _darkest_paper(params)).astype(np.uint8)
    if ground is not None:
        paper[ground > 0] = 0
    for region in known:
        x, y, w, h = region.box
        paper[y : y + h, x : x + w][region.mask > 0] = 0
    # A tail or a nick in the outline that is a pixel wide shall not join a balloon to what lies around it.
    core = cv2.morphologyEx(paper, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(core, connectivity=4)
    regions = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        inner = x > 0 and y > 0 and x + w < luma.shape[1] and y + h < luma.shape[0]
        if not inner or not params.fit.smallest <= area <= params.enclosed.largest * luma.size:
            continue
        window = np.s_[y : y + h, x : x + w]
        paper_here = labels[window] == index
        mask = without_holes(paper_here.astype(np.uint8))
        confidence = float(probability[window][mask > 0].mean()) / 255
        region = Region((x, y, w, h), mask, confidence, int(np.median(luma[window][paper_here])))
        compact = _is_compact(paper_here, mask, params.enclosed)
        if compact and _is_balloon(region, luma, strokes[window], params):
            regions.append(region)
    return regions


def _darkest_paper(params: Params) -> int:
    """The level down to which white paper of a balloon reaches."""
    return 255 - params.fit.paper_slack


def _is_balloon(region: Region, luma: Image, strokes: Image, params: Params) -> bool:
    """Whether a shape is outlined and holds lettering: to the network, or plainly."""
    signs = params.enclosed
    x, y, w, h = region.box
    view, inside = luma[y : y + h, x : x + w], region.mask > 0
    ink = inside & (view < _darkest_paper(params) - params.kind.contrast)
    if not signs.least_ink <= np.count_nonzero(ink) / np.count_nonzero(inside) <= signs.most_ink:
        return False
    kind = kind_of(region, luma, (), params.kind)
    if region.confidence >= signs.suspected and float(strokes[ink].mean()) >= signs.stroke_level:
        return kind == "closed" or (kind == "caption" and region.confidence >= signs.sure)
    if kind == "closed" and _holds_few_glyphs(view, region.mask, params):
        return True
    alone = np.where(cv2.erode(region.mask, np.ones((3, 3), np.uint8)) > 0, view, 255).astype(np.uint8)
    return kind == "closed" and any(
        block.confidence >= params.kind.certain for block in find_lettering(alone, params.lettering)
    )


def _holds_few_glyphs(view: Image, mask: Image, params: Params) -> bool:
    """Whether a shape (``mask``, 255) of ``view`` is clean but for a few glyphs in line in its middle.

    Eyes hold one thing, or one within another; lines of teeth, hands and windows begin at the outline.
    """
    signs, inside = params.enclosed, mask > 0
    ink = inside & (view < params.lettering.ink)
    tones = inside & ~ink & (view < _darkest_paper(params))
    if np.count_nonzero(tones) > signs.tones * np.count_nonzero(inside):
        return False
    sides = np.array(mask.shape[::-1], np.float64)
    margin = round(signs.clear * sides.min())
    core = cv2.erode(np.pad(mask, 1), np.ones((2 * margin + 1,) * 2, np.uint8))[1:-1, 1:-1] > 0
    if np.any(ink & ~core):
        return False
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(ink.astype(np.uint8))
    glyphs = stats[1:][stats[1:, 2:4].max(axis=1) >= params.lettering.smallest_glyph]
    if not signs.few[0] <= len(glyphs) <= signs.few[1]:
        return False
    low, high = glyphs[:, :2].min(axis=0), (glyphs[:, :2] + glyphs[:, 2:4]).max(axis=0)
    beside = np.abs((low + high) / 2 - sides / 2) / sides
    in_line = (high - low).min() <= signs.narrow * sides.min()
    nested = (glyphs[:, 2] * glyphs[:, 3]).max() > signs.nested * np.prod(high - low)
    return bool(in_line and not nested and beside.max() <= signs.central and has_glyphs(ink, params.free))


def _is_compact(paper: npt.NDArray[np.bool_], mask: Image, params: EnclosedParams) -> bool:
    """Whether a shape is round enough, and nothing in it larger than a glyph: no balloon in a panel."""
    holes = ((mask > 0) & ~paper).astype(np.uint8)
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(holes)
    largest = stats[1:, cv2.CC_STAT_AREA].max(initial=0)
    return bool(solidity(mask) >= params.solid and largest <= params.largest_glyph * np.count_nonzero(mask))
