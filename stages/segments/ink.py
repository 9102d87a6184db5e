"""How much of each segment is solid ink: of black hair most is, and the rest of it is its sheen."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import SegmentMap
from mangacolor.core.types import Image

# Luma, in levels, below which ink is solid: a scan's blacks are lighter than black, and hatching at drawing
# scale is lighter than that.
SOLID = 40


def measure_ink(labels: SegmentMap, grey: Image) -> Image:
    """The share of each segment's pixels that is solid ink, label 1 first: N uint8, 255ths.

    ``labels``, ``grey`` (luma without halftone): H×W, at drawing scale.
    """
    count = int(labels.max(initial=0))
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    solid = np.bincount(labels[grey < SOLID], minlength=count + 1)[1:]
    return np.asarray(np.rint(255 * solid / np.maximum(pixels, 1)), np.uint8)
