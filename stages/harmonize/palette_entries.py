"""What the palette says of each group: its colours, its size, and where it is seen best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from mangacolor.core.arrays import F64, I64
from mangacolor.core.types import Box
from mangacolor.stages.edits.colours import to_hex
from mangacolor.stages.edits.palette import Palette, PaletteEntry
from mangacolor.stages.harmonize.clustering import Groups
from mangacolor.stages.harmonize.overrides import Matches, choose_override
from mangacolor.stages.harmonize.regrouping import Regrouped
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import X, Y
from mangacolor.stages.spreads.drawings import Drawings
from mangacolor.stages.windows.scale import SHORT_SIDE

# Places at which a palette says that a group is seen, one a window at most.
MAX_PLACES = 6
# Pixels of the page: the least side of the box that marks such a place.
MIN_PLACE_SIDE = 24
# Of the root of a segment's area: the side of that box.
PLACE_SIZE = 1.6


def make_entries(
    pages: Sequence[str],
    segments: ChapterSegments,
    groups: Groups,
    regrouped: Regrouped,
    colours: Sequence[str],
) -> list[PaletteEntry]:
    """The entry of each group. ``colours``: as of ``name_colours``."""
    matches = regrouped.matches
    areas = segments.area
    entries: list[PaletteEntry] = []
    largest = np.argsort(-areas, kind="stable")
    for identity, colour in zip(matches.ids, colours, strict=True):
        members = largest[regrouped.identity[largest] == identity]
        area = areas[members]
        entries.append(
            PaletteEntry(
                identity,
                colour,
                colour,
                regrouped.looks[identity].tobytes(),
                area=float(area.sum() / areas.sum()),
                segments=len(members),
                confidence=float(np.average(groups.membership[members], weights=area)),
                seen=_best_places(pages, segments, members, areas),
                part_of=regrouped.parents.get(identity),
                fingerprints=regrouped.fingerprints.get(identity, b""),
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


def absent_entries(palette: Palette, regrouped: Regrouped) -> list[PaletteEntry]:
    """Entries of groups that have gone into others, and of those that people decided on and that no page of
    this run shows: they wait for their pages."""
    there, found = set(regrouped.matches.ids), regrouped.looks
    waiting = [
        entry
        for entry in palette.entries
        if entry.id not in there
        and (entry.edited or entry.locked or entry.id in found or entry.id in palette.mentioned)
    ]
    return [
        replace(
            entry,
            looks=found[entry.id].tobytes() if entry.id in found else entry.looks,
            fingerprints=regrouped.fingerprints.get(entry.id, entry.fingerprints),
            area=0.0,
            segments=0,
            seen=(),
        )
        for entry in waiting
    ]


def name_colours(segments: ChapterSegments, number: I64, colours: F64, matches: Matches) -> list[str]:
    """The colour of each group, ``#rrggbb``: its own, or that of a lock or a kept palette.

    ``colours``: G×2, Cb and Cr.
    """
    area = np.bincount(number, weights=segments.area)
    luma = np.bincount(number, weights=segments.area * segments.features.shown) / area
    chosen = map(choose_override, matches.own, matches.kept)
    return [
        override.colour if override else to_hex(luma[group], *colours[group])
        for group, override in enumerate(chosen)
    ]
