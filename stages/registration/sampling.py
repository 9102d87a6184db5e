"""What a picture shows at places between its pixels, whatever its size."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image

# Pixels of a side, of a picture or of what is made of it, from which on OpenCV's remap refuses it.
REMAP_SIDES = 32_767
# Pixels around a place that cubic interpolation looks at, and one for rounding.
_MARGIN = 3


def sample(picture: Image, x: F32, y: F32) -> Image:
    """A picture (H×W or H×W×3 uint8) at places (h×w each), by cubic interpolation; its edge goes on outside.

    What is too large for one call is made in parts, each from the part of the picture that it shows.
    """
    if max(*x.shape, *picture.shape[:2]) < REMAP_SIDES:
        return np.asarray(
            cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
    left, right = _span(x, picture.shape[1])
    top, bottom = _span(y, picture.shape[0])
    if max(*x.shape, right - left, bottom - top) < REMAP_SIDES:
        return sample(picture[top:bottom, left:right], x - np.float32(left), y - np.float32(top))
    axis = int(np.argmax(x.shape))
    halves = zip(*(np.array_split(plane, 2, axis) for plane in (x, y)), strict=True)
    return np.concatenate([sample(picture, *half) for half in halves], axis=axis)


def _span(places: F32, side: int) -> tuple[int, int]:
    """The pixels of a picture's side that are asked for at places along it."""
    first = int(np.clip(np.floor(places.min()) - _MARGIN, 0, side - 1))
    last = int(np.clip(np.ceil(places.max()) + _MARGIN + 1, first + 1, side))
    return first, last
