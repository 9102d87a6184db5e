"""A group as it is at a moment: a point in each of its segments, and those that speak for it elsewhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np

from mangacolor.core.arrays import F64, I64, Mask, SegmentMap
from mangacolor.core.types import Point
from mangacolor.stages.edits.changes import add_edit
from mangacolor.stages.edits.locating import PageIndex
from mangacolor.stages.edits.looking import PageLook
from mangacolor.stages.edits.model import Anchor, Edit, Members, Reach
from mangacolor.stages.edits.palette import Palette
from mangacolor.stages.edits.params import PARAMS, EditParams
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.likeness import segment_likeness
from mangacolor.stages.segments.pixels import pixels_by_segment
from mangacolor.stages.spreads.drawings import Drawings


def freeze_group(
    group: int,
    colour: str,
    members: Mask,
    segments: ChapterSegments,
    index: PageIndex,
    drawings: Drawings,
) -> Edit:
    """The edit that gives a colour to a group's ``members`` (N), whatever becomes of the group later.

    Its anchors are the segments that are most like the others: by them pages that come later join. Its id is
    0, and it has no anchor where there is no member.
    """
    typical = set(find_typical(members, segments, PARAMS).tolist())
    points: defaultdict[str, list[Point]] = defaultdict(list)
    anchors: list[Anchor] = []
    for number, name in enumerate(drawings):
        own = np.nonzero(members & (segments.page == number))[0]
        if not len(own):
            continue
        look = PageLook.of(drawings[name])
        places = _inner_points(look, set(segments.row[own].tolist()))
        for segment in own.tolist():
            if (at := places.get(int(segments.row[segment]))) is None:
                continue  # nothing of it is seen
            page, (x, y, _, _) = drawings.find_place(name, (*at, 1, 1))
            points[page].append((x, y))
            if segment in typical:
                looks = segments.features.look_of(segment)
                anchors.append(Anchor(page, x, y, index.digest_of(page), looks))
    frozen = tuple(Members(page, index.digest_of(page), tuple(points[page])) for page in drawings.speakers)
    return Edit(0, colour, Reach.GROUP, tuple(anchors), group=group, members=frozen)


def freeze_edited(
    palette: Palette,
    identity: I64,
    segments: ChapterSegments,
    sources: Mapping[str, str],
    drawings: Drawings,
) -> Palette:
    """The palette with an edit for each group whose entry somebody has given another colour by hand.

    ``identity``: N, the id of each segment's group. ``sources``: of each page its file's sha256.
    """
    index = PageIndex(sources)
    for entry in palette.groups:
        members = identity == entry.id
        if not entry.edited or not members.any():
            continue
        edit = freeze_group(entry.id, entry.colour, members, segments, index, drawings)
        if edit.anchors:
            found = [replace(e, colour=e.found) if e.id == entry.id else e for e in palette.groups]
            palette = add_edit(palette.with_groups(found), replace(edit, locked=entry.locked))
    return palette


def find_typical(members: Mask, segments: ChapterSegments, params: EditParams) -> I64:
    """The members (N) that are most like the others, each for those that no earlier one is like: indices.

    Greedy maximisation of a submodular function, the weighted likeness of each member to the nearest chosen
    one (facility location; Nemhauser, Wolsey & Fisher 1978).
    """
    weight = segments.features.root_area
    indices = np.nonzero(members)[0]
    indices = indices[np.argsort(-weight[indices], kind="stable")][: params.typical_among]
    features = segments.features.take(indices)
    alike = segment_likeness(features, features)
    best: F64 = np.zeros(len(indices))
    chosen: list[int] = []
    for _ in range(min(params.typical_members, len(indices))):
        gain = (weight[indices][:, None] * np.maximum(alike, best[:, None])).sum(axis=0)
        gain[chosen] = -1.0
        chosen.append(int(gain.argmax()))
        best = np.maximum(best, alike[:, chosen[-1]])
    return indices[chosen]


def with_looks(edit: Edit, looks: dict[Anchor, bytes]) -> Edit:
    """The edit with what its anchors look like, as far as that is known (``looks``)."""
    anchors, negatives = (
        tuple(replace(anchor, looks=looks.get(anchor, anchor.looks)) for anchor in some)
        for some in (edit.anchors, edit.negatives)
    )
    return replace(edit, anchors=anchors, negatives=negatives)


def _inner_points(look: PageLook, rows: set[int]) -> dict[int, Point]:
    """For each of these rows of a page a pixel as far inside its segment as there is, as it is seen."""
    found: dict[int, Point] = {}
    for number, window in enumerate(look.colours.windows):
        first = look.row_of(number, 1)
        wanted = [label for label in range(1, window.segments + 1) if first + label - 1 in rows]
        if not wanted:
            continue
        x, y = look.pixels_of(number)
        labels, width = look.seen_labels(number), window.labels.shape[1]
        depth, pixels = _depth(labels).ravel(), pixels_by_segment(labels, window.segments)
        for label in wanted:
            inside = pixels[label - 1]
            if not len(inside):
                continue
            row, column = divmod(int(inside[depth[inside].argmax()]), width)
            point = int(x[column]), int(y[row])
            if look.row_at(*point) == first + label - 1:
                found[first + label - 1] = point
    return found


def _depth(labels: SegmentMap) -> F64:
    """How far each pixel is from the border of its segment, H×W."""
    padded = np.pad(labels.astype(np.float32), 1)
    kernel = np.ones((3, 3), np.uint8)
    inner = (cv2.dilate(padded, kernel) == cv2.erode(padded, kernel)) & (padded > 0)
    depth = cv2.distanceTransform(inner.astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    return np.asarray(depth, dtype=np.float64)
