"""Where the points of edits lie in a chapter: the pages that they mean, and the segments there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mangacolor.core.arrays import I64
from mangacolor.core.types import Point
from mangacolor.stages.edits.enclosing import Enclosed, find_enclosed
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.edits.model import Anchor, Edit, Members, page_digest
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.spreads.drawings import Drawings


@dataclass(frozen=True, slots=True)
class Missed:
    """An anchor that meets nothing, and why."""

    anchor: Anchor
    why: str


@dataclass(frozen=True, slots=True)
class Located:
    """Points of edits among the N segments of a chapter.

    ``anchors``: the index of the segment that each lies on. ``members``: for each edit (by its place among
    the edits) and drawing (by its number) that was there when its group was frozen, the indices of its
    segments. ``enclosed``: what the outline of an edit (by its place) holds, with the indices of segments as
    its rows. ``missed``: anchors on pages of the chapter that lie on none.
    """

    anchors: Mapping[Anchor, int] = field(default_factory=dict)
    members: Mapping[tuple[int, int], I64] = field(default_factory=dict)
    enclosed: Mapping[int, Enclosed] = field(default_factory=dict)
    missed: Sequence[Missed] = ()


class PageIndex:
    """The pages of a chapter by digest and name. ``sources``: for each its file's sha256 (hex)."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._digests = {name: page_digest(sha256) for name, sha256 in sources.items()}
        self._names: dict[str, str] = {}
        for name, digest in self._digests.items():
            self._names.setdefault(digest, name)

    def digest_of(self, page: str) -> str:
        return self._digests[page]

    def find(self, page: str, digest: str) -> str | None:
        """The page with this digest, of several the one with this name; by its name alone where it has no
        digest."""
        if not digest:
            return page if page in self._digests else None
        return page if self._digests.get(page) == digest else self._names.get(digest)

    def members_on(self, page: str, members: Sequence[Members]) -> Members | None:
        """What a frozen group has on a page; None for a page that was not there when it was frozen."""
        own = [entry for entry in members if entry.digest == self._digests[page]]
        return next((entry for entry in own if entry.page == page), own[0] if own else None)


def locate_edits(
    edits: Sequence[Edit], index: PageIndex, drawings: Drawings, segments: ChapterSegments
) -> Located:
    """Find the segments that edits name. Only pages with points are read, one at a time."""
    anchors, missed = _by_drawing(edits, index, drawings)
    outlines = _outlines_by_drawing(edits, index, drawings)
    members = _members_by_drawing(edits, index, drawings)
    found: dict[Anchor, int] = {}
    frozen: dict[tuple[int, int], I64] = {}
    enclosed: dict[int, Enclosed] = {}
    places = _Places(segments)
    for number, name in enumerate(drawings):
        if not (anchors[name] or outlines[name] or any(points for _, points in members[name])):
            frozen |= {(edit, number): np.zeros(0, np.int64) for edit, _ in members[name]}
            continue
        look = PageLook.of(drawings[name])
        for anchor, (x, y) in anchors[name].items():
            met, why = look.meet(x, y)
            place = None if met is None else places.find(number, look.row_of(*met))
            if place is None:
                missed.append(Missed(anchor, why))
            else:
                found[anchor] = place
        for edit, points in members[name]:
            rows = {look.row_at(x, y) for x, y in points}
            indices = {places.find(number, row) for row in rows} - {None}
            frozen[edit, number] = np.array(sorted(index for index in indices if index is not None), np.int64)
        for edit, outline in outlines[name]:
            enclosed[edit] = places.index(number, find_enclosed(look, outline))
    return Located(found, frozen, enclosed, missed)


def _find_page(anchor: Anchor, index: PageIndex, drawings: Drawings) -> str | None:
    """The page that an anchor means, as it is called now; None where that is gone."""
    page = index.find(anchor.page, anchor.digest)
    return page if page in drawings.speakers else None


def _by_drawing(
    edits: Iterable[Edit], index: PageIndex, drawings: Drawings
) -> tuple[defaultdict[str, dict[Anchor, Point]], list[Missed]]:
    """The anchors on each drawing with their points there; and those beside the half that they name."""
    found: defaultdict[str, dict[Anchor, Point]] = defaultdict(dict)
    missed: list[Missed] = []
    points = (a for edit in edits if not edit.outline for a in (*edit.anchors, *edit.negatives))
    for anchor in dict.fromkeys(points):
        page = _find_page(anchor, index, drawings)
        if page is None:
            continue
        half = drawings.half_size(page)
        if half is not None and not (anchor.x < half[0] and anchor.y < half[1]):
            missed.append(Missed(anchor, f"the page has {half[0]}×{half[1]} pixels"))
            continue
        name, x, y = drawings.find_point(page, anchor.x, anchor.y)
        found[name][anchor] = x, y
    return found, missed


def _members_by_drawing(
    edits: Sequence[Edit], index: PageIndex, drawings: Drawings
) -> defaultdict[str, list[tuple[int, list[Point]]]]:
    """For each drawing the edits whose group was frozen with it, and the points that these have there."""
    found: defaultdict[str, list[tuple[int, list[Point]]]] = defaultdict(list)
    for place, edit in enumerate(edits):
        if not edit.members:
            continue
        points: dict[str, list[Point]] = {}
        for page, speaker in drawings.speakers.items():
            own = index.members_on(page, edit.members)
            if own is not None:
                there = (drawings.find_point(page, x, y) for x, y in own.points)
                points.setdefault(speaker, []).extend((x, y) for _, x, y in there)
        for name, some in points.items():
            found[name].append((place, some))
    return found


def _outlines_by_drawing(
    edits: Sequence[Edit], index: PageIndex, drawings: Drawings
) -> defaultdict[str, list[tuple[int, list[Point]]]]:
    """For each drawing the edits with an outline on it, and its corners there."""
    found: defaultdict[str, list[tuple[int, list[Point]]]] = defaultdict(list)
    for place, edit in enumerate(edits):
        if not edit.outline:
            continue
        page = _find_page(edit.anchors[0], index, drawings)
        if page is None:
            continue
        corners = [drawings.find_point(page, x, y) for x, y in edit.outline]
        found[drawings.speakers[page]].append((place, [(x, y) for _, x, y in corners]))
    return found


class _Places:
    """At which index of a chapter's segments the one with a drawing and a row there is."""

    def __init__(self, segments: ChapterSegments) -> None:
        columns = zip(segments.page.tolist(), segments.row.tolist(), strict=True)
        self._index = {place: index for index, place in enumerate(columns)}

    def find(self, drawing: int, row: int | None) -> int | None:
        return None if row is None else self._index.get((drawing, row))

    def index(self, drawing: int, enclosed: Enclosed) -> Enclosed:
        """The same of the segments that take part, whose rows are their indices then."""
        found = [self._index.get((drawing, row), -1) for row in enclosed.rows.tolist()]
        indices = np.array(found, np.int64)
        which = np.flatnonzero(indices >= 0)
        return enclosed.take(which, indices[which])
