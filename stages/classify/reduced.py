"""A page made small enough that gutters are a few pixels wide, as luma and as chroma beyond its paper's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image


@dataclass(frozen=True, slots=True)
class ReducedParams:
    """Luma and chroma in levels."""

    side: int = 500  # pixels of the long side: a gutter of a scan of 1,400 is two or three of them
    white: int = 228  # luma from which on a pixel is paper
    blur: float = 1.2  # sigma: noise of JPEG goes, areas stay


REDUCED: Final = ReducedParams()


@dataclass(frozen=True, slots=True)
class ReducedPage:
    """``luma``, ``chroma``: h×w, in levels of 255. Chroma is how far a pixel's is from that of paper as
    bright as it. ``hue``: h×w, the direction of that difference in the plane of Cb and Cr, in radians."""

    luma: F32
    chroma: F32
    hue: F32

    @classmethod
    def of(cls, pixels: Image, params: ReducedParams = REDUCED) -> ReducedPage:
        """From a page, H×W×3 uint8 RGB."""
        scale = min(1.0, params.side / max(pixels.shape[:2]))
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        luma, beyond = chroma_beyond_paper(small, paper_tint(small, params))
        strength = np.asarray(np.linalg.norm(beyond, axis=-1), np.float32)
        chroma = np.asarray(cv2.GaussianBlur(strength, (0, 0), params.blur), np.float32)
        return cls(luma, chroma, np.asarray(np.arctan2(beyond[..., 0], beyond[..., 1]), np.float32))


def paper_tint(pixels: Image, params: ReducedParams = REDUCED) -> F32:
    """The median Cr and Cb of what is as bright as paper, in levels from grey; zeros where nothing is."""
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
    white = planes[..., 0] >= params.white
    if not white.any():
        return np.zeros(2, np.float32)
    return np.asarray(np.median(planes[white][:, 1:].astype(np.float32) - 128, axis=0), np.float32)


def chroma_beyond_paper(pixels: Image, tint: F32) -> tuple[F32, F32]:
    """Luma (H×W), and how far Cr and Cb (H×W×2, levels) are from the paper's, which is as strong as the pixel
    is bright."""
    planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb).astype(np.float32)
    luma = planes[..., 0]
    return luma, np.asarray(planes[..., 1:] - 128 - tint * (luma / 255)[..., None], np.float32)
