"""The ground of a page: its paper, white, tinted or black, outside of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Image

Bools = npt.NDArray[np.bool_]

_TONES = 150  # luma from which a level may be the paper's
_PAPER_SPREAD = 22  # levels below the paper's own level that still are paper
_PURE_SPREAD = 7  # the same for paper beside pale colours
_INK_SPREAD = 14  # levels above the page's black that still are black
_COMMON = 0.15  # share of a bright level between panels that makes it the paper's
_LIGHTER = 30  # levels above the commonest bright one: what is so much lighter, and
_SOME = 0.02  # such a share of the page, shows that the commonest is a tone and no paper
_BLANK_LINE = 0.998  # share of a row or column that is blank in a margin
_BLANK_PAGE = 0.995  # a page as blank as this is one white panel, not all margin
_WHITE = 240  # mean luma from which a ground is no tone,
_DARK = 185  # and below which it is no paper
_SIDE = 0.5  # share of a side of the page along which it has a margin
_INSET = 0.01  # of the page's short side: so far within a panel its frame is passed
_GAP = 0.002  # half the widest gap in an outline that paper does not run through
_RIM = 0.002  # how far paper is followed towards lines that are not quite sharp
_UNFRAMED = 0.8  # share of a panel's outline that paper runs across where it has no frame,
_VIGNETTE = 0.5  # and of a lone picture's
_ENOUGH_OUTSIDE = 0.8  # share of a blank component outside panels that makes it a gutter


@dataclass(frozen=True, slots=True)
class Blank:
    """H×W masks of pixels as bright as the paper, and as dark as a black page.

    ``pure`` is ``white`` without pale colours and light tone, as far as a clean page tells them apart.
    ``paper``: its level.
    """

    white: Bools
    black: Bools
    pure: Bools
    paper: int


def blank(luma: Image, where: Bools | None = None) -> Blank:
    """Where a page (H×W luma) shows nothing but paper, or nothing but black.

    The levels of paper and black are the commonest of the page, unless much of it is far lighter: nothing
    is lighter than paper. With ``where``, a part of it that lies between panels, paper is the lightest level
    that is common there: a flat tone is darker than paper.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    whole = where is None or not where.any()
    told = smooth if whole else smooth[where]
    histogram = np.bincount(told.ravel(), minlength=256).astype(np.float64)
    histogram = np.convolve(histogram, np.ones(5), "same")
    bright = histogram[_TONES:]
    paper = _TONES + int(bright.argmax())
    # A bin holds what is within two levels of it, so each pixel is counted five times.
    least = _SOME * told.size if whole else _COMMON * bright.sum() / 5
    common = np.flatnonzero(bright >= max(1.0, least))
    if len(common) and (not whole or common[-1] > bright.argmax() + _LIGHTER):
        paper = _TONES + int(common[-1])
    darkest = int(histogram[:60].argmax())
    return Blank(
        white=smooth >= paper - _PAPER_SPREAD,
        black=smooth <= min(darkest, 30) + _INK_SPREAD,
        pure=smooth >= paper - _PURE_SPREAD,
        paper=paper,
    )


def ground(luma: Image, polygons: Sequence[npt.NDArray[np.float64]]) -> Image:
    """The ground of a page as an H×W uint8 mask: 255 paper that no panel holds, 0 drawn.

    ``polygons`` are the panels, N×2 in pixels. A blank patch outside of them is ground when it
    reaches the page's border, or when it is a gutter closed on both ends; a white sleeve or a
    balloon that sticks out of its panel is neither, for its outline closes it and it goes on inside.
    White paper around a drawing without a frame is ground within its panel, too.
    """
    free = np.ones(luma.shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(free, [np.rint(polygon).astype(np.int32)], 0)
    outside = free.astype(bool)
    masks = blank(luma, outside)
    outside |= _margins(masks.white)
    if masks.paper >= _WHITE:
        outside |= _around_figures(masks, polygons)
    found = np.zeros(luma.shape, bool)
    for mask in (masks.white, masks.black):
        found |= _open_patches(mask, outside)
    return np.where(found, 255, 0).astype(np.uint8)


def is_sky(luma: Image, ground: Image) -> bool:
    """Whether the ground (H×W uint8, as of ``ground``) around a lone panel is a part of its picture: a flat
    tone that is dark, or runs along some sides of the page (H×W luma) and not along others. Tinted paper
    frames a panel.
    """
    paper = ground > 0
    bright = luma[paper & (luma >= _TONES)]
    level = float(bright.mean()) if bright.size else 255.0
    if level < _DARK or level >= _WHITE:
        return level < _DARK
    return min(float(edge.mean()) for edge in (paper[0], paper[-1], paper[:, 0], paper[:, -1])) < _SIDE


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


def _around_figures(masks: Blank, polygons: Sequence[npt.NDArray[np.float64]]) -> Bools:
    """Paper that runs from the page's edge into panels, for want of a frame along most of their outline."""
    side = min(masks.pure.shape)
    gap, rim, inset = (_square(max(1, round(share * side))) for share in (_GAP, _GAP + _RIM, _INSET))
    # Eroded, so that it leaks through no small gap in a sleeve's outline.
    core = cv2.erode(masks.pure.astype(np.uint8), gap, borderValue=1)
    patch, keep = _patches(core)
    flood = keep[patch]
    found = np.zeros(flood.shape, np.uint8)
    most = _UNFRAMED if len(polygons) > 1 else _VIGNETTE
    for polygon in polygons:
        corners = np.rint(polygon).astype(np.int32)
        x, y, wide, high = cv2.boundingRect(corners)
        there = slice(y, y + high), slice(x, x + wide)
        panel = np.zeros(flood[there].shape, np.uint8)
        cv2.fillPoly(panel, [corners - (x, y)], 1)
        inner = cv2.erode(panel, inset, borderValue=0)
        outline = (inner > 0) & (cv2.erode(inner, _square(1), borderValue=0) == 0)
        if outline.any() and flood[there][outline].mean() > most:
            found[there] |= flood[there] & panel
    return (cv2.dilate(found, rim) > 0) & masks.white


def _patches(core: cv2.typing.MatLike) -> tuple[npt.NDArray[np.int32], Bools]:
    """The patches of a mask by number, H×W (0 is none), and which of the numbers reach the page's edge."""
    count, labels = cv2.connectedComponents(core, connectivity=4)
    patch = np.asarray(labels, np.int32)
    keep = np.zeros(count, bool)
    for edge in (patch[0], patch[-1], patch[:, 0], patch[:, -1]):
        keep[edge] = True
    keep[0] = False
    return patch, keep


def _square(reach: int) -> Image:
    """The kernel that reaches so many pixels to all sides."""
    return np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)


def _open_patches(mask: Bools, outside: Bools) -> Bools:
    # One pixel of erosion keeps the flood from leaking through a nick in an outline.
    core = cv2.erode(mask.astype(np.uint8), _square(1), borderValue=1)
    _, whole = cv2.connectedComponents(core, connectivity=4)
    patch, keep = _patches(core * outside.astype(np.uint8))
    total = np.bincount(whole.ravel())
    beyond = np.bincount(whole[outside], minlength=len(total))
    gutter = beyond >= _ENOUGH_OUTSIDE * total
    keep[patch[gutter[whole]]] = True
    keep[0] = False
    grown = cv2.dilate(keep[patch].astype(np.uint8), _square(1)).astype(bool)
    return grown & mask & outside
