"""What the colour network saw of each segment: its feature maps, averaged over the segment's pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.probability import softmax
from mangacolor.core.types import Image, Tile
from mangacolor.models.colour.prediction import VOTES
from mangacolor.stages.segments.features import UNIT, ZERO


@dataclass(slots=True)
class FeaturePool:
    """Sums of the network's maps over the segments of one window, tile by tile. ``labels``: H×W uint8."""

    labels: SegmentMap
    sums: dict[str, F32] = field(default_factory=dict)
    weights: dict[str, F32] = field(default_factory=dict)

    def add(self, tile: Tile, maps: Mapping[str, F32]) -> None:
        """Take a tile's feature maps, C×h×w each."""
        part = self.labels[tile.area]
        for name, features in maps.items():
            counts = _cell_counts(part, tile, features.shape[1:], int(self.labels.max()))
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


def _cell_counts(labels: SegmentMap, tile: Tile, cells: tuple[int, ...], count: int) -> F32:
    """How many pixels of each segment lie in each cell of a map of h×w cells: count × (h·w)."""
    high, wide = cells
    rows = np.arange(labels.shape[0]) * high // tile.height
    columns = np.arange(labels.shape[1]) * wide // tile.width
    code = labels.astype(np.int64) * (high * wide) + rows[:, None] * wide + columns
    counts = np.bincount(code.ravel(), minlength=(count + 1) * high * wide)
    return counts.reshape(count + 1, -1)[1:].astype(np.float32)
