"""Whether a tint around panels is paper, or the tone of a scene that they lie in: its sky or its wall."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.blank import count_levels, share_of
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.params import GroundParams, Params


def is_scene(luma: Image, paper: Mask, polygons: Sequence[Polygon], params: Params) -> bool:
    """Whether what was taken for ``paper`` (H×W) outside of several panels is a tone of the drawing.

    ``luma``: H×W. ``polygons``: the panels, N×2 in pixels. White is paper, and so is a tint with margins on
    all sides of the page. Otherwise it is a tone if much of the page outshines it, as nothing outshines
    paper, and it is far wider than a gutter, or is seen all along a panel's outline, too: that panel is a
    figure standing before it. Beside panels without frames it need be neither so wide nor, if dark, outshone.
    """
    signs = params.ground
    level = find_level(luma, paper)
    if level >= signs.white or has_margins(paper, signs):
        return False
    near, width = reaching(signs.near, luma.shape), _find_width(paper)
    outshone = is_outshone(luma, level, signs)
    if outshone:
        tone = np.abs(cv2.GaussianBlur(luma, (3, 3), 0) - np.float32(level)) <= params.blank.paper_spread
        behind = any(share_along(tone, polygon, near) > signs.bare_outline for polygon in polygons)
        if behind or width > signs.widest_gap * max(luma.shape):
            return True
    if width <= signs.widest_gutter * max(luma.shape) or not (outshone or level < signs.dark):
        return False
    return not is_framed(luma <= level - signs.frame_contrast, polygons, near, signs.framed_share)


def bare_sides(polygons: Sequence[Polygon], shape: tuple[int, ...], near: int) -> int:
    """How many of the four sides of a page of ``shape`` no panel reaches, to ``near`` pixels."""
    corners = np.concatenate(polygons)
    gaps = np.concatenate([corners.min(0), np.array(shape[::-1]) - corners.max(0)])
    return int(np.count_nonzero(gaps > near))


def fill_panels(polygons: Sequence[Polygon], shape: tuple[int, ...]) -> Mask:
    """What panels hold of a page of ``shape``, H×W."""
    held = np.zeros(shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(held, [np.rint(polygon).astype(np.int32)], 1)
    return held.view(bool)


def _find_width(paper: Mask) -> float:
    """How wide paper (H×W) is at its widest, in pixels. The page's edge counts as its side."""
    inside = cv2.copyMakeBorder(paper.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return 2 * float(cv2.distanceTransform(inside, cv2.DIST_C, 3).max())


def find_level(luma: Image, paper: Mask) -> float:
    """The level of what was taken for paper (H×W), the median; 255 where nothing was."""
    levels = count_levels(luma, paper)
    count = int(levels.sum())
    if not count:
        return 255.0
    middle = np.searchsorted(np.cumsum(levels), [(count - 1) // 2, count // 2], side="right")
    return float(middle.mean())


def is_outshone(luma: Image, level: float, params: GroundParams) -> bool:
    """Whether much of a page is lighter than ``level``, as nothing is lighter than paper."""
    lighter = cv2.GaussianBlur(luma, (3, 3), 0) > level + params.lighter
    return share_of(lighter) > params.lighter_share


def has_margins(ground: npt.NDArray[Any], params: GroundParams) -> bool:
    """Whether ground (H×W, 0 elsewhere) lies along most of each of the page's edges."""
    return min(float((edge > 0).mean()) for edge in edges(ground)) >= params.margin_share


def is_framed(dark: Mask, polygons: Sequence[Polygon], near: int, share: float) -> bool:
    """Whether something dark lies along ``share`` of the panels' sides, those at the page's edge apart."""
    line = np.zeros(dark.shape, np.uint8)
    cv2.polylines(line, [np.rint(polygon).astype(np.int32) for polygon in polygons], True, 1)
    line[:near] = line[-near:] = line[:, :near] = line[:, -near:] = 0
    beside = cv2.dilate(dark.astype(np.uint8), square(near))
    return bool(line.any() and beside[line > 0].mean() >= share)


def share_along(mask: Mask, polygon: Polygon, near: int) -> float:
    """The share of a panel's outline, ``near`` pixels within it, that lies in a mask (H×W)."""
    there, panel = fill_panel(polygon, mask.shape)
    ring = find_ring(panel, near)
    return float(mask[there][ring].mean()) if ring.any() else 0.0


def fill_panel(polygon: Polygon, shape: tuple[int, ...]) -> tuple[tuple[slice, slice], Image]:
    """The rows and columns of a page of ``shape`` that a panel reaches, and of these, h×w uint8, 1 where it
    is."""
    height, width = shape
    corners = np.clip(np.rint(polygon), 0, (width - 1, height - 1)).astype(np.int32)
    x, y, wide, high = cv2.boundingRect(corners)
    panel = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(panel, [corners - (x, y)], 1)
    return (slice(y, y + high), slice(x, x + wide)), panel


def find_ring(panel: Image, near: int) -> Mask:
    """The outline ``near`` pixels within a panel, one pixel wide, h×w. ``panel``: as of ``fill_panel``."""
    inner = cv2.erode(panel, square(near), borderValue=0)
    ring: Mask = (inner > 0) & (cv2.erode(inner, square(1), borderValue=0) == 0)
    return ring


def edges(page: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
    """The pixels along the upper, lower, left and right edge of H×W."""
    return page[0], page[-1], page[:, 0], page[:, -1]


def square(reach: int) -> Image:
    """The kernel that reaches so many pixels to all sides."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def reaching(share: float, shape: tuple[int, ...]) -> int:
    """A share of the short side of a page of ``shape`` in pixels, two at least."""
    return max(2, round(share * min(shape)))
