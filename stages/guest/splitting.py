"""Segments cut where the guest's colours say that they are two surfaces.

No line and no edge of tone may divide skin from a white sleeve in the scan. Who coloured the page has seen
that they are two things, and says where one ends.
"""

from __future__ import annotations

from collections import deque

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, Mask, SegmentMap
from mangacolor.stages.guest.params import SplittingParams
from mangacolor.stages.segments.segmentation import MAX_SEGMENTS

# Segments of a window after splitting at most.
MOST_LABELS = 2 * MAX_SEGMENTS
# Steps of Lloyd's algorithm after the first cut.
_LLOYD_STEPS = 4


def split_segments(
    labels: SegmentMap, smooth: F32, valid: Mask, params: SplittingParams
) -> tuple[SegmentMap, tuple[int, ...]]:
    """``labels`` (H×W) with segments of two colours cut in two, and for each new number the row of the
    segment that it is cut from. The number of a segment stays with its largest piece.

    ``smooth``: H×W×2, the guest's Cb and Cr in levels, without noise and thin lines. ``valid``: H×W, where
    these say something.
    """
    count = int(labels.max(initial=0))
    split, parents = labels.copy(), list[int]()
    pieces = dict.fromkeys(range(1, count + 1), 1)
    queue = deque((label, label) for label in range(1, count + 1))  # and the segment that it is part of
    while queue:
        label, origin = queue.popleft()
        if count + len(parents) >= MOST_LABELS or pieces[origin] >= params.max_pieces:
            continue
        inside = split == label
        area = _bounds(inside)
        smaller = _find_smaller_half(inside[area], smooth[area], valid[area], params)
        if smaller is None:
            continue
        parents.append(origin - 1)
        new = count + len(parents)
        split[area][smaller] = new
        pieces[origin] += 1
        queue += [(label, origin), (new, origin)]
    return split, tuple(parents)


def _bounds(inside: Mask) -> tuple[slice, slice]:
    """The rows and columns that a segment takes, H×W."""
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _find_smaller_half(inside: Mask, smooth: F32, valid: Mask, params: SplittingParams) -> Mask | None:
    """The smaller of the two surfaces that a segment is (H×W), or None if it is one."""
    points = smooth[inside & valid]
    if len(points) < 2 * params.least_area:
        return None
    centres = _two_centres(points[:: -(-len(points) // params.most_points)], params)
    if centres is None:
        return None
    first, other = (((smooth - centre) ** 2).sum(axis=2) for centre in centres)
    second = _majority((other < first) & inside, inside, params.majority)
    second = _without_islands(second, inside, params.least_area)
    smaller = second if second.sum() * 2 <= inside.sum() else inside & ~second
    enough = smaller.sum() >= max(params.least_area, params.least_share * inside.sum())
    return smaller if enough else None


def _two_centres(points: F32, params: SplittingParams) -> F32 | None:
    """The chroma of two clusters (2×2) of points (P×2), or None where they are one."""
    middle = points.mean(axis=0)
    if float(np.abs(points - middle).max()) < params.least_distance / 2:
        return None
    _, directions = np.linalg.eigh(np.cov((points - middle).T.astype(np.float64)))
    along = (points - middle) @ directions[:, -1].astype(np.float32)
    second = along > _otsu(along)
    for _ in range(_LLOYD_STEPS):
        if not second.any() or second.all():
            return None
        centres = np.stack([points[~second].mean(axis=0), points[second].mean(axis=0)])
        far = ((points[:, None] - centres) ** 2).sum(axis=2)
        second = far[:, 1] < far[:, 0]
    if not second.any() or second.all():
        return None
    distance = float(np.linalg.norm(centres[1] - centres[0]))
    strays = [
        float(np.median(np.linalg.norm(points[which] - centre, axis=1)))
        for which, centre in ((~second, centres[0]), (second, centres[1]))
    ]
    apart = distance >= max(params.least_distance, params.least_contrast * sum(strays))
    return np.asarray(centres, dtype=np.float32) if apart else None


def _otsu(values: F32) -> float:
    """The threshold that parts values best in two classes (Otsu, 1979)."""
    ordered = np.sort(values)
    total = np.cumsum(ordered, dtype=np.float64)
    below = np.arange(1, len(ordered))
    above = len(ordered) - below
    apart = total[:-1] / below - (total[-1] - total[:-1]) / above
    return float(ordered[int((below * above * apart**2).argmax())])


def _majority(second: Mask, inside: Mask, side: int) -> Mask:
    """Each pixel of a segment with what most of it around the pixel is."""
    share, whole = (cv2.blur(plane.astype(np.float32), (side, side)) for plane in (second, inside))
    return np.asarray((2 * share > whole) & inside)


def _without_islands(second: Mask, inside: Mask, least: int) -> Mask:
    """The same without pieces of fewer pixels than ``least``, of either surface."""
    for turned in (False, True):
        plane = (inside & ~second) if turned else second
        _, parts, stats, _ = cv2.connectedComponentsWithStats(plane.astype(np.uint8), connectivity=4)
        small: I64 = np.nonzero(stats[:, cv2.CC_STAT_AREA] < least)[0]
        island = np.isin(parts, small[small > 0])
        second = second | island if turned else second & ~island
    return second
