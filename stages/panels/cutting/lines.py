"""Straight lines of a page, and what lies along each of them.

Every line is near horizontal in its own frame: lines that run across in the page as it is, lines that run
down in the transposed page. A line is y = offset + slope·x there. Evidence is sampled once along the whole
line; a cut of any region then only reads a slice.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.blank import Blank
from mangacolor.stages.panels.cutting.border_net import SecondLook
from mangacolor.stages.panels.cutting.line_fit import fit_lines
from mangacolor.stages.panels.cutting.polygons import Line, Polygon, chords
from mangacolor.stages.panels.params import LineParams

Spans = npt.NDArray[np.intp]

SAMPLE_STEP = 2  # pixels between two samples along a line: frames are two pixels wide
_SHORTEST_SPAN = 4  # samples of a line in a region that it runs through


@dataclass(frozen=True, slots=True)
class View:
    """A page, or its transpose, with what the line evidence is read from.

    ``white``, ``black`` and ``pure`` are the page's H×W blank masks; ``border`` (H×W uint8, 255 = 1) is the
    network's probability of a border, or None; ``painted``: the page is in colour; ``outshone``: ``Blank``'s.
    ``second_look`` is what sees slanted lines straightened, if there is one.
    """

    white: Mask
    black: Mask
    pure: Mask
    lines: Lines
    border: Image | None = None
    painted: bool = False
    outshone: bool = False
    second_look: SecondLook | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """N lines and their S samples at x = 0, SAMPLE_STEP, 2·SAMPLE_STEP…

    ``offset``, ``slope``: N. ``brighter`` and ``darker``: N×S, an edge along the line with the
    brighter, or the darker, side below it; ``edge_sums``: 2×N×(S+1), their running counts. ``border``: N×S
    uint8, the network's probability of a border there, and ``border_sums``: N×(S+1), its running sums.
    """

    offset: F64
    slope: F64
    brighter: Mask
    darker: Mask
    edge_sums: npt.NDArray[np.int32]
    border: Image
    border_sums: npt.NDArray[np.int64]
    _known: dict[bytes, tuple[F64, Spans]] = field(default_factory=dict)  # by polygon, what ``support`` told

    def __len__(self) -> int:
        return len(self.offset)

    def line(self, index: np.intp) -> Line:
        """One line: its offset and slope."""
        return float(self.offset[index]), float(self.slope[index])

    def edges(self, index: np.intp, samples: slice = slice(None)) -> Mask:
        """Where an edge runs along a line, whichever side is brighter."""
        seen: Mask = np.logical_or(self.brighter[index, samples], self.darker[index, samples])
        return seen

    def support(self, polygon: Polygon) -> tuple[F64, Spans]:
        """How much edge runs along each line inside a convex polygon.

        2×N: the share with the brighter (0) or darker (1) side below; and N×2, the samples [first, last)
        that are inside. Not to be written to: a region is asked about several times.
        """
        told = self._known.get(polygon.tobytes())
        if told is None:
            told = self._known[polygon.tobytes()] = self._look_up(polygon)
        return told

    def through(self, polygon: Polygon, least_span: float) -> tuple[F64, Spans]:
        """The same; no edge counts of a line that runs through less than ``least_span`` of its width."""
        if len(polygon) < 3:
            return np.zeros((2, len(self))), np.zeros((len(self), 2), np.intp)
        support, spans = self.support(polygon)
        least = max(_SHORTEST_SPAN, least_span * np.ptp(polygon[:, 0]) / SAMPLE_STEP)
        return np.where(np.diff(spans)[:, 0] < least, 0, support), spans

    def _look_up(self, polygon: Polygon) -> tuple[F64, Spans]:
        spans = np.ceil(chords(polygon, self.offset, self.slope) / SAMPLE_STEP).astype(np.intp)
        spans = np.clip(spans, 0, self.edge_sums.shape[2] - 1)
        rows = np.arange(len(self))
        counts = self.edge_sums[:, rows, spans[:, 1]] - self.edge_sums[:, rows, spans[:, 0]]
        return counts / np.maximum(spans[:, 1] - spans[:, 0], 1), spans


def make_view(
    luma: Image,
    masks: Blank,
    segments: F64,
    border: Image | None,
    params: LineParams,
    painted: bool = False,
    second_look: SecondLook | None = None,
) -> View:
    """Lines near the horizontal of ``luma`` (H×W), from its segments (N×4), and their evidence.

    ``border``: H×W uint8, the network's probability of a border, if it was asked.
    """
    smooth = cv2.GaussianBlur(luma, (3, 3), 0)
    rise = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125), np.float32)
    run = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), np.float32)
    offset, slope = fit_lines(segments, params)
    brighter, darker = _edges_along(rise, run, offset, slope, params)
    sums = np.stack([brighter, darker]).cumsum(2, dtype=np.int32)
    sums = np.pad(sums, ((0, 0), (0, 0), (1, 0)))
    if border is None:
        along = np.zeros(brighter.shape, np.uint8)
    else:
        along = _border_along(border, offset, slope, params.border_width)
    border_sums = np.pad(along.cumsum(1, dtype=np.int64), ((0, 0), (1, 0)))
    lines = Lines(offset, slope, brighter, darker, sums, along, border_sums)
    return View(masks.white, masks.black, masks.pure, lines, border, painted, masks.outshone, second_look)


def sample_mask(mask: Mask, ys: F64, first: int) -> Mask:
    """N×S values of ``mask`` at heights ``ys`` (N×S) of the samples from ``first`` on; False outside."""
    rows = np.rint(ys).astype(np.intp)
    columns = (first + np.arange(ys.shape[1])) * SAMPLE_STEP
    inside = (rows >= 0) & (rows < mask.shape[0])
    values: Mask = mask[np.where(inside, rows, 0), columns] & inside
    return values


def _border_along(border: Image, offset: F64, slope: F64, width: int) -> Image:
    """N×S: the highest probability within ``width`` pixels across each line at its samples."""
    wide = np.asarray(cv2.dilate(border, np.ones((width, 1), np.uint8)), np.uint8)
    columns = np.arange(0, border.shape[1], SAMPLE_STEP)[None]
    rows = np.rint(offset[:, None] + slope[:, None] * columns).astype(np.intp)
    values: Image = wide[np.clip(rows, 0, border.shape[0] - 1), columns]
    values[(rows < 0) | (rows >= border.shape[0])] = 0
    return values


def _edges_along(
    rise: npt.NDArray[np.float32],
    run: npt.NDArray[np.float32],
    offset: F64,
    slope: F64,
    params: LineParams,
) -> tuple[Mask, Mask]:
    """N×S masks: a step along the line, within a pixel of it and nearly in its direction."""
    columns = np.arange(0, rise.shape[1], SAMPLE_STEP)[None]
    ys = offset[:, None] + slope[:, None] * columns
    tilt = slope[:, None].astype(np.float32)
    norm = np.sqrt(1 + tilt**2)
    brighter = np.zeros(ys.shape, bool)
    darker = np.zeros(ys.shape, bool)
    rows = np.rint(ys).astype(np.intp)
    least = params.edge_contrast / 2  # a Sobel gradient spreads a step over two pixels
    for shift in (-1, 0, 1):
        at = np.clip(rows + shift, 0, rise.shape[0] - 1)
        at = at * rise.shape[1] + columns
        up, along = np.take(rise, at), np.take(run, at)
        normal = (up - tilt * along) / norm
        tangent = np.abs(along + tilt * up) / norm
        straight = tangent <= params.edge_straightness * np.abs(normal)
        brighter |= (normal >= least) & straight
        darker |= (normal <= -least) & straight
    outside = (rows < 0) | (rows >= rise.shape[0])
    return brighter & ~outside, darker & ~outside
