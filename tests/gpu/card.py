"""The graphics card that this machine has, if any, and how its numbers are compared with the processor's."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from mangacolor.core.types import Image

CARD = "cuda:0" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else ""
needs_card = pytest.mark.skipif(not CARD, reason="torch sees neither a CUDA card nor Apple's here")

# Levels of 255 by which a pixel may differ. Cards round to 10 bits within convolutions (half precision, and
# TF32 in single); a network of twenty layers makes a level or two of it.
LEVELS = 2
# Share of the largest value by which a feature map may differ, for the same reason.
SHARE = 0.03


def levels_apart(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The largest difference of two pictures, in levels: uint8, or floats in [-1, 1]."""
    assert one.shape == other.shape
    unit = 1.0 if one.dtype == np.uint8 else 1 / 127.5
    return float(np.abs(one.astype(np.float64) - other).max() / unit)


def share_apart(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """The largest difference over the largest value."""
    assert one.shape == other.shape
    return float(np.abs(one.astype(np.float64) - other).max() / max(1e-6, float(np.abs(one).max())))


def drawing(height: int, width: int) -> Image:
    """Soft shades with black strokes, H×W uint8."""
    y, x = np.mgrid[:height, :width]
    shades = 150 + 60 * np.sin(x / 23) * np.cos(y / 31)
    shades[(x + 2 * y) % 53 < 3] = 10
    return np.asarray(shades, np.uint8)
