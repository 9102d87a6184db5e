"""From the network's small picture to the scan: what tone and chroma each surface takes.

The scan's ink is sacred, its paper is not. Luma up to ``INK`` stays as it is; lighter luma is scaled
so that paper takes the tone that is given to the surface (white skin can then hold colour). The
mapping is monotone and continuous, so lines get no rims. Chroma falls off where a pixel is darker than its
surface, so that lines, hatching and dots stay black on it and end in no coloured seam.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import DARKEST, chroma, luma, scaled_luma, to_rgb
from mangacolor.core.types import Image
from mangacolor.stages.edits.model import Look
from mangacolor.stages.reassemble.params import InkParams

# The least tone that a layer can hold, as a share of the scan's.
LEAST_TONE = 0.35
# Rows painted at once: what is computed for them stays in a core's cache.
ROWS = 32
# Luma of a surface up to which it is dark itself and keeps its colour, and from which what is dark on it is
# ink.
DARK_SURFACE = 40.0
LIGHT_SURFACE = 90.0
# Luma up to which ink on a light surface has no chroma.
NEUTRAL_INK = 60.0
# Share of the luma around from which a pixel has its whole chroma, and the luma at which it has that at most.
FULL_SHARE = 0.9
FULL_LUMA = 128.0
# Luma up to which nothing has more chroma than ``BLACK_CHROMA`` levels, and levels more for each level above.
BLACK = 24.0
BLACK_CHROMA = 3.0
CHROMA_SLOPE = 0.8
# Levels of Cb and Cr that the warmest look adds, towards amber, and the chroma from which a pixel gets all of
# it: what is grey stays grey.
WARMEST = (-18.0, 9.0)
WARMED_CHROMA = 8.0


def pack_tone(tone: F32) -> F32:
    """Shares of the scan's tone as steps of a layer, 0 to 255 for ``LEAST_TONE`` to 1."""
    return np.asarray((tone - LEAST_TONE) * (255 / (1 - LEAST_TONE)), dtype=np.float32)


def unpack_tone(steps: F32) -> F32:
    """What ``pack_tone`` packed."""
    return np.asarray(steps * np.float32((1 - LEAST_TONE) / 255) + np.float32(LEAST_TONE), dtype=np.float32)


def own_colour(coloured: Image, grey: Image, params: InkParams) -> F32:
    """What the network says of a window, h×w×4 at working scale: Cb, Cr (centred on 0), the share of the
    scan's tone (``DARKEST`` to 1), and the mean luma of the scan around each pixel.

    ``coloured``: the network's h×w×3 picture of ``grey`` (h×w).
    """
    # How much of a pixel is surface and not line: lines must not pull tones or chroma towards grey.
    ramp = params.surface_luma - params.line_luma
    surface = np.clip((grey.astype(np.float32) - params.line_luma) / ramp, params.min_surface, 1.0)
    around = cv2.GaussianBlur(surface, (0, 0), params.line_sigma)
    cb, cr = (_fill_lines(plane, surface, around, params.line_sigma) for plane in chroma(coloured))
    around = cv2.GaussianBlur(surface, (0, 0), params.tone_sigma)
    tone = _low_pass(luma(coloured).astype(np.float32), surface, around, params.tone_sigma)
    scan = _low_pass(grey.astype(np.float32), surface, around, params.tone_sigma)
    share = np.clip(tone / np.maximum(scan, 1.0), DARKEST, 1.0)
    return np.stack([cb, cr, share, cv2.GaussianBlur(grey, (0, 0), params.tone_sigma)], axis=2)


def _low_pass(plane: F32, weight: F32, around: F32, sigma: float) -> F32:
    """A Gaussian mean over the pixels that count (normalised convolution: Knutsson & Westin, 1993).
    ``around``: the Gaussian mean of their ``weight``."""
    return np.asarray(cv2.GaussianBlur(plane * weight, (0, 0), sigma) / around, dtype=np.float32)


def _fill_lines(plane: F32, surface: F32, around: F32, sigma: float) -> F32:
    filled = _low_pass(plane, surface, around, sigma)
    return np.asarray(surface * plane + (1.0 - surface) * filled, dtype=np.float32)


def paint(light: Image, layer: Image, keep: Image, tint: Image | None, look: Look) -> Image:
    """The final pixels of a band of the page, H×W×3 RGB.

    ``light``: H×W luma at output scale. ``layer``: H×W×4 as of ``compose_band``: Cb + 128, Cr + 128, the
    packed tone, the mean luma around. ``keep``: H×W, 255 where the paper stays paper. ``tint``: H×W×3 RGB
    source for the paper's own colour, None for a grey page. ``look``: of the colours.
    """
    result = np.empty((*light.shape, 3), np.uint8)
    for top in range(0, light.shape[0], ROWS):
        rows = slice(top, top + ROWS)
        own = None if tint is None else tint[rows]
        result[rows] = _paint_rows(light[rows], layer[rows], keep[rows], own, look)
    return result


def _paint_rows(light: Image, layer: Image, keep: Image, tint: Image | None, look: Look) -> Image:
    colour = np.float32(1.0) - keep.astype(np.float32) * np.float32(1 / 255)
    shade = np.asarray(1.0 - (1.0 - unpack_tone(layer[..., 2].astype(np.float32))) * colour, np.float32)
    value = light.astype(np.float32)
    toned = scaled_luma(value, shade)
    cb, cr = (layer[..., channel].astype(np.float32) - 128.0 for channel in (0, 1))
    strength = colour * np.float32(look.saturation) * _chroma_share(light, layer)
    if look.warmth:
        share = np.minimum(np.hypot(cb, cr) * np.float32(1 / WARMED_CHROMA), 1) * np.float32(look.warmth)
        cb, cr = cb + share * np.float32(WARMEST[0]), cr + share * np.float32(WARMEST[1])
    cb, cr = cb * strength, cr * strength
    if tint is not None:
        own_cb, own_cr = chroma(tint)
        cb += own_cb * (1.0 - colour)
        cr += own_cr * (1.0 - colour)
    return to_rgb(toned, cb, cr)


def _chroma_share(value: Image, layer: Image) -> F32:
    """How much of its surface's chroma a pixel has by its luma (``value``) and that of the surface.

    ``layer``: as of ``paint``. What depends on two of these bytes alone is looked up.
    """
    lightness, lengths = _lightness_shares(), _chroma_lengths()
    limit = BLACK_CHROMA + np.maximum(value.astype(np.float32) - BLACK, 0) * np.float32(CHROMA_SLOPE)
    most = limit / lengths.take(layer.view("<u2")[..., 0])
    places = layer[..., 3].astype(np.int64)
    places <<= 8
    places |= value
    return np.asarray(np.minimum(lightness.take(places), most), dtype=np.float32)


@cache
def _lightness_shares() -> F32:
    """The share of chroma that ink leaves, by the luma around a pixel (rows) and its own: 256·256."""
    levels = np.arange(256, dtype=np.float32)
    ground, value = levels[:, None], levels[None]
    full = np.clip(ground * np.float32(FULL_SHARE), NEUTRAL_INK + 10, FULL_LUMA)
    lit = np.clip((value - NEUTRAL_INK) / (full - NEUTRAL_INK), 0, 1)
    inked = np.clip((ground - DARK_SURFACE) * np.float32(1 / (LIGHT_SURFACE - DARK_SURFACE)), 0, 1)
    return np.asarray(1 - inked * (1 - lit), dtype=np.float32).ravel()


@cache
def _chroma_lengths() -> F32:
    """How far from grey a colour is, levels and at least 1, by its Cr + 128 (rows) and Cb + 128: 256·256."""
    centred = np.arange(256, dtype=np.float32) - 128
    return np.asarray(np.maximum(np.hypot(centred[None], centred[:, None]), 1), dtype=np.float32).ravel()
