"""The ground of a page: its paper, white, tinted or black, outside of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.blank import Blank, find_blank
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.params import DEFAULTS, GroundParams, Params


def find_ground(luma: Image, polygons: Sequence[Polygon], params: Params = DEFAULTS) -> Image:
    """The ground of a page as an H×W uint8 mask: 255 paper, 0 drawn.

    ``polygons`` are the panels, N×2 in pixels. A blank patch outside of them is ground when it
    reaches the page's border, or when it is a gutter closed on both ends; a white sleeve or a
    balloon that sticks out of its panel is neither, for its outline closes it and it goes on inside.
    White paper around a drawing without a frame is ground within its panel, too. A panel that is the whole
    page has no margin but a white one.
    """
    free = np.ones(luma.shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(free, [np.rint(polygon).astype(np.int32)], 0)
    outside = free.astype(bool)
    masks = find_blank(luma, params.blank, outside)
    if masks.white.mean() <= params.ground.blank_page:
        outside |= _paper_within(masks, polygons, outside, params.ground)
    paper = np.zeros(luma.shape, bool)
    for mask in (masks.white, masks.black):
        paper |= _open_patches(mask, outside, params.ground)
    return np.where(paper, 255, 0).astype(np.uint8)


def is_tone(luma: Image, ground: Image, panel: Polygon, params: Params = DEFAULTS) -> bool:
    """Whether the ground around a page's only panel is a tone of its picture, its sky or its wall.

    ``luma``: H×W. ``ground``: H×W, as of ``find_ground``. ``panel``: N×2, pixels. White is paper, and so is a
    tint around a frame. A tone is what lies above, below or beside a picture that bleeds off all other
    sides; and, without a frame, what is dark, outshone by much of the page, or missing along a side.
    """
    signs = params.ground
    paper = (ground > 0) & (luma >= params.blank.darkest_paper - params.blank.paper_spread)
    level = float(np.median(luma[paper])) if paper.any() else 255.0
    if level >= signs.white or 2 * np.count_nonzero(paper) < np.count_nonzero(ground):
        return False
    near = max(2, round(signs.near * min(luma.shape)))
    gaps = np.concatenate([panel.min(0), np.array(luma.shape[::-1]) - panel.max(0)])
    if (gaps > near).sum() <= 1:
        return True
    if _is_framed(luma <= level - signs.frame_contrast, panel, near, signs.framed_share):
        return False
    lighter = cv2.GaussianBlur(luma, (3, 3), 0) > level + signs.lighter
    margin = min((edge > 0).mean() for edge in _edges(ground))
    return bool(level < signs.dark or lighter.mean() > signs.lighter_share or margin < signs.margin_share)


def _is_framed(dark: Mask, panel: Polygon, near: int, share: float) -> bool:
    """Whether something dark lies along ``share`` of a panel's sides, those at the page's edge apart."""
    line = np.zeros(dark.shape, np.uint8)
    cv2.polylines(line, [np.rint(panel).astype(np.int32)], True, 1)
    line[:near] = line[-near:] = line[:, :near] = line[:, -near:] = 0
    beside = cv2.dilate(dark.astype(np.uint8), _square(near))
    return bool(line.any() and beside[line > 0].mean() >= share)


def _paper_within(masks: Blank, polygons: Sequence[Polygon], outside: Mask, params: GroundParams) -> Mask:
    """Paper within panels, H×W, as a page has that is not all blank."""
    margins = _margins(masks.white, params.blank_line)
    if masks.paper >= params.white:
        return _around_drawings(masks, polygons, outside, params) | margins
    return margins if outside.any() else np.zeros_like(outside)


def _margins(white: Mask, blank_line: float) -> Mask:
    """Blank bands along the page's edges, from side to side: margin, even if a panel was drawn over it."""
    bands = np.zeros(white.shape, bool)
    for page, target in ((white, bands), (white.T, bands.T)):
        lines = page.mean(axis=1) >= blank_line
        target[: int(np.argmin(lines))] = True
        target[len(lines) - int(np.argmin(lines[::-1])) :] = True
    return bands


def _around_drawings(masks: Blank, polygons: Sequence[Polygon], outside: Mask, params: GroundParams) -> Mask:
    """Paper that runs into panels, H×W, and there along most of their outline, just within.

    It comes from where ``_sources`` says, or is all along the outline by itself.
    """
    height, width = outside.shape
    near = max(2, round(params.near * min(height, width)))
    gap, rim = (
        _square(max(1, round(share * min(height, width)))) for share in (params.gap, params.gap + params.rim)
    )
    # Eroded, so that it leaks through no small gap in a sleeve's outline.
    core = cv2.erode(masks.pure.astype(np.uint8), gap, borderValue=1)
    patch, at_edge = _patches(core)
    paper = _sources(patch, len(at_edge), outside, params.side_share)
    within = np.zeros(outside.shape, np.uint8)
    most = params.bare_outline if len(polygons) > 1 else params.bare_vignette
    for polygon in polygons:
        corners = np.clip(np.rint(polygon), 0, (width - 1, height - 1)).astype(np.int32)
        x, y, wide, high = cv2.boundingRect(corners)
        there = slice(y, y + high), slice(x, x + wide)
        panel = np.zeros((high, wide), np.uint8)
        cv2.fillPoly(panel, [corners - (x, y)], 1)
        inner = cv2.erode(panel, _square(near), borderValue=0)
        ring = (inner > 0) & (cv2.erode(inner, _square(1), borderValue=0) == 0)
        along = np.bincount(patch[there][ring], minlength=len(at_edge)) / max(1.0, float(ring.sum()))
        background = paper | (at_edge & (along > most))
        if along[background].sum() > most:
            within[there] |= background[patch[there]] & panel
    return (cv2.dilate(within, rim) > 0) & masks.white


def _sources(patch: npt.NDArray[np.int32], count: int, outside: Mask, side_share: float) -> Mask:
    """Which of ``count`` patches (their numbers H×W) are paper: those that come from ``outside`` (H×W) of all
    panels, the page's upper corners, or much of its left or right side. What else reaches the page's edge may
    be a white shirt.
    """
    paper = np.zeros(count, bool)
    paper[patch[outside]] = True
    paper[patch[0, [0, -1]]] = True
    for side in (patch[:, 0], patch[:, -1]):
        paper |= np.bincount(side, minlength=count) > side_share * len(patch)
    paper[0] = False
    return paper


def _patches(core: cv2.typing.MatLike) -> tuple[npt.NDArray[np.int32], Mask]:
    """The patches of a mask by number, H×W (0 is none), and which of the numbers reach the page's edge."""
    count, labels = cv2.connectedComponents(core, connectivity=4)
    patch = np.asarray(labels, np.int32)
    keep = np.zeros(count, bool)
    for edge in _edges(patch):
        keep[edge] = True
    keep[0] = False
    return patch, keep


def _edges(page: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """The pixels along the upper, lower, left and right edge of H×W."""
    return page[0], page[-1], page[:, 0], page[:, -1]


def _square(reach: int) -> Image:
    """The kernel that reaches so many pixels to all sides."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _open_patches(mask: Mask, outside: Mask, params: GroundParams) -> Mask:
    """Blank outside of panels, H×W, that reaches the page's edge or is a gutter closed on both ends."""
    # One pixel of erosion keeps the flood from leaking through a nick in an outline.
    core = cv2.erode(mask.astype(np.uint8), _square(1), borderValue=1)
    _, whole = cv2.connectedComponents(core, connectivity=4)
    patch, keep = _patches(core * outside.astype(np.uint8))
    total = np.bincount(whole.ravel())
    beyond = np.bincount(whole[outside], minlength=len(total))
    gutter = beyond >= params.outside_share * total
    keep[patch[gutter[whole]]] = True
    keep[0] = False
    grown = cv2.dilate(keep[patch].astype(np.uint8), _square(1)).astype(bool)
    return grown & mask & outside
