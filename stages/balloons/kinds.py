"""What a balloon is, from its shape and its surroundings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Box, Image
from mangacolor.stages.balloons.layout import Kind
from mangacolor.stages.balloons.params import DEFAULTS, KindParams

_RIM = 4  # pixels from a balloon's rim within which its outline is looked for


class Shape(Protocol):
    """What has a mask (255) inside a box of the page: a balloon, or a block of lettering."""

    @property
    def box(self) -> Box: ...

    @property
    def mask(self) -> Image: ...


@dataclass(frozen=True, slots=True, eq=False)  # pictures do not compare as one value
class Region:
    """A balloon at working scale: box, mask inside it (255 = balloon), confidence and paper tone."""

    box: Box
    mask: Image
    confidence: float
    tone: int


def median_level(levels: Image) -> int:
    """The median of N levels (uint8), rounded down: in less time than ``np.median`` takes to check them."""
    middle = [(len(levels) - 1) // 2, len(levels) // 2]
    low, high = np.partition(levels, middle)[middle].tolist()
    return int(low + high) // 2


def solidity(mask: Image) -> float:
    """The share of its convex hull that a mask (H×W uint8, not empty) fills."""
    # Of all pixels only the outlines' can be corners of the hull; they are few.
    contours, _tree = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.convexHull(np.concatenate(contours))
    return float(np.count_nonzero(mask)) / max(cv2.contourArea(hull), 1.0)


def kind_of(region: Region, luma: Image, panels: Sequence[Box], params: KindParams = DEFAULTS.kind) -> Kind:
    """The kind of ``region`` on ``luma`` (H×W uint8); ``panels`` are boxes at the same scale."""
    if region.tone < params.dark:
        return "black"
    contours, _tree = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = max(contours, key=cv2.contourArea)
    _centre, (width, height), _angle = cv2.minAreaRect(contour)
    if cv2.contourArea(contour) > params.rectangular * max(width * height, 1.0):
        return "caption"
    page = (0, 0, luma.shape[1], luma.shape[0])
    if any(_is_cut_by(region, frame, params) for frame in (page, *panels)):
        return "cut"
    outlined = _outlined_share(region, luma, contour, params.contrast)
    return "closed" if outlined >= params.outlined else "open"


def _is_cut_by(region: Region, frame: Box, params: KindParams) -> bool:
    """Whether a good length of the region lies straight along a side of ``frame``, from within."""
    x, y, w, h = region.box
    left, top, right, bottom = frame[0], frame[1], frame[0] + frame[2], frame[1] + frame[3]
    near = params.near
    if x < left - near or y < top - near or x + w > right + near or y + h > bottom + near:
        return False
    sides = (
        (x - left, region.mask[:, :2], h),
        (y - top, region.mask[:2], w),
        (right - x - w, region.mask[:, -2:], h),
        (bottom - y - h, region.mask[-2:], w),
    )
    return any(gap <= near and np.count_nonzero(strip) > params.straight * span for gap, strip, span in sides)


def without_holes(region: Image | npt.NDArray[np.bool_]) -> Image:
    """A region (H×W, above 0 or true) without its holes: uint8, 255 inside."""
    contours, _tree = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    whole = np.zeros(region.shape, np.uint8)
    cv2.drawContours(whole, contours, -1, 255, -1)
    return whole


def is_bounded(region: Region, luma: Image, params: KindParams = DEFAULTS.kind) -> bool:
    """Whether enough of a region's rim is to be seen on ``luma`` for it to be a balloon's.

    What the page's edge cuts off has no rim there.
    """
    contours, _tree = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = _within_page(max(contours, key=cv2.contourArea), region, luma, params)
    wanted = params.bounded if solidity(region.mask) >= params.ragged else params.outlined
    return not len(contour) or _outlined_share(region, luma, contour, params.faint_contrast) >= wanted


def outlined(region: Region, luma: Image, params: KindParams = DEFAULTS.kind) -> float:
    """The share of a region's rim beside which something stands out from its paper, the page's edge apart."""
    contours, _tree = cv2.findContours(region.mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    contour = _within_page(max(contours, key=cv2.contourArea), region, luma, params)
    return _outlined_share(region, luma, contour, params.contrast) if len(contour) else 0.0


def _within_page(
    contour: npt.NDArray[Any], region: Region, luma: Image, params: KindParams
) -> npt.NDArray[Any]:
    """The points of a region's contour that lie away from the page's edge, where nothing bounds it."""
    points = contour[:, 0] + np.array(region.box[:2])
    inside = (points > params.near) & (points < np.array(luma.shape[::-1]) - 1 - params.near)
    return np.asarray(contour[inside.all(axis=1)])


def _outlined_share(region: Region, luma: Image, contour: npt.NDArray[Any], levels: int) -> float:
    """The share of the rim next to which something stands out from the paper by so many levels."""
    x, y, w, h = region.box
    pad = _RIM
    x0, y0 = max(x - pad, 0), max(y - pad, 0)
    window = luma[y0 : y + h + pad, x0 : x + w + pad].astype(np.int16)
    contrast = np.abs(window - region.tone).astype(np.float32)
    strongest = cv2.dilate(contrast, np.ones((2 * pad + 1, 2 * pad + 1), np.uint8))
    columns, rows = contour[:, 0, 0] + x - x0, contour[:, 0, 1] + y - y0
    return float(np.mean(strongest[rows, columns] > levels))


def pick_overlooked(
    luma: Image,
    probability: Image,
    known: Image,
    candidates: Sequence[Region],
    params: KindParams,
) -> list[Region]:
    """The ``candidates`` on free ground that are beyond doubt: confident, compact, outlined all round.
    ``known``: as of ``on_free_ground``.

    Black ones are too often signs and clothes: the network's ``probability`` must at least suggest them.
    """
    regions = []
    for region in on_free_ground(candidates, known):
        x, y, w, h = region.box
        if solidity(region.mask) < params.round:
            continue
        kind = kind_of(region, luma, (), params)
        suspected = probability[y : y + h, x : x + w][region.mask > 0].mean() > params.suspected
        likely = kind in ("closed", "caption") or (kind == "black" and suspected)
        if likely and region.confidence >= params.certain:
            regions.append(region)
    return regions


def on_free_ground(candidates: Sequence[Region], known: Image) -> list[Region]:
    """The ``candidates`` of a page that have no pixel in common with what is known (H×W uint8, above 0)."""
    boxes = [(region, region.box) for region in candidates]
    return [
        region for region, (x, y, w, h) in boxes if not np.any(known[y : y + h, x : x + w][region.mask > 0])
    ]


def paint(mask: Image, shapes: Iterable[Shape]) -> Image:
    """The mask (H×W uint8), with the shapes drawn into it, at whose scale it is."""
    for shape in shapes:
        x, y, w, h = shape.box
        view = mask[y : y + h, x : x + w]
        np.maximum(view, shape.mask, out=view)
    return mask


def choose_rivals(doubtful: Sequence[Region], lettered: Sequence[Region], params: KindParams) -> list[Region]:
    """Regions that the network suspects and those found by their lettering, one of each two that overlap.

    It is the first, which is fitted to the ink, unless the other is a good deal smaller: paper leaks.
    """
    kept, left = [], list(lettered)
    for region in doubtful:
        rivals = [other for other in left if _overlap(region, other)]
        area = np.count_nonzero(region.mask)
        if all(np.count_nonzero(other.mask) >= params.rival * area for other in rivals):
            kept.append(region)
            left = [other for other in left if not _overlap(region, other)]
    return kept + left


def _overlap(one: Region, other: Region) -> bool:
    """Whether two regions have a pixel in common."""
    low = np.maximum(one.box[:2], other.box[:2])
    high = np.minimum(np.add(one.box[:2], one.box[2:]), np.add(other.box[:2], other.box[2:]))
    if (high <= low).any():
        return False
    views = []
    for region in (one, other):
        (left, top), (right, bottom) = low - region.box[:2], high - region.box[:2]
        views.append(region.mask[top:bottom, left:right] > 0)
    return bool(np.any(views[0] & views[1]))
