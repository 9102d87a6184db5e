"""One colour of a picture turned to white, so that a network meets white cloth as often as manga shows it.

What an artist leaves white on paper is light: skin, and white or pale cloth. Pictures in colour that may be
learnt from dress their figures in blue and red, so a network that has seen only these takes all paper within
a figure for skin.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.types import Image

# Of colours that are turned: CIELAB chroma and lightness. What is greyer is as good as white already.
MIN_CHROMA, LIGHTNESS = 14.0, (20.0, 95.0)
# Hues of skin of all shades, degrees, up to which chroma they may be skin.
SKIN_HUES, SKIN_CHROMA = (-8.0, 95.0), 55.0
# How far from the drawn colour (a and b, lightness counting less) a pixel is surely of it, and surely not.
INSIDE, OUTSIDE, LIGHTNESS_WEIGHT = 13.0, 24.0, 0.35
AREA = (0.02, 0.45)  # share of the picture that a turned colour takes up
SOFT = 0.4  # share of a turned colour that may lie between it and others: paintings have no colours to turn
TRIES = 6  # colours that are tried until one fits
WHITE = (91.0, 99.0)  # lightness of white cloth in the light
SHADE = (0.5, 0.9)  # how much of the light and shade stays
MAX_TINT = 4.0  # chroma that white cloth has at most
SHADOW_BLUE = 0.12  # levels of b that a shadow loses a level of lightness


def whiten(colour: Image, rng: np.random.Generator) -> Image:
    """H×W×3 uint8 RGB with one of its colours turned to white, or as it is where none fits."""
    scaled = colour.astype(np.float32) / 255
    lab: F32 = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB), np.float32)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    candidates = np.flatnonzero(_may_turn(lab, chroma))
    if len(candidates) < AREA[0] * chroma.size:
        return colour
    for at in rng.choice(candidates, TRIES):
        share = _share_of(lab, lab.reshape(-1, 3)[at])
        between = float(((share > 0) & (share < 1)).mean())
        if AREA[0] <= float(share.mean()) <= AREA[1] and between <= SOFT * float(share.mean()):
            return _turned(lab, share, rng)
    return colour


def _may_turn(lab: F32, chroma: F32) -> Mask:
    hue = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    skin = (hue > SKIN_HUES[0]) & (hue < SKIN_HUES[1]) & (chroma < SKIN_CHROMA)
    lit = (lab[..., 0] > LIGHTNESS[0]) & (lab[..., 0] < LIGHTNESS[1])
    return np.asarray((chroma > MIN_CHROMA) & lit & ~skin)


def _share_of(lab: F32, centre: F32) -> F32:
    """How much of each pixel (H×W×3 Lab) is of this colour, 0 to 1."""
    apart = (lab - centre) * np.array((LIGHTNESS_WEIGHT, 1.0, 1.0), np.float32)
    distance = np.linalg.norm(apart, axis=2)
    return np.asarray(np.clip((OUTSIDE - distance) / (OUTSIDE - INSIDE), 0, 1), np.float32)


def _turned(lab: F32, share: F32, rng: np.random.Generator) -> Image:
    lit = float(np.percentile(lab[..., 0][share > 0.5], 75)) if (share > 0.5).any() else 80.0
    white = float(rng.uniform(*WHITE))
    lightness = np.minimum(white + (lab[..., 0] - lit) * rng.uniform(*SHADE), 100.0)
    angle, tint = rng.uniform(0, 2 * np.pi), rng.uniform(0, MAX_TINT)
    shadow = np.maximum(white - lightness, 0) * SHADOW_BLUE
    turned = np.stack(
        [lightness, np.full_like(lightness, tint * np.cos(angle)), tint * np.sin(angle) - shadow], axis=2
    )
    mixed = lab + share[..., None] * (turned.astype(np.float32) - lab)
    rgb = cv2.cvtColor(mixed.astype(np.float32), cv2.COLOR_LAB2RGB)
    return np.asarray(np.rint(np.clip(rgb, 0, 1) * 255), np.uint8)
