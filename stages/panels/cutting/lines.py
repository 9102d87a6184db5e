"""Straight lines of a page, and what lies along each of them.

Every line is near horizontal in its own frame: ``across`` lines in the page as it is, ``down``
lines in the transposed page. A line is y = offset + slope·x there, with |slope| ≤ MAX_SLOPE.
Evidence is sampled once along the whole line; a cut of any region then only reads a slice.

Segments come from the line segment detector of von Gioi et al. (PAMI 2010), through OpenCV.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.blank import Blank
from mangacolor.stages.panels.cutting.polygons import Polygon, chords

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Spans = npt.NDArray[np.intp]

STEP = 2  # pixels between two samples along a line
MAX_SLOPE = 0.7  # 35 degrees
_EDGE = 28.0  # levels a pixel that make an edge
_LOOKED_AT = 0.6  # of the working scale: frames stay whole there, dots and hatching give fewer segments
_SHORTEST = 24.0  # pixels: shorter segments propose no line
_NEAR = 5  # pixels across: the network's borders are that sharp
_COLLINEAR = 2.0  # pixels
_TOGETHER = 32  # segments tried at once: more would not stay in a processor's cache
_MOST_LINES = 260  # a view: rain and hatching have thousands, frames are among the longest


@dataclass(frozen=True, slots=True)
class View:
    """A page, or its transpose, with what the line evidence is read from.

    ``white``, ``black`` and ``pure`` are the page's H×W blank masks; ``chance`` (H×W uint8) is the
    network's of a border, or None; ``painted``: the page is in colour.
    """

    white: Bools
    black: Bools
    pure: Bools
    lines: Lines
    chance: Image | None = None
    painted: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """N lines and their samples at x = 0, STEP, 2·STEP…

    ``offset``, ``slope``: N. ``brighter`` and ``darker``: N×S, an edge along the line with the
    brighter, or the darker, side below it; ``sums``: 2×N×(S+1), their running counts. ``border``: N×S
    uint8, the network's chance of a border there, and ``border_sums``: N×(S+1), its running sums.
    """

    offset: Floats
    slope: Floats
    brighter: Bools
    darker: Bools
    sums: npt.NDArray[np.int32]
    border: Image
    border_sums: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offset)

    def support(self, polygon: Polygon) -> tuple[Floats, Spans]:
        """2×N: share of each line, inside a convex polygon, with the brighter (0) or darker (1) side
        below; and N×2, the samples [first, last) that are inside.
        """
        spans = np.ceil(chords(polygon, self.offset, self.slope) / STEP).astype(np.intp)
        spans = np.clip(spans, 0, self.sums.shape[2] - 1)
        rows = np.arange(len(self))
        counts = self.sums[:, rows, spans[:, 1]] - self.sums[:, rows, spans[:, 0]]
        return counts / np.maximum(spans[:, 1] - spans[:, 0], 1), spans


def segments(luma: Image) -> Floats:
    """Line segments of a page: N×4 of x1, y1, x2, y2 in pixels."""
    if min(luma.shape) < 8:
        return np.zeros((0, 4))
    found = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE, _LOOKED_AT).detect(luma)[0]
    return np.zeros((0, 4)) if found is None else np.asarray(found, np.float64).reshape(-1, 4)


def view(luma: Image, masks: Blank, found: Floats, chance: Image | None, painted: bool = False) -> View:
    """Lines near the horizontal of ``luma`` (H×W), from its segments, and their evidence.

    ``chance``: H×W uint8, the network's chance of a border, if it was asked.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    rise = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
    run = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
    offset, slope = _fit(found)
    brighter, darker = _edges_along(rise, run, offset, slope)
    sums = np.stack([brighter, darker]).cumsum(2, dtype=np.int32)
    sums = np.pad(sums, ((0, 0), (0, 0), (1, 0)))
    border = np.zeros(brighter.shape, np.uint8) if chance is None else _along(chance, offset, slope)
    border_sums = np.pad(border.cumsum(1, dtype=np.int64), ((0, 0), (1, 0)))
    lines = Lines(offset, slope, brighter, darker, sums, border, border_sums)
    return View(masks.white, masks.black, masks.pure, lines, chance, painted)


def sample(mask: Bools, ys: Floats, first: int) -> Bools:
    """N×S values of ``mask`` at heights ``ys`` (N×S) of the samples from ``first`` on; False outside."""
    rows = np.rint(ys).astype(np.intp)
    columns = (first + np.arange(ys.shape[1])) * STEP
    values: Bools = mask[np.clip(rows, 0, mask.shape[0] - 1), columns]
    values &= (rows >= 0) & (rows < mask.shape[0])
    return values


def _along(chance: Image, offset: Floats, slope: Floats) -> Image:
    """N×S: the highest chance within a few pixels of each line's samples."""
    wide = np.asarray(cv2.dilate(chance, np.ones((_NEAR, 1), np.uint8)), np.uint8)
    columns = np.arange(0, chance.shape[1], STEP)[None]
    rows = np.rint(offset[:, None] + slope[:, None] * columns).astype(np.intp)
    values: Image = wide[np.clip(rows, 0, chance.shape[0] - 1), columns]
    values[(rows < 0) | (rows >= chance.shape[0])] = 0
    return values


def _fit(found: Floats) -> tuple[Floats, Floats]:
    """Lines through collinear segments, longest first, each proposed once."""
    delta = found[:, 2:] - found[:, :2]
    length = np.hypot(delta[:, 0], delta[:, 1])
    keep = (np.abs(delta[:, 1]) <= MAX_SLOPE * np.abs(delta[:, 0])) & (length >= 8)
    found, delta, length = found[keep], delta[keep], length[keep]
    # The detector directs a segment by its contrast: opposite edges of one ink line stay apart.
    heading = np.sign(delta[:, 0])
    seeds = np.argsort(-length)[: np.count_nonzero(length >= _SHORTEST)]
    offsets: list[float] = []
    slopes: list[float] = []
    for some in np.array_split(seeds, range(_TOGETHER, len(seeds), _TOGETHER)):
        for seed, offset, slope in zip(some, *_through(found, length, heading, some), strict=True):
            if len(offsets) == _MOST_LINES:
                return np.array(offsets), np.array(slopes)
            if not _known(offset, slope, found[seed], offsets, slopes):
                offsets.append(offset)
                slopes.append(slope)
    return np.array(offsets), np.array(slopes)


def _through(
    found: Floats, length: Floats, heading: Floats, seeds: npt.NDArray[np.intp]
) -> tuple[Floats, Floats]:
    """Offset and slope of the line through each seed and the segments collinear with it, by least squares."""
    x, y = found[:, 0::2].T, found[:, 1::2].T
    alike = heading[seeds, None] == heading
    itself = np.arange(len(found)) == seeds[:, None]
    moments = np.stack([np.ones_like(length), x.mean(0), y.mean(0), (x * x).mean(0), (x * y).mean(0)], 1)
    moments *= length[:, None]
    slope = (y[1] - y[0])[seeds] / (x[1] - x[0])[seeds]
    offset = y[0, seeds] - slope * x[0, seeds]
    for _ in range(2):
        away = [np.abs(y[end] - offset[:, None] - slope[:, None] * x[end]) for end in (0, 1)]
        near = (alike & (np.maximum(*away) <= _COLLINEAR)) | itself
        sums = near @ moments
        mean_x, mean_y, mean_xx, mean_xy = sums[:, 1:].T / sums[:, 0]
        slope = (mean_xy - mean_x * mean_y) / np.maximum(mean_xx - mean_x**2, 1e-9)
        slope = np.clip(slope, -MAX_SLOPE, MAX_SLOPE)
        offset = mean_y - slope * mean_x
    return offset, slope


def _known(offset: float, slope: float, seed: Floats, offsets: list[float], slopes: list[float]) -> bool:
    """Whether an equal line, within 0.7 px along the seed, has been proposed already."""
    if not offsets:
        return False
    mine = offset + slope * seed[[0, 2]]
    others = np.array(offsets)[:, None] + np.array(slopes)[:, None] * seed[[0, 2]][None]
    return bool((np.abs(others - mine).max(1) <= 0.7).any())


def _edges_along(
    rise: npt.NDArray[np.float32], run: npt.NDArray[np.float32], offset: Floats, slope: Floats
) -> tuple[Bools, Bools]:
    """N×S masks: a step along the line, within a pixel of it and within about 20° of its direction."""
    columns = np.arange(0, rise.shape[1], STEP)[None]
    ys = offset[:, None] + slope[:, None] * columns
    tilt = slope[:, None].astype(np.float32)
    norm = np.sqrt(1 + tilt**2)
    brighter = np.zeros(ys.shape, bool)
    darker = np.zeros(ys.shape, bool)
    rows = np.rint(ys).astype(np.intp)
    for shift in (-1, 0, 1):
        at = np.clip(rows + shift, 0, rise.shape[0] - 1)
        up, along = rise[at, columns], run[at, columns]
        normal = (up - tilt * along) / norm
        tangent = np.abs(along + tilt * up) / norm
        straight = tangent <= 0.4 * np.abs(normal)
        brighter |= (normal >= _EDGE / 2) & straight
        darker |= (normal <= -_EDGE / 2) & straight
    outside = (rows < 0) | (rows >= rise.shape[0])
    return brighter & ~outside, darker & ~outside
