"""Values of segments as fields over a window: constant inside each, and how they meet at their borders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.params import BorderParams, EvennessParams
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.segments.segmentation import barrier


def evenness(features: SegmentFeatures, params: EvennessParams) -> F32:
    """How far each segment is evened out, N in [0, 1]: what is printed flat is to be coloured flat, and
    blotches in it are the network's; a painted segment may well change its colour."""
    span = params.painted_texture - params.flat_texture
    painted = (features.texture.astype(np.float32) - params.flat_texture) / span
    return np.asarray(params.flat + (params.painted - params.flat) * np.clip(painted, 0, 1), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class OpenBorders:
    """Where nothing marks the border between two segments of a window: most likely they are one thing.

    A region adjacency graph whose edges weigh by their open length. ``softness``: H×W, 1 around such borders,
    falling to 0 where there is ink and away from borders. ``length``: N×N, how many pixels of such border two
    segments share. ``area``: N, pixels of each segment, at least one.
    """

    softness: F32
    length: F32
    area: F32


def find_open_borders(
    labels: SegmentMap, grey: Image, params: BorderParams, steps: F32 | None = None, segments: int = 0
) -> OpenBorders:
    """``labels``: a window's segments, H×W; ``segments``: how many it has, if not all of them are seen there.
    ``grey``: its luma without halftone, as large. ``steps``: barriers that the scan does not have, levels,
    as large."""
    walls = barrier(grey, params.segmentation)
    softness = _soften(labels, walls if steps is None else np.maximum(walls, steps), params)
    count = max(segments, int(labels.max())) + 1
    total = np.zeros(count * count)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        differ = labels[here] != labels[there]
        pair = labels[here][differ].astype(np.int64) * count + labels[there][differ]
        total += np.bincount(pair, weights=softness[here][differ], minlength=count * count)
    length = total.reshape(count, count)[1:, 1:]
    area = np.maximum(np.bincount(labels.ravel(), minlength=count)[1:], 1)
    return OpenBorders(softness, (length + length.T).astype(np.float32), area.astype(np.float32))


def smooth_across_open_borders(values: F32, borders: OpenBorders, params: BorderParams) -> F32:
    """Values of segments (N×C) drawn together across open borders, so that what is one thing stays one.

    The least-squares solution on the region adjacency graph (Laplacian smoothing with an anchor): the larger
    a segment, the more it keeps its own.
    """
    anchor = params.anchor * np.sqrt(borders.area)
    matrix = np.diag(anchor + borders.length.sum(axis=1)) - borders.length
    return np.asarray(np.linalg.solve(matrix, anchor[:, None] * values), dtype=np.float32)


def spread_over_pixels(values: F32, labels: SegmentMap) -> F32:
    """A field of the segments' values (N×C): H×W×C, 0 where no segment is."""
    return np.concatenate([np.zeros((1, values.shape[1]), np.float32), values])[labels]


def feather(field: F32, labels: SegmentMap, borders: OpenBorders, params: BorderParams) -> F32:
    """A field of values (H×W×C), softened where no ink divides two segments. Ground stays without."""
    inside = (labels > 0).astype(np.float32)
    softness = borders.softness[..., None]
    blurred = []
    for sigma in (params.crisp_sigma, params.soft_sigma):
        share = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None]
        blurred.append(cv2.GaussianBlur(field, (0, 0), sigma) / np.maximum(share, 1e-3))
    mixed = (1 - softness) * blurred[0] + softness * blurred[1]
    return np.asarray(mixed * inside[..., None], dtype=np.float32)


def _soften(labels: SegmentMap, walls: F32, params: BorderParams) -> F32:
    """``OpenBorders.softness`` of a window with these barriers (H×W)."""
    kernel = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel)) & (labels > 0)
    crest = cv2.dilate(walls, np.ones((5, 5), np.uint8))
    low, high = params.low_barrier, params.high_barrier
    is_open = np.where(border, 1 - np.clip((crest - low) / (high - low), 0, 1), 0)
    reach = 2 * round(2 * params.soft_sigma) + 1
    near = cv2.dilate(is_open.astype(np.float32), np.ones((reach, reach), np.uint8))
    # Not beyond the next line: the soft field has come through it.
    near *= 1 - np.clip((crest - low) / (high - low), 0, 1)
    return np.asarray(cv2.GaussianBlur(near, (0, 0), params.soft_sigma / 2), dtype=np.float32)
