"""Which segments of a chapter an edit covers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.colour import INK
from mangacolor.stages.edits.enclosing import Enclosed
from mangacolor.stages.edits.locating import Located
from mangacolor.stages.edits.model import Anchor, Edit, Level, Reach
from mangacolor.stages.edits.params import PARAMS
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import Known, SegmentFeatures
from mangacolor.stages.segments.likeness import likeness_at, segment_distance, spaced_distance

# The likeness of what no anchor speaks for: less than any that can be asked for.
UNREACHED = -1.0
# Reaches that end with the page: all there is drawn at one time and in one light.
_ON_A_PAGE = (Reach.PANEL, Reach.PAGE)
# Reaches that likeness alone bounds.
_BY_LIKENESS = (*_ON_A_PAGE, Reach.ALIKE)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of an edit before anybody says how like an anchor segments must be.

    ``likeness``: N, of each segment to the anchor that it is most like, ``UNREACHED`` where none speaks.
    ``out``: N, not meant, or more like what is not meant. ``sure``: N, meant, however like. ``light``:
    the luma of the anchors on the finished page, mean; None where nothing is known of any of them.
    ``surface``: N, a number from 0 on that those share which are covered together. ``area``: N; both are of
    the chapter, and the same arrays for all edits. ``inside``: N, how much of each an outline holds, 0 to 1;
    None for an edit without an outline. ``unopposed``: N, what ``likeness`` would be if nothing were named
    that is not meant; None where nothing is.
    """

    likeness: F64
    out: Mask
    sure: Mask
    light: float | None
    surface: I64
    area: F64
    inside: F64 | None = None
    unopposed: F64 | None = None

    def without_negatives(self) -> Coverage:
        """Of the same edit if nothing were named that is not meant."""
        if self.unopposed is None:
            return self
        return replace(self, likeness=self.unopposed, out=np.zeros_like(self.out), unopposed=None)

    def covered(self, likeness: float) -> Mask:
        """The segments that are covered where they must be so like an anchor, N."""
        if self.light is None:
            return np.zeros(len(self.sure), np.bool_)
        alike = (self.sure | (self.likeness >= likeness)) & ~self.out
        whole = np.bincount(self.surface, weights=self.area)
        most = np.bincount(self.surface, weights=self.area * alike) > whole / 2
        # No line divides a surface, and an edit that ended within one would end nowhere.
        return np.asarray((alike | most[self.surface]) & ~self.out)


def measure_coverage(edit: Edit, place: int, segments: ChapterSegments, located: Located) -> Coverage:
    """``place``: of the edit among those that were ``located``."""
    if edit.outline:
        return _measure_outline(segments, located.enclosed.get(place))
    meant, wrong = _here(edit.anchors, located), _here(edit.negatives, located)
    known = _known_of(edit.anchors, segments, located)
    comparisons = _compare(edit, known, segments, located)
    own = _marks(meant, len(segments))
    own_panel = _same(segments.window, meant, len(known))
    reach = _reach(edit, place, len(known), segments, located)
    speaks, out = reach, _marks(wrong, len(segments))
    for one in comparisons:
        speaks = speaks & _is_nearer(one, edit.reach, own_panel)
        out |= (one.wrong_way < one.far.min(axis=1, initial=np.inf)) & ~own
    alike = likeness_at(comparisons[0].far)
    best = _best(alike, speaks)
    unopposed = _best(alike, reach) if edit.negatives else None
    sure = own | _siblings(meant, segments) if edit.level is Level.COARSE else own.copy()
    for (owner, _), members in located.members.items():
        if owner == place:
            sure[members] = True
    light = float(known.shown.mean()) if len(known) else None
    surface = _surfaces(edit.reach, segments)
    return Coverage(best, out, sure, light, surface, segments.area, unopposed=unopposed)


def _best(alike: F64, speaks: Mask) -> F64:
    """The likeness (``alike``, N×A) to the anchor that each segment is most like of those that may speak for
    it (``speaks``, N×A), N."""
    return np.asarray(np.where(speaks, alike, UNREACHED).max(axis=1, initial=UNREACHED))


def _measure_outline(segments: ChapterSegments, enclosed: Enclosed | None) -> Coverage:
    """``enclosed``: None where the page is gone."""
    count, features = len(segments), segments.features
    nothing, inside, light = np.zeros(count, np.bool_), np.zeros(count), None
    touched = nothing.copy()
    if enclosed is not None and len(enclosed.rows):
        meant = _meant_by_outline(enclosed)
        own, area = enclosed.rows[meant], enclosed.area[meant]
        touched[own], inside[own] = True, enclosed.share[meant]
        # Solid ink keeps its colour, so it says nothing of how light the rest is.
        drawn = area * (features.tone[own] > INK)
        weights = drawn if drawn.any() else area
        light = float(np.average(features.shown[own].astype(np.float64), weights=weights))
    likeness = np.full(count, UNREACHED)
    return Coverage(likeness, nothing, touched, light, segments.number, segments.area, inside)


def _meant_by_outline(enclosed: Enclosed) -> Mask:
    """Which of the segments of which an outline holds something it means: not those that it grazes."""
    part = enclosed.area / max(float(enclosed.area.sum()), 1.0)
    sliver = (enclosed.share < PARAMS.sliver_share) & (part < PARAMS.sliver_part)
    if enclosed.own_depth > 2 * PARAMS.tremor:
        sliver |= (enclosed.depth <= PARAMS.tremor) & (enclosed.share < PARAMS.grazed_share)
    return np.asarray(~sliver if not sliver.all() else ~np.zeros_like(sliver))


def _surfaces(reach: Reach, segments: ChapterSegments) -> I64:
    """The surface of each of N segments: its coarse segment, or itself where an edit covers exactly what it
    names."""
    return segments.coarse_number if reach in _BY_LIKENESS else segments.number


@dataclass(frozen=True, slots=True)
class _Comparison:
    """``far``: N×A, distances of N segments to A anchors. ``wrong_way``: N, to the nearest segment that is
    not meant. ``spaced``: whether these are held against what lies around either."""

    far: F64
    wrong_way: F64
    spaced: bool


def _compare(
    edit: Edit, known: SegmentFeatures, segments: ChapterSegments, located: Located
) -> list[_Comparison]:
    """How far segments are from anchors, of which this is ``known``, and from what is not meant. By the
    distances of the first the edit reaches; each is of one kind.

    What anchors keep decides by which kind, whether their pages are there or gone: a page that goes must
    change no other, and an edit of an earlier version covers what it covered. All is by the least that one of
    them keeps. What is not meant, and keeps less than that, is compared by that, and apart: it must change
    nothing but what it takes away.
    """
    keeps = segments.features.known_in
    least = min((keeps(anchor.looks) for anchor in edit.anchors), default=Known.SPACING)
    made: list[_Comparison] = []
    for kind in sorted(Known, reverse=True):
        negatives = [negative for negative in edit.negatives if min(keeps(negative.looks), least) == kind]
        if kind > least or (kind < least and not negatives):
            continue
        meant, wrong = (some.limited_to(kind) for some in (known, _known_of(negatives, segments, located)))
        far, wrong_way = (
            _distance(segments, some, _here(points, located))
            for some, points in ((meant, edit.anchors), (wrong, negatives))
        )
        made.append(_Comparison(far, wrong_way.min(axis=1, initial=np.inf), _is_spaced(segments, meant)))
    return made


def _is_spaced(segments: ChapterSegments, known: SegmentFeatures) -> bool:
    return segments.features.spacing is not None and known.spacing is not None


def _known_of(anchors: Sequence[Anchor], segments: ChapterSegments, located: Located) -> SegmentFeatures:
    """A anchors, by what is known of all of them: of the segment that each lies on, or of what that was on a
    page that is gone, the former first."""
    features = segments.features
    here = [features.look_of(located.anchors[anchor]) for anchor in anchors if anchor in located.anchors]
    gone = [
        anchor.looks
        for anchor in anchors
        if anchor not in located.anchors and features.can_read(anchor.looks)
    ]
    return features.read_looks([*here, *gone])


def _distance(segments: ChapterSegments, known: SegmentFeatures, here: Sequence[int]) -> F64:
    """From each of N segments to each of A that are ``known``, N×A, in units that say the same within a panel
    and elsewhere. The first of these are the segments ``here``."""
    if not len(known):
        return np.zeros((len(segments), 0))
    own_panel = _same(segments.window, here, len(known))
    spaced = spaced_distance(segments.features, known)
    if spaced is not None:
        beside, elsewhere = spaced
        return np.asarray(np.where(own_panel, beside / PARAMS.spaced_own_panel_unit, elsewhere))
    far = segment_distance(segments.features, known)
    return np.asarray(np.where(own_panel, far / PARAMS.own_panel_unit, far))


def _is_nearer(one: _Comparison, reach: Reach, own_panel: Mask) -> Mask:
    """Of which of A anchors the word counts for each of N segments, N×A: the nearest neighbour decides, with
    a margin. ``own_panel``: N×A, whether both lie in one window.

    Neither a further anchor takes anything away so, nor does what is not meant add anything.
    """
    if reach in _ON_A_PAGE:
        share: F64 = np.full(one.far.shape, PARAMS.on_a_page_share)
    else:
        shares = (
            (PARAMS.spaced_own_panel_share, PARAMS.spaced_elsewhere_share)
            if one.spaced
            else (PARAMS.own_panel_share, PARAMS.elsewhere_share)
        )
        share = np.where(own_panel, *shares)
    return np.asarray(one.far <= share * one.wrong_way[:, None])


def _here(anchors: Sequence[Anchor], located: Located) -> list[int]:
    """The segments on which anchors lie; the others are on pages that are gone."""
    return [located.anchors[anchor] for anchor in anchors if anchor in located.anchors]


def _siblings(indices: Sequence[int], segments: ChapterSegments) -> Mask:
    """The segments that are part of the same coarse ones as these."""
    marks = np.zeros(len(segments), np.bool_)
    for index in indices:
        marks |= (segments.window == segments.window[index]) & (segments.coarse == segments.coarse[index])
    return marks


def _reach(edit: Edit, place: int, count: int, segments: ChapterSegments, located: Located) -> Mask:
    """Which of ``count`` anchors may speak for which segments, N×A or N×1, in the order of ``_known_of``."""
    here = _here(edit.anchors, located)
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
        case Reach.OUTLINE:  # what lies inside is found by its place alone
            return ~everywhere
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
