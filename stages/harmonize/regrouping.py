"""The groups of a chapter as its palette knows them, and as people have merged and split them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import I64, U32, Mask
from mangacolor.core.types import Image
from mangacolor.stages.edits.operations import Merge, Split
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.edits.splitting import is_second_half
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.corrections import NO_GROUP
from mangacolor.stages.harmonize.descriptors import DescriptorSpace, is_backdrop
from mangacolor.stages.harmonize.overrides import (
    Matches,
    comparable_entries,
    measure_distances,
    nearest_entries,
)
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.recognition import Before, Recognised, recognise
from mangacolor.stages.harmonize.series.grouping import Grouping
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import LEFT, RIGHT, SIDES, SegmentFeatures
from mangacolor.stages.segments.fingerprints import from_bytes, to_bytes

_NOBODY: U32 = np.zeros(0, np.uint32)


@dataclass(frozen=True, slots=True)
class Regrouped:
    """``grouping``, ``matches``: of the groups as they are to be. ``identity``: N, the id of the group that
    each segment surely belongs to, ``NO_GROUP`` for none. ``looks``: by id the mean row of each group as it
    was found, so that it is found again, and of parts; ``fingerprints``: by id those of its segments, as it
    was found, and ``ungrouped`` of those in none. ``parents``: by id the group that a part was split from.
    ``merged``: G, which groups somebody has merged of others."""

    grouping: Grouping
    matches: Matches
    identity: I64
    looks: Mapping[int, Image]
    parents: Mapping[int, int]
    fingerprints: Mapping[int, bytes]
    ungrouped: bytes
    merged: Mask


def find_groups(
    found: Grouping,
    segments: ChapterSegments,
    space: DescriptorSpace,
    palette: Palette,
    kept: Sequence[PaletteEntry],
    prints: U32,
    params: Params,
) -> Regrouped:
    """Name the groups that were ``found`` by the entries of the own and of a ``kept`` palette, and merge and
    split them as the own one's log says. ``prints``: N, the fingerprints of the segments."""
    known = _recognise(found.groups, segments, space, palette, kept, prints, params)
    whole, number = _number_by_area(known.ids, segments)
    looks = average_features(segments.features, number)
    rows = dict(zip(whole, looks.rows, strict=True))
    follows = dict(zip(whole, nearest_entries(looks, kept, space, params.matching.max_distance), strict=True))
    joined = dict(zip(whole, _largest_parts(number, found, segments), strict=True))
    surely = _surely(Groups(number, known.membership), whole, params)
    ids, parents = _regroup(known.ids.copy(), segments, palette.regrouping)
    after, number = _number_by_area(ids, segments)
    parents = {part: group for part, group in parents.items() if part in after}
    mean = average_features(segments.features, number)
    rows |= {part: mean.rows[after.index(part)] for part in parents}
    own = {entry.id: entry for entry in palette.entries}
    # Whoever was in a held group belongs to it still once a page comes back.
    waiting = {group: from_bytes(own[group].fingerprints) for group in palette.held & own.keys()}
    groups = Groups(number, known.membership)
    return Regrouped(
        replace(found, groups=groups, joined=np.array([joined.get(i, -1) for i in after], np.int64)),
        Matches(after, [own.get(i) for i in after], [follows.get(_root(i, parents)) for i in after]),
        _surely(groups, after, params),
        rows,
        parents,
        {
            group: to_bytes(np.concatenate([prints[surely == group], waiting.get(group, _NOBODY)]))
            for group in whole
        },
        to_bytes(prints[surely == NO_GROUP]),
        np.isin(after, [made.groups[0] for made in palette.regrouping if isinstance(made, Merge)]),
    )


def _recognise(
    found: Groups,
    segments: ChapterSegments,
    space: DescriptorSpace,
    palette: Palette,
    kept: Sequence[PaletteEntry],
    prints: U32,
    params: Params,
) -> Recognised:
    """The groups as the entries of the own palette, or in a new chapter of a ``kept`` one, know them."""
    features = segments.features
    whole = [entry for entry in palette.entries if entry.part_of is None]
    own = comparable_entries(whole, kept, features.rows.shape[1])
    entries: Sequence[PaletteEntry] = own or kept
    far = measure_distances(average_features(features, found.number), entries, space)
    last = max([palette.last_group, *(entry.id for entry in entries)])
    # Who is in no group does not say which one that is.
    weight = np.where(found.find_stray(params.clustering), 0.0, features.area)
    return recognise(found, weight, Before.of(entries, palette, prints), far, last, params)


def _largest_parts(number: I64, found: Grouping, segments: ChapterSegments) -> list[int]:
    """For each group (``number``, N from 0) what the largest part of it, as it was found, has joined."""
    here = np.zeros((int(number.max()) + 1, len(found.joined)))
    np.add.at(here, (number, found.groups.number), segments.area)
    return [int(joined) for joined in found.joined[here.argmax(axis=1)]]


def _surely(groups: Groups, ids: Sequence[int], params: Params) -> I64:
    """The id of the group that each segment surely belongs to, N, ``NO_GROUP`` for none. ``ids``: of each
    group."""
    return np.where(groups.find_stray(params.clustering), NO_GROUP, np.array(ids)[groups.number])


def average_features(features: SegmentFeatures, number: I64) -> SegmentFeatures:
    """The mean row of each group (``number``, N): G×C uint8. A group is backdrop if most of it is."""
    count = int(number.max()) + 1
    weight = features.root_area
    total = np.bincount(number, weights=weight, minlength=count)
    rows = np.zeros((count, features.rows.shape[1]), np.uint8)
    for column in range(rows.shape[1]):
        mean = np.bincount(number, weights=weight * features.rows[:, column], minlength=count) / total
        rows[:, column] = np.rint(mean)
    backdrop = np.bincount(number, weights=weight * is_backdrop(features), minlength=count) > total / 2
    rows[:, SIDES] = np.where(backdrop, LEFT | RIGHT, 0)
    return SegmentFeatures(rows, features.vote_count)


def _regroup(
    ids: I64, segments: ChapterSegments, operations: Sequence[Merge | Split]
) -> tuple[I64, dict[int, int]]:
    """The id of each segment's group once groups are merged and split, N, and of which each part is one."""
    parents: dict[int, int] = {}
    for operation in operations:
        match operation:
            case Merge(_, groups):
                ids[np.isin(ids, groups)] = groups[0]
            case Split(_, group, into, looks) if len(looks[0]) == segments.features.rows.shape[1]:
                inside = np.nonzero(ids == group)[0]
                part = segments.features.take(inside)
                ids[inside[is_second_half(part, looks)]] = into
                parents[into] = group
    return ids, parents


def _number_by_area(ids: I64, segments: ChapterSegments) -> tuple[list[int], I64]:
    """The ids that there are, of the largest group first, and the place of each segment's among them."""
    there, inverse = np.unique(ids, return_inverse=True)
    order = np.argsort(-np.bincount(inverse, weights=segments.area), kind="stable")
    return there[order].tolist(), np.argsort(order)[inverse]


def _root(identity: int, parents: Mapping[int, int]) -> int:
    """The group that was found, of which this is a part."""
    while identity in parents:
        identity = parents[identity]
    return identity
