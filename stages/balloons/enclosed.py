"""Balloons by their shape: clean paper that an outline encloses, with strokes in it, where one is suspected.

It is what finds balloons of one or two glyphs, which are too little lettering to be told by it alone, cries
and flashes whose outline the network does not know, and lettering that the drawing around its balloon hides
from a search of the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.balloons.free_lettering import has_glyphs
from mangacolor.stages.balloons.kinds import Region, kind_of, median_level, outlined, solidity, without_holes
from mangacolor.stages.balloons.lettering import find_lettering
from mangacolor.stages.balloons.params import CryParams, EnclosedParams, Params
from mangacolor.stages.balloons.strokes import Strokes, measure_strokes

_SQUARE, _WIDE = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)


def find_enclosed(
    luma: Image,
    probability: Image,
    strokes: Image,
    ground: Image | None,
    known: Sequence[Region],
    params: Params,
) -> list[Region]:
    """The ``known`` regions, and enclosed shapes of ``luma`` that are balloons, too. All pictures H×W uint8.

    A known one that ends in bare paper may be in part; the shape that holds it takes its place if it is a
    balloon. ``probability`` and ``strokes`` are the network's of a balloon and of its lettering, 255 = 1;
    ``ground``: 255 = paper around what is drawn.
    """
    paper = (luma >= _darkest_paper(params)).astype(np.uint8)
    if ground is not None:
        paper[ground > 0] = 0
    parts: list[Region] = []
    for region in known:
        if outlined(region, luma, params.kind) < params.cry.outlined:
            parts.append(region)
        else:
            _view(paper, region)[region.mask > 0] = 0
    # A tail or a nick in the outline that is a pixel wide shall not join a balloon to what lies around it.
    core = cv2.morphologyEx(paper, cv2.MORPH_OPEN, _SQUARE)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(core, connectivity=4)
    holders = [_holder_of(part, labels) for part in parts]
    regions = list(known)
    areas = stats[1:count, cv2.CC_STAT_AREA]
    likely = (areas >= params.fit.smallest) & (areas <= params.cry.largest * luma.size)
    for index in 1 + np.flatnonzero(likely):
        x, y, w, h, _area = stats[index].tolist()
        window = np.s_[y : y + h, x : x + w]
        own = labels[window] == index
        mask = without_holes(own)
        confidence = float(probability[window][mask > 0].mean()) / 255
        region = Region((x, y, w, h), mask, confidence, median_level(luma[window][own]))
        held = [part for part, holder in zip(parts, holders, strict=True) if holder == index]
        if _is_balloon(region, own, bool(held), luma, strokes[window], params):
            regions = [*(known for known in regions if not any(known is part for part in held)), region]
    return regions


def _darkest_paper(params: Params) -> int:
    """The level down to which white paper of a balloon reaches."""
    return 255 - params.fit.paper_slack


def _view(page: Image, region: Region) -> Image:
    x, y, w, h = region.box
    return page[y : y + h, x : x + w]


def _holder_of(part: Region, labels: npt.NDArray[Any]) -> int:
    """The shape of ``labels`` (H×W) in which most of a region lies, 0 for none."""
    inside = _view(labels, part)[part.mask > 0]
    return int(np.argmax(np.bincount(inside)))


def _is_balloon(
    region: Region, paper: Mask, in_part: bool, luma: Image, strokes: Image, params: Params
) -> bool:
    """Whether a shape, of which ``paper`` is bare, is outlined and holds lettering.

    ``in_part``: whether it holds a part of a balloon that is known.
    """
    found = measure_strokes(_view(luma, region), region.mask, _darkest_paper(params), params.lettering)
    if in_part:
        return _is_cry(region, found, luma, params.partial, params)
    if _is_cry(region, found, luma, params.cry, params):
        return True
    return _is_compact(region, paper, luma, params.enclosed) and _is_lettered(
        region, found, luma, strokes, params
    )


def _is_cry(region: Region, found: Strokes, luma: Image, signs: CryParams, params: Params) -> bool:
    """Whether a shape has a whole outline, of whatever kind, and strokes alone in the middle of white paper.

    Faces have shades, noses beside the middle or hair that begins at the outline; eyes are one stroke around
    another.
    """
    return (
        region.confidence >= signs.suspected
        and region.tone >= params.fit.white
        and signs.strokes[0] <= found.count <= signs.strokes[1]
        and found.clear >= signs.clear
        and found.smudges <= signs.smudges
        and found.nested <= signs.nested
        and found.narrow <= signs.narrow
        and found.beside <= signs.central
        and _grey_share(region, found, luma, signs.white) <= signs.grey
        and solidity(region.mask) >= signs.solid
        and outlined(region, luma, params.kind) >= signs.outlined
        and kind_of(region, luma, (), params.kind) != "caption"
    )


def _grey_share(region: Region, found: Strokes, luma: Image, white: int) -> float:
    """The share of a shape that is darker than white paper, though neither ink nor beside it."""
    inner = (cv2.erode(region.mask, _SQUARE) > 0) & (cv2.dilate(found.ink.view(np.uint8), _WIDE) == 0)
    return np.count_nonzero(inner & (_view(luma, region) < white)) / np.count_nonzero(region.mask)


def _is_compact(region: Region, paper: Mask, luma: Image, params: EnclosedParams) -> bool:
    """Whether a shape is round enough, and nothing in it larger than a glyph: no balloon in a panel."""
    x, y, w, h = region.box
    area = np.count_nonzero(region.mask)
    inner = x > 0 and y > 0 and x + w < luma.shape[1] and y + h < luma.shape[0]
    if not inner or area > params.largest * luma.size or solidity(region.mask) < params.solid:
        return False
    holes = (region.mask > 0) & ~paper
    _count, _labels, stats, _centres = cv2.connectedComponentsWithStats(holes.view(np.uint8))
    return bool(stats[1:, cv2.CC_STAT_AREA].max(initial=0) <= params.largest_glyph * area)


def _is_lettered(region: Region, found: Strokes, luma: Image, strokes: Image, params: Params) -> bool:
    """Whether a compact shape holds lettering: to the network, or plainly."""
    signs = params.enclosed
    view, inside = _view(luma, region), region.mask > 0
    ink = inside & (view < _darkest_paper(params) - params.kind.contrast)
    if not signs.least_ink <= np.count_nonzero(ink) / np.count_nonzero(inside) <= signs.most_ink:
        return False
    kind = kind_of(region, luma, (), params.kind)
    eye = found.count > 1 and found.nested > signs.nested
    if region.confidence >= signs.suspected and float(strokes[ink].mean()) >= signs.stroke_level and not eye:
        return kind == "closed" or (kind == "caption" and region.confidence >= signs.sure)
    if kind != "closed":
        return False
    if _holds_few_glyphs(found, region, signs) and has_glyphs(found.ink, params.free):
        return True
    alone = np.where(cv2.erode(region.mask, _SQUARE) > 0, view, 255).astype(np.uint8)
    blocks = find_lettering(alone, params.lettering)
    return any(block.confidence >= params.kind.certain for block in blocks)


def _holds_few_glyphs(found: Strokes, region: Region, params: EnclosedParams) -> bool:
    """Whether a shape is clean but for a few strokes in line in its middle.

    Eyes hold one thing, or one within another; lines of teeth, hands and windows begin at the outline.
    """
    in_line = found.narrow <= params.narrow and found.beside <= params.central
    apart = params.few[0] <= found.count <= params.few[1] and found.nested <= params.nested
    clean = found.tones <= params.tones and found.smudges <= params.smudges and found.clear >= params.clear
    return in_line and apart and clean
