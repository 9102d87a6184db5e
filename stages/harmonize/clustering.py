"""Which segments of a chapter are the same thing: groups from what they look like.

Neighbours in the graph agree on their colours (``smoothing.py``), and groups are communities of those who
look alike and agree. Communities see that a segment's neighbours are each other's, which methods that see
only distances (average linkage, Ward, k-means) do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64, I64
from mangacolor.stages.harmonize.louvain import find_communities
from mangacolor.stages.harmonize.neighbours import KnnGraph, symmetric_graph
from mangacolor.stages.harmonize.params import ClusteringParams
from mangacolor.stages.segments.links import Links


@dataclass(frozen=True, slots=True)
class Groups:
    """``number``: the group of each segment, N from 0. ``membership``: how surely it belongs there, N in [0,
    1]."""

    number: I64
    membership: F64


def cluster(graph: KnnGraph, colours: F64, params: ClusteringParams) -> Groups:
    """Groups of segments that look alike and have like ``colours`` (N×2, levels, after smoothing)."""
    alike = symmetric_graph(graph.neighbours, graph.similarity)
    apart = ((colours[alike.row] - colours[alike.col]) ** 2).sum(axis=1)
    weights = alike.data * np.exp(-apart / (2 * params.link_bandwidth**2))
    links = Links.gather(alike.row, alike.col, weights, alike.count)
    number = merge_communities(find_communities(links, params.resolution), links, colours, params)
    inside = weights * (number[alike.row] == number[alike.col])
    ties = np.bincount(alike.row, weights=inside, minlength=len(number))
    return Groups(number, np.minimum(ties / params.full_membership_ties, 1.0))


def merge_communities(number: I64, graph: Links, colours: F64, params: ClusteringParams) -> I64:
    """The groups (N, from 0) with those merged that are of one colour and closely linked, closest first.

    ``graph``: symmetric, of N nodes. ``colours``: N×2, levels. The number of communities hardly falls below
    the resolution, however few things there are.
    """
    count = int(number.max()) + 1
    links = graph.merged(number, count).dense()
    size = np.bincount(number).astype(np.float64)
    mean = np.stack([np.bincount(number, weights=plane) / size for plane in colours.T], axis=1)
    owner = np.arange(count)
    while True:
        total = np.maximum(links.sum(axis=1), 1e-9)
        share = links / np.minimum(total[:, None], total)
        apart = ((mean[:, None] - mean) ** 2).sum(axis=2)
        share[apart > params.merge_max_chroma_distance**2] = 0
        np.fill_diagonal(share, 0)
        pair = divmod(int(share.argmax()), count)
        if share[pair] < params.merge_min_share:
            break
        kept, absorbed = sorted(pair)
        mean[kept] = (size[kept] * mean[kept] + size[absorbed] * mean[absorbed]) / (
            size[kept] + size[absorbed]
        )
        size[kept] += size[absorbed]
        links[kept] += links[absorbed]
        links[:, kept] += links[:, absorbed]
        links[absorbed] = links[:, absorbed] = 0
        owner[owner == absorbed] = kept
    return np.asarray(np.unique(owner[number], return_inverse=True)[1], dtype=np.int64)
