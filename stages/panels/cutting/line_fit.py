"""Straight lines near the horizontal, fitted through the line segments of a page.

Segments come from the line segment detector of von Gioi et al. (PAMI 2010), through OpenCV.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.params import LineParams

_SMALLEST_PAGE = 8  # pixels: the detector needs that much
_SEEDS_AT_ONCE = 32  # more would not stay in a processor's cache
_FITS = 2  # times a line is fitted, each time through the segments near to the last fit


def detect_segments(luma: Image, params: LineParams) -> F64:
    """Line segments of a page (H×W luma): N×4 of x1, y1, x2, y2 in pixels."""
    if min(luma.shape) < _SMALLEST_PAGE:
        return np.zeros((0, 4))
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE, params.look_scale)
    segments = detector.detect(luma)[0]
    return np.zeros((0, 4)) if segments is None else np.asarray(segments, np.float64).reshape(-1, 4)


def fit_lines(segments: F64, params: LineParams) -> tuple[F64, F64]:
    """Offset and slope of lines through collinear segments (N×4), longest first, each proposed once."""
    delta = segments[:, 2:] - segments[:, :2]
    length = np.hypot(delta[:, 0], delta[:, 1])
    level = np.abs(delta[:, 1]) <= params.max_slope * np.abs(delta[:, 0])
    keep = level & (length >= params.shortest_segment)
    segments, delta, length = segments[keep], delta[keep], length[keep]
    # The detector directs a segment by its contrast: opposite edges of one ink line stay apart.
    heading = np.sign(delta[:, 0])
    seeds = np.argsort(-length)[: np.count_nonzero(length >= params.shortest_seed)]
    offsets, slopes, count = np.zeros(params.max_lines), np.zeros(params.max_lines), 0
    for some in np.array_split(seeds, range(_SEEDS_AT_ONCE, len(seeds), _SEEDS_AT_ONCE)):
        fitted = _fit_through(segments, length, heading, some, params)
        ends = segments[some][:, 0::2]
        known = np.any(
            _are_near(*fitted, ends, offsets[:count], slopes[:count], params.twin_distance), axis=1
        )
        twins = _are_near(*fitted, ends, *fitted, params.twin_distance)
        for index in np.flatnonzero(~known):
            if known[index]:
                continue
            if count == params.max_lines:
                return offsets, slopes
            offsets[count], slopes[count] = fitted[0][index], fitted[1][index]
            count += 1
            known |= twins[:, index]
    return offsets[:count], slopes[:count]


def _fit_through(
    segments: F64, length: F64, heading: F64, seeds: npt.NDArray[np.intp], params: LineParams
) -> tuple[F64, F64]:
    """Offset and slope of the line through each seed and the segments collinear with it, by least squares."""
    x, y = segments[:, 0::2].T, segments[:, 1::2].T
    alike = heading[seeds, None] == heading
    itself = np.arange(len(segments)) == seeds[:, None]
    moments = np.stack([np.ones_like(length), x.mean(0), y.mean(0), (x * x).mean(0), (x * y).mean(0)], 1)
    moments *= length[:, None]
    slope = (y[1] - y[0])[seeds] / (x[1] - x[0])[seeds]
    offset = y[0, seeds] - slope * x[0, seeds]
    for _ in range(_FITS):
        distance = [np.abs(y[end] - offset[:, None] - slope[:, None] * x[end]) for end in (0, 1)]
        collinear = (alike & (np.maximum(*distance) <= params.collinear_distance)) | itself
        sums = collinear @ moments
        mean_x, mean_y, mean_xx, mean_xy = sums[:, 1:].T / sums[:, 0]
        slope = (mean_xy - mean_x * mean_y) / np.maximum(mean_xx - mean_x**2, 1e-9)
        slope = np.clip(slope, -params.max_slope, params.max_slope)
        offset = mean_y - slope * mean_x
    return offset, slope


def _are_near(offset: F64, slope: F64, ends: F64, offsets: F64, slopes: F64, distance: float) -> Mask:
    """N×K: which of K lines lie within ``distance`` pixels of each of N lines at both ``ends`` of its seed
    (N×2, x)."""
    near = np.ones((len(offset), len(offsets)), bool)
    for x in ends.T:
        near &= np.abs(offsets + slopes * x[:, None] - (offset + slope * x)[:, None]) <= distance
    return near
