"""Which segments of a chapter look like segments of references, and what colour these say they have.

A segment takes the colour that most of its nearest references have (k nearest neighbours, weighted by
similarity, with a bandwidth by the nearest one's distance: Terrell & Scott, "Variable kernel density
estimation", 1992). How surely depends on how near they are, and on how much they agree: a segment between two
references of different colours is told nothing (the ratio test of Lowe, "Distinctive image features from
scale-invariant keypoints", 2004, over all of its neighbours at once).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.descriptors import DescriptorSpace, blocks, is_backdrop
from mangacolor.stages.harmonize.params import ReferenceParams, SmoothingParams
from mangacolor.stages.harmonize.smoothing import weighted_mode
from mangacolor.stages.segments.features import CB, CR, LUMA, NEUTRAL, SegmentFeatures

# Keeps weights above 0 where nothing is alike.
_TINY = 1e-12
# Squares of distances are told apart in so many steps for each 1.
_STEPS = 1e6


@dataclass(frozen=True, slots=True)
class Matched:
    """What references say of N segments: their chroma (N×2, levels), their luma (N, 0 to 255), and how surely
    (N in [0, 1])."""

    chroma: F64
    luma: F64
    sureness: F64

    def pull(self, groups: F64, number: I64, weight: F64, smoothing: SmoothingParams) -> F64:
        """Colours of groups (G×2) drawn to what references say of their members, as far as these are sure.

        ``number``: N, the group of each segment. ``weight``: N, what each member counts.
        """
        pulled = groups.copy()
        told = weight * self.sureness
        for group in np.unique(number[self.sureness > 0]):
            members = np.nonzero((number == group) & (self.sureness > 0))[0]
            share = told[members].sum() / weight[number == group].sum()
            target = weighted_mode(self.chroma[None, members], told[None, members], smoothing)[0]
            pulled[group] += share * (target - pulled[group])
        return pulled


def match_references(
    segments: SegmentFeatures,
    references: SegmentFeatures,
    space: DescriptorSpace,
    palette: F64,
    params: ReferenceParams,
    smoothing: SmoothingParams,
) -> Matched:
    """What reference segments, which carry their *true* colours, say of a chapter's N segments.

    ``palette``: K×2, levels, what the network votes for. A colour for which it has no vote needs a nearer
    reference.

    Backdrops are told nothing; they, and what is too small, are no references either, and of the others the
    largest ``params.max_references`` count. Segments that are surely known speak for others, as references
    of the chapter's own hand and print (self-training).
    """
    references = references.take(_choose(references, params))
    if not len(references):
        return Matched(np.zeros((len(segments), 2)), np.zeros(len(segments)), np.zeros(len(segments)))
    asking = _place(segments, space, params)
    nearest = _find_nearest(asking, _place(references, space, params), params)
    matched = _ask(segments, references, nearest, palette, params, smoothing)
    passed_on = SegmentFeatures(_pass_on(segments, matched, params), references.vote_count)
    if not len(passed_on):
        return matched
    more = SegmentFeatures(np.concatenate([references.rows, passed_on.rows]), references.vote_count)
    own = _find_nearest(asking, _place(passed_on, space, params), params)
    nearest = nearest.joined(own, len(references), params.neighbours)
    return _ask(segments, more, nearest, palette, params, smoothing)


@dataclass(frozen=True, slots=True)
class _Nearest:
    """For each of A segments its nearest references, nearest first: A×K numbers, and A×K distances."""

    number: I64
    distance: F64

    def joined(self, other: _Nearest, before: int, count: int) -> _Nearest:
        """The nearest ``count`` of these and of others, whose references come after ``before`` ones."""
        number = np.concatenate([self.number, other.number + before], axis=1)
        distance = np.concatenate([self.distance, other.distance], axis=1)
        order = np.argsort(distance, axis=1, kind="stable")[:, :count]
        return _Nearest(*(np.take_along_axis(values, order, axis=1) for values in (number, distance)))


def _choose(references: SegmentFeatures, params: ReferenceParams) -> I64:
    """Which of the references are asked, in order."""
    useful = np.nonzero(_is_useful(references, params))[0]
    largest = np.argsort(-references.area[useful], kind="stable")[: params.max_references]
    return np.sort(useful[largest])


def _is_useful(segments: SegmentFeatures, params: ReferenceParams) -> Mask:
    return np.asarray((segments.area >= params.min_area) & ~is_backdrop(segments))


def _pass_on(segments: SegmentFeatures, matched: Matched, params: ReferenceParams) -> Image:
    """Rows of the segments that references surely know, with the colours that these say."""
    sure = np.nonzero((matched.sureness >= params.passed_on) & _is_useful(segments, params))[0]
    largest = np.sort(sure[np.argsort(-segments.area[sure], kind="stable")[: params.max_passed_on]])
    rows = segments.rows[largest].copy()
    rows[:, [CB, CR]] = np.clip(matched.chroma[largest] + NEUTRAL, 0, 255)
    rows[:, LUMA] = matched.luma[largest]
    return rows


def _ask(
    segments: SegmentFeatures,
    references: SegmentFeatures,
    nearest: _Nearest,
    palette: F64,
    params: ReferenceParams,
    smoothing: SmoothingParams,
) -> Matched:
    """What the references say of each segment."""
    chroma, light, sureness = np.zeros((len(segments), 2)), np.zeros(len(segments)), np.zeros(len(segments))
    for block in blocks(len(segments), params.block):
        near, distance = nearest.number[block], nearest.distance[block]
        scale = np.clip(params.relative_scale * distance[:, :1], *params.similarity_scales)
        weight = np.exp(-((distance / scale) ** 4)) + _TINY
        colours = references.chroma[near]
        told = weighted_mode(colours, weight, smoothing)
        apart = ((colours - told[:, None]) ** 2).sum(axis=2)
        agreeing = weight * np.exp(-apart / (2 * params.agreement_bandwidth**2))
        agreement = agreeing.sum(axis=1) / weight.sum(axis=1)
        chroma[block] = told
        light[block] = (agreeing * references.luma[near]).sum(axis=1) / agreeing.sum(axis=1)
        likely = _likelihood(segments.take(block), told, palette, params)
        sureness[block] = agreement * _nearness(distance[:, 0], likely, params)
    sureness[is_backdrop(segments)] = 0.0
    steps = np.rint(sureness * params.sureness_steps) / params.sureness_steps
    return Matched(np.rint(chroma), np.rint(light), steps)


def _place(segments: SegmentFeatures, space: DescriptorSpace, params: ReferenceParams) -> F32:
    # Without the page: references are of other chapters.
    places = space.place(segments, np.zeros(len(segments), np.int64))
    places[:, space.tone_column] *= params.tone_share
    return places


def _find_nearest(asking: F32, asked: F32, params: ReferenceParams) -> _Nearest:
    """The nearest ``params.neighbours`` of the ``asked`` for each who is ``asking``.

    In double precision: the last bit of a product depends on the number of cores, and colours must not.
    """
    references = asked.astype(np.float64)
    count = min(params.neighbours, len(references))
    number, steps = (np.zeros((len(asking), count), np.int64) for _ in range(2))
    for block in blocks(len(asking), params.block):
        own = asking[block].astype(np.float64)
        product = 2 * own @ references.T
        square = np.maximum((own**2).sum(axis=1)[:, None] + (references**2).sum(axis=1) - product, 0)
        # A product still differs in its last bits, and so must not decide between references that are as
        # near: their numbers, the last digits of a rank, do.
        rank = np.rint(square * _STEPS).astype(np.int64) * len(references) + np.arange(len(references))
        if count < len(references):
            rank = np.partition(rank, count, axis=1)[:, :count]
        steps[block], number[block] = np.divmod(np.sort(rank, axis=1), max(1, len(references)))
    return _Nearest(number, np.sqrt(steps / _STEPS))


def _likelihood(segments: SegmentFeatures, told: F64, palette: F64, params: ReferenceParams) -> F64:
    """How far the network itself takes the colours that segments are told (N×2) for possible: N in [0, 1].

    By its votes for colours of the ``palette`` (K×2) that are like them; 1 for a network that does not vote.
    """
    if not segments.vote_count:
        return np.ones(len(segments))
    votes = segments.votes.astype(np.float64) ** 2
    apart = ((palette - told[:, None]) ** 2).sum(axis=2)
    like = votes * np.exp(-apart / (2 * params.agreement_bandwidth**2))
    share = like.sum(axis=1) / np.maximum(votes.sum(axis=1), 1.0)
    return np.asarray(np.minimum(share / params.likely_share, 1.0))


def _nearness(distance: F64, likely: F64, params: ReferenceParams) -> F64:
    """1 up to a distance, and falling to 0 at another; both are less, the less ``likely`` a colour is."""
    near, far = params.distances
    doubted = distance + params.doubt * (1 - likely)
    return np.clip((far - doubted) / (far - near), 0.0, 1.0)
