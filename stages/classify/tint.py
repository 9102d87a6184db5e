"""What of a page's chroma no tint of a scan explains.

A scan of a black-and-white page is seldom grey: paper yellows, unevenly and in stains; sepia and blue
inks, lamp light, JPEG and shifted colour plates add chroma everywhere. All of it is *smooth*: it depends
on the tone, slowly on the place, and at an edge on the edge. So chroma is measured as what none of these
explains, and a tint only explains what a print can have (``print_limits.py``). What is left is the likelier
colour, the patchier it is: paint has outlines, while noise and what a tint's curve misses are everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.classify.print_limits import PRINTS, PrintLimits, excess_over_prints

_AGE_HUE = np.radians(
    28
)  # radians, of Cr against -Cb; yellow is at 9°, stained paper at 25–33°, skin at 45–50°
_AGE_WEIGHT = 0.5  # chroma along that hue counts half, so that a stain is no colour
_BLOCK_ROWS = 48  # of a matrix product: so small a one stays on one thread
_SPREAD_ASPECT = 1.15  # width over height from which the two halves may be two scans
_BLACK_TONE = 0.06  # of [0, 1]: darker pixels say nothing of colour
_WHITE_TONE = 0.97  # of [0, 1]: brighter ones neither
_LEAST_PIXELS = 64  # of tones between: fewer decide no tint
_FITS = 4  # times the tint is fitted, each time with less weight on what it did not explain
_OLD_PAPER = 20.0  # levels of chroma along the hue of age that old paper has
_NOISE_CHROMA = 2.0  # levels: residuals below it weigh alike


class Limit(NamedTuple):
    """A page is coloured if ``share`` of it has more chroma than this, in levels of Cr, Cb (0–255)."""

    share: float
    across: float  # across the hue of age, where no stain and no yellowing lies
    weighted: float  # both together, along the hue of age at half its weight


# A quarter above the most that black-and-white pages had in benchmarks/quality/score_classify.py, JPEG at
# quality 10 apart. Small areas are allowed more: stamps and stains.
LIMITS = (
    Limit(0.012, 11.4, 15.2),
    Limit(0.02, 3.8, 11.4),
    Limit(0.035, 2.95, 4.1),
    Limit(0.06, 2.4, 3.3),
    Limit(0.10, 1.9, 2.55),
)


@dataclass(frozen=True, slots=True)
class PatchParams:
    """How patchy what is left of the chroma is, in levels: see ``_patchiness``.

    The limits lie between black-and-white scans and washed-out colour pages of ``score_classify.py``.
    """

    share: float = 0.1  # of the page that has the chroma,
    edges: float = 0.02  # that has the strongest edges of it,
    common: float = 0.2  # and that has stronger ones than most
    weight: float = 2 / 3  # power of how much stronger the strongest are
    least_edge: float = 0.03  # levels: weaker edges are rounding
    coloured: float = 4.6  # levels from which on a page is coloured, however weak its chroma is
    doubtful: float = 3.3  # levels below which the limits of chroma are
    slack: float = 1.25  # times as high,
    wide: float = 0.03  # those of at least this share of the page: a small area of paint is no wave


@dataclass(frozen=True, slots=True)
class TintParams:
    """What makes a page coloured."""

    working_area: int = 8800  # pixels, 112×79 for a page: fringes and noise average out, figures stay
    blur: float = 1.75  # sigma at that size
    limits: tuple[Limit, ...] = LIMITS
    patches: PatchParams = PatchParams()
    prints: PrintLimits = PRINTS


TINT: Final = TintParams()


def unexplained_chroma(pixels: Image, params: TintParams) -> float:
    """Chroma of H×W×3 ``pixels`` that no tint of a scan explains, as the largest share of a limit."""
    small = _shrink(pixels, params.working_area).astype(np.float32) / 255
    luma_chroma = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb), dtype=np.float64)
    tone, plane = luma_chroma[..., 0], (luma_chroma[..., 1:] - 0.5) * 255
    useful = (tone > _BLACK_TONE) & (tone < _WHITE_TONE)
    if np.count_nonzero(useful) < _LEAST_PIXELS:
        return 0.0
    residual = np.zeros_like(plane)
    aged = _by_hue_of_age(plane)
    residual[useful] = _without_tint(aged[useful], tone[useful], _bases(tone, useful))
    # What is left of fringes alternates in sign; areas of colour do not.
    areas = np.asarray(cv2.GaussianBlur(residual, (0, 0), params.blur), dtype=np.float64)
    patches, patchiness = params.patches, _patchiness(residual, areas, params.patches)
    shares = _shares_of_limits(areas, params.limits)
    pairs = list(zip(params.limits, shares, strict=True))
    narrow = max((share for limit, share in pairs if limit.share < patches.wide), default=0.0)
    broad = max((share for limit, share in pairs if limit.share >= patches.wide), default=0.0)
    if patchiness < patches.doubtful:
        broad = min(broad, max(broad / patches.slack, patchiness / patches.doubtful))
    prints = excess_over_prints(tone.ravel(), aged.reshape(-1, 2), params.prints)
    return float(max(narrow, broad, patchiness / patches.coloured, prints))


def _shares_of_limits(areas: F64, limits: Sequence[Limit]) -> list[float]:
    """The share of each limit that the chroma of H×W×2 ``areas`` (along, across the hue of age) has."""
    across = np.sort(np.abs(areas[..., 1]), axis=None)
    weighted = np.sort(_strength(areas), axis=None)
    shares = []
    for limit in limits:
        at = min(across.size - 1, int(across.size * (1 - limit.share)))
        shares.append(float(max(across[at] / limit.across, weighted[at] / limit.weighted)))
    return shares


def _patchiness(residual: F64, areas: F64, params: PatchParams) -> float:
    """The chroma in a share of the page, in levels, times how far its few edges stand out from the rest.

    Noise of JPEG and the waves of a tint that no curve follows have edges of one strength all over the page;
    areas of paint have strong ones along their outlines only. ``residual``: H×W×2, ``areas``: it, smoothed.
    """
    edges = _strength(residual - areas)
    strong, common = np.maximum(np.quantile(edges, (1 - params.edges, 1 - params.common)), params.least_edge)
    chroma = float(np.quantile(_strength(areas), 1 - params.share))
    return float(chroma * (strong / common) ** params.weight)


def _strength(chroma: F64) -> F64:
    """H×W levels of H×W×2 chroma, along the hue of age at part of its weight."""
    return np.asarray(np.hypot(chroma[..., 0] * _AGE_WEIGHT, chroma[..., 1]))


def _shrink(pixels: Image, area: int) -> Image:
    height, width = pixels.shape[:2]
    scale = min(1.0, (area / (height * width)) ** 0.5)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _by_hue_of_age(chroma: F64) -> F64:
    """…×2 Cr, Cb as …×2: along the hue of ageing paper and stains, and across it."""
    along = np.array([np.sin(_AGE_HUE), -np.cos(_AGE_HUE)])
    return np.asarray(chroma @ np.stack([along, [-along[1], along[0]]], axis=1))


class _Bases(NamedTuple):
    """Functions of the N useful pixels: which scan they are of, their place on it, slopes of the tone."""

    scans: F64  # N×1, or N×2 for a spread
    places: F64  # N×8, changing slowly
    slopes: F64  # N×2


def _bases(tone: F64, useful: npt.NDArray[np.bool_]) -> _Bases:
    height, width = tone.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    scans = [np.ones_like(x)]
    if width > _SPREAD_ASPECT * height:
        scans.append(np.sign(x))
        x = 2 * np.abs(x) - 1
    places = [np.ones_like(x), x, y, x * x, x * y, y * y, x**4, y**4]
    slopes = [
        np.gradient(tone, axis=axis) if tone.shape[axis] > 1 else np.zeros_like(tone) for axis in (0, 1)
    ]
    return _Bases(*(np.stack(functions, axis=-1)[useful] for functions in (scans, places, slopes)))


def _without_tint(chroma: F64, tone: F64, bases: _Bases) -> F64:
    """What is left of N×2 ``chroma`` (along, across the hue of age) when the page's tint is taken off.

    Any tint is a curve of the tone (two, where the page is two scans), and a colour plate shifted by a
    pixel adds the tone's slope (Taylor). Along the hue of age the curve may also change with the place;
    across it only as far as ageing itself turns from yellow to brown where it is deeper. Robust: least
    squares, reweighted so that areas of real colour do not bend the fit.
    """
    tones = _products(bases.scans, np.stack([tone**power for power in range(4)], axis=-1))
    ageing = np.concatenate([_products(bases.places, tones), bases.slopes], axis=1)
    tint = np.concatenate([tones, bases.slopes], axis=1)
    weights, left = np.ones(len(tone)), chroma
    for _ in range(_FITS):
        along = _fit(ageing, chroma[:, 0], weights)
        depth = along / _OLD_PAPER
        turning = np.stack([depth, depth**2, depth * tone, depth**2 * tone], axis=-1)
        across = _fit(np.concatenate([tint, turning], axis=1), chroma[:, 1], weights)
        left = chroma - np.stack([along, across], axis=-1)
        weights = np.maximum(np.hypot(left[:, 0], left[:, 1]), _NOISE_CHROMA) ** -1.5
    return left


def _products(first: F64, second: F64) -> F64:
    """N×A and N×B functions to all N×AB products."""
    return np.asarray((first[:, :, None] * second[:, None, :]).reshape(len(first), -1))


def _fit(basis: F64, values: F64, weights: F64) -> F64:
    """Weighted least squares by normal equations, a little damped: a flat page decides few functions."""
    blocks = _in_blocks(basis)
    weighted = _in_blocks(basis * weights[:, None])
    gram = np.sum(weighted.transpose(0, 2, 1) @ blocks, axis=0)
    right = np.sum(basis * (weights * values)[:, None], axis=0)
    damping = 1e-6 * len(values) * np.eye(basis.shape[1])
    fitted = blocks @ np.linalg.solve(gram + damping, right)
    return np.asarray(fitted.reshape(-1)[: len(values)])


def _in_blocks(rows: F64) -> F64:
    """N×P as B×48×P, filled up with zeros.

    Products of so small matrices stay on one thread: with many, a busy machine made the BLAS library's
    threads wait for each other a hundred times as long as they worked.
    """
    blocks = -(-len(rows) // _BLOCK_ROWS)
    padded = np.zeros((blocks * _BLOCK_ROWS, rows.shape[1]))
    padded[: len(rows)] = rows
    return padded.reshape(blocks, _BLOCK_ROWS, -1)
