"""What edits cover: the segments of a chapter, gathered once, and which of them each edit means."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.colour import INK
from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Point
from mangacolor.pipeline.editing.chapter import ColouredChapter
from mangacolor.stages.balloons import BalloonLayout
from mangacolor.stages.edits.coverage import Coverage, measure_coverage
from mangacolor.stages.edits.enclosing import Enclosed
from mangacolor.stages.edits.freezing import freeze_group, with_looks
from mangacolor.stages.edits.locating import Located, PageIndex, locate_edits
from mangacolor.stages.edits.model import Anchor, Edit, Level, Members, Reach
from mangacolor.stages.edits.operations import Merge
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.params import PARAMS
from mangacolor.stages.edits.resolve import Resolved, resolve_edits
from mangacolor.stages.edits.splitting import find_halves
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.harmonize.corrections import NO_GROUP, Corrections
from mangacolor.stages.names import BALLOONS, HARMONIZE
from mangacolor.stages.segments.chapter import ChapterSegments, gather_segments
from mangacolor.stages.segments.features import Known, SegmentFeatures
from mangacolor.stages.spreads.drawings import Drawings

# Segments, over all edits of which it is known what each covers: 10 to 18 bytes each.
MEASURED = 2**21
_Points: TypeAlias = tuple[tuple[Anchor, ...], tuple[Anchor, ...], tuple[Members, ...], tuple[Point, ...]]
_Measured: TypeAlias = tuple[Reach, Level, _Points]


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the points of an edit lie: as of ``Located``, by drawing, and what its outline holds."""

    anchors: dict[Anchor, int]
    members: dict[int, I64]
    enclosed: Enclosed | None


@dataclass(frozen=True, slots=True)
class Cover:
    """Some segments of a chapter.

    ``chosen``: for each page with any, for each of its windows, which of its segments (label 1 first).
    ``pages``: how many on each. ``area``: their share of all that is drawn. ``black``: what share of that is
    black, and takes no colour. ``is_old``: the edit that they are covered by can be renewed (``renew``).
    ``unopposed``: how many it would cover on each page if nothing were named that is not meant; None where
    nothing is.
    """

    chosen: Mapping[str, tuple[Mask, ...]] = field(default_factory=dict)
    area: float = 0.0
    black: float = 0.0
    is_old: bool = False
    unopposed: Mapping[str, int] | None = None

    @property
    def pages(self) -> dict[str, int]:
        return {page: sum(int(own.sum()) for own in windows) for page, windows in self.chosen.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """The segments of a chapter, and what edits make of them. Made once for many questions, by one thread.

    ``given``: the edits that are laid on it before its own.
    """

    drawings: Drawings
    segments: ChapterSegments
    index: PageIndex
    given: Callable[[], tuple[Edit, ...]] = tuple
    _located: dict[_Points, _Found] = field(default_factory=dict)
    # Of edits that were asked about last.
    _measured: OrderedDict[_Measured, Coverage] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, chapter: ColouredChapter, given: Callable[[], tuple[Edit, ...]] = tuple) -> Surfaces:
        """Reads every page. ``given``: as of ``GivenEdits``. Raises ``InputError`` where something of one is
        gone."""
        drawings = Drawings.of(chapter.chapter, chapter.pages)
        read = (
            (chapter.segments(page), BalloonLayout.from_artifact(inputs[BALLOONS]).mask)
            for page, inputs in drawings.items()
        )
        index = PageIndex({page: chapter.source_hash(page) for page in chapter.names})
        return cls(drawings, gather_segments(read), index, given)

    def resolve(self, edits: Sequence[Edit]) -> Resolved:
        """What edits make of the chapter, with nothing before them."""
        located = self._locate(edits)
        return resolve_edits(edits, self.segments, located, PARAMS, self._measure_all(edits, located))

    def lay(self, edits: Sequence[Edit]) -> tuple[list[Edit], Resolved]:
        """What the chapter's own edits make of it, over those that are given: all of them in their order, and
        what they make of it together."""
        laid = [*self.given(), *edits]
        return laid, self.resolve(laid)

    def _measure_all(self, edits: Sequence[Edit], located: Located) -> list[Coverage]:
        asked = {_measured_by(edit) for edit in edits}
        return [self._measure(edit, place, located, asked) for place, edit in enumerate(edits)]

    def _measure(self, edit: Edit, place: int, located: Located, asked: Set[_Measured]) -> Coverage:
        """What is known of an edit, one of those ``asked`` about. Distances cost most of what is asked, and
        neither colour nor likeness changes them: while one of an edit is dragged, they stay, and those of all
        others do."""
        key = _measured_by(edit)
        known = self._measured.get(key)
        if known is not None:
            self._measured.move_to_end(key)
            return known
        known = measure_coverage(edit, place, self.segments, located)
        if self._make_room(asked):
            self._measured[key] = known
        return known

    def _make_room(self, asked: Set[_Measured]) -> bool:
        """For one edit more, if that is possible without those that are ``asked`` about together: of more
        than there is room for each would take the place of one that is asked about next."""
        room = MEASURED // max(len(self.segments), 1)
        others = iter([key for key in self._measured if key not in asked])
        while len(self._measured) >= max(room, 1):
            oldest = next(others, None)
            if oldest is None:
                return False
            del self._measured[oldest]
        return True

    def covers(self, edits: Sequence[Edit]) -> dict[int, Cover]:
        """What each edit covers, by its id, whatever another makes of it."""
        pairs = zip(edits, self._measure_all(edits, self._locate(edits)), strict=True)
        return {edit.id: self._cover_of_edit(edit, known) for edit, known in pairs}

    def _cover_of_edit(self, edit: Edit, known: Coverage) -> Cover:
        cover, unopposed = self.cover_of(known.covered(edit.likeness), known.inside), None
        if edit.negatives:
            unopposed = self.cover_of(known.without_negatives().covered(edit.likeness)).pages
        return replace(cover, is_old=self.renew(edit) != edit, unopposed=unopposed)

    def renew(self, edit: Edit) -> Edit:
        """An edit whose points keep less than is known of them today, with all of that: by it the edit tells
        apart what has one colour, or reaches further. As it is where a point's page is gone."""
        features, located = self.segments.features, self._locate([edit]).anchors
        if features.identities is None or edit.reach in (Reach.SEGMENT, Reach.OUTLINE):
            return edit
        old = [a for a in _anchors(edit) if features.known_in(a.looks) is not Known.SPACING]
        if any(anchor in edit.anchors and anchor not in located for anchor in old):
            return edit
        return with_looks(edit, {a: features.look_of(located[a]) for a in old if a in located})

    def covers_at(self, edit: Edit, likenesses: Sequence[float]) -> list[Cover]:
        """What an edit would cover at other likenesses."""
        (known,) = self._measure_all([edit], self._locate([edit]))
        return [self.cover_of(known.covered(likeness)) for likeness in likenesses]

    def pages_of(self, edits: Sequence[Edit]) -> dict[str, PageEdits]:
        """What each page is given with these edits of the chapter's own, by its name."""
        _, resolved = self.lay(edits)
        handed = dict(zip(self.drawings, resolved.pages, strict=True))
        return {page: handed[speaker] for page, speaker in self.drawings.speakers.items()}

    def unedited_colours(self, page: str) -> tuple[F64, F64]:
        """What a page's S segments have without an edit: Cb and Cr, S×2, centred on 0, and luma, S.

        Raises ``InputError`` while a run has cut the page anew and has not come to the chapter's colours yet.
        """
        speaker = self.drawings.speakers[page]
        inputs = self.drawings[speaker]
        features = SegmentFeatures(coloured_page(inputs).features)
        if len(features.rows) != sum(self.segments.counts[list(self.drawings).index(speaker)]):
            raise InputError(f"{page}: it is being coloured again", "Wait until the run is over.")
        shown, chroma = features.shown.astype(np.float64), features.chroma
        corrections = Corrections.from_artifact(inputs.get(HARMONIZE))
        if corrections.windows:
            chroma = chroma + np.concatenate([window.chroma for window in corrections.windows])
        return chroma, shown

    def cover_of(self, covered: Mask, inside: F64 | None = None) -> Cover:
        """The segments of a mask, N, page by page. ``inside``: N, how much of each is meant; None for all."""
        chosen: dict[str, tuple[Mask, ...]] = {}
        for name, counts, own in zip(
            self.drawings, self.segments.counts, self.segments.by_page(), strict=True
        ):
            rows = np.zeros(sum(counts), np.bool_)
            rows[self.segments.row[own[covered[own]]]] = True
            if rows.any():
                chosen[name] = tuple(np.split(rows, np.cumsum(counts)[:-1]))
        area, is_black = self.segments.area, self.segments.features.tone <= INK
        own = np.where(covered, area if inside is None else area * inside, 0.0)
        total = float(own.sum())
        if not total:
            return Cover(chosen)
        return Cover(chosen, total / float(area.sum()), float(own[is_black].sum()) / total)

    def group_at(self, anchor: Anchor) -> int | None:
        """The group, as the palette numbers it, of the segment that an anchor lies on; None for none."""
        at = self._locate([Edit(0, "", Reach.SEGMENT, (anchor,))]).anchors.get(anchor)
        group = NO_GROUP if at is None else int(self.groups[at])
        return None if group == NO_GROUP else group

    @property
    def groups(self) -> I64:
        """The group of each segment as the palette numbers it, N."""
        numbers = np.full(len(self.segments), NO_GROUP, np.int64)
        for name, own in zip(self.drawings, self.segments.by_page(), strict=True):
            corrections = Corrections.from_artifact(self.drawings[name].get(HARMONIZE))
            if corrections.windows:
                rows = np.concatenate([window.group for window in corrections.windows])
                numbers[own] = rows[self.segments.row[own]]
        return numbers

    def members(self, palette: Palette, group: int) -> Mask:
        """The segments of a group, N, with those of groups that have been merged into it since. Raises
        ``UsageError`` where it has none."""
        numbers = {group}
        for merge in reversed([step for step in palette.regrouping if isinstance(step, Merge)]):
            if merge.groups[0] in numbers:
                numbers.update(merge.groups)
        members = np.isin(self.groups, list(numbers))
        if not members.any():
            raise UsageError(
                f"group {group} has no surface yet", "Colour the chapter again, and see what is in it then."
            )
        return members

    def freeze(self, palette: Palette, group: int, colour: str) -> Edit:
        """The edit that gives a colour to a group as it is."""
        members = self.members(palette, group)
        return freeze_group(group, colour, members, self.segments, self.index, self.drawings)

    def halve(self, palette: Palette, group: int) -> tuple[bytes, bytes]:
        """What two of a group's segments look like that divide it best."""
        return find_halves(self.members(palette, group), self.segments, PARAMS)

    def _locate(self, edits: Sequence[Edit]) -> Located:
        """Where the points of edits lie. Those of an edit are sought once, whatever else of it changes."""
        fresh = [edit for edit in edits if _points(edit) not in self._located]
        found = locate_edits(fresh, self.index, self.drawings, self.segments) if fresh else Located()
        for place, edit in enumerate(fresh):
            own = {anchor: found.anchors[anchor] for anchor in _anchors(edit) if anchor in found.anchors}
            frozen = {drawing: some for (owner, drawing), some in found.members.items() if owner == place}
            self._located[_points(edit)] = _Found(own, frozen, found.enclosed.get(place))
        anchors: dict[Anchor, int] = {}
        members: dict[tuple[int, int], I64] = {}
        enclosed: dict[int, Enclosed] = {}
        for place, edit in enumerate(edits):
            known = self._located[_points(edit)]
            anchors |= known.anchors
            members |= {(place, drawing): some for drawing, some in known.members.items()}
            enclosed |= {} if known.enclosed is None else {place: known.enclosed}
        return Located(anchors, members, enclosed)


def _anchors(edit: Edit) -> tuple[Anchor, ...]:
    return (*edit.anchors, *edit.negatives)


def _measured_by(edit: Edit) -> _Measured:
    """All of an edit that what is measured of it depends on."""
    return edit.reach, edit.level, _points(edit)


def _points(edit: Edit) -> _Points:
    """All of an edit that says where it is, and where it is not."""
    return edit.anchors, edit.negatives, edit.members, edit.outline
