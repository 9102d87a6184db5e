"""Which segments have the guest's colour, and what that is once those that are alike have agreed on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.guest.surfaces import GuestColours
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.guidance.params import GuidanceParams
from mangacolor.stages.harmonize.guidance.trust import Claims, judge_guest
from mangacolor.stages.harmonize.neighbours import KnnGraph, symmetric_graph
from mangacolor.stages.harmonize.params import SmoothingParams
from mangacolor.stages.harmonize.smoothing import mean_shift
from mangacolor.stages.segments.features import CB, CR, NEUTRAL, SegmentFeatures


@dataclass(frozen=True, slots=True)
class Guided:
    """``held``: N, the segments that have the guest's colour. ``chroma``: N×2, which one that is, levels."""

    held: Mask
    chroma: F64

    @classmethod
    def nobody(cls, count: int) -> Guided:
        """Where there is no guest."""
        return cls(np.zeros(count, np.bool_), np.zeros((count, 2)))

    def since(self, first: int) -> Guided:
        return Guided(self.held[first:], self.chroma[first:])

    def take(self, which: I64) -> Guided:
        return Guided(self.held[which], self.chroma[which])

    def hold(self, colours: F64) -> F64:
        """Colours (N×2), the guest's where segments have that."""
        return np.where(self.held[:, None], self.chroma, colours)

    def weigh(self, weight: F64, params: GuidanceParams) -> F64:
        """What each segment counts for its neighbours (N), more for those with the guest's colour."""
        return np.where(self.held, params.weight * weight, weight)

    def vote(self, votes: Image, palette: F64, params: GuidanceParams) -> Image:
        """Votes (N×K, roots of probabilities in 255ths), those of the guest's colours where segments have
        these. ``palette``: K×2."""
        if not self.held.any() or not votes.shape[1]:
            return votes
        square = ((self.chroma[self.held][:, None] - palette) ** 2).sum(axis=2)
        near = np.exp(-(square - square.min(axis=1, keepdims=True)) / (2 * params.vote_bandwidth**2))
        told = votes.copy()
        told[self.held] = np.rint(255 * np.sqrt(near / near.sum(axis=1, keepdims=True)))
        return told

    def as_references(self, features: SegmentFeatures) -> SegmentFeatures | None:
        """Those of N segments (``features``) that have the guest's colour, with that; None if none has."""
        if not self.held.any():
            return None
        rows = features.rows[self.held].copy()
        rows[:, [CB, CR]] = np.rint(self.chroma[self.held] + NEUTRAL).clip(0, 255)
        return SegmentFeatures(rows, features.vote_count)

    def share_of_groups(self, number: I64, weight: F64) -> F64:
        """The share of each group's weight that has the guest's colour, G."""
        total = np.bincount(number, weight)
        return np.asarray(np.bincount(number, weight * self.held) / np.maximum(total, 1e-9))

    def find_reach(self, groups: Groups, colours: F64, params: GuidanceParams) -> F64:
        """How far each segment goes from its own colour to its group's (``colours``, G×2): as far as it is a
        member, and not at all where the guest gives it another."""
        apart = np.hypot(*(self.chroma - colours[groups.number]).T)
        return np.where(self.held & (apart > params.group_reach), 0.0, groups.membership)


def guide(
    guest: GuestColours | None,
    window: I64,
    features: SegmentFeatures,
    palette: F64,
    graph: KnnGraph,
    smoothing: SmoothingParams,
    params: GuidanceParams,
) -> Guided:
    """Judge the guest's colours of N segments, and have those that are alike agree.

    ``window``: N, the window that each lies in. ``palette``: K×2, what the features' votes are for.
    """
    if guest is None:
        return Guided.nobody(len(window))
    area, votes = features.area, features.votes
    steady = 1 / (1 + (guest.spread / params.spread_scale) ** 2)
    weight = np.where(guest.cover > 0, area**0.25 * steady * guest.cover, 0.0)
    trust = judge_guest(Claims.of(guest, weight, window, area), votes, palette, graph, params)
    held = trust >= params.least_trust
    # Not one without the guest's colour has a say; the others agree with those that are near in colour.
    weight = np.where(held, weight * trust, 1e-9)
    narrow = replace(smoothing, shift_bandwidth=params.shift_bandwidth)
    links = symmetric_graph(graph.neighbours, graph.similarity)
    agreed = mean_shift(guest.chroma, params.anchor * weight, weight, links, narrow)
    return Guided(held, _keep_near(guest.chroma, agreed, params.most_shift))


def _keep_near(own: F64, agreed: F64, most: float) -> F64:
    """``agreed`` (N×2), no further from what the guest gave (``own``, N×2) than ``most`` levels: step by step
    white and a pale shade of skin would become one."""
    move = agreed - own
    length = np.hypot(*move.T)[:, None]
    return np.asarray(own + move * np.minimum(1, most / np.maximum(length, 1e-9)))
