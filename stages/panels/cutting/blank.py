"""Blank pixels of a page: as bright as its paper, or as dark as its black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Bools = npt.NDArray[np.bool_]

DARKEST_PAPER = 150  # luma from which a level may be the paper's
PAPER_SPREAD = 22  # levels below the paper's own level that still are paper
_PURE_SPREAD = 7  # the same for paper beside pale colours
_INK_SPREAD = 14  # levels above the page's black that still are black
_COMMON = 0.15  # share of a bright level between panels that makes it the paper's


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

    The levels of paper and black are the commonest of the page. With ``where``, a part of it that lies
    between panels, paper is the lightest level that is common there: a flat tone is darker than paper.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    told = smooth if where is None or not where.any() else smooth[where]
    histogram = np.bincount(told.ravel(), minlength=256).astype(np.float64)
    histogram = np.convolve(histogram, np.ones(5), "same")
    bright = histogram[DARKEST_PAPER:]
    paper = DARKEST_PAPER + int(bright.argmax())
    if where is not None:
        common = np.flatnonzero(bright >= max(1.0, _COMMON * bright.sum() / 5))  # each counted five times
        paper = DARKEST_PAPER + int(common[-1]) if len(common) else paper
    darkest = int(histogram[:60].argmax())
    return Blank(
        white=smooth >= paper - PAPER_SPREAD,
        black=smooth <= min(darkest, 30) + _INK_SPREAD,
        pure=smooth >= paper - _PURE_SPREAD,
        paper=paper,
    )
