"""What is known of each surface: a row of whole numbers, so that it can be kept as a small picture.

The first columns are ``COLUMNS``; the others are what the colour network saw there, pooled over the surface:
the maps that ``ColourRunner.feature_maps`` names. Of a palette network the last ones are its votes: the root
of how likely it holds each colour of its palette, in 255ths. Where the network has an embedding, a point
takes the place of the other maps. A network without feature maps leaves ``COLUMNS`` alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from mangacolor.core.colour import chroma, luma
from mangacolor.core.types import Image, Tile
from mangacolor.models.colour.prediction import VOTES
from mangacolor.models.colour.segment_embedding import SegmentEmbedding
from mangacolor.stages.reassemble.ink_transfer import shown_luma

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]

COLUMNS = ("cb", "cr", "spread", "tone", "texture", "shown", "area", "x", "y", "sides")
CB, CR, SPREAD, TONE, TEXTURE, SHOWN, AREA, X, Y, SIDES = range(len(COLUMNS))
AREA_STEPS = 12.0  # steps of the area column for each doubling of pixels
LEFT, TOP, RIGHT, BOTTOM = 1, 2, 4, 8  # bits of the sides column
NEAR_SIDE = 0.08  # of the window: how near a surface comes to a side that it is said to reach
ZERO, UNIT = 128.0, 127.0  # what 0 and 1 of a feature become
LINES = 64  # luma below which a pixel is no surface


@dataclass(slots=True)
class FeaturePool:
    """Sums of the encoder's maps over the surfaces of one window, tile by tile.

    ``labels``: H×W uint8 as of ``find_surfaces``.
    """

    labels: Image
    sums: dict[str, Floats] = field(default_factory=dict)
    weights: dict[str, Floats] = field(default_factory=dict)

    def add(self, tile: Tile, maps: Mapping[str, Floats]) -> None:
        """Take a tile's feature maps, C×h×w each."""
        part = self.labels[tile.area]
        for name, features in maps.items():
            shares = _shares(part, tile, features.shape[1:], int(self.labels.max()))
            total = shares @ features.reshape(len(features), -1).T
            self.sums[name] = self.sums.get(name, 0) + total
            self.weights[name] = self.weights.get(name, 0) + shares.sum(axis=1)

    def rows(self) -> Image:
        """The mean of each surface (largest label last), one uint8 row each; no column without maps."""
        weights = {name: np.maximum(weight, 1.0)[:, None] for name, weight in self.weights.items()}
        means = {name: total / weights[name] for name, total in self.sums.items()}
        votes = means.pop(VOTES, None)
        # The range of a network's features is not known beforehand, and outliers say little.
        parts = [mean / (1.0 + np.abs(mean)) * UNIT + ZERO for mean in means.values()]
        if votes is not None:
            parts.append(255.0 * np.sqrt(softmax(votes, axis=1)))
        rows = np.concatenate(parts, axis=1) if parts else np.zeros((int(self.labels.max()), 0), np.float32)
        return np.rint(rows).astype(np.uint8)


def _shares(labels: Image, tile: Tile, cells: tuple[int, ...], count: int) -> Floats:
    """How many pixels of each surface lie in each cell of a map of h×w cells: count × (h·w)."""
    high, wide = cells
    rows = np.arange(labels.shape[0]) * high // tile.height
    columns = np.arange(labels.shape[1]) * wide // tile.width
    code = labels.astype(np.int64) * (high * wide) + rows[:, None] * wide + columns
    table = np.bincount(code.ravel(), minlength=(count + 1) * high * wide)
    return table.reshape(count + 1, -1)[1:].astype(np.float32)


def describe(labels: Image, grey: Image, coloured: Image, features: Image) -> Image:
    """A row for each surface of a window, label 1 first: uint8, ``COLUMNS`` and then ``features``.

    ``cb`` and ``cr``: its median chroma + 128; ``spread``: median distance from that, in quarter levels;
    ``tone``: mean luma of ``grey``; ``texture``: its deviation; ``shown``: its luma on the finished page;
    ``area``: log2 of its pixels in twelfths;
    ``x``, ``y``: its middle in 255ths of the window; ``sides``: bits for the sides it reaches.
    """
    count = int(labels.max())
    table = np.zeros((count, len(COLUMNS)), np.uint8)
    flat = labels.ravel()
    order = np.argsort(flat, kind="stable")
    starts = np.searchsorted(flat[order], np.arange(1, count + 2))
    planes = np.stack([plane.ravel() for plane in chroma(coloured)], axis=1)
    light = grey.ravel().astype(np.float32)
    network = luma(coloured).ravel().astype(np.float32)
    height, width = labels.shape
    for number in range(count):
        pixels = order[starts[number] : starts[number + 1]]
        lit = pixels[light[pixels] >= LINES]
        surface = lit if len(lit) >= len(pixels) // 4 else pixels
        middle = np.median(planes[surface], axis=0)
        away = np.median(np.hypot(*(planes[surface] - middle).T))
        y, x = np.divmod(pixels, width)
        sides = (
            LEFT * (x.min() < NEAR_SIDE * width)
            + TOP * (y.min() < NEAR_SIDE * height)
            + RIGHT * (x.max() >= (1 - NEAR_SIDE) * width)
            + BOTTOM * (y.max() >= (1 - NEAR_SIDE) * height)
        )
        table[number] = np.clip(
            np.rint(
                (
                    middle[0] + 128,
                    middle[1] + 128,
                    4 * away,
                    light[surface].mean(),
                    light[surface].std(),
                    shown_luma(light[surface], network[surface]),
                    AREA_STEPS * np.log2(len(pixels)),
                    255 * x.mean() / width,
                    255 * y.mean() / height,
                    sides,
                )
            ),
            0,
            255,
        )
    return np.concatenate([table, features], axis=1)


def embedding_inputs(table: Image, votes: int) -> Numbers:
    """What an embedding takes in of surfaces, N×D: features and votes (the last ``votes`` columns) of their
    rows, tone, texture, size, how low they lie, and which sides they reach."""
    split = table.shape[1] - votes
    sides = (table[:, SIDES, None] & np.array([LEFT, TOP, RIGHT, BOTTOM])) > 0
    parts = (
        (table[:, len(COLUMNS) : split] - ZERO) / UNIT,
        table[:, split:] / 255.0,
        table[:, (TONE, TEXTURE, AREA, Y)] / np.array([255.0, 60.0, 200.0, 255.0]),
        sides.astype(np.float64),
    )
    return np.concatenate(parts, axis=1)


def embedded(table: Image, votes: int, embedding: SegmentEmbedding) -> Image:
    """The rows with the points of an embedding in place of the features they come from."""
    points = np.rint(ZERO + UNIT * embedding(embedding_inputs(table, votes))).astype(np.uint8)
    return np.concatenate([table[:, : len(COLUMNS)], points, table[:, table.shape[1] - votes :]], axis=1)
