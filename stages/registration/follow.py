"""How far the lines of one picture lie beside those of another, cell by cell.

Two pictures are compared at every shift within reach, in two windows around each cell, by normalised
correlation: the near one says where, the wide one keeps it from taking one hatching line for the next. The
best shift is refined between pixels by a parabola through its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, AnyArray, Mask
from mangacolor.stages.registration.params import Pass

# Pixels of a cell's side: pictures are measured in whole cells.
CELL = 8
# Mean squares of lines in a window below which it counts as empty.
_EMPTY = 0.02
# Correlation from which a shift is believed, fully at 1.
_BELIEVED = 0.25


@dataclass(frozen=True, slots=True)
class Followed:
    """H×W cells. ``shift``: H×W×2 float32 in pixels, x and y, from our lines to theirs. ``confidence``: H×W
    float32 from 0 on, large where lines are many and alike."""

    shift: F32
    confidence: F32


def follow_lines(ours: F32, theirs: F32, settings: Pass) -> Followed:
    """Where our lines lie in theirs. Both: as ``find_lines`` gives them, of one shape in whole cells."""
    reach = settings.reach
    energies = [to_cells(lines * lines) for lines in (ours, theirs)]
    products = _products(ours, theirs, reach)
    total, near = np.zeros_like(products), products
    for sigma in (settings.wide, settings.near):
        norm = np.sqrt(blur_cells(energies[0], sigma) * blur_cells(energies[1], sigma)) + np.float32(_EMPTY)
        near = np.stack([blur_cells(product, sigma) for product in products]) / norm
        total += near
    best, inside = _best_shift(total, reach)
    at_best = np.take_along_axis(near, total.argmax(axis=0)[None], axis=0)[0]
    alike = np.clip((at_best - _BELIEVED) / (1 - _BELIEVED), 0, 1) ** 2
    confidence = alike * np.sqrt(energies[0] * energies[1]) * inside
    return Followed(best, np.asarray(confidence, np.float32))


def to_cells(picture: F32) -> F32:
    """The mean of each cell."""
    shape = picture.shape[1] // CELL, picture.shape[0] // CELL
    return np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.float32)


def blur_cells(cells: F32, sigma: float) -> F32:
    """Cells weighed with those around, nothing beyond the edge. ``sigma``: pixels."""
    blurred = cv2.GaussianBlur(cells, (0, 0), sigma / CELL, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(blurred, np.float32)


def _products(ours: F32, theirs: F32, reach: int) -> F32:
    """D×H×W: what lines have in common at each shift, rows first."""
    height, width = ours.shape
    rim = np.pad(theirs, reach)
    shifts = [(y, x) for y in range(2 * reach + 1) for x in range(2 * reach + 1)]
    return np.stack([to_cells(ours * rim[y : y + height, x : x + width]) for y, x in shifts])


def _best_shift(scores: F32, reach: int) -> tuple[F32, Mask]:
    """H×W×2: the shift of the best score, between pixels; and whether it lies within reach, off its rim."""
    side = 2 * reach + 1
    table = scores.reshape(side, side, *scores.shape[1:])
    y, x = np.divmod(scores.argmax(axis=0), side)
    inside = (x > 0) & (x < side - 1) & (y > 0) & (y < side - 1)
    rows, columns = np.indices(x.shape)

    def score(down: int, across: int) -> AnyArray:
        near_y, near_x = np.clip(y + down, 0, side - 1), np.clip(x + across, 0, side - 1)
        return np.asarray(table[near_y, near_x, rows, columns])

    middle = score(0, 0)
    across = x - reach + inside * _between(score(0, -1), middle, score(0, 1))
    down = y - reach + inside * _between(score(-1, 0), middle, score(1, 0))
    return np.stack([across, down], axis=-1).astype(np.float32), np.asarray(inside)


def _between(before: AnyArray, at: AnyArray, after: AnyArray) -> AnyArray:
    """Where the parabola through three scores is highest, from -0.5 to 0.5."""
    bend = before - 2 * at + after
    return np.clip(0.5 * (before - after) / np.where(np.abs(bend) > 1e-6, bend, 1.0), -0.5, 0.5)
