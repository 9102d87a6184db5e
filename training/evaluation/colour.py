"""Colour measures in CIE L*a*b*: difference (CIEDE2000), hue agreement, colourfulness.

All take float32 Lab arrays of equal shape (…×3, D65, as :func:`to_lab` makes them); a measure
over nothing is ``None`` and never a number that looks like a result.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32
from mangacolor.core.types import Image

Lab = npt.NDArray[np.float32]

COLOURED = 10.0  # a* b* chroma from which a pixel of the truth has a hue worth agreeing with
SAME_HUE = 30.0  # degrees up to which two hues agree
GREY = 2.0  # chroma below which a pixel reads as grey; its hue means nothing
_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
_SRGB = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
_TO_XYZ = (_SRGB / _SRGB.sum(axis=1, keepdims=True)).astype(np.float32)  # each row 1: white is (1, 1, 1)
_CHUNK = 1 << 16  # pixels at a time: the temporaries of CIEDE2000 then stay in cache


def to_lab(rgb: Image) -> Lab:
    """L* in 0…100, a* and b* of an sRGB picture (H×W×3 uint8, or H×W grey), D65, float32.

    OpenCV's own conversion interpolates a table and is off by up to 0.4, which would give a
    grey page colour; this one meets scikit-image's to 0.005 and is ten times as fast.
    """
    three = rgb if rgb.ndim == 3 else np.dstack([rgb, rgb, rgb])
    x, y, z = cv2.split(cv2.transform(_LINEAR[three], _TO_XYZ))
    fx, fy, fz = _cube_root(x), _cube_root(y), _cube_root(z)
    return np.dstack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)])


def _cube_root(value: npt.ArrayLike) -> F32:
    value = np.asarray(value, dtype=np.float32)
    return np.where(value > 0.008856, np.cbrt(value), 7.787 * value + np.float32(16 / 116))


def chroma(lab: Lab) -> F32:
    """Distance from the grey axis, √(a*² + b*²)."""
    return np.asarray(np.hypot(lab[..., 1], lab[..., 2]), dtype=np.float32)


def ciede2000(first: Lab, second: Lab) -> F32:
    """CIEDE2000 colour difference a pixel (kL = kC = kH = 1), shape without the last axis.

    Formula of Sharma, Wu and Dalal (2005). Hue differences and multiples of the mean hue are
    taken from products of the a*, b* vectors, so that one arc tangent a pixel is enough.
    """
    if first.shape != second.shape:
        raise ValueError(f"pictures of different shapes: {first.shape} and {second.shape}")
    flat1, flat2 = first.reshape(-1, 3), second.reshape(-1, 3)
    out = np.empty(len(flat1), dtype=np.float32)
    for start in range(0, len(out), _CHUNK):
        part = slice(start, start + _CHUNK)
        out[part] = _ciede2000(flat1[part].T.astype(np.float32), flat2[part].T.astype(np.float32))
    return out.reshape(first.shape[:-1])


def _ciede2000(first: F32, second: F32) -> F32:
    (l1, a1, b1), (l2, a2, b2) = first, second
    stretch = 1.5 - 0.5 * _saturating((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    c_mean, l_mean = (c1 + c2) / 2, (l1 + l2) / 2
    # A grey pixel has no direction. The mean hue bisects the two, or is that of the coloured one.
    n1, n2 = np.maximum(c1, 1e-12), np.maximum(c2, 1e-12)
    x1, y1, x2, y2 = a1 / n1, b1 / n1, a2 / n2, b2 / n2
    norm = np.maximum(np.hypot(x1 + x2, y1 + y2), 1e-12)
    cos, sin = (x1 + x2) / norm, (y1 + y2) / norm
    # 2 √(C1 C2) sin(Δh / 2), with its sign from the cross product.
    d_hue = np.copysign(np.sqrt(c1 * c2) * np.hypot(x1 - x2, y1 - y2), x1 * y2 - y1 * x2)
    weight = _hue_weight(cos, sin)
    degrees = np.degrees(np.arctan2(sin, cos)) % 360

    lightness = np.square(l_mean - 50)
    d_l = (l2 - l1) / (1 + 0.015 * lightness / np.sqrt(20 + lightness))
    d_c = (c2 - c1) / (1 + 0.045 * c_mean)
    d_h = d_hue / (1 + 0.015 * c_mean * weight)
    turn = np.radians(60 * np.exp(-np.square((degrees - 275) / 25)))
    cross = -2 * np.sin(turn) * _saturating(c_mean)
    total = d_l * d_l + d_c * d_c + d_h * d_h + cross * d_c * d_h
    return np.asarray(np.sqrt(np.maximum(total, 0)), dtype=np.float32)


def _saturating(value: F32) -> F32:
    """√(C⁷ / (C⁷ + 25⁷)), written so that float32 does not overflow."""
    ratio = value / np.float32(25)
    square = ratio * ratio
    seventh = square * square * square * ratio
    return np.asarray(np.sqrt(seventh / (seventh + 1)), dtype=np.float32)


def _hue_weight(cos: F32, sin: F32) -> F32:
    """CIEDE2000's T from the cosine and sine of the mean hue, by multiple-angle formulas."""
    two = np.float32(2)
    cos2, sin2 = cos * cos - sin * sin, two * sin * cos
    cos3, sin3 = cos2 * cos - sin2 * sin, sin2 * cos + cos2 * sin
    cos4, sin4 = cos2 * cos2 - sin2 * sin2, two * sin2 * cos2
    weight = (
        1
        - 0.17 * _turned(cos, sin, 30)
        + 0.24 * cos2
        + 0.32 * _turned(cos3, sin3, -6)
        - 0.20 * _turned(cos4, sin4, 63)
    )
    return np.asarray(weight, dtype=np.float32)


def _turned(cos: npt.ArrayLike, sin: npt.ArrayLike, degrees: float) -> F32:
    """cos(h − degrees)."""
    angle = np.float32(np.radians(degrees))
    turned = np.multiply(cos, np.cos(angle)) + np.multiply(sin, np.sin(angle))
    return np.asarray(turned, dtype=np.float32)


def hue_agreement(truth: Lab, result: Lab) -> float | None:
    """Share of the truth's coloured pixels (chroma ≥ ``COLOURED``) whose hue ours meets.

    A pixel that we left grey (chroma < ``GREY``) does not agree with anything. ``None`` where
    the truth has no coloured pixel.
    """
    a1, b1, a2, b2 = truth[..., 1], truth[..., 2], result[..., 1], result[..., 2]
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    coloured = c1 >= COLOURED
    total = int(np.count_nonzero(coloured))
    if total == 0:
        return None
    near = a1 * a2 + b1 * b2 >= np.cos(np.radians(SAME_HUE)) * c1 * c2
    return float(np.count_nonzero(coloured & near & (c2 >= GREY)) / total)


def colourfulness(truth: Lab, result: Lab) -> float | None:
    """Mean chroma of ours over mean chroma of the truth; 1 is as colourful, 0 grey.

    ``None`` where the truth itself is grey (mean chroma below 1). Hasler and Süsstrunk's
    measure was left out: its spread term rewards the very blotches that we want to see punished.
    """
    reference = float(chroma(truth).mean()) if truth.size else 0.0
    return float(chroma(result).mean()) / reference if reference >= 1.0 else None
