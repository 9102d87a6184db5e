"""From what the members agreed on to what a group is to have: locks and kept palettes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.errors import UsageError
from mangacolor.stages.edits.palette import PaletteEntry
from mangacolor.stages.harmonize.descriptors import DescriptorSpace
from mangacolor.stages.harmonize.params import MatchingParams
from mangacolor.stages.segments.features import SegmentFeatures


@dataclass(frozen=True, slots=True)
class Matches:
    """For each group of this run: its ``id``, the entry of the own palette that it is, if any, and the one
    of a kept palette that it follows."""

    ids: list[int]
    own: list[PaletteEntry | None]
    kept: list[PaletteEntry | None]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Override:
    """A colour (``#rrggbb``) that a group is to have: ``with_luma``, or only its chroma."""

    colour: str
    with_luma: bool


def match_entries(
    looks: SegmentFeatures,
    space: DescriptorSpace,
    own: Sequence[PaletteEntry],
    kept: Sequence[PaletteEntry],
    params: MatchingParams,
    last: int = 0,
) -> Matches:
    """Find the groups with these mean features (G×C) among the entries of the own and of a kept palette.

    An id goes to the group that is most like it, and new ids follow on, also on the ``last`` one. Several
    groups may follow one entry of a kept palette. Raises ``UsageError`` for a palette made by another
    network.
    """
    width = looks.rows.shape[1]
    for entry in (*own, *kept):
        # What nobody decided on is simply matched anew.
        if len(entry.looks) != width and (entry.edited or entry.locked):
            raise UsageError(
                "the palette was made with another colour network, by which groups look different",
                "Use the weights that it was made with, or leave --palette (or OUT's palette.json) away.",
            )
    own = [entry for entry in own if len(entry.looks) == width]
    place = _place(looks, space)
    named: Sequence[PaletteEntry] = own or kept
    pairs = _pair_greedily(_distances(place, named, space), params.max_distance)
    ids: list[int] = []
    fresh = max((entry.id for entry in named), default=0)
    fresh = max(fresh, last)
    for group in range(len(looks)):
        if group not in pairs:
            fresh += 1
        ids.append(named[pairs[group]].id if group in pairs else fresh)
    return Matches(
        ids,
        [own[pairs[group]] if own and group in pairs else None for group in range(len(looks))],
        _nearest_entries(place, kept, space, params.max_distance),
    )


def _nearest_entries(
    place: F32, entries: Sequence[PaletteEntry], space: DescriptorSpace, max_distance: float
) -> list[PaletteEntry | None]:
    """The entry nearest to each group, or None where none is near."""
    if not entries:
        return [None] * len(place)
    far = _distances(place, entries, space)
    nearest = far.argmin(axis=1)
    return [
        entries[index] if far[group, index] <= max_distance else None for group, index in enumerate(nearest)
    ]


def _place(looks: SegmentFeatures, space: DescriptorSpace) -> F32:
    # Without the page: another chapter has other pages.
    return space.place(looks, np.zeros(len(looks), np.int64))


def _distances(place: F32, entries: Sequence[PaletteEntry], space: DescriptorSpace) -> F32:
    if not entries:
        return np.zeros((len(place), 0), np.float32)
    rows = np.concatenate([entry.row() for entry in entries])
    theirs = _place(SegmentFeatures(rows, space.vote_count), space)
    return np.asarray(np.linalg.norm(place[:, None] - theirs[None], axis=2), dtype=np.float32)


def _pair_greedily(far: F32, max_distance: float) -> dict[int, int]:
    """Pairs of groups and entries, nearest first, none used twice."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for flat in np.argsort(far, axis=None, kind="stable"):
        group, entry = divmod(int(flat), far.shape[1])
        if far[group, entry] > max_distance:
            break
        if group not in pairs and entry not in taken:
            pairs[group] = entry
            taken.add(entry)
    return pairs


def choose_override(own: PaletteEntry | None, kept: PaletteEntry | None) -> Override | None:
    """What people want of a group: a lock comes first, then a kept palette."""
    if own is not None and own.locked:
        return Override(own.found, False)
    if kept is not None and kept.locked:
        return Override(kept.colour, kept.edited)
    return None
