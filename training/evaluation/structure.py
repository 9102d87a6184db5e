"""Structure: what our colour knows about the truth's colour beyond lightness.

Nested least squares over the drawn pixels, in luma and chroma (Y, Cb, Cr of Rec. 601). The truth's
Cb, Cr are first explained by the best quadratic of the page's own lightness Y; then our Cb, Cr join
the regressors. Structure is the share of the first fit's residual that the second takes away, both
channels together:

    S = 1 − RSS(1, Y, Y², Cb, Cr) / RSS(1, Y, Y²)

A tint (chroma that is a quadratic of lightness) gives 0 and the truth gives 1. Two choices matter:

- Y and not L*: a grey page holds Y. Against L*, the difference between Y and L*, which is itself
  chroma, leaks through any tint (up to 0.27 on strongly coloured pictures).
- the truth's Y and not that of a screentoned input: all kinds of input then share one denominator,
  and a tint of descreened dots cannot pass for knowledge of the scene.

The measure forgives a wrong but consistent palette (a linear map of our chroma is free); hue
agreement does not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64
from mangacolor.core.colour import LUMA_SHARES

_LUMA = np.array(LUMA_SHARES)
_TO_LUMA_CHROMA = np.stack(
    [_LUMA, 0.564 * (np.array([0, 0, 1]) - _LUMA), 0.713 * (np.array([1, 0, 0]) - _LUMA)]
)
_CHUNK = 1 << 16  # pixels at a time, for the processor's cache
# In levels². Rounding to 8 bits alone leaves a variance of 0.05; it must not be scaled up to knowledge.
_SILENT = 0.5**2  # our chroma beyond lightness, along one direction
_COLOURLESS = 1.0**2  # the truth's, both channels: less is not worth explaining


class StructureSums(NamedTuple):
    """What a picture adds to a pooled figure: residual before, and how much of it we explain."""

    residual: float
    explained: float
    pixels: int

    @property
    def share(self) -> float | None:
        """Structure in [0, 1]; ``None`` where the truth has no colour beyond its lightness."""
        if self.pixels == 0 or self.residual < _COLOURLESS * self.pixels:
            return None
        return self.explained / self.residual


def structure(truth: npt.ArrayLike, result: npt.ArrayLike) -> StructureSums:
    """Fit one picture. ``truth``, ``result``: n×3 RGB of the same pixels, 0…255."""
    true, ours = np.reshape(truth, (-1, 3)), np.reshape(result, (-1, 3))
    count = len(true)
    if count == 0:
        return StructureSums(0.0, 0.0, 0)
    parts = [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]
    beyond = _beyond_lightness(np.sum([_products(true[part], ours[part]) for part in parts], axis=0))
    ours, shared, theirs = beyond[:2, :2], beyond[:2, 2:], beyond[2:, 2:]
    residual = max(float(np.trace(theirs)), 0.0)
    explained = float(np.trace(shared.T @ _inverse(ours, _SILENT * count) @ shared))
    return StructureSums(residual, float(np.clip(explained, 0.0, residual)), count)


def _products(truth: npt.NDArray[np.number[Any]], result: npt.NDArray[np.number[Any]]) -> F64:
    """7×7 sums of products of 1, Y, Y², our Cb, Cr and the truth's Cb, Cr."""
    light, truth_chroma = _luma_chroma(truth)
    _, result_chroma = _luma_chroma(result)
    columns = np.vstack([np.ones_like(light), light, light * light, result_chroma, truth_chroma])
    return np.asarray(columns @ columns.T)


def _luma_chroma(rgb: npt.NDArray[np.number[Any]]) -> tuple[F64, F64]:
    """n×3 RGB as luma in [-1, 1] (n) and Cb, Cr in levels (2×n)."""
    luma, cb, cr = _TO_LUMA_CHROMA @ rgb.T.astype(np.float64)
    return luma / 127.5 - 1, np.stack([cb, cr])


def _beyond_lightness(gram: F64) -> F64:
    """The 4×4 products of what is left of our and their chroma after the quadratic of lightness."""
    light, cross = gram[:3, :3], gram[:3, 3:]
    return np.asarray(gram[3:, 3:] - cross.T @ np.linalg.pinv(light, rcond=1e-10) @ cross)


def _inverse(symmetric: F64, least: float) -> F64:
    """Inverse on the directions whose eigenvalue exceeds ``least``, zero on the others."""
    values, vectors = np.linalg.eigh(symmetric)
    usable = values > least
    return np.asarray((vectors[:, usable] / values[usable]) @ vectors[:, usable].T)
