"""What divides a drawing: lines, dark and light, and edges of tone, where they stand out.

A line among many (hatching, texture, speed lines) divides less than one by itself: a barrier is lowered by
the mean of the lines around it (surround inhibition; after Grigorescu, Petkov & Westenberg, "Contour
detection based on nonclassical receptive field inhibition", 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.stages.segments.params import BarrierParams


@dataclass(frozen=True, slots=True)
class Barriers:
    """``walls``: H×W, how strongly each pixel divides, levels. ``texture``: H×W, mean depth of the lines
    around it, levels."""

    walls: F32
    texture: F32


def find_barriers(grey: Image, params: BarrierParams) -> Barriers:
    """The barriers of a window's luma without halftone, H×W at drawing scale."""
    smooth = cv2.GaussianBlur(grey, (0, 0), params.smoothing)
    dark = cv2.morphologyEx(smooth, cv2.MORPH_BLACKHAT, _square(params.line_width))
    light = cv2.morphologyEx(smooth, cv2.MORPH_TOPHAT, _square(params.light_line_width))
    depth = np.maximum(dark, params.light_lines * light.astype(np.float32))
    across = cv2.Scharr(smooth, cv2.CV_32F, 1, 0, scale=1 / 16)
    down = cv2.Scharr(smooth, cv2.CV_32F, 0, 1, scale=1 / 16)
    # A Scharr response is the change over two pixels; an edge is blurred over about that many.
    # Not cv2.magnitude: its last bit depends on where in memory its result lies.
    walls = np.maximum(depth, np.sqrt(across * across + down * down))
    surround = (params.surround, params.surround)
    texture = np.asarray(cv2.blur(np.minimum(depth, params.max_depth), surround), dtype=np.float32)
    return Barriers(np.maximum(walls - params.inhibition * texture, 0).astype(np.float32), texture)


def _square(side: int) -> Image:
    return np.ones((side, side), np.uint8)
