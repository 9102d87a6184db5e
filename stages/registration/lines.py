"""What is drawn, whatever its tone or colour: a band of detail with its contrast evened out."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image
from mangacolor.stages.registration.params import LineParams


def find_lines(luma: Image, params: LineParams) -> F32:
    """H×W float32 of H×W uint8: dark strokes above 0, light ones below, about -2 to 2.

    Detail is divided by what there is of it around (local contrast normalisation, Jarrett et al. 2009), so
    that ink on night counts as much as ink on paper.
    """
    value = luma.astype(np.float32)
    fine, coarse = (cv2.GaussianBlur(value, (0, 0), sigma) for sigma in params.band)
    detail = coarse - fine
    energy = cv2.GaussianBlur(detail * detail, (0, 0), params.even_over)
    return np.asarray(detail / (np.sqrt(energy) + np.float32(params.even_floor)), np.float32)


def resize_to(picture: Image, size: float, multiple: int = 1) -> Image:
    """The picture, H×W uint8, where the root of its area is about ``size`` pixels.

    Its sides are multiples of ``multiple``.
    """
    height, width = picture.shape[:2]
    factor = size / float(np.sqrt(height * width)) / multiple
    shape = tuple(max(1, round(side * factor)) * multiple for side in (width, height))
    method = cv2.INTER_AREA if shape[0] < width else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, shape, interpolation=method), np.uint8)
