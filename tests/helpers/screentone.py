"""Made-up screentone and lines, and how far a picture of them beats: for tests of what shrinks pages."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image
from mangacolor.stages.fit.light import to_levels, to_light


def dots(side: int, pitch: float, share: float, angle: float = 45, noise: float = 2.0) -> Image:
    """Round dots that cover ``share`` of a square, ``pitch`` pixels apart, with a scan's noise; side×side."""
    fine = 4  # of a pixel
    turn = np.radians(angle)
    y, x = np.mgrid[0 : side * fine, 0 : side * fine].astype(np.float32) / fine
    along = np.cos(2 * np.pi * (x * np.cos(turn) + y * np.sin(turn)) / pitch)
    across = np.cos(2 * np.pi * (y * np.cos(turn) - x * np.sin(turn)) / pitch)
    height = along + across
    white = (height <= np.quantile(height[::3, ::3], 1 - share)).astype(np.uint8) * 255
    page = cv2.resize(white, (side, side), interpolation=cv2.INTER_AREA)
    return with_noise(page.astype(np.float32), noise)


def with_noise(page: np.ndarray, noise: float, seed: int = 1) -> Image:
    """A scan's noise, of this standard deviation in levels."""
    noisy = page + np.random.default_rng(seed).normal(0, noise, page.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def plain_grey(tone: Image) -> Image:
    """A grey as light as a tone, with another scan's noise."""
    level = to_levels(to_light(tone).mean(keepdims=True))
    return with_noise(np.full(tone.shape, float(level[0, 0])), 2.0, seed=2)


def low_frequency_peak(picture: Image) -> float:
    """The strongest wave longer than eight pixels, its amplitude in levels, of a picture H×W."""
    side = min(picture.shape)
    values = picture[:side, :side].astype(np.float64)
    window = np.outer(np.hanning(side), np.hanning(side))
    spectrum = 2 * np.abs(np.fft.fft2((values - values.mean()) * window)) / window.sum()
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(side), np.fft.fftfreq(side)))
    return float(spectrum[(frequency < 1 / 8) & (frequency > 2.5 / side)].max())
