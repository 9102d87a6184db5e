"""From edits to colours: for each segment of a chapter the one that counts, and what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from mangacolor.core.arrays import I64, Mask
from mangacolor.core.types import Point
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.coverage import Coverage, measure_coverage
from mangacolor.stages.edits.locating import Located
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.page_edits import OWN_LUMA, AreaEdits, PageEdits, WindowEdits
from mangacolor.stages.edits.params import EditParams
from mangacolor.stages.segments.chapter import ChapterSegments

# What an outline holds in part: its corners, which of N segments, and their Cb and Cr, and luma.
_Area: TypeAlias = tuple[tuple[Point, ...], Mask, I64, I64]


@dataclass(frozen=True, slots=True)
class Resolved:
    """``pages``: the edits of each drawing, in order. ``owner``: N, which of the edits (by its place) counts
    for each segment, -1 for none. ``coverage``: of each edit."""

    pages: tuple[PageEdits, ...]
    owner: I64
    coverage: tuple[Coverage, ...]


def resolve_edits(
    edits: Sequence[Edit],
    segments: ChapterSegments,
    located: Located,
    params: EditParams,
    measured: Sequence[Coverage] | None = None,
) -> Resolved:
    """What edits make of a chapter. Of two that cover a segment the locked one counts, else the later.

    ``measured``: the coverage of each edit, where it is known from before.
    """
    if measured is None:
        measured = [measure_coverage(edit, place, segments, located) for place, edit in enumerate(edits)]
    coverage = tuple(measured)
    order = sorted(range(len(edits)), key=lambda place: edits[place].locked)
    owner = np.full(len(segments), -1, np.int64)
    parts = _divide(owner, order, edits, coverage, params)
    chroma, luma = np.zeros((len(segments), 2), np.int64), np.full(len(segments), OWN_LUMA, np.int64)
    for place in np.unique(owner[owner >= 0]).tolist():
        own = owner == place
        chroma[own], luma[own] = _target(edits[place], coverage[place], segments, own, params)
    areas = [
        (located.enclosed[place].outline, own, *_target(edits[place], coverage[place], segments, own, params))
        for place, own in parts.items()
        if own.any()
    ]
    return Resolved(_hand_out(segments, owner >= 0, chroma, luma, areas), owner, coverage)


def _divide(
    owner: I64, order: Sequence[int], edits: Sequence[Edit], coverage: Sequence[Coverage], params: EditParams
) -> dict[int, Mask]:
    """Write which edit (by its place) has each of N segments wholly, and give what those with an outline, in
    ``order``, have in part besides.

    A later edit takes what it covers from all before it. What a later outline holds in part lies over them.
    """
    parts: dict[int, Mask] = {}
    for place in order:
        covered, inside = coverage[place].covered(edits[place].likeness), coverage[place].inside
        whole = covered if inside is None else covered & (inside >= params.whole_share)
        owner[whole] = place
        parts = {earlier: own & ~whole for earlier, own in parts.items()}
        if inside is not None:
            parts[place] = covered & ~whole
    return parts


def _target(
    edit: Edit, coverage: Coverage, segments: ChapterSegments, own: Mask, params: EditParams
) -> tuple[I64, I64]:
    """Cb and Cr, and the luma, of the edit's ``own`` segments.

    Light and shade stay what they are to the anchors', so that a segment's colour rests on these and itself
    alone.
    """
    light, *chroma = from_hex(edit.colour)
    shown = segments.features.shown[own].astype(np.float64)
    anchors = max(coverage.light or 0.0, 1.0)
    luma = np.clip(light * np.maximum(shown, 1) / anchors, *params.luma_range)
    return np.rint(chroma).astype(np.int64), np.rint(luma).astype(np.int64)


def _hand_out(
    segments: ChapterSegments, chosen: Mask, chroma: I64, luma: I64, areas: Sequence[_Area]
) -> tuple[PageEdits, ...]:
    """For each drawing the edits of its windows, and those of its outlines."""
    handed: list[PageEdits] = []
    for page, (counts, indices) in enumerate(zip(segments.counts, segments.by_page(), strict=True)):
        own = [
            AreaEdits(outline, _by_window(counts, segments.row[some], colours, lumas))
            for outline, some, colours, lumas in areas
            if (segments.page[some] == page).all()
        ]
        edited = indices[chosen[indices]]
        windows = _by_window(counts, segments.row[edited], chroma[edited], luma[edited])
        handed.append(PageEdits(windows, areas=tuple(own)))
    return tuple(handed)


def _by_window(counts: Sequence[int], rows: I64, chroma: I64, luma: I64) -> tuple[WindowEdits, ...]:
    """The edits of some segments of a page (their ``rows``), window by window."""
    whole = WindowEdits.none(sum(counts))
    whole.chosen[rows], whole.chroma[rows], whole.luma[rows] = True, chroma, luma
    ends = np.cumsum([0, *counts])
    return tuple(whole.part(slice(first, last)) for first, last in pairwise(ends))
