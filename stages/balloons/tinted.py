"""Balloons whose paper is a flat mid-grey with white lettering: they stay as the scan has them.

A scan in black and white does not tell what colour such a balloon was; guessed, each gets another one. They
are told by white strokes on an even tone, dense enough to be lettering, and the tone's own patch around them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.stages.balloons.kinds import Region, is_bounded, on_free_ground, paint, solidity
from mangacolor.stages.balloons.lettered import as_uint8, grow_region
from mangacolor.stages.balloons.lettering import Lettering, find_lettering
from mangacolor.stages.balloons.params import Params, TintedParams


@dataclass(frozen=True, slots=True)
class _Page:
    """A page in parts, H×W uint8 each.

    ``ground``: the page without its thin light strokes; ``white``: how far those stand out where the ground
    is an even mid-grey, 0 elsewhere; ``even``: where it is, 255.
    """

    ground: Image
    white: Image
    even: Image


def find_tinted(luma: Image, known: Image, params: Params) -> list[Region]:
    """The tinted balloons of ``luma`` that share no pixel with ``known`` ones (255; both H×W uint8)."""
    signs, regions = params.tinted, list[Region]()
    page = _part_strokes(luma, signs)
    for x, y, w, h in _find_dense_parts(page, signs):
        strokes = page.white[y : y + h, x : x + w]
        dark_on_white = cv2.bitwise_not(cv2.convertScaleAbs(strokes, alpha=255 / signs.full))
        found = find_lettering(as_uint8(dark_on_white), params.lettering)
        blocks = [replace(block, box=(block.box[0] + x, block.box[1] + y, *block.box[2:])) for block in found]
        lettering = paint(np.zeros_like(luma), blocks) if blocks else known
        for block in sorted(blocks, key=lambda block: -np.count_nonzero(block.mask)):
            region = _make_region(luma, page, block, lettering, params)
            if region is not None and on_free_ground([region], known):
                known = paint(known.copy(), [region])
                regions.append(region)
    return regions


def _part_strokes(luma: Image, params: TintedParams) -> _Page:
    square = np.ones((params.thick,) * 2, np.uint8)
    ground = cv2.morphologyEx(luma, cv2.MORPH_OPEN, square)
    uneven = cv2.subtract(cv2.dilate(ground, square), cv2.erode(ground, square))
    even = cv2.bitwise_and(cv2.inRange(ground, *params.tones), cv2.inRange(uneven, 0, params.uneven))
    white = cv2.bitwise_and(cv2.subtract(luma, ground), even)
    return _Page(as_uint8(ground), as_uint8(white), as_uint8(even))


def _find_dense_parts(page: _Page, params: TintedParams) -> Iterator[Box]:
    """Where white strokes on even ground are as dense as in lettering: windows, with a margin."""
    cell, height, width = params.cell, *page.white.shape
    size = (max(width // cell, 1), max(height // cell, 1))
    shares = [
        cv2.blur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (params.cells,) * 2)
        for plane in (cv2.inRange(page.white, params.contrast, 255), page.even)
    ]
    dense = (shares[0] >= params.density * 255) & (shares[1] >= params.even * 255)
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(dense.view(np.uint8))
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area >= params.least_cells:
            left, top = max(x * cell - params.pad, 0), max(y * cell - params.pad, 0)
            right, bottom = (x + w) * cell + params.pad, (y + h) * cell + params.pad
            yield left, top, min(right, width) - left, min(bottom, height) - top


def _make_region(
    luma: Image, page: _Page, block: Lettering, lettering: Image, params: Params
) -> Region | None:
    """The patch of even tone that a block of white lettering stands on, if it is a balloon's."""
    signs = params.tinted
    x, y, w, h = block.box
    bare = (block.mask > 0) & (page.white[y : y + h, x : x + w] < signs.contrast // 2)
    flat = luma[y : y + h, x : x + w][bare].astype(np.int16)
    if block.confidence < signs.confidence or not flat.size:
        return None
    if np.median(np.abs(flat - np.median(flat))) > signs.noise:
        return None
    # The ground has neither letters nor thin lines that show through; its tone is taken for white paper's.
    tone = int(np.median(page.ground[y : y + h, x : x + w][block.mask > 0]))
    paper = cv2.bitwise_not(cv2.absdiff(page.ground, np.full_like(luma, tone)))
    grown = grow_region(as_uint8(paper), block, lettering, None, params)
    if grown is None:
        return None
    (left, top, _w, _h), mask, _level = grown
    box, cropped = _without_tails(mask, max(1, int(signs.tail * block.glyph)))
    region = Region((left + box[0], top + box[1], *box[2:]), cropped, block.confidence, tone)
    words = lettering[region.box[1] :, region.box[0] :][: box[3], : box[2]]
    filled = np.count_nonzero(words & cropped) >= signs.lettered * np.count_nonzero(cropped)
    shaped = cropped.any() and solidity(cropped) >= signs.solid
    return region if filled and shaped and is_bounded(region, luma, params.kind) else None


def _without_tails(mask: Image, width: int) -> tuple[Box, Image]:
    """The box of the largest part of a mask (H×W, 255) that is wider than this, and the mask in it."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(
        cv2.morphologyEx(mask, cv2.MORPH_OPEN, disc)
    )
    if count == 1:
        return (0, 0, 1, 1), np.zeros((1, 1), np.uint8)
    largest = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h = (int(value) for value in stats[largest, :4])
    return (x, y, w, h), as_uint8((labels[y : y + h, x : x + w] == largest).view(np.uint8) * np.uint8(255))
