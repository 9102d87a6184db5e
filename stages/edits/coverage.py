"""Which segments of a chapter an edit covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.stages.edits.locating import Located
from mangacolor.stages.edits.model import Anchor, Edit, Level, Reach
from mangacolor.stages.edits.params import PARAMS
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.segments.likeness import Likeness

# A probability nearer to 0 or 1 than this is one that cannot be told from them.
SURE = 1e-6
# Reaches within which all is drawn at one time and in one light: whoever is nearer speaks.
_ON_A_PAGE = (Reach.PANEL, Reach.PAGE)
# Reaches that likeness alone bounds.
_BY_LIKENESS = (*_ON_A_PAGE, Reach.ALIKE)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of an edit before anybody says how like an anchor segments must be.

    ``likeness``: N, of each segment to the anchor that it is most like, 0 where no anchor reaches.
    ``out``: N, not meant, or more like what is not meant. ``sure``: N, meant, however like. ``light``:
    the luma of the anchors on the finished page, mean; None where nothing is known of any of them.
    ``surface``: N, a number from 0 on that those share which are covered together. ``area``: N.
    """

    likeness: F64
    out: Mask
    sure: Mask
    light: float | None
    surface: I64
    area: F64

    def covered(self, likeness: float) -> Mask:
        """The segments that are covered where they must be so like an anchor, N."""
        if self.light is None:
            return np.zeros(len(self.sure), np.bool_)
        alike = (self.sure | (self.likeness >= likeness)) & ~self.out
        whole = np.bincount(self.surface, weights=self.area)
        most = np.bincount(self.surface, weights=self.area * alike) > whole / 2
        # No line divides a surface, and an edit that ended within one would end nowhere.
        return np.asarray((alike | most[self.surface]) & ~self.out)


def measure_coverage(
    edit: Edit, place: int, segments: ChapterSegments, located: Located, likeness: Likeness
) -> Coverage:
    """``place``: of the edit among those that were ``located``."""
    meant = [located.anchors[anchor] for anchor in edit.anchors if anchor in located.anchors]
    wrong = [located.anchors[anchor] for anchor in edit.negatives if anchor in located.anchors]
    rows = _rows_of(edit.anchors, segments, located)
    other = _rows_of(edit.negatives, segments, located)
    alike, unlike = (_likeness(segments.features, some, likeness) for some in (rows, other))
    reach = _reach(edit, place, len(rows), segments, located)
    near = np.ones(alike.shape, np.bool_)
    if edit.reach not in _ON_A_PAGE:
        near = alike >= _least_likeness(rows, other, likeness)
    best = np.where(reach & near, alike, 0.0).max(axis=1, initial=0.0)
    own = _marks(meant, len(segments))
    sure = own | _siblings(meant, segments) if edit.level is Level.COARSE else own.copy()
    for (owner, _), members in located.members.items():
        if owner == place:
            sure[members] = True
    nearer = unlike.max(axis=1, initial=0.0) > alike.max(axis=1, initial=0.0)
    out = _marks(wrong, len(segments)) | (nearer & ~own)
    light = float(rows.shown.mean()) if len(rows) else None
    return Coverage(best, out, sure, light, _surfaces(edit.reach, segments), segments.area)


def _surfaces(reach: Reach, segments: ChapterSegments) -> I64:
    """The surface of each of N segments: its coarse segment, or itself where an edit covers exactly what it
    names, or coarse ones are not known."""
    if reach not in _BY_LIKENESS or not len(segments.coarse):
        return np.arange(len(segments))
    return segments.window * (int(segments.coarse.max()) + 1) + segments.coarse


def _rows_of(anchors: Sequence[Anchor], segments: ChapterSegments, located: Located) -> SegmentFeatures:
    """What is known of anchors, A×C: the segment that each lies on, or what it was on a page that is gone."""
    features = segments.features
    here = [features.rows[located.anchors[anchor]] for anchor in anchors if anchor in located.anchors]
    gone = [
        np.frombuffer(anchor.looks, np.uint8)
        for anchor in anchors
        if anchor not in located.anchors and len(anchor.looks) == features.rows.shape[1]
    ]
    rows = np.array([*here, *gone], np.uint8).reshape(-1, features.rows.shape[1])
    return SegmentFeatures(rows, features.vote_count)


def _likeness(features: SegmentFeatures, rows: SegmentFeatures, likeness: Likeness) -> F64:
    return likeness.between(features, rows) if len(rows) else np.zeros((len(features), 0))


def _least_likeness(rows: SegmentFeatures, other: SegmentFeatures, likeness: Likeness) -> F64:
    """How like each of A anchors a segment must be for its word to count: the more, the more like it is what
    is not meant. A, 0 where nothing is."""
    if not len(rows) or not len(other):
        return np.zeros(len(rows))
    same = _odds(np.diagonal(likeness.between(rows, rows)))
    nearest = _odds(likeness.between(rows, other).max(axis=1))
    return np.asarray(1 / (1 + np.exp(PARAMS.negative_share * (same - nearest) - same)))


def _odds(likeness: F64) -> F64:
    """The logarithm of the odds: it falls as squared distances grow."""
    bounded = np.clip(likeness, SURE, 1 - SURE)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _siblings(indices: Sequence[int], segments: ChapterSegments) -> Mask:
    """The segments that are part of the same coarse ones as these."""
    marks = np.zeros(len(segments), np.bool_)
    for index in indices:
        marks |= (segments.window == segments.window[index]) & (segments.coarse == segments.coarse[index])
    return marks


def _reach(edit: Edit, place: int, count: int, segments: ChapterSegments, located: Located) -> Mask:
    """Which of ``count`` anchors may speak for which segments, N×A or N×1, in the order of ``_rows_of``."""
    here = [located.anchors[anchor] for anchor in edit.anchors if anchor in located.anchors]
    everywhere = np.ones((len(segments), 1), np.bool_)
    match edit.reach:
        case Reach.SEGMENT:
            return ~everywhere
        case Reach.PANEL:
            return _same(segments.window, here, count)
        case Reach.PAGE:
            return _same(segments.page, here, count)
        case Reach.ALIKE:
            return everywhere
        case Reach.GROUP:
            frozen = [drawing for owner, drawing in located.members if owner == place]
            return np.asarray(~np.isin(segments.page, frozen)[:, None])


def _same(where: I64, here: Sequence[int], count: int) -> Mask:
    """Segments in the window, or on the page (``where``, N), of each of ``count`` anchors, of which the first
    lie on these segments (``here``); the others are of pages that are gone, and reach nothing."""
    same = np.zeros((len(where), count), np.bool_)
    same[:, : len(here)] = where[:, None] == where[list(here)][None]
    return same


def _marks(indices: Sequence[int], count: int) -> Mask:
    marks = np.zeros(count, np.bool_)
    marks[list(indices)] = True
    return marks
