"""What the colour network saw of each segment: its feature maps, averaged over the segment's pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mangacolor.core.arrays import F32, I64, SegmentMap
from mangacolor.core.probability import softmax
from mangacolor.core.types import Image, Tile
from mangacolor.models.colour.prediction import VOTES
from mangacolor.stages.segments.features import UNIT, ZERO


@dataclass(slots=True)
class FeaturePool:
    """Sums of the network's maps over the segments of one window, tile by tile.

    ``labels``: H×W, at drawing scale. ``shape``: height and width of the window as the network sees it.
    """

    labels: SegmentMap
    shape: tuple[int, ...]
    sums: dict[str, F32] = field(default_factory=dict)
    weights: dict[str, F32] = field(default_factory=dict)

    def seen(self, shape: tuple[int, ...], mirrored: bool) -> FeaturePool:
        """A pool that takes the tiles of another view of the window, h×w pixels (``shape``), for the same
        sums."""
        labels = self.labels[:, ::-1] if mirrored else self.labels
        return FeaturePool(labels, shape, self.sums, self.weights)

    def add(self, tile: Tile, maps: Mapping[str, F32]) -> None:
        """Take a tile's feature maps, C×h×w each."""
        count = int(self.labels.max())
        counts_of: dict[tuple[int, ...], F32] = {}  # maps of one size have the same cells
        for cells in sorted({features.shape[1:] for features in maps.values()}, reverse=True):
            finer = next((one for one in reversed(counts_of) if _are_halves(one, cells)), None)
            if finer is None:
                counts_of[cells] = _cell_counts(self.labels, self.shape, tile, cells, count)
            else:
                counts_of[cells] = _join_cells(counts_of[finer], finer, cells)
        for name, features in maps.items():
            counts = counts_of[features.shape[1:]]
            total = counts @ features.reshape(len(features), -1).T
            self.sums[name] = self.sums.get(name, 0) + total
            self.weights[name] = self.weights.get(name, 0) + counts.sum(axis=1)

    def rows(self) -> Image:
        """The mean of each segment (largest label last), one uint8 row each; no column without maps."""
        weights = {name: np.maximum(weight, 1.0)[:, None] for name, weight in self.weights.items()}
        means = {name: total / weights[name] for name, total in self.sums.items()}
        votes = means.pop(VOTES, None)
        # The range of a network's features is not known beforehand, and outliers say little.
        parts = [mean / (1.0 + np.abs(mean)) * UNIT + ZERO for mean in means.values()]
        if votes is not None:
            parts.append(255.0 * np.sqrt(softmax(votes, axis=1)))
        rows = np.concatenate(parts, axis=1) if parts else np.zeros((int(self.labels.max()), 0), np.float32)
        return np.rint(rows).astype(np.uint8)


def _cell_counts(
    labels: SegmentMap, shape: tuple[int, ...], tile: Tile, cells: tuple[int, ...], count: int
) -> F32:
    """How many pixels of each segment lie in each cell of a tile's map of h×w cells: count × (h·w)."""
    high, wide = cells
    inside_rows, rows = _cells_along(labels.shape[0], shape[0], tile.y, tile.height, high)
    inside_columns, columns = _cells_along(labels.shape[1], shape[1], tile.x, tile.width, wide)
    part = labels[inside_rows, inside_columns].astype(np.int64)
    code = part * (high * wide) + rows[:, None] * wide + columns
    counts = np.bincount(code.ravel(), minlength=(count + 1) * high * wide)
    return counts.reshape(count + 1, -1)[1:].astype(np.float32)


def _are_halves(finer: tuple[int, ...], cells: tuple[int, ...]) -> bool:
    """Whether halving the ``finer`` cells of a map again and again gives these."""
    times = finer[0] // cells[0]
    return times & (times - 1) == 0 and finer == (times * cells[0], times * cells[1])


def _join_cells(counts: F32, finer: tuple[int, ...], cells: tuple[int, ...]) -> F32:
    """The same for a map of h×w ``cells`` from the counts of one of ``finer`` cells, which they halve: whole
    numbers, so to the bit."""
    times = finer[0] // cells[0]
    rows = counts.reshape(len(counts), cells[0], times, finer[1]).sum(axis=2)
    joined = rows.reshape(len(counts), *cells, times).sum(axis=3)
    return np.asarray(joined.reshape(len(counts), cells[0] * cells[1]), np.float32)


def _cells_along(pixels: int, length: int, start: int, side: int, cells: int) -> tuple[slice, I64]:
    """Of ``pixels`` along a side that has ``length`` at working scale: which lie in a tile there (``start``,
    ``side``), and in which of its ``cells``."""
    place = (np.arange(pixels) + 0.5) * length / pixels - start
    first, last = np.searchsorted(place, (0, side))
    return slice(int(first), int(last)), (place[first:last] * cells / side).astype(np.int64)
