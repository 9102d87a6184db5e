"""Where a surface stands among the others: descriptors, whose distances say how unlike two surfaces are.

What the colour network saw, its votes, tone, texture and size stand side by side, each with its weight. Where
the network has an embedding, trained for this very purpose, that takes the place of all but votes and tone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.harmonize.louvain import Ints
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    COLUMNS,
    LEFT,
    RIGHT,
    SIDES,
    TEXTURE,
    TONE,
    TOP,
    UNIT,
    ZERO,
)

Floats = npt.NDArray[np.float32]

DIMENSIONS = 128  # that the encoder's features are reduced to
GROUND_WEIGHT = 0.6  # between what is drawn behind the figures and what is not
SCENE = 1.0  # of each page between two grounds: beyond a few pages they are of different scenes
PART = 4096  # rows at a time: as floats, all features at once would be the largest thing in memory


@dataclass(frozen=True, slots=True)
class Weights:
    """What each part of a descriptor counts: features and votes, both of length 1, tone and texture from 0 to
    255, and each doubling of the area."""

    features: float
    votes: float
    tone: float
    texture: float = 5.0
    area: float = 0.07


SEEN = Weights(features=0.65, votes=1.2, tone=10.0)  # of a network that votes
SEEN_ALONE = Weights(features=1.3, votes=0.0, tone=10.0)
# Votes, too: without them more is joined, and works of other hands lose what the network knew.
EMBEDDED = Weights(features=1.0, votes=0.9, tone=5.0, texture=0.0, area=0.0)


@dataclass(frozen=True, slots=True)
class Space:
    """What descriptors are measured by: of the features the centre, spread and main directions.

    ``votes``: columns of a row, the last ones, that are votes.
    """

    centre: Floats
    scale: Floats
    basis: Floats  # features × dimensions
    votes: int
    weights: Weights

    def place(self, table: Image, pages: Ints) -> Floats:
        """Descriptors of surfaces (rows as of ``surface_table``) on pages of these numbers."""
        count = self.weights
        seen = [self._direction(table[part]) @ self.basis for part in parts(len(table))]
        ground = is_ground(table).astype(np.float32)
        others = (
            count.tone / 255 * table[:, TONE],
            count.texture / 255 * table[:, TEXTURE],
            count.area / AREA_STEPS * table[:, AREA],
            GROUND_WEIGHT * ground,
            SCENE * ground * pages,
        )
        votes = count.votes / 255 * table[:, table.shape[1] - self.votes :]
        columns = [np.concatenate(seen), votes, np.stack(others, axis=1)]
        return np.concatenate(columns, axis=1, dtype=np.float32)

    @property
    def tone(self) -> int:
        """The column of a descriptor that says the tone."""
        return int(self.basis.shape[1]) + self.votes

    def _direction(self, table: Image) -> Floats:
        seen = table[:, len(COLUMNS) : table.shape[1] - self.votes]
        directions = _unit((seen.astype(np.float32) - self.centre) / self.scale)
        return np.asarray(self.weights.features * directions, dtype=np.float32)


def is_ground(table: Image) -> npt.NDArray[np.bool_]:
    """Whether surfaces look like what is behind the figures: they reach both sides, or an upper corner."""
    sides = table[:, SIDES]
    left, right, top = (sides & bit > 0 for bit in (LEFT, RIGHT, TOP))
    return np.asarray((left & right) | (top & (left | right)))


def make_space(table: Image, votes: int = 0, embedded: bool = False) -> Space:
    """The space of a chapter's surfaces. Its size does not grow with their number.

    The last ``votes`` columns of a row are votes; ``embedded``: its features are the point of an embedding.
    """
    features = table[:, len(COLUMNS) : table.shape[1] - votes]
    size = features.shape[1]
    if embedded:
        same = np.eye(size, dtype=np.float32)
        return Space(np.full(size, ZERO, np.float32), np.full(size, UNIT, np.float32), same, votes, EMBEDDED)
    weights = SEEN if votes else SEEN_ALONE
    if size == 0:
        none = np.zeros((0,), np.float32)
        return Space(none, none, np.zeros((0, 0), np.float32), votes, weights)
    say = np.exp2(table[:, AREA] / (2 * AREA_STEPS))  # root of the area: specks say little
    centre = np.average(features, axis=0, weights=say)
    square = np.zeros(size)
    for part in parts(len(features)):
        square += say[part] @ (features[part] - centre) ** 2
    scale = np.sqrt(square / say.sum()) + 1.0
    spread = np.zeros((size, size))
    for part in parts(len(features)):
        rows = _unit((features[part] - centre) / scale)
        spread += rows.T @ rows
    _, directions = np.linalg.eigh(spread)
    basis = directions[:, ::-1][:, :DIMENSIONS]
    return Space(
        centre.astype(np.float32), scale.astype(np.float32), basis.astype(np.float32), votes, weights
    )


def _unit(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same directions, of length 1."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6))


def parts(count: int, size: int = PART) -> list[slice]:
    """Slices that take ``count`` rows ``size`` at a time."""
    return [slice(start, start + size) for start in range(0, count, size)]
