"""Cut long strips (webtoons) on blank bands, so that each window is about a page."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

_STRIP = 3.0  # taller than this many widths is a strip
_NARROWEST = 100  # pixels: nothing narrower is a comic
_WINDOW = 2.0  # widths: a window is cut at the blank band nearest to this height
_FLAT = 6.0  # standard deviation of a row that shows nothing


def windows(luma: Image) -> list[tuple[int, int]]:
    """Row ranges (top, bottom) that cover a page; one for anything but a strip.

    A strip without blank bands is cut at the plainest row in reach instead.
    """
    height, width = luma.shape
    if height <= _STRIP * width or width < _NARROWEST:
        return [(0, height)]
    busy = _busy(luma)
    step = int(_WINDOW * width)
    found: list[tuple[int, int]] = []
    top = 0
    while height - top > 1.5 * step:
        first, last = top + step // 2, top + step + step // 2
        reach = busy[first:last]
        plain = np.flatnonzero(reach <= _FLAT)
        where = first + int(plain[np.abs(plain - step // 2).argmin()] if len(plain) else reach.argmin())
        found.append((top, where))
        top = where
    return [*found, (top, height)]


def _busy(luma: Image) -> npt.NDArray[np.float64]:
    """Standard deviation in each row, over a few rows, so that a single flat row is no band."""
    spread = luma.astype(np.float32).std(1)
    return cv2.dilate(spread[:, None], np.ones((9, 1), np.uint8))[:, 0].astype(np.float64)
