"""The graph of neighbours: for each segment those of other windows that look most like it.

No step compares all segments with all: neighbours are sought in the nearest cells of a coarse partition, as
an inverted file does (Sivic & Zisserman, "Video Google", 2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.harmonize.descriptors import blocks
from mangacolor.stages.harmonize.params import NeighbourParams
from mangacolor.stages.segments.links import Links


@dataclass(frozen=True, slots=True)
class KnnGraph:
    """``neighbours``: N×K, the nearest in other windows of each segment. ``similarity``: N×K, how much alike
    they are, from 0 (not at all, or there is none) to 1 (the same)."""

    neighbours: I64
    similarity: F64


def knn_graph(places: F32, windows: I64, params: NeighbourParams, first: int) -> KnnGraph:
    """Of segments with descriptors ``places`` (N×D) that lie in these ``windows`` (N).

    Those before the ``first`` are neighbours of others, and have none themselves.
    """
    neighbours, distance = find_neighbours(places, windows, params.count, params, first)
    similarity = np.exp(-((distance.astype(np.float64) / params.similarity_scale) ** 4))
    return KnnGraph(neighbours, similarity)


def symmetric_graph(neighbours: I64, similarity: F64) -> Links:
    """Neighbours (N×K) as a graph, symmetric, none linked to itself: as alike as either of two finds."""
    count, nearest = neighbours.shape
    one, other, alike = np.repeat(np.arange(count), nearest), neighbours.ravel(), similarity.ravel()
    some = (alike > 0) & (one != other)
    one, other, alike = one[some], other[some], alike[some]
    pairs, inverse = np.unique(
        np.concatenate([one * count + other, other * count + one]), return_inverse=True
    )
    most = np.zeros(len(pairs))
    np.maximum.at(most, inverse, np.concatenate([alike, alike]))
    return Links(pairs // max(count, 1), pairs % max(count, 1), most, count)


def find_neighbours(
    places: F32, windows: I64, k: int, params: NeighbourParams, first: int
) -> tuple[I64, F32]:
    """For each segment from ``first`` on the nearest ``k`` of other windows, and their distances (inf for
    none): N×K each."""
    count = len(places)
    neighbours = np.zeros((count, k), np.int64)
    distance = np.full((count, k), np.inf, np.float32)

    def search(members: I64, candidates: I64) -> None:
        square = _squared_distances(places[members], places[candidates])
        square[windows[members][:, None] == windows[candidates][None]] = np.inf
        most = min(k, len(candidates))
        picked = np.argpartition(square, most - 1, axis=1)[:, :most]
        values = np.take_along_axis(square, picked, axis=1)
        order = np.lexsort((candidates[picked], values), axis=1)
        neighbours[members, :most] = candidates[np.take_along_axis(picked, order, axis=1)]
        distance[members, :most] = np.sqrt(np.take_along_axis(values, order, axis=1))

    parallel_map(lambda cell: search(*cell), _search_cells(places, params, first))  # each has its own rows
    return neighbours, distance


def _search_cells(places: F32, params: NeighbourParams, first: int) -> list[tuple[I64, I64]]:
    """Segments of a cell from ``first`` on, and those in the nearest cells, among which their neighbours are
    sought."""
    count = len(places)
    everyone = np.arange(count)
    asking = everyone[first:]
    if len(asking) * count <= (params.probed_cells * params.cell_size) ** 2:
        return [(asking[block], everyone) for block in blocks(len(asking), params.cell_size)]
    centres, owner = _find_cells(places, params)
    members = [np.nonzero(owner == cell)[0] for cell in range(len(centres))]
    nearest_cells = np.argsort(_squared_distances(centres, centres), axis=1, kind="stable")
    searches: list[tuple[I64, I64]] = []
    for cell, inside in enumerate(members):
        probed: list[I64] = []
        size = 0
        for other in nearest_cells[cell]:
            probed.append(members[other])
            size += len(members[other])
            if len(probed) >= params.probed_cells and size >= params.probed_cells * params.cell_size:
                break
        candidates = np.sort(np.concatenate(probed))
        askers = inside[inside >= first]
        searches += [(askers[block], candidates) for block in blocks(len(askers), params.cell_size)]
    return searches


def _find_cells(places: F32, params: NeighbourParams) -> tuple[F32, I64]:
    """Centres of a coarse partition by k-means, and the cell of each segment."""
    count = len(places)
    # More cells and fewer probes would be faster still; this keeps nearly all true neighbours.
    cells = max(2 * params.probed_cells, round(np.sqrt(count)))
    centres = places[:: -(-count // cells)].copy()
    for _ in range(params.cell_iterations):
        owner = _nearest_centre(places, centres)
        sizes = np.bincount(owner, minlength=len(centres))
        sums = [np.bincount(owner, weights=column, minlength=len(centres)) for column in places.T]
        means = np.stack(sums, axis=1) / np.maximum(sizes, 1)[:, None]
        centres = np.where(sizes[:, None] > 0, means, centres).astype(np.float32)
    return centres, _nearest_centre(places, centres)


def _nearest_centre(places: F32, centres: F32) -> I64:
    return np.concatenate(
        [_squared_distances(places[block], centres).argmin(axis=1) for block in blocks(len(places))]
    )


def _squared_distances(a: F32, b: F32) -> F32:
    """Between the rows of A×D and of B×D: A×B, what is below 0 by rounding set to 0.

    In double precision: the last bit of a product depends on the number of cores, and neighbours must not.
    """
    exact_a, exact_b = a.astype(np.float64), b.astype(np.float64)
    square = (exact_a**2).sum(axis=1)[:, None] + (exact_b**2).sum(axis=1)[None] - 2 * exact_a @ exact_b.T
    return np.asarray(np.maximum(square, 0.0), dtype=np.float32)
