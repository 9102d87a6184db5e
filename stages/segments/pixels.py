"""Which pixels each segment of a window has."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import I64, SegmentMap


def pixels_by_segment(labels: SegmentMap, count: int) -> list[I64]:
    """For each of the labels 1 to ``count`` the flat indices of its pixels in ``labels`` (H×W), in order."""
    flat = labels.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(1, count + 2))
    return [order[starts[number] : starts[number + 1]] for number in range(count)]
