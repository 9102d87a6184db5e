"""How segments meet on the page: beneath the ink where there is some, and else little by little."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, LabelMap, Mask
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.areas.pixel_rows import PixelRows
from mangacolor.stages.reassemble.layers import MOST_REACH, PageSegments
from mangacolor.stages.reassemble.segment_rows import ADD_CB, ADD_CR, KEEP_CHROMA

# Of 255: how free of ink a pixel is that two segments meet in little by little.
FREE = 128
# Luma of a line that hides how colours change, and pixels of the square around a border in which it lies.
LINE = 128
LINE_SIDE = 5
# Levels by which chroma changes from one pixel to the next at most, where an edge of tone is all there is.
GENTLE = 5.0
# Steps of a row that nobody sees: of chroma or tone, and of a share times 255.
UNSEEN = 1.0
# What is between two segments where they meet: ink, an edge of tone alone, nothing.
HIDDEN, EDGE, OPEN = range(3)

_STEPS = np.array([255, 1, 1, 255, 1], np.float32)


def find_neighbours(labels: LabelMap, segments: PageSegments) -> LabelMap:
    """For pixels beside another segment that segment, H×W; 0 for others, and beside what no window holds."""
    other = np.zeros_like(labels)
    flat, found, width = labels.ravel(), other.ravel(), labels.shape[1]
    for step, across in ((1, True), (width, False)):
        here = np.flatnonzero(flat[:-step] != flat[step:])
        if across:
            here = here[(here + 1) % width != 0]  # the next row begins there
        one, two = flat[here], flat[here + step]
        held = (segments.window[one] >= 0) & (segments.window[two] >= 0)
        found[here[held]] = two[held]
        found[here[held] + step] = one[held]
    return other


def find_kinds(grey: Image, free: Image) -> Image:
    """What lies between segments that meet at a pixel, ``HIDDEN``, ``EDGE`` or ``OPEN``: H×W uint8.

    ``grey``: H×W, the page's luma. ``free``: H×W, 255 where nothing is drawn, 1 beside lines and edges, 0
    where colours end though neither is there.
    """
    darkest = cv2.erode(grey, np.ones((LINE_SIDE, LINE_SIDE), np.uint8))
    kinds = ((darkest >= LINE) & (free > 0)).view(np.uint8)
    kinds[free >= FREE] = OPEN
    return kinds


def mix_meeting(
    labels: LabelMap, other: LabelMap, kinds: Image, segments: PageSegments, pixels: PixelRows
) -> tuple[I64, F32]:
    """The pixels of a part of the page (H×W) in which a segment meets another: their places, ascending, and
    the row of each, mixed with its neighbour's: M and M×5.

    ``labels``: segments of the page. ``other``, ``kinds``: as of ``find_neighbours`` and ``find_kinds``.
    ``pixels``: the rows of all before they are mixed.
    """
    beside = np.flatnonzero((other > 0) & (kinds > HIDDEN))
    beside = beside[_meet(labels.ravel()[beside], other.ravel()[beside], kinds.ravel()[beside], segments)]
    one, two = pixels.at(beside), pixels.beyond(beside, labels, other)
    seen = (np.abs(one - two) * _STEPS > UNSEEN).any(axis=1)
    beside, one, two = beside[seen], one[seen], two[seen]
    if not len(beside):
        return beside, np.zeros((0, one.shape[1]), np.float32)
    gentle = 1 + _chroma_apart(one, two) / GENTLE
    soft = _find_reach(labels.ravel()[beside], other.ravel()[beside], segments)
    reach = np.zeros(labels.shape, np.float32)
    reach.ravel()[beside] = np.where(kinds.ravel()[beside] == OPEN, soft, gentle)
    places, sources, share = _find_meetings(labels, reach)
    own = pixels.at(places)
    mixed = own + share[:, None] * (pixels.beyond(sources, labels, other) - own)
    return places, np.asarray(mixed, dtype=np.float32)


def _meet(one: LabelMap, two: LabelMap, kinds: Image, segments: PageSegments) -> Mask:
    """Which pairs of segments (N, N) with this between them meet at all: N. Those of two windows do only
    where nothing is drawn, as an edge may be a panel's thin frame."""
    return np.asarray((kinds == OPEN) | (segments.window[one] == segments.window[two]), dtype=np.bool_)


def _find_reach(one: LabelMap, two: LabelMap, segments: PageSegments) -> F32:
    """Over how many pixels pairs of segments (N, N) meet where nothing is drawn: N. What two windows say
    differs more, so they meet over twice the larger reach of theirs."""
    apart = segments.window[one] != segments.window[two]
    wide = np.minimum(2 * np.maximum(segments.reach[one], segments.reach[two]), MOST_REACH)
    return np.where(apart, wide, segments.reach[one])


def _chroma_apart(one: F32, two: F32) -> F32:
    """How far the colours of rows (N×5) are apart, levels, for a network that sees grey there: N."""
    colours = [rows[:, ADD_CB : ADD_CR + 1] + 128 * rows[:, KEEP_CHROMA, None] for rows in (one, two)]
    return np.asarray(np.linalg.norm(colours[0] - colours[1], axis=1), dtype=np.float32)


def _find_meetings(labels: LabelMap, reach: F32) -> tuple[I64, I64, F32]:
    """For pixels near an end of their own segment: their place, that of the nearest end, and the share of
    what lies beyond that they take: half beside it, less and less further off.

    ``reach``: H×W, 0 where no end is, else over how many pixels it is felt.
    """
    distance, index = cv2.distanceTransformWithLabels(
        (reach == 0).view(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    at = np.flatnonzero(reach)
    end_of = np.zeros(len(at) + 1, np.int64)
    end_of[index.ravel()[at]] = at
    near = np.flatnonzero(distance < min(MOST_REACH, float(reach.max())))
    source, away = end_of[index.ravel()[near]], distance.ravel()[near]
    over, label = reach.ravel()[source], labels.ravel()
    counts = (label[source] == label[near]) & (away < over)
    near, source, away, over = near[counts], source[counts], away[counts], over[counts]
    share = 0.5 * (1 - away / np.clip(over, 1, MOST_REACH)) ** 2
    return near, source, share.astype(np.float32)
