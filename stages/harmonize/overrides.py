"""From what the members agreed on to what a group is to have: locks and kept palettes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.core.errors import UsageError
from mangacolor.stages.edits.palette import PaletteEntry
from mangacolor.stages.harmonize.descriptors import DescriptorSpace
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


def comparable_entries(
    own: Sequence[PaletteEntry], kept: Sequence[PaletteEntry], columns: int
) -> list[PaletteEntry]:
    """The own entries whose looks have so many ``columns``.

    Raises ``UsageError`` for a palette made by another network.
    """
    for entry in (*own, *kept):
        # What nobody decided on is simply matched anew.
        if len(entry.looks) != columns and (entry.edited or entry.locked):
            raise UsageError(
                "the palette was made with another colour network, by which groups look different",
                "Use the weights that it was made with, or leave --palette (or OUT's palette.json) away.",
            )
    return [entry for entry in own if len(entry.looks) == columns]


def nearest_entries(
    looks: SegmentFeatures, entries: Sequence[PaletteEntry], space: DescriptorSpace, max_distance: float
) -> list[PaletteEntry | None]:
    """The entry that each of G groups (mean features, G×C) is most like, or None where none is near."""
    if not entries:
        return [None] * len(looks)
    far = measure_distances(looks, entries, space)
    nearest = far.argmin(axis=1)
    return [
        entries[index] if far[group, index] <= max_distance else None for group, index in enumerate(nearest)
    ]


def _place(looks: SegmentFeatures, space: DescriptorSpace) -> F32:
    # Without the page: another chapter has other pages.
    return space.place(looks, np.zeros(len(looks), np.int64))


def measure_distances(looks: SegmentFeatures, entries: Sequence[PaletteEntry], space: DescriptorSpace) -> F32:
    """How far what G groups look like on the mean (G×C) lies from E entries, in descriptors: G×E."""
    place = _place(looks, space)
    if not entries:
        return np.zeros((len(place), 0), np.float32)
    rows = np.concatenate([entry.row() for entry in entries])
    theirs = _place(SegmentFeatures(rows, space.vote_count), space)
    return np.asarray(np.linalg.norm(place[:, None] - theirs[None], axis=2), dtype=np.float32)


def choose_override(own: PaletteEntry | None, kept: PaletteEntry | None) -> Override | None:
    """What people want of a group: a lock comes first, then a kept palette."""
    if own is not None and own.locked:
        return Override(own.found, False)
    if kept is not None and kept.locked:
        return Override(kept.colour, kept.edited)
    return None
