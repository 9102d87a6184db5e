"""Lattices of halftone dots: found by their spectrum, square by square, and taken out of it.

Mechanical screentone is periodic in two directions, so that in a square of the page nearly all of its
energy lies in few bins: two waves, their multiples and sums. Strokes over the tone are spread over all bins
and lose almost nothing when these few are set to zero (notch filters, as in Gonzalez & Woods, Digital Image
Processing, 4.10).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, Mask
from mangacolor.stages.fit.light import ramp
from mangacolor.stages.fit.params import LatticeParams

# Bins around a peak that are its own, with this window.
_REACH = 2
# Of the lowest frequency of a lattice: from where on detail counts as fine, and from where bins are cleared.
_FINE = 0.93
_CLEARED = 0.7


class _Wave(NamedTuple):
    """The strongest wave in each of N spectra: its energy, that of its highest bin, cycles a pixel."""

    energy: F32
    top: F32
    down: F32
    across: F32


@dataclass(frozen=True, slots=True)
class _Grid:
    """Squares of ``side`` pixels, every half of that, and the bins of their spectra."""

    side: int
    window: F32  # side×side, Hann: overlapping squares add up to 1
    down: F32  # cycles a pixel of each bin, side×1
    across: F32  # 1×(side/2 + 1)

    @property
    def step(self) -> int:
        return self.side // 2

    @property
    def frequency(self) -> F32:
        return np.hypot(self.down, self.across)


def remove_dots(light: F32, detail: float, params: LatticeParams) -> tuple[F32, F32]:
    """A picture (H×W, linear light) without its fine dots, and where they were: H×W, 0 to 1, smooth.

    ``detail``: its pixels for each of the display's.
    """
    grid = _make_grid(detail, params)
    height, width = light.shape
    step = grid.step
    rows, columns = -(-height // step) + 1, -(-width // step) + 1
    below, right = rows * step - height, columns * step - width
    bordered = cv2.copyMakeBorder(light, step, below, step, right, cv2.BORDER_REFLECT_101)
    padded = np.asarray(bordered, np.float32)
    squares = np.lib.stride_tricks.sliding_window_view(padded, (grid.side, grid.side))[::step, ::step]
    removed = np.zeros_like(padded)
    shares = np.zeros((rows, columns), np.float32)
    for row in range(rows):
        shares[row] = _remove_from_row(squares[row], removed[row * step :][: grid.side], grid, detail, params)
    if not shares.any():
        return light, np.zeros_like(light)
    inside = slice(step, step + height), slice(step, step + width)
    large = cv2.resize(shares, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    tone = large[step // 2 :][:height, step // 2 :][:, :width]
    return light - removed[inside], np.ascontiguousarray(tone, dtype=np.float32)


def _make_grid(detail: float, params: LatticeParams) -> _Grid:
    side = 2 * max(8, round(params.cell * detail / 2))
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)).astype(np.float32)
    down = np.fft.fftfreq(side).astype(np.float32)[:, None]
    across = np.fft.rfftfreq(side).astype(np.float32)[None]
    return _Grid(side, np.outer(hann, hann), down, across)


def _remove_from_row(squares: F32, removed: F32, grid: _Grid, detail: float, params: LatticeParams) -> F32:
    """How much each of N squares is a fine lattice, 0 to 1; what it is made of is added to ``removed``."""
    shares = np.zeros(len(squares), np.float32)
    contrast = squares.max(axis=(1, 2)) - squares.min(axis=(1, 2))
    lively = np.flatnonzero(contrast > params.least_contrast)
    if not len(lively):
        return shares
    chosen = squares[lively]
    waving = (chosen - chosen.mean(axis=(1, 2), keepdims=True)) * grid.window
    spectra = np.asarray(np.fft.rfft2(waving), np.complex64)
    first, second, share = _find_lattices(spectra, grid, detail, params)
    shares[lively] = share
    found = np.flatnonzero(share > 0)
    if len(found):
        waves = [_Wave(*(values[found] for values in wave)) for wave in (first, second)]
        bins = _lattice_bins(waves[0], waves[1], grid, params)
        bins &= grid.frequency >= _CLEARED * _lowest(detail, params)
        dots = np.fft.irfft2(spectra[found] * bins, s=(grid.side, grid.side)) * share[found, None, None]
        for number, picture in zip(lively[found], dots, strict=True):
            removed[:, number * grid.step :][:, : grid.side] += picture
    return shares


def _lowest(detail: float, params: LatticeParams) -> float:
    """Cycles a pixel of the coarsest lattice that is taken away."""
    return 1 / (params.pitch[1] * detail)


def _find_lattices(
    spectra: npt.NDArray[np.complex64], grid: _Grid, detail: float, params: LatticeParams
) -> tuple[_Wave, _Wave, F32]:
    """The two waves that span a lattice in each of N spectra, and how sure it is that there is one."""
    counted = grid.frequency >= _FINE * _lowest(detail, params)
    counted[grid.side // 2 + 1 :, 0] = False  # the same waves as those of the other half
    power = np.zeros((*spectra.shape[:2], spectra.shape[2] + 2 * _REACH), np.float32)
    power[:, :, _REACH:-_REACH] = (spectra.real**2 + spectra.imag**2) * counted
    total = power.sum(axis=(1, 2)) + np.float32(1e-12)
    first = _take_strongest(power, grid)
    second = _take_strongest(power, grid)
    lengths = [np.hypot(wave.down, wave.across) for wave in (first, second)]
    product = np.abs(first.down * second.down + first.across * second.across)
    cosine = product / np.maximum(lengths[0] * lengths[1], 1e-9)
    pitch = 1 / (np.maximum(np.minimum(*lengths), 1e-6) * detail)
    share = np.asarray(cosine < params.most_parallel, np.float32)
    for values, ends in (
        ((first.energy + second.energy) / total, params.regular),
        (second.energy / np.maximum(first.energy, 1e-12), params.balance),
        (2 * np.sqrt(second.top) / grid.window.sum(), params.amplitude),
        (-pitch, (-params.pitch[1], -params.pitch[0])),
    ):
        share = share * ramp(np.asarray(values, np.float32), ends)
    return first, second, share


def _take_strongest(power: F32, grid: _Grid) -> _Wave:
    """The strongest wave of each N×H×W spectrum, to a part of a bin, and cleared from it."""
    count, high, wide = power.shape
    down, across = np.unravel_index(power.reshape(count, -1).argmax(axis=1), (high, wide))
    across = np.clip(across, _REACH, wide - 1 - _REACH)
    offsets = np.arange(-_REACH, _REACH + 1)
    rows = (down[:, None, None] + offsets[None, :, None]) % high
    columns = across[:, None, None] + offsets[None, None, :]
    each = np.arange(count)[:, None, None]
    patch = power[each, rows, columns]
    power[each, rows, columns] = 0
    near = patch[:, 1:-1, 1:-1]
    amplitude = np.sqrt(near)
    weight = np.maximum(amplitude.sum(axis=(1, 2)), 1e-12)
    lower = (amplitude[:, 2] - amplitude[:, 0]).sum(axis=1) / weight
    further = (amplitude[:, :, 2] - amplitude[:, :, 0]).sum(axis=1) / weight
    return _Wave(
        near.sum(axis=(1, 2)),
        patch[:, _REACH, _REACH],
        grid.down[down, 0] + lower / grid.side,
        grid.across[0, across - _REACH] + further / grid.side,
    )


def _lattice_bins(first: _Wave, second: _Wave, grid: _Grid, params: LatticeParams) -> Mask:
    """The bins of each lattice: around sums of multiples of its waves, as they fold into the spectrum."""
    bins = np.zeros((len(first.down), grid.side, grid.across.size), bool)
    orders = range(-params.orders, params.orders + 1)
    for one, other in ((i, j) for i in orders for j in orders if i or j):
        down = grid.down - (one * first.down + other * second.down)[:, None, None]
        across = grid.across - (one * first.across + other * second.across)[:, None, None]
        down, across = down - np.rint(down), across - np.rint(across)
        bins |= down * down + across * across < (params.radius / grid.side) ** 2
    return bins
