"""Where a segment stands among the others: descriptors, whose distances say how unlike two segments are.

What the colour network saw, its votes, tone, texture and size stand side by side, each with its weight. Where
the network has an embedding, trained for this very purpose, that takes the place of all but votes and tone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, I64, Mask
from mangacolor.stages.harmonize.params import DescriptorParams, DescriptorWeights
from mangacolor.stages.segments.features import AREA_STEPS, LEFT, RIGHT, TOP, UNIT, ZERO, SegmentFeatures

# Rows at a time: as floats, all features at once would be the largest thing in memory.
BLOCK = 4096


@dataclass(frozen=True, slots=True)
class DescriptorSpace:
    """What descriptors are measured by: of the network's F features the centre (F), the scale (F) and the
    main directions (``basis``, F×dimensions)."""

    centre: F32
    scale: F32
    basis: F32
    vote_count: int
    weights: DescriptorWeights
    params: DescriptorParams

    def place(self, segments: SegmentFeatures, pages: I64) -> F32:
        """Descriptors (N×D) of segments on pages of these numbers (N)."""
        weights = self.weights
        network = [self._project(segments.take(block)) for block in blocks(len(segments))]
        backdrop = is_backdrop(segments).astype(np.float32)
        votes = weights.votes / 255 * segments.votes
        others = (
            weights.tone / 255 * segments.tone,
            weights.texture / 255 * segments.texture,
            weights.area / AREA_STEPS * segments.doublings,
            self.params.backdrop * backdrop,
            self.params.page * backdrop * pages,
        )
        columns = [np.concatenate(network), votes, np.stack(others, axis=1)]
        return np.concatenate(columns, axis=1, dtype=np.float32)

    @property
    def tone_column(self) -> int:
        """The column of a descriptor that says the tone."""
        return int(self.basis.shape[1]) + self.vote_count

    @property
    def page_column(self) -> int:
        """The column of a descriptor that says the page: the last."""
        return -1

    def _project(self, segments: SegmentFeatures) -> F32:
        directions = _normalise((segments.network.astype(np.float32) - self.centre) / self.scale)
        return np.asarray(np.asarray(self.weights.features * directions, dtype=np.float32) @ self.basis)


def is_backdrop(segments: SegmentFeatures) -> Mask:
    """Whether segments look like the scene behind the figures: they reach both sides, or an upper corner."""
    left, right, top = (segments.sides & bit > 0 for bit in (LEFT, RIGHT, TOP))
    return np.asarray((left & right) | (top & (left | right)))


def make_space(segments: SegmentFeatures, embedded: bool, params: DescriptorParams) -> DescriptorSpace:
    """The space of a chapter's segments. Its size does not grow with their number.

    ``embedded``: their features are the point of an embedding, which needs no scaling. Else features are
    centred, scaled, brought to length 1 and reduced to their principal components (uncentred).
    """
    votes, features = segments.vote_count, segments.network
    size = features.shape[1]
    if embedded:
        centre, scale = np.full(size, ZERO, np.float32), np.full(size, UNIT, np.float32)
        return DescriptorSpace(centre, scale, np.eye(size, dtype=np.float32), votes, params.embedded, params)
    weights = params.voting if votes else params.silent
    if size == 0:
        none = np.zeros((0,), np.float32)
        return DescriptorSpace(none, none, np.zeros((0, 0), np.float32), votes, weights, params)
    counts = segments.root_area  # specks say little
    mean = np.average(features, axis=0, weights=counts)
    square = np.zeros(size)
    for block in blocks(len(features)):
        square += counts[block] @ (features[block] - mean) ** 2
    deviation = np.sqrt(square / counts.sum()) + 1.0
    scatter = np.zeros((size, size))
    for block in blocks(len(features)):
        rows = _normalise((features[block] - mean) / deviation)
        scatter += rows.T @ rows
    _, directions = np.linalg.eigh(scatter)
    basis = directions[:, ::-1][:, : params.dimensions]
    return DescriptorSpace(
        mean.astype(np.float32),
        deviation.astype(np.float32),
        basis.astype(np.float32),
        votes,
        weights,
        params,
    )


def _normalise(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same directions, of length 1."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def blocks(count: int, size: int = BLOCK) -> list[slice]:
    """Slices that take ``count`` rows ``size`` at a time."""
    return [slice(start, start + size) for start in range(0, count, size)]
