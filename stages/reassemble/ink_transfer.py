"""From the network's small picture to the scan: what tone and chroma each surface takes.

The scan's ink is sacred, its paper is not. Luma up to ``INK`` stays as it is; lighter luma is scaled
so that paper takes the tone the network gave the surface (white skin can then hold colour). The
mapping is monotone and continuous, so lines get no rims.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.colour import DARKEST, INK, chroma, luma, to_rgb
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.params import InkParams

# Steps of a layer's fourth channel for each whole of a tone's gain; 64 is 1: as it is.
GAIN_STEPS = 64.0
# Rows painted at once: what is computed for them stays in a core's cache.
ROWS = 32


def colour_layer(coloured: Image, grey: Image, params: InkParams) -> Image:
    """Chroma and tone of a window at working scale, packed into H×W×3 uint8.

    ``coloured``: the network's H×W×3 picture of ``grey`` (H×W). Channels: Cb + 128, Cr + 128, and the
    tone ratio (0 = ``DARKEST``, 255 = as light as the scan).
    """
    # How much of a pixel is surface and not line: lines must not pull tones or chroma towards grey.
    ramp = params.surface_luma - params.line_luma
    surface = np.clip((grey.astype(np.float32) - params.line_luma) / ramp, params.min_surface, 1.0)
    cb, cr = (_fill_lines(plane, surface, params.line_sigma) for plane in chroma(coloured))
    tone = _low_pass(luma(coloured).astype(np.float32), surface, params.tone_sigma)
    scan = _low_pass(grey.astype(np.float32), surface, params.tone_sigma)
    ratio = np.clip(tone / np.maximum(scan, 1.0), DARKEST, 1.0)
    packed = np.stack([cb + 128.0, cr + 128.0, (ratio - DARKEST) * (255.0 / (1.0 - DARKEST))], axis=2)
    return np.rint(packed).clip(0, 255).astype(np.uint8)


def _low_pass(plane: F32, weight: F32, sigma: float) -> F32:
    """A Gaussian mean over the pixels that count (normalised convolution: Knutsson & Westin, 1993)."""
    total = cv2.GaussianBlur(plane * weight, (0, 0), sigma)
    return np.asarray(total / cv2.GaussianBlur(weight, (0, 0), sigma), dtype=np.float32)


def _fill_lines(plane: F32, surface: F32, sigma: float) -> F32:
    return np.asarray(surface * plane + (1.0 - surface) * _low_pass(plane, surface, sigma), dtype=np.float32)


def with_gain(layer: Image, gain: F32) -> Image:
    """A layer with a fourth channel: by what the tone of each pixel is multiplied, ``gain`` (H×W, 0 to 4)."""
    packed = np.rint(gain * GAIN_STEPS).clip(0, 255).astype(np.uint8)
    return np.concatenate([layer, packed[..., None]], axis=2)


def paint(light: Image, layer: Image, keep: Image, tint: Image | None, saturation: float) -> Image:
    """The final pixels of a band of the page, H×W×3 RGB.

    ``light``: H×W luma at output scale. ``layer``: H×W×3 as of ``colour_layer``, or ×4 ``with_gain``.
    ``keep``: H×W, 255 where the paper stays paper. ``tint``: H×W×3 RGB source for the paper's own
    colour, None for a grey page.
    """
    result = np.empty((*light.shape, 3), np.uint8)
    for top in range(0, light.shape[0], ROWS):
        rows = slice(top, top + ROWS)
        own = None if tint is None else tint[rows]
        result[rows] = _paint_rows(light[rows], layer[rows], keep[rows], own, saturation)
    return result


def _paint_rows(light: Image, layer: Image, keep: Image, tint: Image | None, saturation: float) -> Image:
    colour = np.float32(1.0) - keep.astype(np.float32) * np.float32(1 / 255)
    shade = layer[..., 2].astype(np.float32) * np.float32((1 - DARKEST) / 255) + np.float32(DARKEST)
    has_gain = layer.shape[2] == 4
    if has_gain:
        shade *= layer[..., 3].astype(np.float32) * np.float32(1 / GAIN_STEPS)
    shade = 1.0 - (1.0 - shade) * colour
    value = light.astype(np.float32)
    toned = INK + (value - INK) * (255.0 * shade - INK) * np.float32(1 / (255.0 - INK))
    value = np.where(value <= INK, value, np.clip(toned, 0, 255) if has_gain else toned)
    strength = colour * np.float32(saturation)
    cb = (layer[..., 0].astype(np.float32) - 128.0) * strength
    cr = (layer[..., 1].astype(np.float32) - 128.0) * strength
    if tint is not None:
        own_cb, own_cr = chroma(tint)
        cb += own_cb * (1.0 - colour)
        cr += own_cr * (1.0 - colour)
    return to_rgb(value, cb, cr)
