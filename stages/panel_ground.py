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
_ENOUGH_OUTSIDE = 0.8  # share of a blank component outside panels that makes it a gutter


@dataclass(frozen=True, slots=True)
class Blank:
    """H×W masks of pixels as bright as the paper, and as dark as a black page.

    ``pure`` is ``white`` without pale colours and light tone, as far as a clean page tells them apart.
    """

    white: Bools
    black: Bools
    pure: Bools


def blank(luma: Image) -> Blank:
    """Where a page (H×W luma) shows nothing but paper, or nothing but black."""
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    histogram = np.bincount(smooth.ravel(), minlength=256).astype(np.float64)
    histogram = np.convolve(histogram, np.ones(5), "same")
    paper = 150 + int(histogram[150:].argmax())
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
    masks = blank(luma)
    outside = np.ones(luma.shape, np.uint8)
    for polygon in polygons:
        cv2.fillPoly(outside, [np.rint(polygon).astype(np.int32)], 0)
    found = np.zeros(luma.shape, bool)
    for mask in (masks.white, masks.black):
        found |= _open_patches(mask, outside.astype(bool))
    return np.where(found, 255, 0).astype(np.uint8)


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
