"""The rim of paper between the two outlines of a balloon that is outlined twice: it is the balloon's, too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import Region, without_holes
from mangacolor.stages.balloons.params import RimParams

Distances = npt.NDArray[Any]  # H×W, pixels from the region


def with_rim(region: Region, luma: Image, ground: Image | None, params: RimParams) -> Region:
    """``region`` grown over the paper between its outline and a second one that runs along it.

    ``luma``: H×W uint8; ``ground``: 255 = paper around what is drawn, H×W uint8, where no second outline is
    looked for. A region without such a rim comes back as it is. A rim is made of long even strips of paper,
    from one outline to the other, and lies along a good share of the region's contour: what is drawn behind
    a balloon goes on, ends unevenly, or lies along little of it.
    """
    x, y, w, h = region.box
    pad = params.widest + params.outline
    x0, y0 = max(x - pad, 0), max(y - pad, 0)
    window = np.s_[y0 : y + h + pad, x0 : x + w + pad]
    own = np.zeros(luma[window].shape, np.uint8)
    own[y - y0 : y - y0 + h, x - x0 : x - x0 + w] = region.mask
    away = cv2.distanceTransform(cv2.bitwise_not(own), cv2.DIST_L2, 3)
    contrast = np.abs(luma[window].astype(np.int16) - region.tone).astype(np.uint8)
    bare = np.zeros(own.shape, np.uint8) if ground is None else (ground[window] > 0).astype(np.uint8)
    paper = (contrast <= params.slack) & (own == 0) & (bare == 0) & (away <= params.widest + 1)
    contour = _contour_of(own) & (cv2.dilate(bare, _square(params.frame)) == 0)
    strips = _find_strips(paper, away, contrast, contour, params)
    if not strips.any():
        return region
    joined = cv2.morphologyEx(own | strips, cv2.MORPH_CLOSE, _square(params.outline))
    grown = without_holes(np.asarray(joined, np.uint8))
    bx, by, bw, bh = cv2.boundingRect(grown)
    cropped = np.ascontiguousarray(grown[by : by + bh, bx : bx + bw])
    return replace(region, box=(x0 + bx, y0 + by, bw, bh), mask=cropped)


def _find_strips(paper: Mask, away: Distances, contrast: Image, contour: Mask, params: RimParams) -> Image:
    """Strips of ``paper`` that together are a rim, H×W uint8, 255; empty where they are none.

    ``away``: distance to the region; ``contrast``: to its paper; ``contour``: where it may have a rim.
    """
    found = np.zeros(paper.shape, np.uint8)
    whole = np.count_nonzero(contour)
    least = max(params.strip * whole, 1.0)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(paper.view(np.uint8), connectivity=4)
    ends = np.bincount(labels[paper & (away > params.widest)], minlength=count) == 0
    begins = np.bincount(labels[paper & (away <= params.outline)], minlength=count) > 0
    large = stats[:, cv2.CC_STAT_AREA] >= params.thinnest * least
    total = 0
    for index in np.flatnonzero(ends & begins & large):
        strip = labels == index
        length = int(np.count_nonzero(_spread(strip, 2 * params.outline + 1) & contour))
        if index and length >= least and _is_even(strip, length, away, contrast, params):
            found[strip] = 255
            total += length
    return found if total >= params.least_share * whole else np.zeros_like(found)


def _is_even(strip: Mask, length: int, away: Distances, contrast: Image, params: RimParams) -> bool:
    """Whether a strip is about as wide all along the ``length`` of it, and ends at ink."""
    distance = away[strip]
    width = distance.size / length
    if width < params.thinnest or distance.max() - distance.min() > params.uneven * width:
        return False
    outer = _spread(strip, 3) & ~strip & (away > distance.min() + params.thinnest)
    inked = cv2.dilate(contrast, _square(5))[outer] > params.ink
    return bool(inked.size and inked.mean() >= params.inked)


def _spread(mask: Mask, size: int) -> Mask:
    return np.asarray(cv2.dilate(mask.view(np.uint8), _square(size)) > 0)


def _contour_of(mask: Image) -> Mask:
    eroded = cv2.erode(mask, _square(3), borderType=cv2.BORDER_CONSTANT, borderValue=255)
    return np.asarray((mask > 0) & (eroded == 0))


def _square(size: int) -> Image:
    return np.ones((size, size), np.uint8)
