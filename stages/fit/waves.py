"""Waves in the spectra of a page's squares: the strongest ones, and the bins of a lattice that two span."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.core.arrays import F32, AnyArray, Mask
from mangacolor.stages.fit.params import LatticeParams

# Bins around a peak that are its own, with this window.
_REACH = 2


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave in each of many spectra: its energy, that of its highest bin, cycles a pixel."""

    energy: F32
    top: F32
    down: F32
    across: F32

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Wave:
        """No wave in any."""
        return cls(*(np.zeros(shape, np.float32) for _ in range(4)))

    def at(self, index: Any) -> Wave:
        """Those of some of the spectra, by an index of numpy's."""
        return Wave(self.energy[index], self.top[index], self.down[index], self.across[index])

    def put(self, index: Any, other: Wave) -> None:
        """Replace those of some of the spectra."""
        self.energy[index], self.top[index] = other.energy, other.top
        self.down[index], self.across[index] = other.down, other.across


@dataclass(frozen=True, slots=True)
class Lattices:
    """The two waves of each of many squares, and how sure it is that they span a fine lattice, 0 to 1."""

    first: Wave
    second: Wave
    share: F32

    @classmethod
    def none(cls, shape: tuple[int, ...]) -> Lattices:
        """No lattice in any."""
        return cls(Wave.none(shape), Wave.none(shape), np.zeros(shape, np.float32))

    def at(self, index: Any) -> Lattices:
        """Those of some of the squares, by an index of numpy's."""
        return Lattices(self.first.at(index), self.second.at(index), self.share[index])

    def put(self, index: Any, other: Lattices) -> None:
        """Replace those of some of the squares."""
        self.first.put(index, other.first)
        self.second.put(index, other.second)
        self.share[index] = other.share


@dataclass(frozen=True, slots=True)
class SquareShape:
    """Squares of ``side`` pixels, and the side×(side/2 + 1) bins of their spectra."""

    side: int
    window: F32  # side×side, Hann: squares that overlap by half add up to 1
    down: F32  # cycles a pixel of each bin, side×1
    across: F32  # 1×(side/2 + 1)
    frequency: F32  # whatever the direction

    @classmethod
    def of_side(cls, side: int) -> SquareShape:
        """Of squares of an even number of pixels a side."""
        hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)).astype(np.float32)
        down = np.fft.fftfreq(side).astype(np.float32)[:, None]
        across = np.fft.rfftfreq(side).astype(np.float32)[None]
        return cls(side, np.outer(hann, hann), down, across, np.hypot(down, across))


def fine_power(spectra: AnyArray, shape: SquareShape, lowest: float) -> F32:
    """Energy of N spectra from a frequency on, each wave once; N×H×W, with two columns of nothing about."""
    counted = shape.frequency >= lowest
    counted[shape.side // 2 + 1 :, 0] = False  # the same waves as those of the other half
    power = np.zeros((*spectra.shape[:2], spectra.shape[2] + 2 * _REACH), np.float32)
    power[:, :, _REACH:-_REACH] = (spectra.real**2 + spectra.imag**2) * counted
    return power


def take_strongest(power: F32, shape: SquareShape) -> Wave:
    """The strongest wave of each ``fine_power``, to a part of a bin, and cleared from it."""
    count, high, wide = power.shape
    down, across = np.unravel_index(power.reshape(count, -1).argmax(axis=1), (high, wide))
    across = np.clip(across, _REACH, wide - 1 - _REACH)
    patch, index = _around(power, down, across, _REACH)
    power[index] = 0
    near = patch[:, 1:-1, 1:-1]
    amplitude = np.sqrt(near)
    weight = np.maximum(amplitude.sum(axis=(1, 2)), 1e-12)
    lower = (amplitude[:, 2] - amplitude[:, 0]).sum(axis=1) / weight
    further = (amplitude[:, :, 2] - amplitude[:, :, 0]).sum(axis=1) / weight
    return Wave(
        near.sum(axis=(1, 2)),
        patch[:, _REACH, _REACH],
        shape.down[down, 0] + lower / shape.side,
        shape.across[0, across - _REACH] + further / shape.side,
    )


def energy_near(power: F32, wave: Wave, shape: SquareShape) -> tuple[F32, F32]:
    """Energy of each ``fine_power`` where another square has a wave, and that of its highest bin there."""
    down = np.rint(wave.down * shape.side).astype(np.int64)
    across = np.rint(wave.across * shape.side).astype(np.int64) + _REACH
    patch, _ = _around(power, down, across, 1)
    return patch.sum(axis=(1, 2)), patch.max(axis=(1, 2))


def _around(power: F32, down: AnyArray, across: AnyArray, reach: int) -> tuple[F32, tuple[AnyArray, ...]]:
    """The bins around one of each spectrum, and the index of them all."""
    offsets = np.arange(-reach, reach + 1)
    rows = (down[:, None, None] + offsets[None, :, None]) % power.shape[1]
    columns = across[:, None, None] + offsets[None, None, :]
    index = np.arange(len(power))[:, None, None], rows, columns
    return power[index], index


def lattice_bins(first: Wave, second: Wave, shape: SquareShape, params: LatticeParams) -> Mask:
    """The bins of each lattice: around sums of multiples of its waves, as they fold into the spectrum."""
    side, reach = shape.side, int(np.ceil(params.radius))
    orders = np.arange(-params.orders, params.orders + 1, dtype=np.float32)
    multiples = np.stack(np.meshgrid(orders, orders)).reshape(2, -1)
    one, other = multiples[:, : multiples.shape[1] // 2]  # each but (0, 0), without its negative
    offsets = np.arange(-reach, reach + 1, dtype=np.int32)
    places, squares = [], []
    for waves in ((first.down, second.down), (first.across, second.across)):
        centre = side * (np.outer(waves[0], one) + np.outer(waves[1], other))
        nearest = np.rint(centre)
        places.append(nearest.astype(np.int32)[..., None] + offsets)
        squares.append((offsets + (nearest - centre)[..., None]) ** 2)
    down, across = (place % side for place in places)
    inside = squares[0][..., :, None] + squares[1][..., None, :] < params.radius**2
    number = np.arange(len(first.down), dtype=np.int32)[:, None, None]
    index = (number * side + down)[..., :, None] * side + across[..., None, :]
    bins = np.zeros((len(first.down), side, side), bool)
    bins.reshape(-1)[index[inside]] = True
    negative = np.roll(bins[:, ::-1, ::-1], 1, axis=(1, 2))
    return (bins | negative)[:, :, : side // 2 + 1]
