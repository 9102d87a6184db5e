"""Which surfaces of a chapter are the same thing: groups from what they look like.

Every surface is linked to its nearest look-alikes in *other* windows; these agree on their colours
(``agreement.py``); and groups are communities of those who look alike and agree. Average linkage, Ward's
method and k-means were tried on the same descriptors and kept the colour of a part half as well: they see
distances, where a community sees that a surface's look-alikes are each other's. A palette network's votes
are part of the descriptors: they hold all that it thinks a surface may be, where its colour is one guess.

No step compares all surfaces with all: neighbours are sought in the nearest cells of a coarse partition.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from mangacolor.stages.harmonize.descriptors import Floats, parts
from mangacolor.stages.harmonize.louvain import Ints, communities
from mangacolor.stages.harmonize.smoothing import Numbers, agreed, linked

ALIKE = 0.7  # distance up to which two are alike; beyond it falls off fast
NEIGHBOURS = 15
CELL = 256  # surfaces in a cell of the search, about
PROBES = 6  # cells that are searched at least
DIVIDED = 15.0  # levels of chroma between look-alikes that could not agree: two things
RESOLUTION = 6.0
TIES = 2.0  # look-alikes in its group, all just like it, that make a surface sure
SPLIT = 0.08  # share of a group's links that go to another from which both are one, if of one colour:
SAME = 6.0  # levels of chroma


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """``near``: N×K, the nearest in other windows of each surface. ``likeness``: N×K, how much alike they
    are, from 0 (not at all, or there is none) to 1 (the same)."""

    near: Ints
    likeness: Numbers


def look_alikes(places: Floats, windows: Ints) -> LookAlikes:
    """Of surfaces with descriptors ``places`` (N×D) that lie in these ``windows`` (N)."""
    near, distance = nearest(places, windows, NEIGHBOURS)
    return LookAlikes(near, np.exp(-((distance.astype(np.float64) / ALIKE) ** 4)))


@dataclass(frozen=True, slots=True)
class Groups:
    """``number``: the group of each surface. ``chroma``: what it agreed on with its look-alikes, N×2 levels.
    ``held``: how surely it belongs to its group, 0 to 1: 1 with ``TIES`` members that are just like it."""

    number: Ints
    chroma: Numbers
    held: Numbers


def group(found: LookAlikes, chroma: Numbers, weight: Numbers, hold: float) -> Groups:
    """Groups of surfaces of this ``chroma`` (N×2, levels); each one's counts by its ``weight`` (N).

    ``hold``: as in ``agreed``.
    """
    colours = agreed(chroma, weight, found.near, found.likeness, hold)
    alike = linked(found.near, found.likeness)
    rows, columns = alike.nonzero()
    apart = ((colours[rows] - colours[columns]) ** 2).sum(axis=1)
    links = alike.data * np.exp(-apart / (2 * DIVIDED**2))
    graph = sparse.csr_matrix((links, (rows, columns)), shape=alike.shape)
    graph.eliminate_zeros()
    number = joined(communities(graph, RESOLUTION), graph, colours)
    tie = np.bincount(rows, weights=links * (number[rows] == number[columns]), minlength=len(number))
    return Groups(number, colours, np.minimum(tie / TIES, 1.0))


def joined(number: Ints, graph: sparse.csr_matrix, colours: Numbers) -> Ints:
    """The groups (N, from 0) with those joined that are of one colour and closely linked, closest first.

    The number of communities hardly falls below the resolution, however few things there are.
    """
    count = int(number.max()) + 1
    member = sparse.csr_matrix(
        (np.ones(len(number)), (np.arange(len(number)), number)), shape=(len(number), count)
    )
    links = (member.T @ graph @ member).toarray()
    size = np.bincount(number).astype(np.float64)
    mean = np.stack([np.bincount(number, weights=plane) / size for plane in colours.T], axis=1)
    owner = np.arange(count)
    while True:
        total = np.maximum(links.sum(axis=1), 1e-9)
        share = links / np.minimum(total[:, None], total)
        share[((mean[:, None] - mean) ** 2).sum(axis=2) > SAME**2] = 0
        np.fill_diagonal(share, 0)
        one, other = divmod(int(share.argmax()), count)
        if share[one, other] < SPLIT:
            break
        one, other = min(one, other), max(one, other)
        mean[one] = (size[one] * mean[one] + size[other] * mean[other]) / (size[one] + size[other])
        size[one] += size[other]
        links[one] += links[other]
        links[:, one] += links[:, other]
        links[other] = links[:, other] = 0
        owner[owner == other] = one
    return np.asarray(np.unique(owner[number], return_inverse=True)[1], dtype=np.int64)


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
        return [(everyone[part], everyone) for part in parts(count, CELL)]
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
        found += [(mine[part], others) for part in parts(len(mine), CELL)]
    return found


def _closest(places: Floats, centres: Floats) -> Ints:
    return np.concatenate([_squares(places[part], centres).argmin(axis=1) for part in parts(len(places))])


def _squares(one: Floats, other: Floats) -> Floats:
    """Squared distances, from below 0 by rounding to 0.

    In double precision: the last bit of a product depends on the number of cores, and look-alikes must not.
    """
    one, other = one.astype(np.float64), other.astype(np.float64)
    square = (one**2).sum(axis=1)[:, None] + (other**2).sum(axis=1)[None] - 2 * one @ other.T
    return np.asarray(np.maximum(square, 0.0), dtype=np.float32)
