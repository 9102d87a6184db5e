"""The ground of a page: its paper, white, tinted or black, outside of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Image

Bools = npt.NDArray[np.bool_]

_PAPER_SPREAD = 22  # levels below the paper's own level that still are paper
_PURE_SPREAD = 7  # the same for paper beside pale colours
_INK_SPREAD = 14  # levels above the page's black that still are black
_COMMON = 0.15  # share of a bright level between panels that makes it the paper's
_BLANK_LINE = 0.998  # share of a row or column that is blank in a margin
_BLANK_PAGE = 0.995  # a page as blank as this is one white panel, not all margin
_ENOUGH_OUTSIDE = 0.8  # share of a blank component outside panels that makes it a gutter


@dataclass(frozen=True, slots=True)
class Blank:
    """H×W masks of pixels as bright as the paper, and as dark as a black page.

    ``pure`` is ``white`` without pale colours and light tone, as far as a clean page tells them apart.
    """

    white: Bools
    black: Bools
    pure: Bools


def blank(luma: Image, where: Bools | None = None) -> Blank:
    """Where a page (H×W luma) shows nothing but paper, or nothing but black.

    The levels of paper and black are the commonest of the page. With ``where``, a part of it that lies
    between panels, paper is the lightest level that is common there: a flat tone is darker than paper.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    told = smooth if where is None or not where.any() else smooth[where]
    histogram = np.bincount(told.ravel(), minlength=256).astype(np.float64)
    histogram = np.convolve(histogram, np.ones(5), "same")
    bright = histogram[150:]
    paper = 150 + int(bright.argmax())
    if where is not None:
        common = np.flatnonzero(bright >= max(1.0, _COMMON * bright.sum() / 5))  # each counted five times
        paper = 150 + int(common[-1]) if len(common) else paper
    darkest = int(histogram[:60].argmax())
    return Blank(
        white=smooth >= paper - _PAPER_SPREAD,
        black=smooth <= min(darkest, 30) + _INK_SPREAD,
        pure=smooth >= paper - _PURE_SPREAD,
    )


def ground(luma: Image, polygons: Sequence[npt.NDArray[np.float64]]) -> Image:
    """The ground of a page as an H×W uint8 mask: 255 paper that no panel holds, 0 drawn.

    ``polygons`` are the panels, N×2 in pixels. A blank patch outside of them is ground when it
    reaches the page's border, or when it is a gutter closed on both ends; a white sleeve or a
    balloon that sticks out of its panel is neither, for its outline closes it and it goes on inside.
    """
    free = np.ones(luma.shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(free, [np.rint(polygon).astype(np.int32)], 0)
    outside = free.astype(bool)
    masks = blank(luma, outside)
    outside |= _margins(masks.white)
    found = np.zeros(luma.shape, bool)
    for mask in (masks.white, masks.black):
        found |= _open_patches(mask, outside)
    return np.where(found, 255, 0).astype(np.uint8)


def _margins(white: Bools) -> Bools:
    """Blank bands along the page's edges, from side to side: margin, even if a panel was drawn over it."""
    bands = np.zeros(white.shape, bool)
    if white.mean() > _BLANK_PAGE:
        return bands
    for page, target in ((white, bands), (white.T, bands.T)):
        lines = page.mean(axis=1) >= _BLANK_LINE
        target[: int(np.argmin(lines))] = True
        target[len(lines) - int(np.argmin(lines[::-1])) :] = True
    return bands


def _open_patches(mask: Bools, outside: Bools) -> Bools:
    # One pixel of erosion keeps the flood from leaking through a nick in an outline.
    core = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1)
    _, whole = cv2.connectedComponents(core, connectivity=4)
    count, patch = cv2.connectedComponents(core * outside.astype(np.uint8), connectivity=4)
    keep = np.zeros(count, bool)
    for edge in (patch[0], patch[-1], patch[:, 0], patch[:, -1]):
        keep[edge] = True
    total = np.bincount(whole.ravel())
    beyond = np.bincount(whole[outside], minlength=len(total))
    gutter = beyond >= _ENOUGH_OUTSIDE * total
    keep[patch[gutter[whole]]] = True
    keep[0] = False
    grown = cv2.dilate(keep[patch].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    return grown & mask & outside
