"""The guest's colour of each segment of a window: robust against lines that lie elsewhere, and blur."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, Mask, SegmentMap
from mangacolor.core.colour import chroma, luma
from mangacolor.core.types import Image
from mangacolor.stages.guest.params import MeasuringParams, Params, odd
from mangacolor.stages.guest.splitting import split_segments
from mangacolor.stages.guest.surfaces import COVER, COVER_STEPS, LUMA, NEUTRAL, SPREAD_STEPS, GuestWindow
from mangacolor.stages.nearest import fill_nearest
from mangacolor.stages.segments.pixels import pixels_by_segment
from mangacolor.stages.windows.artifact import WindowColours

# A pixel at drawing scale is covered if most of what it stands for is.
COVERED = 128
# Pixels at working scale over which a change of the guest's chroma is an edge, and no gradient.
EDGE_REACH = 7


def find_paper(guest: Image, covered: Image, params: MeasuringParams) -> float:
    """The luma of a guest's paper, which is white as ours is, however it was scanned; 255 where none is seen.

    ``guest``, ``covered``: as of ``measure_window``.
    """
    counts = np.bincount(luma(guest)[covered > 0], minlength=256).cumsum()
    level = float(np.searchsorted(counts, counts[-1] * params.paper_percentile / 100))
    return level if level >= params.least_paper else 255.0


def measure_window(
    window: WindowColours, guest: Image, covered: Image, params: Params, paper: float = 255.0
) -> GuestWindow:
    """The guest's colours of a window's segments.

    ``guest``: H×W×3 RGB, laid over our page, as large as that. ``covered``: H×W, 255 where it shows our page.
    ``paper``: as of ``find_paper``.
    """
    x, y, w, h = window.box
    size, params = window.label_size, params.scaled(window.enlargement)
    there = cv2.resize(covered[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA) >= COVERED
    if not window.segments or not there.any():
        return GuestWindow.nothing(window.segments)
    small = cv2.resize(guest[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA)
    picture = np.asarray(small, dtype=np.uint8)
    planes = np.stack(chroma(picture), axis=2)
    light = luma(picture)
    valid = there & ~_find_lines(light, planes, window.labels, params.measuring)
    if not _is_coloured(planes[valid & (window.labels > 0)], params.measuring):
        return GuestWindow.nothing(window.segments)
    # Which surface a place belongs to where the guest says nothing is told by what is beside it.
    planes = fill_nearest(planes, valid, 5)
    smooth = _smooth(planes, params.splitting.median)
    labels, parents = split_segments(
        window.labels, smooth.astype(np.float32) - NEUTRAL, valid, params.splitting
    )
    rows = _measure(labels, planes, light, there, valid, params.measuring)
    told = rows[:, COVER] > 0
    rows[told, LUMA] = np.rint(rows[told, LUMA] * (255.0 / paper)).clip(1, 255)
    return GuestWindow(
        rows, labels if parents else None, parents, _find_edges(smooth, odd(EDGE_REACH * window.enlargement))
    )


def _find_lines(light: Image, planes: F32, labels: SegmentMap, params: MeasuringParams) -> Mask:
    """Where the guest's luma (H×W) is that of lines and not of a surface, H×W.

    Lines and dots are dark and have no colour (``planes``: H×W×2, chroma). Dark hair has one, and what is
    dark against the rest of it is a line.
    """
    count = int(labels.max())
    darkest = np.full(count + 1, params.min_luma, np.float32)
    levels, strength = light.ravel(), np.hypot(planes[..., 0], planes[..., 1]).ravel()
    for row, pixels in enumerate(pixels_by_segment(labels, count)):
        dark = pixels[levels[pixels] < params.min_luma]
        if len(dark) < max(1, params.dark_share * len(pixels)):
            continue
        if float(np.median(strength[dark])) >= params.dark_chroma:
            darkest[row + 1] = min(params.min_luma, params.line_share * float(np.median(levels[pixels])))
    return np.asarray(light < darkest[labels])


def _smooth(planes: F32, median: int) -> Image:
    """The guest's Cb and Cr + 128, H×W×2 uint8, without noise and thin lines."""
    levels = np.rint(planes + NEUTRAL).clip(0, 255).astype(np.uint8)
    return np.stack([cv2.medianBlur(levels[..., channel], median) for channel in range(2)], axis=2)


def _find_edges(smooth: Image, reach: int) -> Image:
    """``GuestWindow.edges`` of the guest's smooth Cb and Cr, H×W×2. ``reach``: pixels."""
    kernel = np.ones((reach, reach), np.uint8)
    changes = [
        cv2.morphologyEx(plane, cv2.MORPH_GRADIENT, kernel).astype(np.float32)
        for plane in np.moveaxis(smooth, 2, 0)
    ]
    return np.rint(np.hypot(*changes)).clip(0, 255).astype(np.uint8)


def _is_coloured(pixels: F32, params: MeasuringParams) -> bool:
    """Whether somebody has coloured the window at all: pixels with this chroma, P×2."""
    return len(pixels) > 0 and float(np.percentile(np.hypot(*pixels.T), 90)) >= params.least_chroma


def _measure(
    labels: SegmentMap, planes: F32, light: Image, there: Mask, valid: Mask, params: MeasuringParams
) -> Image:
    """A row for each segment as of ``GuestWindow``."""
    count = int(labels.max())
    rows = GuestWindow.nothing(count).rows
    depth = _depths(labels).ravel()
    points, levels, covered, lit = planes.reshape(-1, 2), light.ravel(), there.ravel(), valid.ravel()
    for row, pixels in enumerate(pixels_by_segment(labels, count)):
        inside = pixels[covered[pixels]]
        cover = len(inside) / max(len(pixels), 1)
        if cover < params.least_cover:
            continue
        asked = _choose(inside, lit, depth, params)
        middle = np.median(points[asked], axis=0)
        stray = np.median(np.hypot(*(points[asked] - middle).T))
        shade = np.percentile(levels[asked], params.luma_percentile)
        values = (*(middle + NEUTRAL), SPREAD_STEPS * stray, COVER_STEPS * cover, shade)
        rows[row] = np.rint(values).clip(0, 255)
    return rows


def _choose(pixels: I64, lit: Mask, depth: F32, params: MeasuringParams) -> I64:
    """Those pixels of a segment that say most of its colour: no lines, and away from its border."""
    light = pixels[lit[pixels]]
    chosen = light if 4 * len(light) >= len(pixels) else pixels
    inner = chosen[depth[chosen] > params.rim]
    return inner if len(inner) >= params.least_inside * len(chosen) else chosen


def _depths(labels: SegmentMap) -> F32:
    """How far each pixel is from the border of its segment, H×W."""
    kernel = np.ones((3, 3), np.uint8)
    inner = cv2.dilate(labels, kernel) == cv2.erode(labels, kernel)
    return np.asarray(cv2.distanceTransform(inner.astype(np.uint8), cv2.DIST_L2, 3), dtype=np.float32)
