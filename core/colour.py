"""Luma and chroma (Rec. 601, full range), and the one operation that keeps a colour in gamut."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Plane = npt.NDArray[np.float32]

# RGB minus luma, from Cb and Cr centred on 0.
_RED_CR, _BLUE_CB = 1.402, 1.772
_GREEN_CB, _GREEN_CR = -0.344136, -0.714136


def luma(rgb: Image) -> Image:
    """Rec. 601 luma of H×W×3 uint8 RGB, as H×W uint8. A luma picture is returned as it is."""
    if rgb.ndim == 2:
        return rgb
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def chroma(rgb: Image) -> tuple[Plane, Plane]:
    """Cb and Cr of H×W×3 uint8 RGB, centred on 0 (about -128 to 127), float32."""
    red, green, blue = (rgb[..., channel].astype(np.float32) for channel in range(3))
    value = 0.299 * red + 0.587 * green + 0.114 * blue
    return (blue - value) / np.float32(_BLUE_CB), (red - value) / np.float32(_RED_CR)


def beyond_luma(cb: Plane, cr: Plane) -> tuple[Plane, Plane, Plane]:
    """What red, green and blue have more than luma, in levels, by centred chroma, all H×W float32."""
    green = cb * np.float32(_GREEN_CB) + cr * np.float32(_GREEN_CR)
    return cr * np.float32(_RED_CR), green, cb * np.float32(_BLUE_CB)


def to_rgb(value: Plane, cb: Plane, cr: Plane) -> Image:
    """RGB uint8 of luma (0–255) and centred chroma, all H×W float32.

    Chroma outside the gamut is shortened at constant luma and hue. Clipping in RGB instead would
    change the luma: grey rims along lines and washed-out highlights.
    """
    red, green, blue = beyond_luma(cb, cr)
    highest = np.maximum(np.maximum(red, green), blue)
    lowest = np.minimum(np.minimum(red, green), blue)
    room_up = (255.0 - value) / np.maximum(highest, np.float32(1e-3))
    room_down = value / np.maximum(-lowest, np.float32(1e-3))
    share = np.minimum(np.minimum(room_up, room_down), np.float32(1))
    # cv2.add to 8 bits rounds to the nearest and clips.
    planes = [cv2.add(offset * share, value, dtype=cv2.CV_8U) for offset in (red, green, blue)]
    return np.asarray(cv2.merge(planes), np.uint8)
