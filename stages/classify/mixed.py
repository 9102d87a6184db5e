"""Pages on which some panels came in colour and others in black and white.

Between panels that gutters part, colour can begin and end: such a page is cut along its gutters (a recursive
XY-cut: Nagy & Seth, "Hierarchical representation of optically scanned documents", 1984), and where colour
ends at a frame's line without a gutter. A part is black and white if all of it has the paper's own tint, as
far as it is bright.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask, WindowMap
from mangacolor.core.types import Image


@dataclass(frozen=True, slots=True)
class MixedParams:
    """Luma and chroma in levels, of a page reduced to ``side``."""

    side: int = 500  # pixels of the long side: a gutter of a scan of 1,400 is two or three of them
    white: int = 228  # luma from which on a pixel is paper
    black: int = 24  # and up to which it is a black gutter
    gutter: float = 0.985  # share of a row or column that is all paper, or all black
    least_side: float = 0.08  # of the long side, that a part has at least
    depth: int = 5  # cuts within cuts
    blur: float = 1.2  # sigma: noise of JPEG goes, areas stay
    grey_chroma: float = 6.0  # beyond the paper's tint: 98 % of a part in black and white have less
    coloured_chroma: float = 10.0  # a pixel with more is in colour
    coloured_share: float = 0.15  # of the pixels of a part that is in colour
    spot_share: float = 0.02  # of a panel's pixels from which on it keeps the colours that it came with
    drawn_luma: int = 200  # darker pixels are drawn
    least_drawn: float = 0.04  # of a part
    # Without a gutter colour may end at a frame that two panels share.
    grey_line: float = 0.01  # share of a row or column in colour up to which it belongs to a grey part
    coloured_line: float = 0.2  # and that one of the rows just beyond such a part has
    beyond: int = 4  # pixels that are looked at beyond it
    frame_reach: int = 5  # pixels that the frame may lie from the end of the colour
    frame_side: int = 3  # pixels from a line's middle to what is beside it
    frame_depth: float = 15.0  # levels that a line is darker than both its sides
    frame_black: int = 60  # luma up to which a pixel belongs to a thick frame
    frame_share: float = 0.65  # of the boundary that lies along a line; less: colour ends within a panel
    frame_white: float = 0.9  # or that is paper
    least_tones: float = 0.1  # of such a part that is drawn and not black: no night, no lettering
    least_grey: float = 0.05  # of the page that drawn parts in black and white take up
    least_coloured: float = 0.02  # and that parts in colour do


MIXED: Final = MixedParams()


class _Part(NamedTuple):
    top: int
    bottom: int
    left: int
    right: int

    def of(self, plane: F32) -> F32:
        return plane[self.top : self.bottom, self.left : self.right]

    def rows(self, first: int, last: int) -> _Part:
        """The rows from ``first`` up to ``last``, counted from its own top."""
        return self._replace(top=self.top + first, bottom=self.top + last)

    def columns(self, first: int, last: int) -> _Part:
        """The columns from ``first`` up to ``last``, counted from its own left."""
        return self._replace(left=self.left + first, right=self.left + last)


def is_mixed(pixels: Image, params: MixedParams = MIXED) -> bool:
    """Whether a page (H×W×3 RGB) with colour on it also has drawn panels in black and white."""
    luma, chroma = _chroma_beyond_paper(pixels, params)
    gutters = tuple(np.asarray(mask, np.float32) for mask in (luma >= params.white, luma <= params.black))
    grey = coloured = 0.0
    strong = np.asarray(chroma > params.grey_chroma, np.float32)
    for whole in _cut(gutters, _Part(0, luma.shape[0], 0, luma.shape[1]), params, params.depth):
        for part in _cut_where_colour_ends(luma, strong, whole, params, params.depth):
            share = part.of(luma).size / luma.size
            if _is_grey(part.of(luma), part.of(chroma), part == whole, params):
                grey += share
            elif np.mean(part.of(chroma) > params.coloured_chroma) > params.coloured_share:
                coloured += share
    return grey > params.least_grey and coloured > params.least_coloured


def _is_grey(luma: F32, chroma: F32, whole: bool, params: MixedParams) -> bool:
    """Whether a part is drawn, in black and white. ``whole``: gutters part it from all others."""
    drawn = luma < params.drawn_luma
    if np.percentile(chroma, 98) >= params.grey_chroma or drawn.mean() <= params.least_drawn:
        return False
    return bool(whole or np.mean(drawn & (luma > params.frame_black)) >= params.least_tones)


def coloured_windows(pixels: Image, windows: WindowMap, params: MixedParams = MIXED) -> tuple[int, ...]:
    """The windows (H×W, numbers from 0) of a page (H×W×3 RGB) that came in colour."""
    _, chroma = _chroma_beyond_paper(pixels, params)
    size = (chroma.shape[1], chroma.shape[0])
    small = cv2.resize(windows, size, interpolation=cv2.INTER_NEAREST)
    strong = chroma > params.coloured_chroma
    numbers = [int(number) for number in np.unique(small[small >= 0])]
    return tuple(number for number in numbers if strong[small == number].mean() > params.spot_share)


def _chroma_beyond_paper(pixels: Image, params: MixedParams) -> tuple[F32, F32]:
    """Luma of the reduced page, and how far its chroma is from the paper's, which is as strong as the pixel
    is bright."""
    scale = min(1.0, params.side / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    planes = cv2.cvtColor(np.asarray(small, np.uint8), cv2.COLOR_RGB2YCrCb).astype(np.float32)
    luma, chroma = planes[..., 0], planes[..., 1:] - 128
    white = luma >= params.white
    paper = np.median(chroma[white], axis=0) if white.any() else np.zeros(2, np.float32)
    beyond = np.linalg.norm(chroma - paper * (luma / 255)[..., None], axis=-1)
    blurred = cv2.GaussianBlur(beyond.astype(np.float32), (0, 0), params.blur)
    return luma, np.asarray(blurred, np.float32)


def _cut(gutters: tuple[F32, ...], part: _Part, params: MixedParams, depth: int) -> Iterator[_Part]:
    """The parts between gutters, rows first, and what these fall into. ``gutters``: masks, as 0 and 1."""
    least = params.least_side * max(gutters[0].shape)
    for down in (True, False) if depth else ():
        free = np.any([part.of(mask).mean(axis=int(down)) >= params.gutter for mask in gutters], axis=0)
        pieces = [(first, last) for first, last in _runs(~free) if last - first >= least]
        if pieces and free.any():
            for first, last in pieces:
                inner = part.rows(first, last) if down else part.columns(first, last)
                yield from _cut(gutters, inner, params, depth - 1)
            return
    yield part


def _cut_where_colour_ends(
    luma: F32, strong: F32, part: _Part, params: MixedParams, depth: int
) -> Iterator[_Part]:
    """A part, or its pieces where a band without colour ends at frames. ``strong``: a mask, as 0 and 1."""
    least = params.least_side * max(luma.shape)
    for down in (True, False) if depth else ():
        line = part.of(strong).mean(axis=int(down))
        along = part.of(luma) if down else part.of(luma).T
        for first, last in _runs(line <= params.grey_line):
            ends = [end for end in (first, last) if 0 < end < len(line)]
            beyond = (line[max(0, first - params.beyond) : first], line[last : last + params.beyond])
            if (
                last - first >= least
                and ends
                and all(lines.max(initial=0) >= params.coloured_line for lines in beyond if lines.size)
                and all(_has_frame(along, end, params) for end in ends)
            ):
                for start, stop in pairwise(sorted({0, first, last, len(line)})):
                    inner = part.rows(start, stop) if down else part.columns(start, stop)
                    yield from _cut_where_colour_ends(luma, strong, inner, params, depth - 1)
                return
    yield part


def _has_frame(luma: F32, end: int, params: MixedParams) -> bool:
    """Whether a line darker than both its sides, or paper, runs along row ``end`` of a part's luma."""
    reach, side = params.frame_reach, params.frame_side
    rows = np.arange(max(0, end - reach), min(len(luma), end + reach))
    beside = np.minimum(luma[np.maximum(rows - side, 0)], luma[np.minimum(rows + side, len(luma) - 1)])
    dark = (luma[rows] < beside - params.frame_depth) | (luma[rows] <= params.frame_black)
    white = (luma[rows] >= params.white).mean(axis=1)
    return bool((dark.mean(axis=1) >= params.frame_share).any() or (white > params.frame_white).any())


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Where true values begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [(int(first), int(last)) for first, last in list(pairwise(edges))[::2]]
