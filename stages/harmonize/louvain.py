"""Communities in a graph: the Louvain method, in an order that does not depend on chance.

Blondel, Guillaume, Lambiotte & Lefebvre, "Fast unfolding of communities in large networks", 2008, with a
resolution (Reichardt & Bornholdt, 2006). Libraries shuffle the nodes; here nodes are visited as they are
numbered, so that a change in one corner of the graph mostly stays there.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from mangacolor.core.arrays import I64
from mangacolor.stages.segments.links import Links

# Sweeps over all nodes at each level; gains are tiny long before.
MAX_SWEEPS = 20
# Levels of communities of communities.
MAX_LEVELS = 12
NONE = -math.inf
# Share of a node's degree that a gain counts as unsure: far more than sums are off by rounding.
ROUNDING = 1e-9


def find_communities(graph: Links, resolution: float) -> I64:
    """The community of each node, N int64, numbered from 0 in the order of their first nodes.

    ``graph``: symmetric, weights above 0, no node linked to itself. A higher ``resolution`` gives more
    communities.
    """
    communities = np.arange(graph.count)
    level = graph
    for _ in range(MAX_LEVELS):
        moved = _number_by_first(move_nodes(level, resolution))
        communities = moved[communities]
        count = int(moved.max()) + 1 if len(moved) else 0
        if count == level.count:
            break
        level = level.merged(moved, count)
    return _number_by_first(communities)


def move_nodes(graph: Links, resolution: float) -> I64:
    """Move nodes to the neighbouring community that gains most modularity, until nobody moves.

    In later sweeps most nodes stay, and are passed over where that is certain. Since a node was last looked
    at other communities are better only by what they have lost, at most the degrees of all that have moved
    (``moved``), and its own is worse only by what it has gained. While both together are below the node's
    ``room``, and none of its neighbours has moved, it would stay.
    """
    size = graph.count
    degree = np.bincount(graph.row, weights=graph.data, minlength=size).tolist()
    total = sum(degree) or 1.0
    neighbours, links = _links_by_node(graph)
    community = list(range(size))
    weight = list(degree)  # of each community
    room = [NONE] * size  # what its community's weight and ``moved`` may come to
    moved = 0.0
    # At a resolution of 0 nothing bounds what a node could gain, and none is passed over.
    doubt = ROUNDING * (1 + 1 / resolution) * total if resolution else math.inf
    for _ in range(MAX_SWEEPS):
        moves = 0
        for node, own_degree in enumerate(degree):
            own = community[node]
            held = weight[own]
            rest = held - own_degree
            if held + moved < room[node]:
                weight[own] = rest + own_degree  # to the last bit as if it had been looked at
                continue
            towards: dict[int, float] = {own: 0.0}
            known = towards.get
            for there, link in zip(map(community.__getitem__, neighbours[node]), links[node], strict=True):
                towards[there] = known(there, 0.0) + link
            price = resolution * own_degree / total
            stay = towards.pop(own) - price * rest + 1e-12
            best, gain = own, NONE
            for there, link in towards.items():
                value = link - price * weight[there]
                if value > gain:
                    best, gain = there, value
            if gain > stay:
                weight[own] = rest
                weight[best] += own_degree
                community[node] = best
                moves += 1
                moved += own_degree
                room[node] = NONE
                for neighbour in neighbours[node]:
                    room[neighbour] = NONE
            else:
                weight[own] = rest + own_degree
                room[node] = held + moved + (stay - gain) / price - doubt if price else NONE
        if not moves:
            break
    return np.array(community, dtype=np.int64)


def _links_by_node(graph: Links) -> tuple[list[list[int]], list[list[float]]]:
    """For each node those that it is linked to, but for itself, and the weights of these links."""
    others = graph.row != graph.col
    ends, weights = graph.col[others].tolist(), graph.data[others].tolist()
    starts = np.searchsorted(graph.row[others], np.arange(graph.count + 1)).tolist()
    own = list(itertools.starmap(slice, itertools.pairwise(starts)))
    return [ends[some] for some in own], [weights[some] for some in own]


def _number_by_first(communities: I64) -> I64:
    """The same communities, numbered in the order of their first members."""
    _, first, inverse = np.unique(communities, return_index=True, return_inverse=True)
    return np.argsort(np.argsort(first))[inverse.ravel()]
