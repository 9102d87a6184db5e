"""Pages on which some panels came in colour and others in black and white.

Between panels that gutters part, colour can begin and end: such a page is cut along its gutters (a recursive
XY-cut: Nagy & Seth, "Hierarchical representation of optically scanned documents", 1984), and a part is black
and white if all of it has the paper's own tint, as far as it is bright.
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


def is_mixed(pixels: Image, params: MixedParams = MIXED) -> bool:
    """Whether a page (H×W×3 RGB) with colour on it also has drawn panels in black and white."""
    luma, chroma = _chroma_beyond_paper(pixels, params)
    gutters = tuple(np.asarray(mask, np.float32) for mask in (luma >= params.white, luma <= params.black))
    grey = coloured = 0.0
    for part in _cut(gutters, _Part(0, luma.shape[0], 0, luma.shape[1]), params, params.depth):
        share = part.of(luma).size / luma.size
        strength = part.of(chroma)
        drawn = np.mean(part.of(luma) < params.drawn_luma)
        if np.percentile(strength, 98) < params.grey_chroma and drawn > params.least_drawn:
            grey += share
        elif np.mean(strength > params.coloured_chroma) > params.coloured_share:
            coloured += share
    return grey > params.least_grey and coloured > params.least_coloured


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
                if down:
                    inner = part._replace(top=part.top + first, bottom=part.top + last)
                else:
                    inner = part._replace(left=part.left + first, right=part.left + last)
                yield from _cut(gutters, inner, params, depth - 1)
            return
    yield part


def _runs(mask: Mask) -> list[tuple[int, int]]:
    """Where true values begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]])))
    return [(int(first), int(last)) for first, last in list(pairwise(edges))[::2]]
