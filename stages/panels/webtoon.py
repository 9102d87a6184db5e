"""Cut long strips (webtoons) on blank bands, so that each window is about a page."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.frameless import find_runs
from mangacolor.stages.panels.params import Params, StripParams


def find_windows(luma: Image, params: Params) -> list[tuple[int, int]]:
    """Row ranges (top, bottom) that cover a page (H×W luma); one for anything but a strip.

    A strip without blank bands is cut at the plainest row in reach instead.
    """
    height, width = luma.shape
    if height <= params.scale.strip_aspect * width or width < params.strip.narrowest:
        return [(0, height)]
    deviation = _row_deviation(luma, params.strip.flat_rows)
    means = luma.mean(1)
    step = int(params.strip.window_height * width)
    windows: list[tuple[int, int]] = []
    top = 0
    while height - top > 1.5 * step:
        first, last = top + step // 2, top + step + step // 2
        bottom = first + _plainest_row(deviation[first:last], means[first:last], params.strip)
        windows.append((top, bottom))
        top = bottom
    return [*windows, (top, height)]


def _plainest_row(deviation: F64, means: F64, params: StripParams) -> int:
    """The row, of N, where a cut does least harm: in the middle of the blank band nearest to the middle row.

    A white band goes before a tone, which may be the sky above a face.
    """
    flat = deviation <= params.flat_deviation
    white = flat & (means >= params.white)
    bands = find_runs(white if white.any() else flat)
    if not bands:
        return int(deviation.argmin())
    middles = np.array([(first + last) // 2 for first, last in bands])
    return int(middles[np.abs(middles - len(deviation) // 2).argmin()])


def _row_deviation(luma: Image, rows: int) -> npt.NDArray[np.float64]:
    """Standard deviation in each row, the highest of ``rows`` rows around it."""
    deviation = luma.astype(np.float32).std(1)
    return cv2.dilate(deviation[:, None], np.ones((rows, 1), np.uint8))[:, 0].astype(np.float64)
