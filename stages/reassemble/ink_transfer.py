"""From the network's small picture to the scan: what tone and chroma each surface takes.

The scan's ink is sacred, its paper is not. Luma up to ``INK`` stays as it is; lighter luma is scaled
so that paper takes the tone the network gave the surface (white skin can then hold colour). The
mapping is monotone and continuous, so lines get no rims.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.colour import Plane, chroma, luma, to_rgb
from mangacolor.core.types import Image

INK = 64.0  # luma up to here is ink
DARKEST = 0.55  # a surface's tone is at least this share of the scan's
SURFACE_BLUR = 4.0  # sigma in working-scale pixels: tones are compared surface by surface
LIFT_STEPS = 64.0  # steps of a tone's factor for each whole; 64 is 1: as it is
ROWS = 32  # painted at once: what is computed for them stays in a core's cache
RIM_BLUR = 1.5  # sigma over which lines take their chroma from the surfaces beside them


def small_plan(coloured: Image, grey: Image) -> Image:
    """Chroma and tone of a window at working scale, packed into H×W×3 uint8.

    ``coloured``: the network's H×W×3 picture of ``grey`` (H×W). Channels: Cb + 128, Cr + 128, and the
    tone ratio (0 = ``DARKEST``, 255 = as light as the scan).
    """
    # How much of a pixel is surface and not line: lines must not pull tones or chroma towards grey.
    surface = np.clip((grey.astype(np.float32) - 48.0) / 96.0, 0.02, 1.0)
    cb, cr = chroma(coloured)
    cb, cr = _without_lines(cb, surface), _without_lines(cr, surface)
    tone = _low(luma(coloured).astype(np.float32), surface, SURFACE_BLUR)
    scan = _low(grey.astype(np.float32), surface, SURFACE_BLUR)
    ratio = np.clip(tone / np.maximum(scan, 1.0), DARKEST, 1.0)
    packed = np.stack([cb + 128.0, cr + 128.0, (ratio - DARKEST) * (255.0 / (1.0 - DARKEST))], axis=2)
    return np.rint(packed).clip(0, 255).astype(np.uint8)


def shown_luma(scan: Plane, network: Plane) -> float:
    """The mean luma that a surface is painted with, from the scan's and the network's luma on it."""
    tone = float(scan.mean())
    ratio = min(max(float(network.mean()) / max(tone, 1.0), DARKEST), 1.0)
    return tone if tone <= INK else float(INK + (tone - INK) * (255.0 * ratio - INK) / (255.0 - INK))


def _low(plane: Plane, weight: Plane, sigma: float) -> Plane:
    """Normalised low-pass: a Gaussian mean over the pixels that count."""
    total = cv2.GaussianBlur(plane * weight, (0, 0), sigma)
    return np.asarray(total / cv2.GaussianBlur(weight, (0, 0), sigma), dtype=np.float32)


def _without_lines(plane: Plane, surface: Plane) -> Plane:
    return np.asarray(surface * plane + (1.0 - surface) * _low(plane, surface, RIM_BLUR), dtype=np.float32)


def with_lift(plan: Image, lift: Plane) -> Image:
    """A plan with a fourth channel: by what the tone of each pixel is multiplied, ``lift`` (H×W, 0 to 4)."""
    packed = np.rint(lift * LIFT_STEPS).clip(0, 255).astype(np.uint8)
    return np.concatenate([plan, packed[..., None]], axis=2)


def paint(light: Image, plan: Image, keep: Image, tint: Image | None, saturation: float) -> Image:
    """The final pixels of a band of the page.

    ``light``: H×W luma at output scale. ``plan``: H×W×3 as of ``small_plan``, or ×4 ``with_lift``.
    ``keep``: H×W, 255 where the paper stays paper. ``tint``: H×W×3 RGB source for the paper's own
    colour, None for a grey page.
    """
    result = np.empty((*light.shape, 3), np.uint8)
    for top in range(0, light.shape[0], ROWS):
        rows = slice(top, top + ROWS)
        own = None if tint is None else tint[rows]
        result[rows] = _paint_rows(light[rows], plan[rows], keep[rows], own, saturation)
    return result


def _paint_rows(light: Image, plan: Image, keep: Image, tint: Image | None, saturation: float) -> Image:
    colour = np.float32(1.0) - keep.astype(np.float32) * np.float32(1 / 255)
    shade = plan[..., 2].astype(np.float32) * np.float32((1 - DARKEST) / 255) + np.float32(DARKEST)
    if plan.shape[2] == 4:
        shade *= plan[..., 3].astype(np.float32) * np.float32(1 / LIFT_STEPS)
    shade = 1.0 - (1.0 - shade) * colour
    value = light.astype(np.float32)
    toned = INK + (value - INK) * (255.0 * shade - INK) * np.float32(1 / (255.0 - INK))
    value = np.where(value <= INK, value, np.clip(toned, 0, 255) if plan.shape[2] == 4 else toned)
    strength = colour * np.float32(saturation)
    cb = (plan[..., 0].astype(np.float32) - 128.0) * strength
    cr = (plan[..., 1].astype(np.float32) - 128.0) * strength
    if tint is not None:
        own_cb, own_cr = chroma(tint)
        cb += own_cb * (1.0 - colour)
        cr += own_cr * (1.0 - colour)
    return to_rgb(value, cb, cr)
