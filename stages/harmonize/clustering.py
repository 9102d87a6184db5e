"""Which segments of a chapter are the same thing: groups from what they look like.

Neighbours in the graph agree on their colours (``smoothing.py``), and groups are communities of those who
look alike and agree. Communities see that a segment's neighbours are each other's, which methods that see
only distances (average linkage, Ward, k-means) do not. There are about as many as the resolution says,
however few things there are, so those of one colour that also look alike are merged: never to more than a
share of the chapter, for what all is linked to is a crowd and no thing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
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

    @classmethod
    def linked(cls, number: I64, links: Links, params: ClusteringParams) -> Groups:
        """Groups of nodes that belong there as far as ``links`` within say."""
        inside = links.data * (number[links.row] == number[links.col])
        ties = np.bincount(links.row, weights=inside, minlength=len(number))
        return cls(number, np.minimum(ties / params.full_membership_ties, 1.0))

    def find_sure(self, params: ClusteringParams) -> Mask:
        """The segments, N, that surely belong to their groups."""
        return self.membership >= params.min_membership

    def find_stray(self, params: ClusteringParams) -> Mask:
        """The segments, N, that hardly anything links to a group which others surely belong to, or nothing to
        one that others are linked to."""
        sure, linked = self.find_sure(params), self.membership > 0
        return (~sure & self._with_any(sure)) | (~linked & self._with_any(linked))

    def _with_any(self, some: Mask) -> Mask:
        """The segments, N, in whose group are ``some``."""
        return np.asarray((np.bincount(self.number, weights=some) > 0)[self.number])


def link_agreeing(graph: KnnGraph, colours: F64, params: ClusteringParams) -> Links:
    """Links between N segments: how alike they look, less where ``colours`` (N×2, after smoothing) are
    apart."""
    alike = symmetric_graph(graph.neighbours, graph.similarity)
    apart = ((colours[alike.row] - colours[alike.col]) ** 2).sum(axis=1)
    weights = alike.data * np.exp(-apart / (2 * params.link_bandwidth**2))
    return Links.gather(alike.row, alike.col, weights, alike.count)


def cluster(links: Links, colours: F64, places: F32, area: F64, params: ClusteringParams) -> Groups:
    """Groups of N segments that look alike and agree (``links``).

    ``colours``: N×2, levels, after smoothing. ``places``: N×D, their descriptors. ``area``: N.
    """
    share = area / area.sum()
    number = divide_large(find_communities(links, params.resolution), links, share, params)
    number = merge_communities(number, links, colours, places.astype(np.float64), share, params)
    return Groups.linked(number, links, params)


def divide_large(number: I64, graph: Links, share: F64, params: ClusteringParams) -> I64:
    """The groups (N, from 0) with those divided, by the communities within, that are too large.

    ``share``: N, of the chapter's area.
    """
    while True:
        size = np.bincount(number, weights=share).astype(np.float64)
        large = params.is_crowd(size, np.bincount(number))
        divided = number
        for group in np.nonzero(large)[0]:
            inside = number == group
            parts = find_communities(graph.among(inside), params.resolution)
            divided = divided.copy()
            divided[inside] = np.where(parts == 0, group, divided.max() + parts)
        if np.array_equal(divided, number):
            return number
        number = divided


def merge_communities(
    number: I64, graph: Links, colours: F64, places: F64, share: F64, params: ClusteringParams
) -> I64:
    """The groups (N, from 0) with those merged that are closely linked, of one colour and alike, closest
    first, as long as none becomes too large.

    ``graph``: symmetric, of N nodes. ``colours``: N×2, levels. ``places``: N×D, descriptors. ``share``: N, of
    the chapter's area.
    """
    count = int(number.max()) + 1
    links = graph.merged(number, count).dense()
    size, members = np.bincount(number, weights=share).astype(np.float64), np.bincount(number)
    looks = _Means.of(places, number, share**0.5)
    tints = _Means.of(colours, number, np.ones(len(number)))
    owner = np.arange(count)
    while True:
        total = np.maximum(links.sum(axis=1), 1e-9)
        close = links / np.minimum(total[:, None], total)
        close[params.is_crowd(size[:, None] + size, members[:, None] + members)] = 0
        close[looks.apart > params.merge_max_distance**2] = 0
        close[tints.apart > params.merge_max_chroma_distance**2] = 0
        np.fill_diagonal(close, 0)
        pair = divmod(int(close.argmax()), count)
        if close[pair] < params.merge_min_share:
            break
        kept, absorbed = sorted(pair)
        looks.merge(kept, absorbed)
        tints.merge(kept, absorbed)
        size[kept] += size[absorbed]
        members[kept] += members[absorbed]
        links[kept] += links[absorbed]
        links[:, kept] += links[:, absorbed]
        links[absorbed] = links[:, absorbed] = 0
        owner[owner == absorbed] = kept
    return np.asarray(np.unique(owner[number], return_inverse=True)[1], dtype=np.int64)


class _Means:
    """Mean rows of G groups, which merge; and how far they are ``apart``, squared, G×G."""

    def __init__(self, mean: F64, weight: F64) -> None:
        self.mean, self.weight = mean, weight
        self.apart = np.stack([((mean - row) ** 2).sum(axis=1) for row in mean])

    @classmethod
    def of(cls, rows: F64, number: I64, weight: F64) -> _Means:
        """Of N ``rows``, by their groups (``number``, N from 0) and weights (N)."""
        total = np.bincount(number, weights=weight).astype(np.float64)
        columns = [np.bincount(number, weights=weight * column) / total for column in rows.T]
        return cls(np.stack(columns, axis=1), total)

    def merge(self, kept: int, absorbed: int) -> None:
        """Make one group of two."""
        both = [kept, absorbed]
        self.mean[kept] = np.average(self.mean[both], axis=0, weights=self.weight[both])
        self.weight[kept] += self.weight[absorbed]
        self.apart[kept] = self.apart[:, kept] = ((self.mean - self.mean[kept]) ** 2).sum(axis=1)
