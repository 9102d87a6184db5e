"""A finished page at another size: luma by Lanczos with its tones smoothed, chroma by area.

Lines are weighed in levels: in linear light a black line of one pixel, at half the size, is level 188 instead
of 128, and ink goes grey. A white line on black is better off in light, so on dark ground light is what
counts.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from PIL import Image as PillowImage

from mangacolor.core.arrays import F32
from mangacolor.core.colour import chroma, luma, to_rgb
from mangacolor.core.displays import Frame, fitted_size
from mangacolor.core.scale import output_scale
from mangacolor.core.settings import Scale
from mangacolor.core.types import Image
from mangacolor.stages.fit.light import ramp, to_levels, to_light
from mangacolor.stages.fit.params import DEFAULT_PARAMS, Params
from mangacolor.stages.fit.tone import smooth_tones

# Rows that get their colours at once.
_BAND: Final = 128
# A wide blur is made of a picture so many times smaller.
_PART: Final = 4
# Part of a level that is added to each pixel of a square, so that rounding does not draw contours.
_BAYER: Final[F32] = (
    np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) - np.float32(7.5)
) / np.float32(16)


def fit_page(pixels: Image, size: tuple[int, int], frame: Frame, scale: Scale) -> Image:
    """A finished page (H×W×3 uint8 RGB) at the size that a display's frame gives it.

    ``size``: (width, height) of the page as it came, which ``scale`` says how much to enlarge at most.
    """
    return fit_picture(pixels, fitted_size(size, frame, output_scale(scale, size, frame)))


def fit_picture(pixels: Image, size: tuple[int, int]) -> Image:
    """H×W×3 uint8 RGB at ``size`` (width, height). The same array where that is its size.

    A page that becomes larger, which only one that is copied does, is enlarged by plain Lanczos.
    """
    height, width = pixels.shape[:2]
    if size == (width, height):
        return pixels
    if size[0] > width or size[1] > height:
        return np.asarray(PillowImage.fromarray(pixels).resize(size, PillowImage.Resampling.LANCZOS))
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    shown = _shrink_luma(luma(pixels), size, DEFAULT_PARAMS)
    for top in range(0, size[1], _BAND):
        rows = slice(top, top + _BAND)
        small[rows] = to_rgb(shown[rows], *chroma(small[rows]))
    return small


def _shrink_luma(ink: Image, size: tuple[int, int], params: Params) -> F32:
    """``ink`` (H×W uint8) at ``size``, as float32 levels, 0 to 255."""
    detail = max(ink.shape[0] / size[1], 1.0)
    if detail > params.most_detail:
        detail = params.most_detail
        looked_at = (round(size[0] * detail), round(size[1] * detail))
        ink = np.asarray(cv2.resize(ink, looked_at, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    smooth = smooth_tones(ink, detail, params)
    levels = _lanczos(smooth, size)
    dark = ramp(_ground(levels, params.ground_sigma), params.dark_ground)
    if dark.any():
        in_light = to_levels(_lanczos(to_light(np.rint(smooth).clip(0, 255).astype(np.uint8)), size))
        levels = levels + dark * (in_light - levels)
    return np.asarray(np.clip(levels + _dither(levels.shape), 0, 255), dtype=np.float32)


def _ground(levels: F32, sigma: float) -> F32:
    """What lies around each pixel, on the whole: blurred, in a picture a part as large."""
    height, width = levels.shape
    part = max(1, width // _PART), max(1, height // _PART)
    small = cv2.GaussianBlur(cv2.resize(levels, part, interpolation=cv2.INTER_AREA), (0, 0), sigma / _PART)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _dither(shape: tuple[int, ...]) -> F32:
    """Less than half a level (Bayer, 1973), so that parts of a level come out as a share of the pixels."""
    across, down = -(-shape[1] // 4), -(-shape[0] // 4)
    return np.asarray(np.tile(_BAYER, (down, across))[: shape[0], : shape[1]], np.float32)


def _lanczos(plane: F32, size: tuple[int, int]) -> F32:
    """Lanczos with three lobes whose width follows the reduction (OpenCV's does not)."""
    resized = PillowImage.fromarray(plane).resize(size, PillowImage.Resampling.LANCZOS)
    return np.asarray(resized, dtype=np.float32)
