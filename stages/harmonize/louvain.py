"""Communities in a graph: the Louvain method, in an order that does not depend on chance.

Blondel, Guillaume, Lambiotte & Lefebvre, "Fast unfolding of communities in large networks", 2008, with a
resolution (Reichardt & Bornholdt, 2006). Libraries shuffle the nodes; here nodes are visited as they are
numbered, so that a change in one corner of the graph mostly stays there.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import I64
from mangacolor.stages.segments.links import Links

# Sweeps over all nodes at each level; gains are tiny long before.
MAX_SWEEPS = 20
# Levels of communities of communities.
MAX_LEVELS = 12


def find_communities(graph: Links, resolution: float = 1.0) -> I64:
    """The community of each node, N int64, numbered from 0 in the order of their first nodes.

    ``graph``: symmetric, weights above 0, no node linked to itself. A higher ``resolution`` gives more
    communities.
    """
    communities = np.arange(graph.count)
    level = graph
    for _ in range(MAX_LEVELS):
        moved = _number_by_first(_move_nodes(level, resolution))
        communities = moved[communities]
        count = int(moved.max()) + 1 if len(moved) else 0
        if count == level.count:
            break
        level = level.merged(moved, count)
    return _number_by_first(communities)


def _move_nodes(graph: Links, resolution: float) -> I64:
    """Move nodes to the neighbouring community that gains most modularity, until nobody moves."""
    size = graph.count
    degree = np.bincount(graph.row, weights=graph.data, minlength=size).tolist()
    total = sum(degree) or 1.0
    community = list(range(size))
    weight = list(degree)  # of each community
    starts = np.searchsorted(graph.row, np.arange(size + 1)).tolist()  # of each node's links
    ends, links = graph.col.tolist(), graph.data.tolist()
    for _ in range(MAX_SWEEPS):
        moves = 0
        for node in range(size):
            own, own_degree = community[node], degree[node]
            towards: dict[int, float] = {own: 0.0}
            for index in range(starts[node], starts[node + 1]):
                neighbour = ends[index]
                if neighbour != node:
                    there = community[neighbour]
                    towards[there] = towards.get(there, 0.0) + links[index]
            weight[own] -= own_degree
            price = resolution * own_degree / total
            best, gain = own, towards[own] - price * weight[own] + 1e-12
            for there, link in towards.items():
                value = link - price * weight[there]
                if value > gain:
                    best, gain = there, value
            weight[best] += own_degree
            if best != own:
                community[node] = best
                moves += 1
        if not moves:
            break
    return np.array(community, dtype=np.int64)


def _number_by_first(communities: I64) -> I64:
    """The same communities, numbered in the order of their first members."""
    _, first, inverse = np.unique(communities, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse.ravel()], dtype=np.int64)
