"""What colour each segment is to start from, decided from all votes of the chapter.

First votes are propagated: those of neighbours in the graph, and of theirs, are averaged (in logarithms,
along the links, as far as two are alike), so that a hat which one page took for red and another for green is
weighed once, on all that was seen of it (after label propagation: Zhou et al., "Learning with local and
global consistency", 2003).

The network reads a colour off its votes as their mean. Where it knows little it holds a wall for brown, the
commonest colour, and a little for everything else, and so every wall comes out brown, though its votes say
that one wall in ten is blue. Here the chapter decides as a whole: the votes are sharpened, and each colour
of the palette is favoured as far as it takes for it to be chosen as often as all votes together foresee
(a Sinkhorn iteration on one side of an optimal transport: Cuturi 2013). Blue go those for which blue was
likelier than for others. How far to sharpen depends on how much the network knows of the chapter: until a
segment's colour is mixed from as many colours of the palette as suits all chapters.
"""

from __future__ import annotations

import numpy as np

from mangacolor.core.arrays import F32, F64, I64
from mangacolor.core.probability import entr, rel_entr, softmax
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import AssignmentParams

# Keeps the uncertainty coefficient finite where all votes are for one colour.
_MIN_ENTROPY = 1e-5


def assign_colours(
    votes: Image,
    palette: F64,
    weight: F64,
    area: F64,
    graph: KnnGraph,
    params: AssignmentParams,
    known: F32,
) -> tuple[F64, F32]:
    """Cb and Cr (N×2, levels) of segments with these ``votes`` (N×K, as in ``segments/features.py``), and
    the logarithms of their probabilities once these have travelled, N×K.

    ``palette``: K×2, what they are for. ``weight``: N, how much each one counts for its neighbours.
    ``area``: N, what each counts for how often a colour is chosen. ``known``: R×K, of the first R segments,
    whose votes have travelled before.
    """
    probabilities = probabilities_of(votes)
    logits = np.log(np.maximum(probabilities, params.min_probability))
    logits[: len(known)] = known
    propagated = propagate_labels(logits, weight, graph, params, len(known))
    large = np.sort(np.argsort(-area, kind="stable")[: params.max_segments])
    bias, temperature = match_prior(probabilities[large], propagated[large], area[large], params)
    colours = softmax((propagated + bias) / temperature, axis=1) @ palette
    return np.asarray(colours, dtype=np.float64), propagated


def uncertainty_coefficient(votes: Image, area: F64) -> float:
    """How much votes (N×K) tell of a segment, as a share of what there is to know: 0 if all are alike, 1 if
    each is sure.

    The mutual information of segment and colour over the entropy of colour (Theil's uncertainty coefficient),
    segments weighing by ``area`` (N).
    """
    probabilities = probabilities_of(votes).astype(np.float64)
    share = area / area.sum()
    mean = share @ probabilities
    return float(share @ rel_entr(probabilities, mean).sum(axis=1) / max(entr(mean).sum(), _MIN_ENTROPY))


def propagate_labels(logits: F32, weight: F64, graph: KnnGraph, params: AssignmentParams, first: int) -> F32:
    """Logarithms of probabilities (N×K) after they have travelled: means of one's own and one's
    neighbours'. Those before the ``first`` stay."""
    near, own = graph.neighbours[first:], logits[first:]
    link_weight = (graph.similarity[first:] * weight[near]).astype(np.float32)
    self_weight = (params.self_weight * weight[first:]).astype(np.float32)
    total = self_weight + link_weight.sum(axis=1)
    propagated = logits.copy()
    for _ in range(params.propagation_steps):
        propagated[first:] = (self_weight[:, None] * own + _sum_over(near, link_weight, propagated)) / total[
            :, None
        ]
    return propagated


def _sum_over(neighbours: I64, weight: F32, values: F32) -> F32:
    """For each of some segments the ``values`` (N×K) of its neighbours, weighted, added up in the order of
    these."""
    order = np.argsort(neighbours, axis=1, kind="stable")
    neighbours, weight = np.take_along_axis(neighbours, order, 1), np.take_along_axis(weight, order, 1)
    total = np.zeros((len(neighbours), values.shape[1]), values.dtype)
    for near, share in zip(neighbours.T, weight.T, strict=True):
        total += share[:, None] * values[near]
    return total


def match_prior(
    probabilities: F32, propagated: F32, area: F64, params: AssignmentParams
) -> tuple[F64, float]:
    """What to add to the logarithm of each colour's probability, K, so that it is chosen as often as
    foreseen, and the temperature at which a segment's colour has the perplexity that ``params`` aim at.

    In double precision: the last bit of a product depends on the number of cores, and colours must not.
    """
    share = area / area.sum()
    prior = share @ probabilities + params.min_probability
    bias, temperature = np.zeros(probabilities.shape[1]), 1.0
    target_entropy = np.log(max(params.target_perplexity * len(bias), 1.0))
    for _ in range(params.iterations):
        chosen = softmax((propagated + bias) / temperature, axis=1)
        missing = target_entropy - share @ entr(chosen).sum(axis=1)
        bias += params.bias_step * temperature * np.log(prior / (share @ chosen + params.min_probability))
        factor = np.exp(params.temperature_step * missing)
        temperature = float(np.clip(temperature * factor, *params.temperatures))
    return bias, temperature


def probabilities_of(votes: Image) -> F32:
    """Of each colour, N×K: votes are roots of them."""
    squares = np.square(votes.astype(np.float32))
    return np.asarray(squares / squares.sum(axis=1, keepdims=True))
