"""Surfaces that look alike agree on their colours, each listening to its own look-alikes and to itself.

First the majority counts: a surface takes the colour that is densest among its look-alikes, so a head that
came out blue once becomes red like the others, and never the brown between. Then neighbours in colour settle:
in every round each takes the mean of those near to it and, a little, of what the majority gave it (blurring
mean shift, Comaniciu & Meer 2002, held back by the start). In both, those count more that are sure, large and
much alike. Where many are nearly the same they come to one colour; what is like nothing else keeps its own.

Surfaces hold on to what they had the more, the less the network knows of the chapter. Where it knows a hand,
its errors are chance, and a mean mends them; where it hardly tells one thing from another, a mean is brown.

Giving each group one colour at once was tried first, and so was forgetting the start: both held parts
together as well and made whole chapters brown, since on painted pages much looks a little alike.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import sparse

from mangacolor.stages.harmonize.louvain import Ints

Numbers = npt.NDArray[np.float64]

MAJORITIES = 2
REACH = 20.0  # levels of chroma within which look-alikes support each other
STEPS = 3  # from the densest member to the middle of its crowd
ROUNDS = 40
APART = 40.0  # levels of chroma from which look-alikes hardly settle with each other
HOLD = 0.01  # weight of the majority's colour while settling, against one perfect look-alike, without votes
ENOUGH = 0.075  # share of the colours' entropy that votes tell of a surface, at which that weight is 1
STEEP = 50.0  # the logarithm of the weight falls by so much times what they tell more
PART = 4096  # surfaces at a time: all pairs of look-alikes are held for each


def agreed(chroma: Numbers, weight: Numbers, near: Ints, likeness: Numbers, hold: float = HOLD) -> Numbers:
    """The chroma (N×2, levels) after all have listened. ``weight``: N, how much each one's word counts.

    ``near``: N×K, the look-alikes of each; ``likeness``: N×K, 0 (not at all) to 1 (the same). ``hold``: what
    the majority's colour counts while they settle, against one perfect look-alike.
    """
    heard = np.concatenate([np.arange(len(near))[:, None], near], axis=1)
    says = np.concatenate([np.ones((len(near), 1)), likeness], axis=1) * weight[heard]
    colours = chroma
    for _ in range(MAJORITIES):
        parts = [slice(start, start + PART) for start in range(0, len(near), PART)]
        colours = np.concatenate([densest(colours[heard[part]], says[part]) for part in parts])
    return _settled(colours, hold * weight, weight, sparse.coo_matrix(linked(near, likeness)))


def hold_for(told: float) -> float:
    """How far surfaces hold on to what they had, where votes tell so much (``decision.told``): ``agreed``."""
    return float(np.exp(STEEP * (ENOUGH - told)))


def linked(near: Ints, likeness: Numbers) -> sparse.csr_matrix:
    """Look-alikes as a graph, N×N and symmetric, no diagonal: as alike as the one or the other finds."""
    links = pointing(near, likeness)
    both = sparse.csr_matrix(links.maximum(links.T))
    both.setdiag(0)
    both.eliminate_zeros()
    both.sort_indices()
    return both


def pointing(near: Ints, values: npt.NDArray[np.floating]) -> sparse.csr_matrix:
    """N×N: in each row the ``values`` (N×K) of those in ``near`` (N×K)."""
    rows = np.repeat(np.arange(len(near)), near.shape[1])
    return sparse.csr_matrix((values.ravel(), (rows, near.ravel())), shape=(len(near),) * 2)


def densest(points: Numbers, weight: Numbers) -> Numbers:
    """Of each row of weighted points (N×M×2) the place where they are densest, N×2: the best member, and from
    there some steps of mean shift."""
    cb, cr = points[..., 0], points[..., 1]
    near = (cb[:, :, None] - cb[:, None]) ** 2
    near += (cr[:, :, None] - cr[:, None]) ** 2
    near *= -1 / (2 * REACH**2)
    density = np.einsum("nij,nj->ni", np.exp(near, out=near), weight)  # in place: most of the work is memory
    place = points[np.arange(len(points)), density.argmax(axis=1)]
    for _ in range(STEPS):
        pull = weight * np.exp(-((points - place[:, None]) ** 2).sum(axis=2) / (2 * REACH**2))
        place = (pull[..., None] * points).sum(axis=1) / pull.sum(axis=1)[:, None]
    return np.asarray(place)


def _settled(start: Numbers, own: Numbers, weight: Numbers, links: sparse.coo_matrix) -> Numbers:
    count = len(start)
    said = links.data * weight[links.col]
    colours = start
    for _ in range(ROUNDS):
        apart = ((colours[links.row] - colours[links.col]) ** 2).sum(axis=1)
        heard = said * np.exp(-apart / (2 * APART**2))
        total = own + np.bincount(links.row, weights=heard, minlength=count)
        sums = [
            own * first + np.bincount(links.row, weights=heard * plane[links.col], minlength=count)
            for first, plane in zip(start.T, colours.T, strict=True)
        ]
        colours = np.stack(sums, axis=1) / total[:, None]
    return colours
