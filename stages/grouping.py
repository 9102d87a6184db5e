"""Which surfaces of a chapter are the same thing: groups from what they look like.

Every surface is linked to its nearest look-alikes in *other* windows, and groups are communities of that
graph. Average linkage, Ward's method and k-means were tried on the same descriptors and kept the colour of
a part half as well: they see distances, where a community sees that a surface's look-alikes are each
other's. The network's colour is no part of the descriptors; it only weighs links: look-alikes that it paints
in far-off colours are more likely two things than one thing that drifted.

No step compares all surfaces with all: neighbours are sought in the nearest cells of a coarse partition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mangacolor.nouns import Image
from mangacolor.stages.communities import Ints, communities
from mangacolor.stages.surface_table import (
    AREA,
    AREA_STEPS,
    COLUMNS,
    LEFT,
    RIGHT,
    SIDES,
    TEXTURE,
    TONE,
    TOP,
)

Floats = npt.NDArray[np.float32]

DIMENSIONS = 128  # that the encoder's features are reduced to
TONE_WEIGHT = 12.0  # of the full range of luma, against 2 between opposite features
TEXTURE_WEIGHT = 3.0
AREA_WEIGHT = 0.07  # of each doubling
GROUND_WEIGHT = 0.6  # between what is drawn behind the figures and what is not
SCENE = 0.3  # of each page between two grounds: beyond a few pages they are of different scenes
NEIGHBOURS = 10
CELL = 256  # surfaces in a cell of the search, about
PROBES = 6  # cells that are searched at least
DRIFT = 25.0  # levels of chroma that one thing drifts by, about
WHATEVER = 0.1  # weight of a link whatever the colours are
RESOLUTIONS = (0.5, 0.8, 1.2, 2.0, 3.0)  # at which look-alikes have to agree
RESOLUTION = 0.7


@dataclass(frozen=True, slots=True)
class Space:
    """What descriptors are measured by: of the features the centre, spread and main directions."""

    centre: Floats
    scale: Floats
    basis: Floats  # features × dimensions

    def place(self, table: Image, pages: Ints) -> Floats:
        """Descriptors of surfaces (rows as of ``surface_table``) on pages of these numbers."""
        # In parts: as floats, all features at once would be the largest thing in memory.
        seen = [self._direction(table[part]) @ self.basis for part in _parts(len(table))]
        ground = is_ground(table).astype(np.float32)
        others = (
            TONE_WEIGHT / 255 * table[:, TONE],
            TEXTURE_WEIGHT / 255 * table[:, TEXTURE],
            AREA_WEIGHT / AREA_STEPS * table[:, AREA],
            GROUND_WEIGHT * ground,
            SCENE * ground * pages,
        )
        return np.concatenate([np.concatenate(seen), np.stack(others, axis=1)], axis=1, dtype=np.float32)

    def _direction(self, table: Image) -> Floats:
        features = (table[:, len(COLUMNS) :].astype(np.float32) - self.centre) / self.scale
        return np.asarray(features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-6))


def is_ground(table: Image) -> npt.NDArray[np.bool_]:
    """Whether surfaces look like what is behind the figures: they reach both sides, or an upper corner."""
    sides = table[:, SIDES]
    left, right, top = (sides & bit > 0 for bit in (LEFT, RIGHT, TOP))
    return np.asarray((left & right) | (top & (left | right)))


def make_space(table: Image) -> Space:
    """The space of a chapter's surfaces. Its size does not grow with their number."""
    features = table[:, len(COLUMNS) :]
    if features.shape[1] == 0:
        return Space(*(np.zeros((0,), np.float32),) * 2, np.zeros((0, 0), np.float32))
    weight = np.exp2(table[:, AREA] / (2 * AREA_STEPS))  # root of the area: specks say little
    centre = np.average(features, axis=0, weights=weight)
    square = np.zeros(features.shape[1])
    for part in _parts(len(features)):
        square += weight[part] @ (features[part] - centre) ** 2
    scale = np.sqrt(square / weight.sum()) + 1.0
    spread = np.zeros((features.shape[1],) * 2)
    for part in _parts(len(features)):
        rows = (features[part] - centre) / scale
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
        spread += rows.T @ rows
    _, directions = np.linalg.eigh(spread)
    basis = directions[:, ::-1][:, :DIMENSIONS]
    return Space(*(array.astype(np.float32) for array in (centre, scale, basis)))


def _parts(count: int, size: int = 4096) -> list[slice]:
    return [slice(start, start + size) for start in range(0, count, size)]


@dataclass(frozen=True, slots=True)
class Groups:
    """``number``: the group of each surface. ``graph``: N×N, how alike. ``held``: for each surface the
    share of its links that stay in its group, 0 to 1: how surely it belongs there."""

    number: Ints
    graph: sparse.csr_matrix
    held: npt.NDArray[np.float64]


def group(places: Floats, windows: Ints, chroma: Floats) -> Groups:
    """Groups of surfaces with descriptors ``places`` (N×D) that lie in these ``windows`` (N) and have this
    ``chroma`` (N×2, levels)."""
    near, distance = nearest(places, windows, NEIGHBOURS)
    first = distance[np.isfinite(distance[:, 0]), 0]
    typical = max(float(np.median(first)), 1e-6) if len(first) else 1.0
    graph = _graph(near, distance, typical, chroma)
    rows, columns = graph.nonzero()
    votes = np.zeros(len(rows))
    for resolution in RESOLUTIONS:
        found = communities(graph, resolution)
        votes += found[rows] == found[columns]
    # Links that not every resolution keeps count less (consensus clustering, Lancichinetti & Fortunato
    # 2012): groups then depend less on the order of the nodes and on any one page.
    agreed = sparse.csr_matrix(
        (np.asarray(graph[rows, columns]).ravel() * (votes / len(RESOLUTIONS)) ** 2, (rows, columns)),
        shape=graph.shape,
    )
    agreed.eliminate_zeros()
    number = communities(agreed, RESOLUTION)
    weights = np.asarray(graph[rows, columns]).ravel()
    inside = np.bincount(rows, weights=weights * (number[rows] == number[columns]), minlength=len(number))
    held = inside / np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-9)
    return Groups(number, graph, held)


def _graph(near: Ints, distance: Floats, typical: float, chroma: Floats) -> sparse.csr_matrix:
    """Weights fall off with distance, over that at which a nearest look-alike usually is, and with chroma."""
    count = len(near)
    weight = np.exp(-((distance / typical) ** 2) / 2)  # 0 where there is none
    apart = ((chroma[:, None] - chroma[near]) ** 2).sum(axis=2)
    weight *= WHATEVER + (1 - WHATEVER) * np.exp(-apart / (2 * DRIFT**2))
    rows = np.repeat(np.arange(count), near.shape[1])
    links = sparse.csr_matrix((weight.ravel(), (rows, near.ravel())), shape=(count, count), dtype=np.float64)
    both = sparse.csr_matrix(links + links.T)
    both.setdiag(0)
    both.eliminate_zeros()
    both.sort_indices()
    return both


def nearest(places: Floats, windows: Ints, wanted: int) -> tuple[Ints, Floats]:
    """For each surface the nearest ``wanted`` of other windows, and their distances (inf for none)."""
    count = len(places)
    near = np.zeros((count, wanted), np.int64)
    distance = np.full((count, wanted), np.inf, np.float32)
    for some, others in _cells(places):
        square = _squares(places[some], places[others])
        square[windows[some][:, None] == windows[others][None]] = np.inf
        most = min(wanted, len(others))
        picked = np.argpartition(square, most - 1, axis=1)[:, :most]
        values = np.take_along_axis(square, picked, axis=1)
        order = np.lexsort((others[picked], values), axis=1)
        near[some, :most] = others[np.take_along_axis(picked, order, axis=1)]
        distance[some, :most] = np.sqrt(np.take_along_axis(values, order, axis=1))
    return near, distance


def _cells(places: Floats) -> list[tuple[Ints, Ints]]:
    """Surfaces of a cell, and those in the nearest cells, among which their neighbours are sought."""
    count = len(places)
    if count <= PROBES * CELL:
        everyone = np.arange(count)
        return [(everyone[part], everyone) for part in _parts(count, CELL)]
    # More cells and fewer probes would be faster still; this keeps nearly all true neighbours.
    cells = max(2 * PROBES, round(np.sqrt(count)))
    centres = places[:: -(-count // cells)].copy()
    for _ in range(4):
        owner = _closest(places, centres)
        sizes = np.bincount(owner, minlength=len(centres))
        total = np.zeros(centres.shape)
        np.add.at(total, owner, places)
        centres = np.where(sizes[:, None] > 0, total / np.maximum(sizes, 1)[:, None], centres).astype(
            np.float32
        )
    owner = _closest(places, centres)
    members = [np.nonzero(owner == cell)[0] for cell in range(len(centres))]
    between = np.argsort(_squares(centres, centres), axis=1, kind="stable")
    found = []
    for cell, mine in enumerate(members):
        probed: list[Ints] = []
        total_size = 0
        for other in between[cell]:
            probed.append(members[other])
            total_size += len(members[other])
            if len(probed) >= PROBES and total_size >= PROBES * CELL:
                break
        others = np.sort(np.concatenate(probed))
        found += [(mine[part], others) for part in _parts(len(mine), CELL)]
    return found


def _closest(places: Floats, centres: Floats) -> Ints:
    return np.concatenate([_squares(places[part], centres).argmin(axis=1) for part in _parts(len(places))])


def _squares(one: Floats, other: Floats) -> Floats:
    """Squared distances, from below 0 by rounding to 0."""
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None] - 2 * one @ other.T
    return np.asarray(np.maximum(square, 0.0), dtype=np.float32)
