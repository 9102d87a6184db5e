"""Blank pixels of a page: as bright as its paper, or as dark as its black."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.params import BlankParams

_EXACT = 2**24  # pixels up to which OpenCV's counts, in single precision, are exact
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
    smooth = np.asarray(cv2.GaussianBlur(luma, (3, 3), 0), np.uint8)
    counts = count_levels(smooth, None if where is None or not where.any() else where)
    histogram = counts.astype(np.float64)
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
        outshone=share_of(smooth > paper + params.lighter) > params.lighter_share,
    )


def share_of(mask: Mask) -> float:
    """The share of a page that lies in a mask (H×W): its mean, in a tenth of the time."""
    return int(np.count_nonzero(mask)) / mask.size


def count_levels(luma: Image, where: Mask | None = None) -> npt.NDArray[np.intp]:
    """How many pixels (of H×W, or of a mask of it) have each of the 256 levels."""
    # What lies outside of the mask is counted as black, and taken off again: picking it out costs more.
    counted = luma if where is None else luma * where
    if counted.size < _EXACT:
        counts = cv2.calcHist([counted], [0], None, [256], [0, 256]).ravel().astype(np.intp)
    else:
        counts = np.bincount(counted.ravel(), minlength=256)
    if where is not None:
        counts[0] -= where.size - np.count_nonzero(where)
    return counts
