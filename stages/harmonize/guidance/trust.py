"""How likely the guest's colour of a segment is the one that it gives to this thing elsewhere.

Whoever coloured the guest's pages, panel by panel, may have given a figure green hair in one of them. Two can
tell. Segments that look alike: where the guest gives them one colour in most panels, the others are wrong.
And the network: it does not know what colour a thing has, but which are odd for it, and a panel that is
odder than the guest's others is likely wrong. A panel in which much is wrong is believed little in all
(reliability and judgement are found in turns, as Dawid & Skene, 1979, find those of observers and their
answers). What is like nothing else is believed as its panel is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.probability import expit
from mangacolor.core.types import Image
from mangacolor.stages.guest.surfaces import GuestColours
from mangacolor.stages.harmonize.descriptors import blocks
from mangacolor.stages.harmonize.guidance.params import GuidanceParams
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.params import SmoothingParams
from mangacolor.stages.harmonize.smoothing import weighted_mode

# Range of a window's reliability: neither is ever sure.
_RELIABILITY = (0.02, 0.98)
# Keeps the logarithm of a likelihood finite.
_LEAST_LIKELIHOOD = 1e-4
# Logarithms of a ratio of likelihoods beyond which one segment says no more.
_LOUDEST = 3.0


@dataclass(frozen=True, slots=True)
class Claims:
    """What the guest claims of N segments. ``chroma``: N×2, levels. ``weight``: N, what each claim counts
    for its neighbours, 0 for none. ``window``: N, where it lies. ``share``: N, what it counts in its
    window."""

    chroma: F64
    weight: F64
    window: I64
    share: F64

    @classmethod
    def of(cls, guest: GuestColours, weight: F64, window: I64, area: F64) -> Claims:
        return cls(guest.chroma, weight, window, np.sqrt(area) * (weight > 0))

    @property
    def windows(self) -> int:
        return int(self.window.max(initial=0)) + 1

    def sum_up(self, values: F64) -> F64:
        """The sums of values (N) over windows."""
        return np.bincount(self.window, values, self.windows).astype(np.float64)

    def strength(self, params: GuidanceParams) -> F64:
        """How much of a colour each claim is, N in [0, 1]."""
        return np.asarray(np.minimum(np.hypot(*self.chroma.T) / params.full_chroma, 1.0))


@dataclass(frozen=True, slots=True)
class _Word:
    """What its neighbours say of each segment's colour. ``evidence``: N in [0, 1], how much they know and how
    far they are of one mind. ``agrees``: N in [0, 1], whether the segment's own is that."""

    evidence: F64
    agrees: F64


def judge_guest(claims: Claims, votes: Image, palette: F64, graph: KnnGraph, params: GuidanceParams) -> F64:
    """The probability that each segment's colour in the guest is right, N in [0, 1]; 0 where it has none.

    ``votes``: N×K, the network's, as roots of probabilities, for a ``palette`` of K×2; K may be 0.
    """
    given = claims.weight > 0
    before = params.prior_share * claims.sum_up(claims.share)
    oddness = _find_odd_windows(claims, votes, palette, params)
    reliability = expit(_logit(np.full(claims.windows, params.prior)) - oddness)
    for _ in range(params.rounds):
        word = _ask_neighbours(claims.chroma, claims.weight * reliability[claims.window], graph, params)
        counted = claims.share * word.evidence
        agreed = claims.sum_up(counted * word.agrees) + before * params.prior
        share = agreed / np.maximum(claims.sum_up(counted) + before, 1e-9)
        reliability = expit(_logit(_scale(share, before > 0, params)) - oddness)
    return np.where(given, _judge(reliability[claims.window], word, params), 0.0)


def _find_odd_windows(claims: Claims, votes: Image, palette: F64, params: GuidanceParams) -> F64:
    """How much odder a window's colours are to the network than those of the guest's windows are in general:
    a logarithm of odds.

    Of each segment by how much its colour is likelier or less likely there than it is anywhere in the chapter
    (pointwise mutual information), so that a network that knows nothing says nothing.
    """
    counted = claims.share * claims.strength(params)
    total = claims.sum_up(counted)
    if not votes.shape[1] or not total.any():
        return np.zeros(claims.windows)
    squares = votes.astype(np.float64) ** 2
    likely = squares / np.maximum(squares.sum(axis=1, keepdims=True), 1)
    anywhere = claims.share @ likely / claims.share.sum()
    ratio = np.zeros(len(likely))
    for block in blocks(len(likely)):
        apart = ((claims.chroma[block][:, None] - palette) ** 2).sum(axis=2)
        near = np.exp(-apart / (2 * params.odd_bandwidth**2))
        there, elsewhere = (near * likely[block]).sum(axis=1), near @ anywhere
        ratio[block] = np.log((there + _LEAST_LIKELIHOOD) / (elsewhere + _LEAST_LIKELIHOOD))
    mean = claims.sum_up(counted * np.clip(ratio, -_LOUDEST, _LOUDEST)) / np.maximum(total, 1e-9)
    usual = float(np.median(mean[total > 0]))
    odds = params.odd_weight * (usual - mean)
    return np.where(total > 0, np.maximum(odds, -params.most_familiar), 0.0)


def _ask_neighbours(chroma: F64, weight: F64, graph: KnnGraph, params: GuidanceParams) -> _Word:
    smoothing = replace(SmoothingParams(), mode_bandwidth=params.bandwidth)
    evidence, agrees = np.zeros(len(chroma)), np.zeros(len(chroma))
    for block in blocks(len(chroma)):
        near = graph.neighbours[block]
        votes = graph.similarity[block] * weight[near]
        total = votes.sum(axis=1)
        heard = np.nonzero(total > 0)[0]
        if not len(heard):
            continue
        points, votes, total = chroma[near[heard]], votes[heard], total[heard]
        mode = weighted_mode(points, votes, smoothing)
        one_mind = (votes * _alike(points, mode[:, None], params)).sum(axis=1) / total
        rows = np.arange(len(chroma))[block][heard]
        known = np.minimum(total / (params.full_evidence * np.maximum(weight[rows], 1e-9)), 1.0)
        strength = np.maximum(np.hypot(*chroma[rows].T), np.hypot(*mode.T))  # all agree on what is grey
        evidence[rows] = known * one_mind * np.minimum(strength / params.full_chroma, 1.0)
        agrees[rows] = _alike(chroma[rows], mode, params)
    return _Word(evidence, agrees)


def _alike(one: F64, other: F64, params: GuidanceParams) -> F64:
    square = ((one - other) ** 2).sum(axis=-1)
    return np.asarray(np.exp(-square / (2 * params.bandwidth**2)))


def _scale(share: F64, used: Mask, params: GuidanceParams) -> F64:
    """Reliability of windows by the share that agrees: from what chance gives to what a window has that is
    right."""
    right = float(np.quantile(share[used], params.right_quantile)) if used.any() else 1.0
    chance = params.chance
    return np.asarray((share - chance) / max(right - chance, chance))


def _judge(reliability: F64, word: _Word, params: GuidanceParams) -> F64:
    """By Bayes' rule, from how reliable its window is and what neighbours say."""
    right, wrong = (
        word.agrees * often + (1 - word.agrees) * (1 - often)
        for often in (params.agree_if_right, params.agree_if_wrong)
    )
    right, wrong = (word.evidence * value + (1 - word.evidence) * 0.5 for value in (right, wrong))
    return np.asarray(reliability * right / (reliability * right + (1 - reliability) * wrong))


def _logit(share: F64) -> F64:
    share = np.clip(share, *_RELIABILITY)
    return np.asarray(np.log(share / (1 - share)))
