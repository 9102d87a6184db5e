"""How strongly pixels divide a drawing."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.stages.segments.barriers import find_barriers
from mangacolor.tests.helpers.segments import SEGMENTATION


def test_an_edge_is_as_high_as_its_slope_to_the_last_bit() -> None:
    """What is quicker and errs in the last bit may err otherwise the next time."""
    rng = np.random.default_rng(3)
    down, across = (rng.random(120).cumsum()[:, None] * 0.9, rng.random(150).cumsum()[None] * 0.7)
    grey = (down + across).astype(np.uint8)  # falls nowhere: without any line
    params = SEGMENTATION.barriers
    barriers = find_barriers(grey, params)
    smooth = cv2.GaussianBlur(grey, (0, 0), params.smoothing)
    slopes = [
        cv2.Scharr(smooth, cv2.CV_32F, *way, scale=1 / 16).astype(np.float64) for way in ((1, 0), (0, 1))
    ]
    inner = np.s_[24:-24, 24:-24]  # the blur turns round at the picture's edge
    expected = np.sqrt(slopes[0] ** 2 + slopes[1] ** 2).astype(np.float32)
    assert barriers.texture[inner].max() == 0
    assert np.array_equal(barriers.walls[inner], expected[inner])
