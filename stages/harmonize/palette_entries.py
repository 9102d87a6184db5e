"""What the palette says of each group: its colours, its size, and where it is seen best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from mangacolor.core.arrays import F64, I64
from mangacolor.core.types import Box
from mangacolor.stages.edits.colours import to_hex
from mangacolor.stages.edits.palette import PaletteEntry
from mangacolor.stages.harmonize.chapter import ChapterSegments
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.descriptors import is_backdrop
from mangacolor.stages.harmonize.overrides import Matches, choose_override
from mangacolor.stages.segments.features import LEFT, RIGHT, SIDES, SegmentFeatures, X, Y
from mangacolor.stages.spreads.drawings import Drawings
from mangacolor.stages.windows.scale import SHORT_SIDE

# Places at which a palette says that a group is seen, one a window at most.
MAX_PLACES = 6
# Pixels of the page: the least side of the box that marks such a place.
MIN_PLACE_SIDE = 24
# Of the root of a segment's area: the side of that box.
PLACE_SIZE = 1.6


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


def make_entries(
    pages: Sequence[str],
    segments: ChapterSegments,
    groups: Groups,
    looks: SegmentFeatures,
    matches: Matches,
    colours: Sequence[tuple[str, str]],
) -> list[PaletteEntry]:
    """The entry of each group. ``looks``: G×C, ``average_features``. ``colours``: as of ``name_colours``."""
    areas = segments.area
    entries: list[PaletteEntry] = []
    order = np.lexsort((-segments.area, groups.number))
    members_of = np.split(order, np.cumsum(np.bincount(groups.number))[:-1])
    for group, (members, own) in enumerate(zip(members_of, matches.own, strict=True)):
        area = areas[members]
        colour, found = colours[group]
        entries.append(
            PaletteEntry(
                matches.ids[group],
                colour,
                found,
                looks.rows[group].tobytes(),
                locked=bool(own and own.locked),
                area=float(area.sum() / areas.sum()),
                segments=len(members),
                confidence=float(np.average(groups.membership[members], weights=area)),
                seen=_best_places(pages, segments, members, areas),
            )
        )
    return entries


def place_entries(entries: Iterable[PaletteEntry], drawings: Drawings) -> list[PaletteEntry]:
    """Entries seen on drawings, as they are seen on their pages."""
    return [
        replace(entry, seen=tuple(drawings.find_place(name, box) for name, box in entry.seen))
        for entry in entries
    ]


def _best_places(
    pages: Sequence[str], segments: ChapterSegments, members: I64, areas: F64
) -> tuple[tuple[str, Box], ...]:
    """Where the largest members are, one a window. ``members``: largest first."""
    largest: dict[int, int] = {}
    for index in members:
        largest.setdefault(int(segments.window[index]), int(index))
    places = list(largest.values())[:MAX_PLACES]
    return tuple((pages[segments.page[index]], _locate(segments, index, areas[index])) for index in places)


def _locate(segments: ChapterSegments, index: int, area: float) -> Box:
    """About where a segment lies on its page: a box in its window, as large as it is."""
    left, top, wide, high = segments.boxes[segments.window[index]]
    row = segments.features.rows[index]
    side = max(MIN_PLACE_SIDE, round(PLACE_SIZE * float(area) ** 0.5 * min(wide, high) / SHORT_SIDE))
    x = left + int(row[X]) * wide // 255 - side // 2
    y = top + int(row[Y]) * high // 255 - side // 2
    return max(0, x), max(0, y), side, side


def name_colours(
    segments: ChapterSegments, number: I64, colours: F64, matches: Matches, hinted: Mapping[int, str]
) -> list[tuple[str, str]]:
    """The colour of each group as it is to be, and as it would be without an edit: ``#rrggbb`` each.

    ``colours``: G×2, Cb and Cr. ``hinted``: the colours that hints want of groups.
    """
    names: list[tuple[str, str]] = []
    area = np.bincount(number, weights=segments.area)
    luma = np.bincount(number, weights=segments.area * segments.features.shown) / area
    for group, (own, kept) in enumerate(zip(matches.own, matches.kept, strict=True)):
        override = choose_override(None, hinted.get(group), kept)
        unedited = override.colour if override else to_hex(luma[group], *colours[group])
        if own is not None and own.locked and not own.edited and group not in hinted:
            unedited = own.colour
        names.append((own.colour if own is not None and own.edited else unedited, unedited))
    return names
