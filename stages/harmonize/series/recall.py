"""What a chapter takes from the memory of its series, and what it gives to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import numpy as np

from mangacolor.core.arrays import F32, F64
from mangacolor.core.probability import softmax
from mangacolor.core.types import Image
from mangacolor.stages.base import Memory
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.harmonize.descriptors import is_backdrop
from mangacolor.stages.harmonize.group_colours import ChapterColours
from mangacolor.stages.harmonize.overrides import Override
from mangacolor.stages.harmonize.params import GroupColourParams, RetentionParams
from mangacolor.stages.harmonize.series.grouping import Grouping
from mangacolor.stages.harmonize.series.remembered import Arrays, PageNumbers, Remembered, RememberedGroups
from mangacolor.stages.harmonize.series.retention import draw_priorities, retain
from mangacolor.stages.segments.chapter import ChapterSegments


def recall_segments(memory: Memory | None, segments: ChapterSegments) -> Remembered:
    """The segments of other pages of the series; none without a memory."""
    columns, votes = segments.features.rows.shape[1], segments.features.vote_count
    if memory is None:
        return Remembered.nothing(columns, votes)
    # A page that is decided again is not to hear itself.
    return Remembered.from_arrays(memory.recall(), columns, votes).without(_page_numbers(segments))


def keep_remembered(
    colours: ChapterColours, grouping: Grouping, remembered: Remembered, params: GroupColourParams
) -> ChapterColours:
    """Groups that are remembered keep the colour that readers have seen, moved by new members as far as these
    are many; what somebody chose holds."""
    joined = grouping.joined
    known = joined >= 0
    groups = colours.groups.copy()
    theirs = joined[known]
    colour, size = remembered.group_colours()
    old, there = colour[theirs], size[theirs]
    here = np.bincount(grouping.groups.number, minlength=len(joined))[known]
    share = np.where(remembered.groups.held[theirs], 0.0, here / np.maximum(here + there, 1))
    groups[known] = old + share[:, None] * (groups[known] - old)
    # What members agreed on with remembered neighbours is as strong as it is to be.
    agreed = np.rint(grouping.smoothed / params.chroma_step) * params.chroma_step
    remembers = known[grouping.groups.number]
    members = np.where(remembers[:, None], agreed, colours.members)
    return replace(colours, groups=groups, members=members).with_one_colour(remembers)


def remember_segments(
    memory: Memory,
    segments: ChapterSegments,
    grouping: Grouping,
    groups: RememberedGroups,
    proposed: F64,
    corrections: WindowCorrections,
    params: RetentionParams,
) -> None:
    """Give the chapter's segments, as they were decided, to the memory. ``groups``: G, in the chapter's
    order, and what it would give them by itself (``proposed``, G×2)."""
    columns, votes = segments.features.rows.shape[1], segments.features.vote_count
    pages = _page_numbers(segments)
    weight = segments.features.root_area * grouping.steadiness
    worth = (segments.area >= params.min_area) & ~is_backdrop(segments.features)
    new = Remembered(
        RememberedGroups.sorted(groups.ids, groups.colours, groups.held),
        segments.features.rows,
        _roots(grouping.logits),
        np.rint(segments.features.chroma + corrections.chroma).astype(np.int16),
        np.rint(proposed).astype(np.int16)[grouping.groups.number],
        np.rint(255 * grouping.groups.membership).astype(np.uint8),
        groups.ids[grouping.groups.number],
        pages[segments.page],
        draw_priorities(weight, segments.by_page(), pages),
    ).take(worth)

    def add(arrays: Arrays) -> Arrays:
        old = Remembered.from_arrays(arrays, columns, votes).without(pages)
        return {**arrays, **retain(old.add(new), params).to_arrays()}

    memory.remember(add)


def shown_groups(
    grouping: Grouping, remembered: Remembered, colours: F64, overrides: Sequence[Override | None]
) -> RememberedGroups:
    """The chapter's groups with the colours (G×2) that are shown: their own, or what somebody chose."""
    shown = colours.copy()
    held = np.array([override is not None for override in overrides], np.bool_)
    for group, override in enumerate(overrides):
        if override is not None:
            shown[group] = from_hex(override.colour)[1:]
    fresh = -1 - np.arange(len(shown))
    known = grouping.joined >= 0
    ids = fresh.copy()
    ids[known] = remembered.groups.ids[grouping.joined[known]]
    held[known] |= remembered.groups.held[grouping.joined[known]]
    return RememberedGroups(ids, np.rint(shown).astype(np.int16), held)


def _roots(logits: F32) -> Image:
    """The roots of probabilities in 255ths, from their logarithms, N×K."""
    if not logits.shape[1]:
        return np.zeros(logits.shape, np.uint8)
    return np.asarray(np.rint(255 * np.sqrt(softmax(logits.astype(np.float64), axis=1))), dtype=np.uint8)


def _page_numbers(segments: ChapterSegments) -> PageNumbers:
    """For each page a number that stands for what the network saw on it."""
    rows = segments.features.rows
    digests = [sha256(rows[where].tobytes()).digest() for where in segments.by_page()]
    return np.array([int.from_bytes(digest[:8], "little") for digest in digests], np.uint64)
