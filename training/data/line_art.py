"""Line art from a grey picture: two extractors that err in different ways.

A network that sees only one kind of synthetic line learns that kind; mixing two (and plain grey)
carries over better to ink.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image


def xdog(
    grey: Image, sigma: float = 0.7, sharpness: float = 18.0, threshold: float = 0.62, slope: float = 12.0
) -> Image:
    """Extended difference of Gaussians (Winnemöller, Kyprianidis & Olsen 2012).

    ``grey``: H×W uint8. Returns H×W uint8, 255 = paper, dark = line. ``sigma`` in pixels sets the
    line width, ``sharpness`` the weight of the edge term, ``threshold`` in [0, 1] how much of the
    shadows turns into solid black, ``slope`` the softness of the line's edge.
    """
    value = grey.astype(np.float32) / 255.0
    fine = cv2.GaussianBlur(value, (0, 0), sigma)
    coarse = cv2.GaussianBlur(value, (0, 0), 1.6 * sigma)
    response = (1.0 + sharpness) * fine - sharpness * coarse
    line = np.where(response >= threshold, 1.0, 1.0 + np.tanh(slope * (response - threshold)))
    return np.asarray(np.clip(line * 255.0, 0, 255), dtype=np.uint8)


def valley(grey: Image, radius: int = 2, gain: float = 1.6) -> Image:
    """Dark thin valleys, by grey-scale closing minus the picture: finds drawn ink, leaves tones out.

    ``grey``: H×W uint8. ``radius`` in pixels is half the widest line found, ``gain`` scales the
    darkness. Returns H×W uint8, 255 = paper.
    """
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    depth = cv2.morphologyEx(grey, cv2.MORPH_CLOSE, kernel).astype(np.float32) - grey
    return np.asarray(np.clip(255.0 - gain * np.maximum(depth - 6.0, 0.0), 0, 255), dtype=np.uint8)


def draw_lines(grey: Image, rng: np.random.Generator) -> Image:
    """One of the extractors, or the darker of both, with random strength."""
    choice = rng.random()
    lines = np.full_like(grey, 255)
    if choice < 0.65:
        source = even_brightness(grey) if rng.random() < 0.7 else grey
        lines = xdog(
            source, float(rng.uniform(0.4, 1.0)), float(rng.uniform(10, 30)), float(rng.uniform(0.3, 0.65))
        )
    if choice > 0.45:
        lines = np.minimum(lines, valley(grey, int(rng.integers(1, 4)), float(rng.uniform(1.2, 3.0))))
    return lines


def even_brightness(grey: Image, sigma: float = 12.0, reduced: int = 1) -> Image:
    """Local brightness taken out, so that dim scenes give lines and not one black area.

    ``sigma``: pixels around that count, measured on a picture ``reduced`` so many times.
    """
    value = grey.astype(np.float32) + 8.0
    height, width = grey.shape
    small = max(1, width // reduced), max(1, height // reduced)
    blurred = cv2.GaussianBlur(
        cv2.resize(value, small, interpolation=cv2.INTER_AREA), (0, 0), sigma / reduced
    )
    around = cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(np.clip(value / around * 200.0, 0, 255), dtype=np.uint8)
