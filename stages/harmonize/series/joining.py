"""Which segments belong to a group that is remembered of earlier pages."""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64, I64
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import ClusteringParams, JoiningParams
from mangacolor.stages.harmonize.series.remembered import Remembered


def join_groups(
    graph: KnnGraph, colours: F64, remembered: Remembered, params: JoiningParams, clustering: ClusteringParams
) -> tuple[I64, F64]:
    """For each of the N segments after the R remembered ones the row of the remembered group that it joins
    (-1 for none), and how surely it belongs there, from 0 to 1.

    A segment joins the group that most of its links go to, if there are enough of them. Then those join that
    are linked to such segments (label propagation, Raghavan et al. 2007, from labels that are given).
    ``colours``: R+N×2, levels, after smoothing: neighbours of other colours are not linked.
    """
    known, count = len(remembered), len(remembered.groups)
    number = len(graph.neighbours) - known
    label, membership = np.full(number, -1), np.zeros(number)
    if not count:
        return label, membership
    near = graph.neighbours[known:]
    apart = ((colours[known:, None] - colours[near]) ** 2).sum(axis=2)
    links = graph.similarity[known:] * np.exp(-apart / (2 * clustering.link_bandwidth**2))
    group = np.concatenate([remembered.group_rows, label])
    sureness = np.concatenate([remembered.membership / 255.0, membership])
    rows = np.repeat(np.arange(number), near.shape[1])
    total = links.sum(axis=1)
    for _ in range(params.rounds):
        theirs = group[near].ravel()
        there = theirs >= 0
        weight = (links * sureness[near]).ravel()
        cells = rows[there] * count + theirs[there]
        ties = np.bincount(cells, weight[there], number * count).reshape(number, count)
        best = ties.argmax(axis=1)
        most = ties[np.arange(number), best]
        joins = (most >= params.min_ties) & (most >= params.min_share * total)
        label = np.where(joins, best, -1)
        membership = np.where(joins, np.minimum(most / params.full_membership_ties, 1.0), 0.0)
        group[known:], sureness[known:] = label, membership
    return label, membership


def without_joined(graph: KnnGraph, rest: I64) -> KnnGraph:
    """The graph of some of its segments (``rest``, ascending): links to others are gone."""
    place = np.full(len(graph.neighbours), -1)
    place[rest] = np.arange(len(rest))
    neighbours = place[graph.neighbours[rest]]
    similarity = np.where(neighbours >= 0, graph.similarity[rest], 0.0)
    return KnnGraph(np.maximum(neighbours, 0), similarity)
