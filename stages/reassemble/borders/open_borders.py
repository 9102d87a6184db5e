"""Where nothing marks the border between two segments: most likely they are one thing, share their values,
and meet softly.

A region adjacency graph whose edges weigh by their open length.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, I64
from mangacolor.core.types import Image
from mangacolor.stages.reassemble.params import BorderParams
from mangacolor.stages.segments.barriers import find_barriers
from mangacolor.stages.windows.artifact import WindowColours

# Pixels around a barrier that count as it: segments may end beside a line's middle.
CREST = 3
# Of the largest value: how exactly values of segments are drawn together.
TOLERANCE = 1e-4
# Steps of conjugate gradients at most: far more than the few dozen that such graphs take.
MAX_STEPS = 300


@dataclass(frozen=True, slots=True)
class OpenBorders:
    """``free``: H×W at drawing scale, 255 where nothing is drawn, falling to 1 beside ink and edges of tone,
    and 0 where somebody says that colours end.

    ``pairs``: P×2, segments (counted from 0) that share ``length`` (P) pixels of open border. ``area``: N,
    pixels of each segment, at least one.
    """

    free: Image
    pairs: I64
    length: F32
    area: F32


def find_open_borders(window: WindowColours, params: BorderParams, steps: F32 | None = None) -> OpenBorders:
    """Those of a window. ``steps``: barriers that the scan does not have, levels, as large as its labels."""
    labels, count, free = window.labels, window.segments, find_free(window, params, steps)
    codes, lengths = [], []
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        meet = labels[here] != labels[there]
        one, other = (labels[side][meet].astype(np.int64) - 1 for side in (here, there))
        both = (one >= 0) & (other >= 0)
        codes.append((np.minimum(one, other) * count + np.maximum(one, other))[both])
        lengths.append((np.maximum(free[here][meet], 1) - 1)[both])
    code, place = np.unique(np.concatenate(codes), return_inverse=True)
    length = np.bincount(place, weights=np.concatenate(lengths), minlength=len(code)) / 254
    return OpenBorders(
        free,
        np.stack(np.divmod(code, max(count, 1)), axis=1),
        length.astype(np.float32),
        np.maximum(np.bincount(labels.ravel(), minlength=count + 1)[1:], 1).astype(np.float32),
    )


def find_free(window: WindowColours, params: BorderParams, steps: F32 | None) -> Image:
    """Where in a window no ink is, as ``OpenBorders`` has it. ``steps``: as of ``find_open_borders``."""
    free = _fall_beside(find_barriers(window.descreened, params.barriers).walls, params)
    if steps is None:
        return np.maximum(free, 1)
    marked = _fall_beside(steps, params)  # these end colours by themselves
    return np.where(marked == 0, 0, np.maximum(np.minimum(free, marked), 1)).astype(np.uint8)


def _fall_beside(walls: F32, params: BorderParams) -> Image:
    crest = cv2.dilate(walls, np.ones((CREST, CREST), np.uint8))
    scale = 255 / (params.high_barrier - params.low_barrier)
    left = np.maximum(np.float32(params.high_barrier) - crest, 0)
    return np.asarray(cv2.convertScaleAbs(left, alpha=scale), dtype=np.uint8)


def smooth_across_open_borders(values: F32, borders: OpenBorders, params: BorderParams) -> F32:
    """Values of segments (N×C) drawn together across open borders, so that what is one thing stays one.

    The least-squares solution on the region adjacency graph (Laplacian smoothing with an anchor): the larger
    a segment, the more it keeps its own.
    """
    own = values.astype(np.float64)
    pull = pull_between(own, borders.pairs, borders.length)
    limit = TOLERANCE * max(1.0, float(np.abs(values).max(initial=0)))
    moved = spread_pull(pull, borders.pairs, borders.length, anchors(borders.area, params), limit)
    return (own + moved).astype(np.float32)


def anchors(area: F32, params: BorderParams) -> F64:
    """How firmly segments of these areas (N, pixels at drawing scale) keep their own, against pixels of open
    border."""
    return np.asarray(params.anchor * np.sqrt(area), dtype=np.float64)


def pull_between(values: F64, pairs: I64, length: F32) -> F64:
    """How much the ``values`` (N×C) of segments that share these borders are drawn to each other's: N×C."""
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    weight = np.concatenate([length, length]).astype(np.float64)
    flows = [np.bincount(rows, weight * (v[columns] - v[rows]), minlength=len(values)) for v in values.T]
    return np.stack(flows, axis=1)


def spread_pull(pull: F64, pairs: I64, length: F32, anchor: F64, limit: float) -> F64:
    """By how much segments move (N×C) that are drawn by ``pull`` (N×C) and held by their ``anchor`` (N).
    Those that share borders (``pairs``, P×2, and their ``length``, P) move together.

    By conjugate gradients (Hestenes & Stiefel 1952), as the graph is sparse. ``limit``: how exactly.
    """
    rows, columns = np.concatenate([pairs, pairs[:, ::-1]]).T
    weight = np.concatenate([length, length]).astype(np.float64)
    count = len(anchor)
    diagonal = anchor + np.bincount(rows, weights=weight, minlength=count)

    def multiply(vectors: F64) -> F64:
        flows = [np.bincount(rows, weight * vector[columns], minlength=count) for vector in vectors.T]
        return diagonal[:, None] * vectors - np.stack(flows, axis=1)

    # One system a column, all at once; Jacobi's preconditioner.
    found, residual = np.zeros_like(pull), pull
    eased = residual / diagonal[:, None]
    direction, energy = eased.copy(), (residual * eased).sum(axis=0)
    enough = limit**2 * float(anchor.min(initial=1))
    for _ in range(MAX_STEPS):
        if (energy <= enough).all():
            break
        ahead = multiply(direction)
        stride = energy / np.maximum((direction * ahead).sum(axis=0), 1e-300)
        found += stride * direction
        residual = residual - stride * ahead
        eased = residual / diagonal[:, None]
        before, energy = energy, (residual * eased).sum(axis=0)
        direction = eased + direction * (energy / np.maximum(before, 1e-300))
    return found
