"""Segments as neighbours, their colours decided and smoothed among these, and then in groups.

Segments that are remembered of earlier pages stand before those of the chapter: these have them for
neighbours, and take their word; what was decided for the remembered ones holds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.guest.surfaces import GuestColours
from mangacolor.stages.harmonize.clustering import Groups, cluster, link_agreeing
from mangacolor.stages.harmonize.colour_assignment import assign_colours, uncertainty_coefficient
from mangacolor.stages.harmonize.colour_division import divide_by_colour
from mangacolor.stages.harmonize.descriptors import DescriptorSpace
from mangacolor.stages.harmonize.group_colours import Members
from mangacolor.stages.harmonize.guidance.guided import Guided, guide
from mangacolor.stages.harmonize.neighbours import KnnGraph, knn_graph
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.neutrals import Neutrals
from mangacolor.stages.harmonize.params import Params, SmoothingParams
from mangacolor.stages.harmonize.series.joining import join_groups, without_joined
from mangacolor.stages.harmonize.series.remembered import Remembered
from mangacolor.stages.harmonize.smoothing import (
    anchor_weight,
    find_support,
    keep_own,
    own_weight,
    smooth_colours,
    start_colours,
)
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import SegmentFeatures

# The page that remembered segments are on: far from every page of the chapter, and so are their backdrops.
ELSEWHERE = -1000


@dataclass(frozen=True, slots=True)
class Grouping:
    """What is known of the chapter's N segments once they are grouped: how little each one's chroma strays
    (``steadiness``, N in [0, 1]), colours before and after smoothing (N×2, levels), votes that have travelled
    (``logits``, N×K). ``joined``: for each group the row of the remembered one that it is, -1 for a new one.
    ``guided``: which segments have a guest's colour. ``panels``: what is alike in their panels.
    ``neutrals``: which lose colours that they cannot have."""

    steadiness: F64
    start: F64
    smoothed: F64
    logits: F32
    groups: Groups
    joined: I64
    guided: Guided
    panels: Panels
    neutrals: Neutrals

    def members(self, area: F64, params: Params) -> Members:
        """The segments as they have a say in the colours of groups. ``area``: N."""
        known = self.start, self.smoothed, area, self.steadiness, self.guided, self.panels, self.neutrals
        return Members.of(*known, params)


def group_segments(
    segments: ChapterSegments,
    remembered: Remembered,
    space: DescriptorSpace,
    params: Params,
    guest: GuestColours | None = None,
) -> Grouping:
    """The groups of the chapter's segments, the largest first, and what led to them.

    ``guest``: the colours that a guest gives to the segments.
    """
    known = len(remembered)
    features = with_remembered(remembered, segments)
    page = np.concatenate([np.full(known, ELSEWHERE), segments.page])
    window = np.concatenate([np.full(known, -1), segments.window])
    places = space.place(features, page)
    graph = knn_graph(places, window, params.neighbours, known)
    steadiness = 1 / (1 + (features.spread / params.group_colours.spread_scale) ** 2)
    told = guest.after(known) if guest is not None else None
    places_in = window - window.min(initial=0)
    guided = guide(told, places_in, features, segments.palette, graph, params.smoothing, params.guidance)
    weight = guided.weigh(features.area**0.25 * steadiness, params.guidance)
    votes = guided.vote(features.votes, segments.palette, params.guidance)
    start, logits = _start_colours(features, votes, segments.palette, weight, graph, remembered, params)
    start = guided.hold(start)
    smoothed = _smooth(features, start, weight, graph, params.smoothing, known, guided.held)
    looks = places[:, : space.page_column]
    own = guided.since(known)
    panels = Panels.of(segments, params.panels)
    neutrals = Neutrals.find(segments, votes[known:], logits[known:], panels, params).but_for(own.held)
    start[known:] = neutrals.draw(start[known:], params)
    smoothed[known:] = neutrals.draw(smoothed[known:], params)
    decided = start[known:], smoothed[known:], segments.area, steadiness[known:], own, panels, neutrals
    members = Members.of(*decided, params)
    groups, joined = _join_and_cluster(graph, smoothed, looks, segments.area, members, remembered, params)
    columns = steadiness[known:], members.start, members.agreed, logits[known:]
    return Grouping(*columns, groups, joined, own, panels, neutrals)


def with_remembered(remembered: Remembered, segments: ChapterSegments) -> SegmentFeatures:
    """The rows of remembered segments and of the chapter's."""
    if not len(remembered):
        return segments.features
    rows = np.concatenate([remembered.rows, segments.features.rows])
    return SegmentFeatures(rows, segments.features.vote_count)


def _start_colours(
    features: SegmentFeatures,
    votes: Image,
    palette: F64,
    weight: F64,
    graph: KnnGraph,
    remembered: Remembered,
    params: Params,
) -> tuple[F64, F32]:
    """What colour each segment starts from (N×2), and its travelled votes.

    ``votes``: N×K, the features' own or a guest's.
    """
    area = features.area
    if features.vote_count:
        start, logits = assign_colours(
            votes, palette, weight, area, graph, params.assignment, remembered.logits
        )
    else:
        start = features.chroma
        logits = np.zeros((len(features), 0), np.float32)
    known = len(remembered)
    # What is remembered is seen anew with all votes, in part, but for what somebody chose.
    held = remembered.groups.held[remembered.group_rows] if features.vote_count else np.ones(known, np.bool_)
    review = np.where(held, 0.0, params.joining.review)[:, None]
    start[:known] = remembered.chroma + review * (start[:known] - remembered.chroma)
    return start, logits


def _smooth(
    features: SegmentFeatures,
    start: F64,
    weight: F64,
    graph: KnnGraph,
    params: SmoothingParams,
    first: int,
    held: Mask,
) -> F64:
    """What segments agree on that start from these colours, N×2: for a network without votes only what is
    like nothing else keeps its own.

    Those before the ``first`` and those that are ``held`` (N) keep theirs.
    """
    if not features.vote_count:
        return smooth_colours(start, weight, graph, params.anchor_without_votes, params, first, held)
    uncertainty = uncertainty_coefficient(features.votes, features.area)
    anchor = anchor_weight(uncertainty, params)
    settled = held | (np.arange(len(start)) < first)
    support = find_support(weight, graph)
    own = start_colours(features.chroma, start, support, params)
    own = np.where(settled[:, None], start, own)
    agreed = smooth_colours(own, weight, graph, anchor, params, first, held)
    kept = keep_own(agreed, own, own_weight(uncertainty, params), support, params)
    return np.where(settled[:, None], agreed, kept)


def _join_and_cluster(
    graph: KnnGraph,
    smoothed: F64,
    looks: F32,
    area: F64,
    members: Members,
    remembered: Remembered,
    params: Params,
) -> tuple[Groups, I64]:
    """The groups of the chapter's segments (``members``, with ``area``, N), and which remembered one each is:
    those that are like remembered ones join these, and the others are grouped among themselves.

    ``smoothed`` and ``looks``: with the remembered segments before the chapter's.
    """
    known = len(remembered)
    label, membership = join_groups(graph, smoothed, remembered, params.joining, params.clustering)
    rest = np.nonzero(label < 0)[0]
    if len(rest):
        own = _group_by_looks(
            without_joined(graph, rest + known), looks[rest + known], area[rest], members.take(rest), params
        )
        label[rest] = len(remembered.groups) + own.number
        membership[rest] = own.membership
    return _number_by_area(label, membership, area, len(remembered.groups))


def _group_by_looks(graph: KnnGraph, looks: F32, area: F64, members: Members, params: Params) -> Groups:
    """The groups of some segments (``members``) among themselves, each of one colour."""
    links = link_agreeing(graph, members.agreed, params.clustering)
    found = cluster(links, members.agreed, looks, area, params.clustering)
    return divide_by_colour(
        found, links, lambda groups: members.find_apart(groups, params), area, params.clustering
    )


def _number_by_area(label: I64, membership: F64, area: F64, known: int) -> tuple[Groups, I64]:
    """Groups of these labels, numbered by area, the largest first; and which label below ``known`` each
    is."""
    labels, number = np.unique(label, return_inverse=True)
    size = np.bincount(number, weights=area)
    order = np.argsort(-size, kind="stable")
    joined = np.where(labels < known, labels, -1)[order]
    return Groups(np.argsort(order)[number], membership), joined
