"""Halftone as manga uses it: sheets of dots or lines cut to the shape of a surface.

Patterns are computed at several times the working scale and area-averaged down, as a scan that is
shrunk for the network would be.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Pattern = npt.NDArray[np.float32]


def dot_screen(shape: tuple[int, int], pitch: float, angle: float) -> Pattern:
    """A round-dot threshold screen, H×W float32 in [0, 1]; ``pitch`` in pixels, ``angle`` in degrees."""
    u, v = _rotated(shape, pitch, angle)
    return np.asarray(0.5 + 0.25 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v)), dtype=np.float32)


def line_screen(shape: tuple[int, int], pitch: float, angle: float) -> Pattern:
    """A line threshold screen, H×W float32 in [0, 1]."""
    u, _ = _rotated(shape, pitch, angle)
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * u), dtype=np.float32)


def halftone(tone: Image, screen: Pattern) -> Image:
    """Black where the tone is darker than the screen. Equalised, so that the mean tone is kept.

    ``tone`` and the result: H×W uint8 at the screen's own scale.
    """
    # A cosine screen's values are not uniformly spread; ranking them makes coverage follow the tone.
    codes = (screen * 255).astype(np.uint8)
    counts = np.cumsum(np.bincount(codes.ravel(), minlength=256))
    ranks = (counts * (255.0 / counts[-1])).astype(np.uint8)
    return np.where((tone >= ranks[codes]) & (tone > 0), np.uint8(255), np.uint8(0))


def print_tones(tone: Image, factor: int, pitch: float, angle: float, lines: bool) -> Image:
    """``tone`` (H×W uint8) rendered as halftone at ``factor`` times its size, then averaged down.

    ``pitch`` is in pixels of the large picture. Pure white stays white and pure black stays black.
    """
    height, width = tone.shape
    size = width * factor, height * factor
    large = np.asarray(cv2.resize(tone, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    printed = print_large(large, pitch, angle, lines)
    return np.asarray(cv2.resize(printed, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)


def print_large(tone: Image, pitch: float, angle: float, lines: bool) -> Image:
    """``tone`` (H×W uint8) in dots or lines, black and white, at its own scale. ``pitch`` in its pixels."""
    return halftone(tone, (line_screen if lines else dot_screen)(tone.shape, pitch, angle))


def posterize(grey: Image, levels: int, rng: np.random.Generator, white_from: float) -> Image:
    """Posterise to a few random tones, the lightest of them white: what a tone artist leaves.

    ``grey``: H×W uint8; everything above ``white_from`` (0–255) becomes paper.
    """
    smooth = cv2.medianBlur(grey, 5)
    edges = np.sort(rng.uniform(20, white_from, levels - 1))
    tones = np.sort(rng.uniform(0, 235, levels - 1))
    table = np.full(256, 255, np.uint8)
    for edge, tone in zip(edges[::-1], tones[::-1], strict=True):
        table[: int(edge)] = int(tone)
    if rng.random() < 0.6:  # spot black
        table[: int(edges[0])] = 0
    return np.asarray(table[smooth], dtype=np.uint8)


def _rotated(shape: tuple[int, int], pitch: float, angle: float) -> tuple[Pattern, Pattern]:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    radians = np.deg2rad(angle)
    cos, sin = np.float32(np.cos(radians) / pitch), np.float32(np.sin(radians) / pitch)
    return np.asarray(x * cos + y * sin), np.asarray(y * cos - x * sin)
