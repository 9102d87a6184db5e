"""From edits to colours: for each segment of a chapter the one that counts, and what it makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mangacolor.core.arrays import I64, Mask
from mangacolor.stages.edits.colours import from_hex
from mangacolor.stages.edits.coverage import Coverage, measure_coverage
from mangacolor.stages.edits.locating import Located
from mangacolor.stages.edits.model import Edit
from mangacolor.stages.edits.page_edits import OWN_LUMA, PageEdits, WindowEdits
from mangacolor.stages.edits.params import EditParams
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.likeness import Likeness


@dataclass(frozen=True, slots=True)
class Resolved:
    """``pages``: the edits of each drawing, in order. ``owner``: N, which of the edits (by its place) counts
    for each segment, -1 for none. ``coverage``: of each edit."""

    pages: tuple[PageEdits, ...]
    owner: I64
    coverage: tuple[Coverage, ...]


def resolve_edits(
    edits: Sequence[Edit], segments: ChapterSegments, located: Located, params: EditParams
) -> Resolved:
    """What edits make of a chapter. Of two that cover a segment the locked one counts, else the later."""
    likeness = Likeness(segments.embedded)
    coverage = tuple(
        measure_coverage(edit, place, segments, located, likeness) for place, edit in enumerate(edits)
    )
    owner = np.full(len(segments), -1, np.int64)
    for place in sorted(range(len(edits)), key=lambda place: edits[place].locked):
        owner[coverage[place].covered(edits[place].likeness)] = place
    chroma, luma = np.zeros((len(segments), 2), np.int64), np.full(len(segments), OWN_LUMA, np.int64)
    for place in np.unique(owner[owner >= 0]).tolist():
        own = owner == place
        chroma[own], luma[own] = _target(edits[place], coverage[place], segments, own, params)
    return Resolved(_hand_out(segments, owner >= 0, chroma, luma), owner, coverage)


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


def _hand_out(segments: ChapterSegments, chosen: Mask, chroma: I64, luma: I64) -> tuple[PageEdits, ...]:
    """For each drawing the edits of its windows."""
    handed: list[PageEdits] = []
    for counts, indices in zip(segments.counts, segments.by_page(), strict=True):
        whole, rows = WindowEdits.none(sum(counts)), segments.row[indices]
        whole.chosen[rows], whole.chroma[rows], whole.luma[rows] = (
            column[indices] for column in (chosen, chroma, luma)
        )
        ends = np.cumsum([0, *counts])
        windows = (whole.part(slice(first, last)) for first, last in pairwise(ends))
        handed.append(PageEdits(tuple(windows)))
    return tuple(handed)
