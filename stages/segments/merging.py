"""Merging: neighbours in the region adjacency graph become one, the most alike first, up to three levels.

They are a hierarchy: a lock of hair, the hair, and a scene (region merging, as of Garrido, Salembier &
Garcia, "Extensive operators in partition lattices", 1998).
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64, LabelMap
from mangacolor.core.types import Image
from mangacolor.stages.segments.barriers import Barriers
from mangacolor.stages.segments.params import MergingParams

# The sum of barriers along a border of two regions, and its length in pixels.
Border = list[float]


class RegionGraph:
    """Regions of a window by number, and the borders that they share. Merging changes it."""

    def __init__(
        self, labels: LabelMap, grey: Image, barriers: Barriers, wall: float, params: MergingParams
    ) -> None:
        """``labels``: H×W from 0, which is no region. ``wall``: barrier, levels, from which on a pixel is a
        line."""
        count = int(labels.max()) + 1
        flat = labels.ravel()
        area = np.maximum(np.bincount(flat, minlength=count), 1).astype(np.float64)
        texture = np.bincount(flat, barriers.texture.ravel(), count) / area
        self.params = params
        self.area: list[float] = area.tolist()
        self.texture: list[float] = texture.tolist()
        paper = np.where(barriers.walls < wall, np.float32(1), np.float32(params.line_weight))
        self.tone: list[float] = _tones(flat, grey, paper, area, texture, params).tolist()
        self.borders: list[dict[int, Border]] = [{} for _ in range(count)]
        for first, second, total, length in _find_borders(
            labels, np.minimum(barriers.walls, np.float32(params.max_barrier)), count
        ):
            self.borders[first][second] = self.borders[second][first] = [total, length]
        self.into = list(range(count))

    def neighbours(self, region: int, above: int = 0) -> Iterator[tuple[float, int]]:
        """How unlike a region each neighbour is that is numbered higher than ``above`` (0 is no region),
        infinite where they hardly touch; and its number."""
        params, areas, tones, textures = self.params, self.area, self.tone, self.texture
        area, tone, texture = areas[region], tones[region], textures[region]
        # Most of the time of merging is spent in here, and a call of min or max is as long as a line.
        for other, (total, length) in self.borders[region].items():
            if other <= above:
                continue
            smaller = area if area < areas[other] else areas[other]
            if length < params.min_border_length and smaller > params.min_area:
                yield float("inf"), other
                continue
            barrier, step = (
                total / length / params.border_barrier,
                abs(tone - tones[other]) / params.tone_step,
            )
            apart = barrier if barrier > step else step
            lesser = (texture if texture < textures[other] else textures[other]) / params.texture_unit
            full = params.full_area * (1 + lesser * lesser)
            full = full if full < params.max_full_area else params.max_full_area
            yield apart * (smaller / full) ** params.small_exponent if smaller < full else apart, other

    def merge(self, kept: int, other: int) -> None:
        """Make one region of two neighbours, under the number of the first."""
        area, more = self.area[kept], self.area[other]
        for values in (self.tone, self.texture):
            values[kept] = (values[kept] * area + values[other] * more) / (area + more)
        self.area[kept] = area + more
        self.into[other] = kept
        mine = self.borders[kept]
        del mine[other]
        for neighbour, (total, length) in self.borders[other].items():
            if neighbour == kept:
                continue
            theirs = self.borders[neighbour]
            del theirs[other]
            if neighbour in mine:
                mine[neighbour][0] += total
                mine[neighbour][1] += length
            else:
                mine[neighbour] = theirs[kept] = [total, length]
        self.borders[other] = {}

    def members(self) -> I64:
        """For each of the first numbers the region that it is part of."""
        found = self.into
        for number in range(len(found)):
            root = number
            while found[root] != root:
                root = found[root]
            found[number] = root
        return np.array(found, np.int64)


def merge_regions(graph: RegionGraph, params: MergingParams) -> tuple[I64, I64, I64]:
    """Merge neighbours, the most alike first: for each number the segment that it is part of, the parent of
    that, and the scene."""
    queue = [
        (apart, first, second, 0, 0)
        for first in range(len(graph.borders))
        for apart, second in graph.neighbours(first, above=first)
        if apart < params.scene
    ]
    heapify(queue)
    changes = [0] * len(graph.area)  # how often each has been merged: older entries do not count
    levels: list[I64] = []
    limits = [params.fine, params.coarse]
    while queue:
        apart, first, second, when, then = heappop(queue)
        if changes[first] != when or changes[second] != then:
            continue
        while len(levels) < len(limits) and apart >= limits[len(levels)]:
            levels.append(graph.members())
        if len(graph.borders[first]) < len(graph.borders[second]):
            first, second = second, first
        graph.merge(first, second)
        changes[first] += 1
        changes[second] = -1
        for apart, neighbour in graph.neighbours(first):
            if apart < params.scene:
                heappush(queue, (apart, first, neighbour, changes[first], changes[neighbour]))
    while len(levels) <= len(limits):
        levels.append(graph.members())
    fine, coarse, scene = levels
    return fine, coarse, scene


def _tones(
    flat: I64 | LabelMap, grey: Image, paper: F32, area: F64, texture: F64, params: MergingParams
) -> F64:
    """The tone of each region: of its paper where it is plain, of paper and ink where it is textured."""
    level, weight = grey.ravel().astype(np.float32), paper.ravel()
    whole = np.bincount(flat, level, len(area)) / area
    light = np.bincount(flat, weight, len(area))
    plain = np.bincount(flat, weight * level, len(area)) / np.maximum(light, 1e-6)
    low, high = params.textures
    mixed = np.clip((texture - low) / (high - low), 0, 1)
    return np.asarray((1 - mixed) * plain + mixed * whole)


def _find_borders(labels: LabelMap, walls: F32, count: int) -> list[tuple[int, int, float, float]]:
    """Pairs of neighbours, the smaller number first, the sum of barriers along their border, its length."""
    # The barrier on a crest stands a pixel to either side of the border.
    crest = cv2.dilate(walls, np.ones((3, 3), np.uint8))
    codes, heights = [], []
    for here, there, height in (
        (labels[:, :-1], labels[:, 1:], crest[:, :-1]),
        (labels[:-1], labels[1:], crest[:-1]),
    ):
        meet = np.nonzero((here != there) & (here > 0) & (there > 0))
        one, other = here[meet].astype(np.int64), there[meet]
        codes.append(np.minimum(one, other) * count + np.maximum(one, other))
        heights.append(height[meet])
    code, inverse, length = np.unique(np.concatenate(codes), return_inverse=True, return_counts=True)
    total = np.bincount(inverse, np.concatenate(heights), len(code))
    columns = (code // count, code % count, total, length.astype(np.float64))
    return list(zip(*(column.tolist() for column in columns), strict=True))
