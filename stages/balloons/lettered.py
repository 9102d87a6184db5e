"""From a block of lettering to the balloon around it: the clean paper it stands on, bounded by ink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Box, Image
from mangacolor.stages.balloons.kinds import Region, paint, solidity, without_holes
from mangacolor.stages.balloons.lettering import Lettering, find_lettering
from mangacolor.stages.balloons.params import DEFAULTS, GrowParams, Params


def find_lettered(
    luma: Image, ground: Image | None, params: Params = DEFAULTS, known: Image | None = None
) -> list[Region]:
    """Balloons of ``luma`` (H×W uint8, at working scale) found by their lettering, without a network.

    Lettering that reaches into ``known`` ones (255; as large) is passed over, for so would its balloon.
    """
    taken = np.zeros_like(luma)
    regions = []
    for page, black in ((luma, False), (as_uint8(cv2.bitwise_not(luma)), True)):
        blocks = find_lettering(page, params.lettering)
        lettering = paint(np.zeros_like(luma), blocks)
        for block in blocks:
            if known is not None and _share_in(known, block) > 1 - params.grow.least_held:
                continue
            grown = grow_region(page, block, lettering, ground, params)
            if grown is None:
                continue
            (x, y, w, h), mask, level = grown
            view = taken[y : y + h, x : x + w]
            if np.mean(view[mask > 0] > 0) > 0.5:
                continue
            np.maximum(view, mask, out=view)
            bx, by, bw, bh = cv2.boundingRect(mask)
            cropped = np.ascontiguousarray(mask[by : by + bh, bx : bx + bw])
            tone = 255 - level if black else level
            # Letterers fill a balloon; a few words in a wide field are a sign on a wall.
            share = np.count_nonzero(block.mask) / np.count_nonzero(cropped)
            confidence = block.confidence * float(np.clip(0.4 + 1.9 * share, 0.0, 1.0))
            regions.append(Region((x + bx, y + by, bw, bh), cropped, confidence, tone))
    return regions


def _share_in(mask: Image, block: Lettering) -> float:
    """The share of a block of lettering that lies in a mask of the page."""
    x, y, w, h = block.box
    inside = cv2.bitwise_and(mask[y : y + h, x : x + w], block.mask)
    return np.count_nonzero(inside) / np.count_nonzero(block.mask)


def as_uint8(image: npt.NDArray[Any]) -> Image:
    """``image`` as the uint8 array that it is; OpenCV's own types are wider than what it returns."""
    return np.asarray(image, dtype=np.uint8)


def grow_region(
    luma: Image, block: Lettering, lettering: Image, ground: Image | None, params: Params
) -> tuple[Box, Image, int] | None:
    """The paper region that holds ``block``: its window, its mask there, and its paper's level.

    ``luma`` is H×W uint8 with bright paper, ``lettering`` (255 = any block) tells glyphs from drawing,
    ``ground`` (255 = paper around what is drawn) is never entered. Where paper leaks through a gap in the
    outline, or into a drawing as bright, the gap is closed by ever wider openings. None when no bounded
    clean region is found: the lettering then stands free on the drawing or on the page.
    """
    around = _look_around(luma, block, lettering, ground, params)
    best: tuple[Image, float, float] | None = None  # mask, area, solidity
    for radius in params.grow.gap_radii:
        if radius > max(1.0, params.grow.largest_gap * block.glyph):
            break
        filled = _clean_region(around, radius, luma.shape, params.grow)
        if filled is None:
            continue
        area, compact = float(np.count_nonzero(filled)), solidity(filled)
        # Closing a gap that sheds much and rounds the shape: what was shed had leaked out.
        shed = best is not None and area < params.grow.shed * best[1]
        if best is None or (shed and compact > best[2] + params.grow.rounder):
            best = filled, area, compact
        if best[2] > params.grow.compact:
            break
    return None if best is None else (around.window, best[0], around.level)


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """How far a block's balloon may reach. All but ``window`` are h×w, as large as that.

    ``luma``; ``ground``: see ``grow_region``. ``text``: the block, 255; ``glyphs``: the same without its
    margin, 1. ``drawn``: ink that is no lettering. ``level``: of the paper that the block stands on.
    """

    window: Box
    luma: Image
    ground: Image | None
    text: Image
    glyphs: Image
    drawn: npt.NDArray[np.bool_]
    level: int


def _look_around(
    luma: Image, block: Lettering, lettering: Image, ground: Image | None, params: Params
) -> _Surroundings:
    x, y, w, h = window = _reach(block, luma.shape)
    view = luma[y : y + h, x : x + w]
    text = np.zeros_like(view)
    bx, by, bw, bh = block.box
    text[by - y : by - y + bh, bx - x : bx - x + bw] = block.mask
    # The block's margin is taken off again: it may cross a tight balloon's outline and open it.
    inset = max(1, int(0.8 * block.glyph) | 1)
    glyphs = (cv2.erode(text, np.ones((inset, inset), np.uint8)) > 0).astype(np.uint8)
    drawn = (view < params.lettering.ink) & (lettering[y : y + h, x : x + w] == 0)
    level = int(np.percentile(view[text > 0], 75))
    shut = None if ground is None else ground[y : y + h, x : x + w]
    return _Surroundings(window, view, shut, text, glyphs, drawn, level)


def _clean_region(
    around: _Surroundings, radius: int, shape: tuple[int, ...], params: GrowParams
) -> Image | None:
    """The paper around a block, gaps of up to ``radius`` closed, of the first slack that gives a bounded,
    clean region. ``shape``: the page's."""
    for slack in params.paper_slacks:
        paper = (around.luma > around.level - slack).astype(np.uint8)
        if around.ground is not None:
            paper[around.ground > 0] = 0
        region = _connected_to(paper | around.glyphs, around.glyphs, radius)
        if region is None:
            continue
        filled = without_holes(region)
        if _is_bounded(filled, around.window, shape) and _is_clean(filled, around, params):
            return filled
    return None


def _is_clean(filled: Image, around: _Surroundings, params: GrowParams) -> bool:
    """Whether the region holds its lettering and little else, in a shape a balloon can have."""
    inside = filled > 0
    area = float(np.count_nonzero(inside))
    if np.mean(inside[around.text > 0]) < params.least_held:
        return False
    if np.count_nonzero(around.text) < params.least_lettering * area:
        return False
    if np.count_nonzero(around.drawn & inside) > params.most_drawn * area:
        return False
    return solidity(filled) > params.solid


def _reach(block: Lettering, shape: tuple[int, ...]) -> Box:
    """How far a balloon may stretch beyond its lettering."""
    x, y, w, h = block.box
    margin = int(1.0 * min(w, h) + 0.35 * max(w, h) + 3 * block.glyph)
    x0, y0 = max(x - margin, 0), max(y - margin, 0)
    return x0, y0, min(x + w + margin, shape[1]) - x0, min(y + h + margin, shape[0]) - y0


def _connected_to(solid: Image, glyphs: Image, radius: int) -> Image | None:
    """The part of ``solid`` connected to ``glyphs`` through passages wider than ``radius``."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    if radius:
        solid = as_uint8(cv2.erode(solid, kernel))
    _count, labels = cv2.connectedComponents(solid, connectivity=4)
    inside = labels[(glyphs > 0) & (labels > 0)]
    if inside.size == 0:
        return None
    region = (labels == np.bincount(inside).argmax()).astype(np.uint8)
    return as_uint8(cv2.dilate(region, kernel)) if radius else region


def _is_bounded(filled: Image, window: Box, shape: tuple[int, ...]) -> bool:
    """Whether the region ends before its window does, page edges apart."""
    x, y, w, h = window
    sides = []
    if x > 0:
        sides.append(filled[:, 0])
    if y > 0:
        sides.append(filled[0, :])
    if x + w < shape[1]:
        sides.append(filled[:, -1])
    if y + h < shape[0]:
        sides.append(filled[-1, :])
    return not any(side.any() for side in sides)
