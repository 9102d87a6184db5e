"""Levels to light and back (IEC 61966-2-1, sRGB), and ramps."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from mangacolor.core.arrays import F32, AnyArray
from mangacolor.core.types import Image

# Steps of the tables that give levels for light: 0.2 of a level where they are steepest.
_STEPS = 2**14


def to_light(levels: Image) -> F32:
    """Linear light, 0 to 1, of uint8 levels."""
    return np.asarray(cv2.LUT(levels, _light_of_levels()), dtype=np.float32)


def to_levels(light: F32) -> F32:
    """Levels, 0 to 255, of linear light; light beyond 0 and 1 is cut off."""
    return _levels_of_light().take(_steps(light))


def to_whole_levels(light: F32) -> Image:
    """``to_levels``, rounded to uint8."""
    return _whole_levels_of_light().take(_steps(light))


def ramp(values: F32, ends: tuple[float, float]) -> F32:
    """0 at the first end, 1 at the second, straight between."""
    first, second = ends
    share = (values - np.float32(first)) * np.float32(1 / (second - first))
    return np.asarray(np.minimum(np.maximum(share, np.float32(0)), np.float32(1)), dtype=np.float32)


@cache
def ramp_table(ends: tuple[float, float]) -> Image:
    """``ramp`` of each level, 0 to 255, itself as levels: a table for ``cv2.LUT``."""
    return np.rint(255 * ramp(np.arange(256, dtype=np.float32), ends)).astype(np.uint8)


def _steps(light: F32) -> AnyArray:
    steps: F32 = np.minimum(np.maximum(light, np.float32(0)), np.float32(1))
    return (steps * np.float32(_STEPS) + np.float32(0.5)).astype(np.uint16)


@cache
def _light_of_levels() -> F32:
    value = np.arange(256) / 255
    return _as_f32(np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4))


@cache
def _levels_of_light() -> F32:
    light = np.arange(_STEPS + 1) / _STEPS
    return _as_f32(255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055))


@cache
def _whole_levels_of_light() -> Image:
    return np.rint(_levels_of_light()).astype(np.uint8)


def _as_f32(values: AnyArray) -> F32:
    return values.astype(np.float32)
