"""What lies nearest to each pixel of a picture, and how far off."""

from __future__ import annotations

from typing import Literal, TypeVar, cast

import cv2
import numpy as np

from mangacolor.core.arrays import F32, AnyArray, Mask
from mangacolor.core.types import Image

Values = TypeVar("Values", bound=AnyArray)


def fill_nearest(values: Values, known: Mask, mask_size: Literal[3, 5]) -> Values:
    """H×W or H×W×C: each pixel's value where it is ``known`` (H×W), else that of the nearest one that is; 0
    everywhere where none is.

    ``mask_size``: of the chamfer by which distances are told (Borgefors, 1986): 5 errs by 2 %, 3 by 4 %.
    """
    _, number = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, mask_size, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_number = np.zeros((int(number.max()) + 1, *values.shape[2:]), values.dtype)
    of_number[number[known]] = values[known]
    return cast(Values, of_number[number])


def depth_within(inside: Image) -> F32:
    """How far each pixel of a shape (H×W uint8, 0 outside of it) is from what is not, H×W, in pixels. Nothing
    lies beyond the picture's edge."""
    # Not np.pad: it takes longer than the distances of a small shape, and holds Python's lock.
    padded = cv2.copyMakeBorder(inside, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 3)[1:-1, 1:-1], np.float32)
