"""Lattices of halftone dots: found by their spectrum, square by square, and taken out of it.

Mechanical screentone is periodic in two directions, so that in a square of the page nearly all of its
energy lies in few bins: two waves, their multiples and sums. Strokes over the tone are spread over all bins
and lose almost nothing when these few are set to zero (notch filters, as in Gonzalez & Woods, Digital Image
Processing, 4.10). Where strokes hide a tone's waves, those of the square beside it tell where to look.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, AnyArray, Mask
from mangacolor.core.types import Image
from mangacolor.stages.fit.light import ramp, to_light
from mangacolor.stages.fit.params import LatticeParams
from mangacolor.stages.fit.waves import (
    Lattices,
    SquareShape,
    energy_near,
    fine_power,
    lattice_bins,
    take_strongest,
)

# Of the lowest frequency of a lattice: from where on detail counts as fine, and from where bins are cleared.
_FINE = 0.93
_CLEARED = 0.7


@dataclass(frozen=True, slots=True)
class _Squares:
    """A page cut into R×C squares that overlap by half.

    ``picture``: H×W, light with a rim; ``lively``: R×C, whether anything can be found in a square.
    """

    shape: SquareShape
    picture: F32
    lively: Mask

    @property
    def step(self) -> int:
        return self.shape.side // 2

    def row(self, number: int) -> F32:
        """The squares of a row, side×C×side, a view."""
        band = self.picture[number * self.step :][: self.shape.side]
        wide = np.lib.stride_tricks.sliding_window_view(band, self.shape.side, axis=1)
        return np.asarray(wide[:, :: self.step])


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of squares: which columns are lively, and their spectra, N×side×(side/2 + 1) complex64."""

    number: int
    columns: I64
    spectra: AnyArray


def remove_dots(luma: Image, detail: float, params: LatticeParams) -> tuple[F32, F32]:
    """A picture (H×W uint8) without its fine dots, in linear light, and where they were: H×W, 0 to 1, smooth.

    ``detail``: its pixels for each of the display's.
    """
    clean, share = _clear(_cut(luma, detail, params), detail, params)
    (rows, columns), step = share.shape, clean.shape[0] // (share.shape[0] + 1)
    height, width = luma.shape
    large = cv2.resize(share, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    tone = large[step // 2 :][:height, step // 2 :][:, :width]
    return clean[step:][:height, step:][:, :width], np.asarray(tone, dtype=np.float32)


def _cut(luma: Image, detail: float, params: LatticeParams) -> _Squares:
    step = cv2.getOptimalDFTSize(max(8, round(params.cell * detail / 2)))
    height, width = luma.shape
    rows, columns = -(-height // step) + 1, -(-width // step) + 1
    below, right = rows * step - height, columns * step - width
    bordered = cv2.copyMakeBorder(luma, step, below, step, right, cv2.BORDER_REFLECT_101)
    picture = to_light(np.asarray(bordered, np.uint8))
    bands = picture.reshape(rows + 1, step, -1)
    cells = (rows + 1, columns + 1, step)
    brightest = _of_four(bands.max(axis=1).reshape(cells).max(axis=2), np.maximum)
    darkest = _of_four(bands.min(axis=1).reshape(cells).min(axis=2), np.minimum)
    return _Squares(SquareShape.of_side(2 * step), picture, brightest - darkest > params.least_contrast)


def _of_four(cells: F32, of_two: Callable[[F32, F32], F32]) -> F32:
    """What holds of squares of four cells, from what holds of each cell."""
    pairs = of_two(cells[1:], cells[:-1])
    return of_two(pairs[:, 1:], pairs[:, :-1])


def _clear(squares: _Squares, detail: float, params: LatticeParams) -> tuple[F32, F32]:
    """The picture with its rim, without the bins of all lattices, and how sure each square is of one.

    Row by row, one ahead, so that few spectra are held.
    """
    lowest = 1 / (params.pitch[1] * detail)  # cycles a pixel of the coarsest lattice that is taken away
    count = len(squares.lively)
    own = Lattices.none(squares.lively.shape)
    clean = squares.picture.copy()
    share = np.zeros(squares.lively.shape, np.float32)
    ahead = _transform(squares, 0)
    _find(ahead, own, squares.shape, detail, params)
    for number in range(count):
        row = ahead
        if number + 1 < count:
            ahead = _transform(squares, number + 1)
            _find(ahead, own, squares.shape, detail, params)
        lattices = _follow(row, own, squares.shape, lowest, params)
        share[number, row.columns] = lattices.share
        _take_out(row, lattices, squares, clean, lowest, params)
    return clean, share


def _transform(squares: _Squares, number: int) -> _Row:
    columns = np.flatnonzero(squares.lively[number])
    if not len(columns):
        return _Row(number, columns, np.zeros((0, 0, 0), np.complex64))
    chosen = np.ascontiguousarray(squares.row(number)[:, columns].transpose(1, 0, 2))
    chosen -= chosen.reshape(len(columns), -1).mean(axis=1)[:, None, None]
    chosen *= squares.shape.window
    return _Row(number, columns, np.fft.rfft2(chosen))


def _find(row: _Row, own: Lattices, shape: SquareShape, detail: float, params: LatticeParams) -> None:
    """Note the lattices that a row's squares show by themselves in ``own``."""
    if not len(row.columns):
        return
    power = fine_power(row.spectra, shape, _FINE / (params.pitch[1] * detail))
    total = power.sum(axis=(1, 2)) + np.float32(1e-12)
    first, second = take_strongest(power, shape), take_strongest(power, shape)
    lengths = [np.hypot(wave.down, wave.across) for wave in (first, second)]
    product = np.abs(first.down * second.down + first.across * second.across)
    cosine = product / np.maximum(lengths[0] * lengths[1], 1e-9)
    pitch = 1 / (np.maximum(np.minimum(*lengths), 1e-6) * detail)
    share = np.asarray(cosine < params.most_parallel, np.float32)
    for values, ends in (
        ((first.energy + second.energy) / total, params.regular),
        (second.energy / np.maximum(first.energy, 1e-12), params.balance),
        (2 * np.sqrt(second.top) / shape.window.sum(), params.amplitude),
        (-pitch, (-params.pitch[1], -params.pitch[0])),
    ):
        share = share * ramp(np.asarray(values, np.float32), ends)
    own.put((row.number, row.columns), Lattices(first, second, share))


def _follow(row: _Row, own: Lattices, shape: SquareShape, lowest: float, params: LatticeParams) -> Lattices:
    """The lattices of a row's squares: their own, or the surest beside them if its waves are here, too."""
    chosen = own.at((row.number, row.columns))
    beside = _surest_beside(row, own.share)
    surest = own.at(beside)
    asked = np.flatnonzero((chosen.share < params.sure) & (surest.share >= params.sure))
    if not len(asked):
        return chosen
    guide = surest.at(asked)
    power = fine_power(row.spectra[asked], shape, _FINE * lowest)
    total = power.sum(axis=(1, 2)) + np.float32(1e-12)
    share, regular = guide.share, np.zeros_like(guide.share)
    for wave in (guide.first, guide.second):
        energy, top = energy_near(power, wave, shape)
        share = share * ramp(np.sqrt(top / np.maximum(wave.top, 1e-12)), params.followed)
        regular = regular + energy / total
    share = share * ramp(regular, params.hidden)
    better = share > chosen.share[asked]
    chosen.put(asked[better], Lattices(guide.first, guide.second, share).at(better))
    return chosen


def _surest_beside(row: _Row, share: F32) -> tuple[I64, I64]:
    """Row and column of the surest of the squares around each of a row's, itself among them."""
    rows, columns = share.shape
    around = np.zeros((3, columns + 2), np.float32)
    first, last = max(row.number - 1, 0), min(row.number + 2, rows)
    around[first - row.number + 1 :][: last - first, 1:-1] = share[first:last]
    beside = np.stack([around[down, across:][row.columns] for down in range(3) for across in range(3)])
    best = beside.argmax(axis=0)
    down = np.minimum(np.maximum(row.number + best // 3 - 1, 0), rows - 1)
    return down, np.minimum(np.maximum(row.columns + best % 3 - 1, 0), columns - 1)


def _take_out(
    row: _Row, lattices: Lattices, squares: _Squares, clean: F32, lowest: float, params: LatticeParams
) -> None:
    """Take what a row's lattices are made of from ``clean``."""
    found = np.flatnonzero(lattices.share)
    if not len(found):
        return
    shape = squares.shape
    here = lattices.at(found)
    bins = lattice_bins(here.first, here.second, shape, params) & (shape.frequency >= _CLEARED * lowest)
    dots = np.asarray(np.fft.irfft2(row.spectra[found] * bins, s=(shape.side, shape.side)), np.float32)
    dots *= here.share[:, None, None]
    _subtract(dots, row.columns[found], clean[row.number * squares.step :][: shape.side])


def _subtract(dots: F32, columns: I64, band: F32) -> None:
    """Take squares, N×side×side, from a band of the picture: those of every other column at once."""
    side = dots.shape[1]
    for first in (0, 1):
        chosen = columns % 2 == first
        own = band[:, first * side // 2 :]
        count = own.shape[1] // side
        line = np.zeros((side, count, side), np.float32)
        line[:, columns[chosen] // 2] = dots[chosen].transpose(1, 0, 2)
        own[:, : count * side] -= line.reshape(side, -1)
