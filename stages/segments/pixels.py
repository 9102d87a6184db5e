"""Which pixels each segment of a window has."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import I64, SegmentMap


def sort_by_segment(labels: SegmentMap, count: int) -> tuple[I64, I64]:
    """The flat indices of the pixels of ``labels`` (H×W) with the labels 1 to ``count``, by label and then in
    order, and where those of each end: P and ``count``."""
    flat = labels.ravel()
    order = np.argsort(flat, kind="stable")
    ends = np.searchsorted(flat[order], np.arange(count + 1), side="right")
    return order[ends[0] : ends[-1]], ends[1:] - ends[0]


def pixels_by_segment(labels: SegmentMap, count: int) -> list[I64]:
    """For each of the labels 1 to ``count`` the flat indices of its pixels in ``labels`` (H×W), in order."""
    pixels, ends = sort_by_segment(labels, count)
    return np.split(pixels, ends[:-1]) if count else []
