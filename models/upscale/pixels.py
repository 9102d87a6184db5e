"""From what a network gives to pixels of the size asked for."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image


def as_pixels(luma: F32, size: Sequence[int]) -> Image:
    """N×h×w in [0, 1], brought to ``size`` (rows, columns), as N×H×W uint8.

    Shrunk by area, enlarged bicubically.
    """
    if list(luma.shape[1:]) != list(size):
        luma = np.stack([_resize(picture, size) for picture in luma])
    return np.asarray(np.rint(luma * np.float32(255)), np.uint8)


def _resize(picture: F32, size: Sequence[int]) -> F32:
    filter_ = cv2.INTER_AREA if size[0] <= picture.shape[0] else cv2.INTER_CUBIC
    resized = cv2.resize(picture, (size[1], size[0]), interpolation=filter_)
    return np.asarray(resized.clip(0, 1), np.float32)
