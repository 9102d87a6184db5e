"""The groups of a chapter as its palette knows them, and as people have merged and split them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import I64
from mangacolor.core.types import Image
from mangacolor.stages.edits.operations import Merge, Split
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.edits.splitting import is_second_half
from mangacolor.stages.harmonize.corrections import NO_GROUP
from mangacolor.stages.harmonize.descriptors import DescriptorSpace, is_backdrop
from mangacolor.stages.harmonize.overrides import Matches, match_entries
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.series.grouping import Grouping
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import LEFT, RIGHT, SIDES, SegmentFeatures


@dataclass(frozen=True, slots=True)
class Regrouped:
    """``grouping``, ``matches``: of the groups as they are to be. ``identity``: N, the id of the group that
    each segment surely belongs to, ``NO_GROUP`` for none. ``looks``: by id the mean row of each group as it
    was found, so that it is found again, and of parts. ``parents``: by id the group that a part was split
    from."""

    grouping: Grouping
    matches: Matches
    identity: I64
    looks: Mapping[int, Image]
    parents: Mapping[int, int]


def find_groups(
    found: Grouping,
    segments: ChapterSegments,
    space: DescriptorSpace,
    palette: Palette,
    kept: Sequence[PaletteEntry],
    params: Params,
) -> Regrouped:
    """Name the groups that were ``found`` by the entries of the own and of a ``kept`` palette, and merge and
    split them as the own one's log says."""
    looks = average_features(segments.features, found.groups.number)
    whole = [entry for entry in palette.entries if entry.part_of is None]
    matches = match_entries(looks, space, whole, kept, params.matching, palette.last_group)
    rows = dict(zip(matches.ids, looks.rows, strict=True))
    ids, parents = _regroup(np.array(matches.ids)[found.groups.number], segments, palette.regrouping)
    after, number = _number_by_area(ids, segments)
    parents = {part: group for part, group in parents.items() if part in after}
    mean = average_features(segments.features, number)
    rows |= {part: mean.rows[after.index(part)] for part in parents}
    origin = {identity: group for group, identity in enumerate(matches.ids)}
    own = {entry.id: entry for entry in palette.entries}
    joined = [int(found.joined[origin[i]]) if i in origin else -1 for i in after]
    roots = [origin.get(_root(i, parents)) for i in after]
    groups = replace(found.groups, number=number)
    return Regrouped(
        replace(found, groups=groups, joined=np.array(joined, np.int64)),
        Matches(
            after,
            [own.get(i) for i in after],
            [None if root is None else matches.kept[root] for root in roots],
        ),
        np.where(groups.find_stray(params.clustering), NO_GROUP, np.array(after)[number]),
        rows,
        parents,
    )


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
                ids[inside[is_second_half(part, looks, segments.embedded)]] = into
                parents[into] = group
    return ids, parents


def _number_by_area(ids: I64, segments: ChapterSegments) -> tuple[list[int], I64]:
    """The ids that there are, of the largest group first, and the place of each segment's among them."""
    there, inverse = np.unique(ids, return_inverse=True)
    order = np.argsort(-np.bincount(inverse, weights=segments.area), kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return there[order].tolist(), rank[inverse]


def _root(identity: int, parents: Mapping[int, int]) -> int:
    """The group that was found, of which this is a part."""
    while identity in parents:
        identity = parents[identity]
    return identity
