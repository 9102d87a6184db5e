"""Groups in a graph of neighbours: the Louvain method, in an order that does not depend on chance.

Blondel, Guillaume, Lambiotte & Lefebvre, "Fast unfolding of communities in large networks", 2008, with a
resolution (Reichardt & Bornholdt, 2006). Libraries shuffle the nodes; here nodes are visited as they are
numbered, so that a change in one corner of the graph mostly stays there.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

Ints = npt.NDArray[np.int64]

SWEEPS = 20  # over all nodes, at each level; gains are tiny long before
LEVELS = 12


def communities(graph: sparse.csr_matrix, resolution: float = 1.0) -> Ints:
    """The group of each node, N int64, numbered from 0 in the order of their first nodes.

    ``graph``: N×N, symmetric, weights above 0, no diagonal. A higher ``resolution`` gives more groups.
    """
    groups = np.arange(graph.shape[0])
    level = sparse.csr_matrix(graph, dtype=np.float64)
    for _ in range(LEVELS):
        moved = _numbered(_settle(level, resolution))
        groups = moved[groups]
        count = int(moved.max()) + 1 if len(moved) else 0
        if count == level.shape[0]:
            break
        member = sparse.csr_matrix(
            (np.ones(len(moved)), (np.arange(len(moved)), moved)), shape=(len(moved), count)
        )
        level = sparse.csr_matrix(member.T @ level @ member)
    return _numbered(groups)


def _settle(graph: sparse.csr_matrix, resolution: float) -> Ints:
    """Move nodes to the neighbouring group that gains most, until nobody moves."""
    size = graph.shape[0]
    degree = np.asarray(graph.sum(axis=1)).ravel().tolist()
    total = sum(degree) or 1.0
    group = list(range(size))
    weight = list(degree)  # of each group
    starts, ends, links = graph.indptr.tolist(), graph.indices.tolist(), graph.data.tolist()
    for _ in range(SWEEPS):
        moves = 0
        for node in range(size):
            own, mine = group[node], degree[node]
            towards: dict[int, float] = {own: 0.0}
            for index in range(starts[node], starts[node + 1]):
                other = ends[index]
                if other != node:
                    there = group[other]
                    towards[there] = towards.get(there, 0.0) + links[index]
            weight[own] -= mine
            price = resolution * mine / total
            best, gain = own, towards[own] - price * weight[own] + 1e-12
            for there, link in towards.items():
                value = link - price * weight[there]
                if value > gain:
                    best, gain = there, value
            weight[best] += mine
            if best != own:
                group[node] = best
                moves += 1
        if not moves:
            break
    return np.array(group, dtype=np.int64)


def _numbered(groups: Ints) -> Ints:
    """The same groups, numbered in the order of their first members."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return np.asarray(rank[inverse.ravel()], dtype=np.int64)
