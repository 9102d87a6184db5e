"""A weighted graph as a list of its links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask


@dataclass(frozen=True, slots=True)
class Links:
    """Of N nodes, ``count``: from ``row`` to ``col``, with the weight ``data``, L each.

    Sorted by ``row``, then by ``col``; there is at most one from one node to another.
    """

    row: I64
    col: I64
    data: F64
    count: int

    @classmethod
    def gather(cls, row: I64, col: I64, data: F64, count: int) -> Self:
        """Links in any order; the weights of those from one node to another are added up, 0 is none."""
        places, inverse = np.unique(row * count + col, return_inverse=True)
        total = np.bincount(inverse, weights=data, minlength=len(places))
        places, total = places[total != 0], total[total != 0]
        return cls(places // max(count, 1), places % max(count, 1), total, count)

    def since(self, first: int) -> Links:
        """Those from nodes of which ``first`` is the first."""
        some = self.row >= first
        return Links(self.row[some], self.col[some], self.data[some], self.count)

    def without(self, nodes: Mask) -> Links:
        """Those from other nodes than these (N)."""
        some = ~nodes[self.row]
        return Links(self.row[some], self.col[some], self.data[some], self.count)

    def among(self, nodes: Mask) -> Links:
        """Those between some nodes (N), which are numbered anew."""
        place = np.cumsum(nodes) - 1
        some = nodes[self.row] & nodes[self.col]
        return Links(place[self.row[some]], place[self.col[some]], self.data[some], int(nodes.sum()))

    def merged(self, group: I64, count: int) -> Links:
        """The links between ``count`` groups, of which each node is in one."""
        return Links.gather(group[self.row], group[self.col], self.data, count)

    def dense(self) -> F64:
        """The weights as a matrix, N×N."""
        matrix = np.zeros((self.count, self.count))
        matrix[self.row, self.col] = self.data
        return matrix
