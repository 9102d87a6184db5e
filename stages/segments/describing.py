"""What is measured of each segment of a window: the columns of its row that come from its pixels.

All segments are measured at once, as pieces of one array in which their pixels lie one after the other:
calls over all pixels let other threads run, hundreds of small ones would not. Squares, whose sum could differ
in its last bit if it were added up otherwise, and medians are taken from each piece by itself.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64, SegmentMap
from mangacolor.core.colour import chroma, luma, painted_luma
from mangacolor.core.types import Image
from mangacolor.stages.segments.features import (
    AREA_STEPS,
    BOTTOM,
    COLUMNS,
    LEFT,
    NEUTRAL,
    RIGHT,
    SIDE_MARGIN,
    SPREAD_STEPS,
    TOP,
)
from mangacolor.stages.segments.pixels import sort_by_segment

# Pixels of a segment that are measured at most, evenly spread: medians of more say the same.
MAX_MEASURED = 4096
# Luma, in levels, below which a pixel is a line and says nothing of its segment.
MIN_LUMA = 64
# One pixel in this many must be lighter than a line for the lighter ones alone to be measured.
LINE_SHARE = 4
# Luma, in levels, below which ink is solid: a scan's blacks are lighter than black, and hatching at drawing
# scale is lighter than that.
SOLID = 40


def describe_segments(labels: SegmentMap, grey: Image, coloured: Image, features: Image) -> Image:
    """A row for each segment of a window, label 1 first: uint8, ``COLUMNS`` and then ``features`` (N×F).

    ``labels``, ``grey`` (luma without halftone): H×W, at drawing scale. ``coloured``: h×w×3, the network's
    picture at working scale.
    ``cb`` and ``cr``: its median chroma + 128; ``spread``: median distance from that, in quarter levels;
    ``tone``: mean luma of ``grey``; ``texture``: its deviation; ``luma``: its luma as the network paints it;
    ``area``: log2 of its pixels at working scale in twelfths;
    ``x``, ``y``: its middle in 255ths of the window; ``sides``: bits for the sides it reaches.
    """
    count = int(labels.max())
    if not count:
        return np.zeros((0, len(COLUMNS) + features.shape[1]), np.uint8)
    height, width = labels.shape
    large = np.asarray(cv2.resize(coloured, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    pixels, ends = sort_by_segment(labels, count)
    measured, sizes = _pick_measured(pixels, ends, grey.ravel())
    owner = np.repeat(np.arange(count), sizes)
    cb, cr = (plane.ravel()[measured] for plane in chroma(large))
    unit = labels.size / (coloured.shape[0] * coloured.shape[1])
    columns = (
        *_colour_columns(cb, cr, owner, sizes),
        *_tone_columns(grey.ravel()[measured], luma(large).ravel()[measured], owner, sizes),
        *_place_columns(pixels, ends, labels.shape, unit),
    )
    rows = np.clip(np.rint(np.stack(columns, axis=1, dtype=np.float64)), 0, 255).astype(np.uint8)
    return np.concatenate([rows, features], axis=1)


def measure_ink(labels: SegmentMap, grey: Image) -> Image:
    """The share of each segment's pixels that is solid ink, label 1 first: N uint8, 255ths.

    ``labels``, ``grey`` (luma without halftone): H×W, at drawing scale.
    """
    count = int(labels.max(initial=0))
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    solid = np.bincount(labels[grey < SOLID], minlength=count + 1)[1:]
    return np.asarray(np.rint(255 * solid / np.maximum(pixels, 1)), np.uint8)


def _pick_measured(pixels: I64, ends: I64, scan: Image) -> tuple[I64, I64]:
    """The pixels that are measured of each segment, one segment after the other, and how many: M and N.

    ``pixels``, ``ends``: as of ``sort_by_segment``. ``scan``: luma of each pixel of the window.
    """
    lit = scan[pixels] >= MIN_LUMA
    chosen: list[I64] = []
    first = 0
    for last in ends.tolist():
        own, light = pixels[first:last], lit[first:last]
        if np.count_nonzero(light) * LINE_SHARE >= last - first:
            own = own[light]
        chosen.append(own[:: -(-len(own) // MAX_MEASURED)])
        first = last
    return np.concatenate(chosen), np.array([len(own) for own in chosen])


def _colour_columns(cb: F32, cr: F32, owner: I64, sizes: I64) -> tuple[F32, F32, F32]:
    """``cb``, ``cr`` and ``spread`` of N segments. ``cb``, ``cr``: of their M pixels, ``sizes`` (N) of each.
    ``owner``: M, whose each is."""
    middle = _medians(cb, sizes), _medians(cr, sizes)
    away = _medians(np.hypot(cb - middle[0][owner], cr - middle[1][owner]), sizes)
    return middle[0] + np.float32(NEUTRAL), middle[1] + np.float32(NEUTRAL), np.float32(SPREAD_STEPS) * away


def _medians(values: F32, sizes: I64) -> F32:
    """The median of each of N pieces of these values, ``sizes`` (N) long."""
    ends = np.cumsum(sizes)
    sorted_about = values.copy()
    first = 0
    for last in ends.tolist():
        half = (last - first) // 2
        sorted_about[first:last].partition((max(half - 1, 0), half))
        first = last
    starts = ends - sizes
    low, high = sorted_about[starts + (sizes - 1) // 2], sorted_about[starts + sizes // 2]
    return np.asarray((low + high) / np.float32(2), np.float32)


def _tone_columns(scan: Image, network: Image, owner: I64, sizes: I64) -> tuple[F32, F32, F64]:
    """``tone``, ``texture`` and ``luma`` of N segments. ``scan``, ``network``: luma of their pixels;
    ``owner``, ``sizes``: as of ``_colour_columns``."""
    ends = np.cumsum(sizes)
    tone, painted = ((_sums(plane, ends) / sizes).astype(np.float32) for plane in (scan, network))
    squares = np.square(scan.astype(np.float32) - tone[owner])
    pieces = zip((ends - sizes).tolist(), ends.tolist(), strict=True)
    sums = np.array([np.add.reduce(squares[first:last]) for first, last in pieces], np.float32)
    texture = np.sqrt((sums / sizes).astype(np.float32))
    return tone, texture, painted_luma(tone, painted)


def _sums(values: Image | I64, ends: I64) -> I64:
    """The sum of each of N pieces of whole numbers that end at ``ends`` (N)."""
    return np.asarray(np.add.reduceat(values, np.append(0, ends[:-1]), dtype=np.int64))


def _place_columns(pixels: I64, ends: I64, shape: tuple[int, ...], unit: float) -> tuple[F64, F64, F64, I64]:
    """``area``, ``x``, ``y`` and ``sides`` of N segments of a window of (height, width), of whose pixels
    ``unit`` make one at working scale. ``pixels``, ``ends``: as of ``sort_by_segment``."""
    height, width = shape
    starts = np.append(0, ends[:-1])
    sizes = ends - starts
    y = pixels // width
    x = pixels - y * width  # half the time of np.divmod
    sides = (
        LEFT * (np.minimum.reduceat(x, starts) < SIDE_MARGIN * width)
        + TOP * (y[starts] < SIDE_MARGIN * height)
        + RIGHT * (np.maximum.reduceat(x, starts) >= (1 - SIDE_MARGIN) * width)
        + BOTTOM * (y[ends - 1] >= (1 - SIDE_MARGIN) * height)
    )
    area = AREA_STEPS * np.log2(np.maximum(1.0, sizes / unit))
    middle = [255 * (_sums(place, ends) / sizes) / side for place, side in ((x, width), (y, height))]
    return area, middle[0], middle[1], sides
