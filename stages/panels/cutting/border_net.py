"""Where a small network sees borders of panels, also behind figures and balloons, and what that counts."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.files.known import PANELS
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.panels.params import GutterParams

WEIGHTS = BUNDLED / PANELS.file
_NETWORK_AREA = 0.4  # of the working scale's pixels: a long side of about 768, as the network was trained


def border_probability(luma: Image, backend: CpuBackend) -> Image:
    """How likely each pixel of a page at working scale (H×W luma) is on a panel's border: 255 = 1.

    Raises ``SetupError`` if the network's weights, which come with the package, cannot be loaded.
    """
    from mangacolor.models.page.networks import page_reader

    scale = _NETWORK_AREA**0.5
    size = max(1, round(luma.shape[1] * scale)), max(1, round(luma.shape[0] * scale))
    small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    probability, _outside = page_reader(WEIGHTS, backend)(small)
    return np.asarray(cv2.resize(probability, luma.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def network_bonus(probability: F64 | np.float64, painted: bool, params: GutterParams) -> F64:
    """What mean probabilities of a border (N, in [0, 1]) add to the scores of gutters; negative if low.

    The network learnt from black-and-white pages: on a page in colour it speaks against nothing, for of
    paintings with soft edges it knows little.
    """
    bonus = params.network_weight * (probability - params.neutral_probability)
    return np.asarray(bonus.clip(min=0.0) if painted else bonus)


def end_support(border: Image, params: GutterParams) -> float:
    """The lower of the mean probabilities near a line's two ends, away from the borders that it meets there.

    ``border``: the line's samples, uint8. Returns levels, 255 = 1. Of a short line, the mean of all.
    """
    ends = slice(params.end_first, params.end_last)
    if len(border) < 3 * params.end_last:
        return float(border.mean()) if len(border) else 0.0
    return min(float(border[ends].mean()), float(border[::-1][ends].mean()))
