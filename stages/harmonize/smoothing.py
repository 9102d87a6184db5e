"""Segments that look alike come to one colour: a majority first, then a mean among those that are near.

The majority: a segment takes the mode of its neighbours' colours, so a head that came out blue becomes red
like the others, and never the brown between. Then neighbours in colour settle: in every iteration each takes
the mean of those near to it and, a little, of what the majority gave it, which anchors it (blurring mean
shift, Comaniciu & Meer 2002, with an anchor). In both, those count more that are sure, large and much alike.
Where many are nearly the same they come to one colour; what is like nothing else keeps its own.

The anchor is the heavier, the less the network knows of the chapter. Where it knows a hand, its errors are
chance, and a mean mends them; where it hardly tells one thing from another, a mean is brown.

An anchor that light would let one neighbour that is hardly alike, and through it all of the chapter, draw a
segment to what most of the chapter is. So where the network does not know a hand well, each goes to what was
agreed only as far as its neighbours support that, and keeps a colour of its own for the rest (shrinkage by
the number of neighbours that are alike). For the same reason it begins at what the chapter assigned to it
only as far: assigned are pure colours as often as all votes foresee, which is right on the mean of many that
are alike, and for one that is like nothing else a stray.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.stages.harmonize.descriptors import blocks
from mangacolor.stages.harmonize.neighbours import KnnGraph, symmetric_graph
from mangacolor.stages.harmonize.params import SmoothingParams
from mangacolor.stages.segments.links import Links

# Keeps the share of one's own colour finite where neither neighbours nor the own one count.
_MIN_SUPPORT = 1e-9
# Levels of chroma: keeps a gain finite.
_MIN_STRENGTH = 1e-9


def smooth_colours(
    chroma: F64,
    weight: F64,
    graph: KnnGraph,
    anchor: float,
    params: SmoothingParams,
    first: int,
    held: Mask,
) -> F64:
    """The chroma (N×2, levels) on which segments agree with their neighbours.

    ``weight``: N, how much each one counts for its neighbours. ``anchor``: what the majority's colour counts
    while they settle, against one neighbour that is just alike. Those before the ``first`` keep their
    colour, and so do those that are ``held`` (N).
    """
    near, similarity = graph.neighbours, graph.similarity
    with_self = np.concatenate([np.arange(len(near))[:, None], near], axis=1)
    weights = np.concatenate([np.ones((len(near), 1)), similarity], axis=1) * weight[with_self]
    colours = chroma

    def find_modes(block: slice) -> F64:
        return weighted_mode(colours[with_self[block]], weights[block], params)

    for _ in range(params.mode_iterations):
        # All pairs of neighbours are held for each block.
        colours = np.concatenate(parallel_map(find_modes, blocks(len(near))))
        colours = np.where(held[:, None], chroma, colours)
    links = symmetric_graph(near, similarity).since(first).without(held)
    return mean_shift(colours, anchor * weight, weight, links, params)


def start_colours(read: F64, assigned: F64, support: F64, params: SmoothingParams) -> F64:
    """What N segments start from, N×2: the chroma ``assigned`` to them as far as neighbours support it, and
    what the network ``read`` off there for the rest. ``support``: N, as of ``find_support``.
    """
    share = support / (support + params.assigned_support)
    return np.asarray(read + share[:, None] * (assigned - read))


def anchor_weight(uncertainty: float, params: SmoothingParams) -> float:
    """How much segments hold on to the colour they start from, by the ``uncertainty_coefficient`` of their
    votes.

    An exponential: 1 at ``anchor_midpoint``, falling by a factor of e for each 1/``anchor_slope`` that the
    votes tell more.
    """
    return float(np.exp(params.anchor_slope * (params.anchor_midpoint - uncertainty)))


def keep_own(agreed: F64, own: F64, own_share: float, support: F64, params: SmoothingParams) -> F64:
    """The ``agreed`` colours (N×2) of segments, drawn back to their ``own`` (N×2) where few are alike.

    ``own_share``: what its own colour counts, against one neighbour that is just alike and as weighty.
    ``support``: N, as of ``find_support``. The hue is that of the mean of both, the chroma the mean of
    theirs: between two opposite hues the mean would be grey.
    """
    share = own_share / np.maximum(support + own_share, _MIN_SUPPORT)
    mixed = agreed + share[:, None] * (own - agreed)
    strong, ours = (np.hypot(*colours.T) for colours in (agreed, own))
    strength = strong + share * (ours - strong)
    return with_chroma(mixed, strength, params.max_mixing_gain)


def with_chroma(colours: F64, strength: F64, most: float) -> F64:
    """The colours (N×2, levels) raised or lowered to this chroma (N), by ``most`` times at most: what has
    hardly a hue keeps it so."""
    gain = np.minimum(strength / np.maximum(np.hypot(*colours.T), _MIN_STRENGTH), most)
    return np.asarray(colours * gain[:, None])


def find_support(weight: F64, graph: KnnGraph) -> F64:
    """How much neighbours count for each of N segments, against itself: those that are just alike and as
    weighty (``weight``, N) 1."""
    links = symmetric_graph(graph.neighbours, graph.similarity)
    given = np.bincount(links.row, weights=links.data * weight[links.col], minlength=len(weight))
    return np.asarray(given / weight)


def own_weight(uncertainty: float, params: SmoothingParams) -> float:
    """What a segment's own colour counts in ``keep_own``, by the ``uncertainty_coefficient`` of the votes:
    ``params.own_weight``, and exponentially less from ``own_midpoint`` on."""
    return float(params.own_weight * min(1.0, np.exp(params.own_slope * (params.own_midpoint - uncertainty))))


def weighted_mode(points: F64, weight: F64, params: SmoothingParams) -> F64:
    """Of each row of weighted points (N×M×2, weights N×M) the place where they are densest, N×2.

    It begins at the densest member and takes some steps of mean shift from there.
    """
    bandwidth = 2 * params.mode_bandwidth**2
    cb, cr = points[..., 0], points[..., 1]
    near = (cb[:, :, None] - cb[:, None]) ** 2
    near += (cr[:, :, None] - cr[:, None]) ** 2
    near *= -1 / bandwidth
    density = np.einsum("nij,nj->ni", np.exp(near, out=near), weight)  # in place: most of the work is memory
    place = points[np.arange(len(points)), density.argmax(axis=1)]
    for _ in range(params.mode_shift_steps):
        apart = (cb - place[:, :1]) ** 2 + (cr - place[:, 1:]) ** 2
        pull = weight * np.exp(-apart / bandwidth)
        place = (pull[..., None] * points).sum(axis=1) / pull.sum(axis=1)[:, None]
    return np.asarray(place)


def mean_shift(start: F64, anchor: F64, weight: F64, links: Links, params: SmoothingParams) -> F64:
    """Blurring mean shift of colours (``start``, N×2) along ``links``, each held back by its ``anchor``
    (N)."""
    count = len(start)
    row, col = links.row, links.col
    link_weight = links.data * weight[col]
    begun = np.ascontiguousarray(start.T)
    cb, cr = begun
    for _ in range(params.shift_iterations):
        their_cb, their_cr = cb[col], cr[col]
        apart = (cb[row] - their_cb) ** 2 + (cr[row] - their_cr) ** 2
        pull = link_weight * np.exp(-apart / (2 * params.shift_bandwidth**2))
        total = anchor + np.bincount(row, weights=pull, minlength=count)
        cb, cr = (
            (anchor * first + np.bincount(row, weights=pull * theirs, minlength=count)) / total
            for first, theirs in zip(begun, (their_cb, their_cr), strict=True)
        )
    return np.stack([cb, cr], axis=1)
