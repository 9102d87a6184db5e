"""Blank pixels of a page: as bright as its paper, or as dark as its black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.params import BlankParams

_HISTOGRAM_WINDOW = 5  # levels that are counted together, so that noise splits no peak


@dataclass(frozen=True, slots=True)
class Blank:
    """H×W masks of pixels as bright as the paper, and as dark as a black page.

    ``pure`` is ``white`` without pale colours and light tone, as far as a clean page tells them apart.
    ``paper``: its level. ``outshone``: much of the page is lighter, as nothing is lighter than paper: it may
    be a sky's level.
    """

    white: Mask
    black: Mask
    pure: Mask
    paper: int
    outshone: bool = False


def find_blank(luma: Image, params: BlankParams, where: Mask | None = None) -> Blank:
    """Where a page (H×W luma) shows nothing but paper, or nothing but black.

    The levels of paper and black are the commonest of the page. With ``where``, a part of it that lies
    between panels, paper is the lightest level that is common there: a flat tone is darker than paper.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    part = smooth if where is None or not where.any() else smooth[where]
    histogram = np.bincount(part.ravel(), minlength=256).astype(np.float64)
    histogram = np.convolve(histogram, np.ones(_HISTOGRAM_WINDOW), "same")
    bright = histogram[params.darkest_paper :]
    paper = params.darkest_paper + int(bright.argmax())
    if where is not None:
        least = params.common_share * bright.sum() / _HISTOGRAM_WINDOW
        common = np.flatnonzero(bright >= max(1.0, least))
        paper = params.darkest_paper + int(common[-1]) if len(common) else paper
    darkest = int(histogram[: 2 * params.brightest_black].argmax())
    return Blank(
        white=smooth >= paper - params.paper_spread,
        black=smooth <= min(darkest, params.brightest_black) + params.ink_spread,
        pure=smooth >= paper - params.pure_spread,
        paper=paper,
        outshone=bool((smooth > paper + params.lighter).mean() > params.lighter_share),
    )
