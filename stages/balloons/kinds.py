"""What a balloon is, from its shape and its surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Box, Image
from mangacolor.stages.balloons.layout import Kind

DARK = 100  # a balloon with darker paper than this is a black one
RECTANGULAR = 0.95  # of its tightest rectangle that a caption fills
BOUNDED = 0.65  # of its rim that must stand out: free lettering on white paper has none on one side or more
RAGGED = 0.5  # solidity below which a region is outlined, like balloons in a chain, or no balloon
OUTLINED = 0.85  # of its rim that stands out from the paper, or it counts as open
CONTRAST = 40  # levels between paper and what bounds it
FAINT = 14  # the same, where a painted balloon has no outline
CERTAIN, ROUND = 0.8, 0.8  # confidence and solidity of a balloon that the network overlooked
SUSPECTED = 64  # mean chance, in levels of 255
NEAR = 5  # pixels between a balloon and the edge that cuts it


@dataclass(frozen=True, slots=True)
class Region:
    """A balloon at working scale: box, mask inside it (255 = balloon), confidence and paper tone."""

    box: Box
    mask: Image
    confidence: float
    tone: int


def solidity(mask: Image) -> float:
    """The share of its convex hull that a mask (H×W uint8, not empty) fills."""
    # Of all pixels only the outlines' can be corners of the hull; they are few.
    contours, _tree = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(contours))
    return float(np.count_nonzero(mask)) / max(cv2.contourArea(hull), 1.0)


def kind_of(region: Region, luma: Image, panels: Sequence[Box]) -> Kind:
    """The kind of ``region`` on ``luma`` (H×W uint8); ``panels`` are boxes at the same scale."""
    if region.tone < DARK:
        return "black"
    contours, _tree = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea)
    _centre, (width, height), _angle = cv2.minAreaRect(contour)
    if cv2.contourArea(contour) > RECTANGULAR * max(width * height, 1.0):
        return "caption"
    page = (0, 0, luma.shape[1], luma.shape[0])
    if any(_cut(region, frame) for frame in (page, *panels)):
        return "cut"
    return "closed" if _outlined(region, luma, contour) >= OUTLINED else "open"


def _cut(region: Region, frame: Box) -> bool:
    """Whether a good length of the region lies straight along a side of ``frame``, from within."""
    x, y, w, h = region.box
    left, top, right, bottom = frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3]
    if x < left - NEAR or y < top - NEAR or x + w > right + NEAR or y + h > bottom + NEAR:
        return False
    sides = (
        (x - left, region.mask[:, :2], h),
        (y - top, region.mask[:2], w),
        (right - x - w, region.mask[:, -2:], h),
        (bottom - y - h, region.mask[-2:], w),
    )
    return any(gap <= NEAR and np.count_nonzero(strip) > 0.6 * span for gap, strip, span in sides)


def without_holes(region: Image | npt.NDArray[np.bool_]) -> Image:
    """A region (H×W, above 0 or true) without its holes: uint8, 255 inside."""
    contours, _tree = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros(region.shape, np.uint8)
    cv2.drawContours(whole, contours, -1, 255, -1)
    return whole


def bounded(region: Region, luma: Image) -> bool:
    """Whether enough of a region's rim is to be seen on ``luma`` for it to be a balloon's.

    What the page's edge cuts off has no rim there.
    """
    contours, _tree = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea)
    points = contour[:, 0] + np.array(region.box[:2])
    inside = ((points > NEAR) & (points < np.array(luma.shape[::-1]) - 1 - NEAR)).all(axis=1)
    wanted = BOUNDED if solidity(region.mask) >= RAGGED else OUTLINED
    return not inside.any() or _outlined(region, luma, contour[inside], FAINT) >= wanted


def _outlined(region: Region, luma: Image, contour: npt.NDArray[Any], levels: int = CONTRAST) -> float:
    """The share of the rim next to which something stands out from the paper."""
    x, y, w, h = region.box
    pad = 4
    x0, y0 = max(x - pad, 0), max(y - pad, 0)
    window = luma[y0 : y + h + pad, x0 : x + w + pad].astype(np.int16)
    contrast = np.abs(window - region.tone).astype(np.float32)
    strongest = cv2.dilate(contrast, np.ones((2 * pad + 1, 2 * pad + 1), np.uint8))
    columns, rows = contour[:, 0, 0] + x - x0, contour[:, 0, 1] + y - y0
    return float(np.mean(strongest[rows, columns] > levels))


def overlooked(
    luma: Image, chance: Image, known: Sequence[Region], candidates: Sequence[Region]
) -> list[Region]:
    """The ``candidates`` on free ground that are beyond doubt: confident, compact, outlined all round.

    Black ones are too often signs and clothes; the network's ``chance`` must at least suspect them.
    """
    taken = np.zeros_like(luma)
    for region in known:
        x, y, w, h = region.box
        np.maximum(taken[y : y + h, x : x + w], region.mask, out=taken[y : y + h, x : x + w])
    found = []
    for region in candidates:
        x, y, w, h = region.box
        if np.any(taken[y : y + h, x : x + w][region.mask > 0]) or solidity(region.mask) < ROUND:
            continue
        kind = kind_of(region, luma, ())
        suspected = chance[y : y + h, x : x + w][region.mask > 0].mean() > SUSPECTED
        if region.confidence >= CERTAIN and (
            kind in ("closed", "caption") or (kind == "black" and suspected)
        ):
            found.append(region)
    return found
