"""Values of surfaces as fields over a window: constant inside each, and how they meet at their borders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.segments.features import TEXTURE
from mangacolor.stages.segments.segmentation import barrier

Floats = npt.NDArray[np.float32]

# Sigma at which surfaces meet, in working-scale pixels: at ink, and where there is none.
CRISP, SOFT = 0.8, 5.0
FLAT, ROUGH = 8.0, 40.0  # deviation of the scan's luma within a surface: of flat print, and of a painting
EVEN_FLAT, EVEN_ROUGH = 0.9, 0.3  # share of a surface's own variation of colour that is taken away
HOLD = 0.1  # of the root of its area: how firmly a surface keeps its own, against pixels of open border
INK_LOW, INK_HIGH = 8.0, 28.0  # barrier from which two surfaces begin to meet crisply, and wholly do


def evenness(table: Image) -> Floats:
    """How far each surface (rows of ``surface_table``) is evened out, N in [0, 1]: what is printed flat is to
    be coloured flat, and blotches in it are the network's; a painted surface may well change its colour."""
    rough = (table[:, TEXTURE].astype(np.float32) - FLAT) / (ROUGH - FLAT)
    return np.asarray(EVEN_FLAT + (EVEN_ROUGH - EVEN_FLAT) * np.clip(rough, 0, 1), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Borders:
    """Where nothing marks the border between two surfaces of a window: most likely they are one thing.

    ``soft``: H×W, 1 around such borders, falling to 0 where there is ink and away from borders. ``length``:
    N×N, how many pixels of such border two surfaces share. ``area``: N, pixels of each surface, at least one.
    """

    soft: Floats
    length: Floats
    area: Floats


def open_borders(labels: Image, grey: Image) -> Borders:
    """``labels``: a window's surfaces, H×W. ``grey``: its luma without halftone, as large."""
    soft = _softness(labels, barrier(grey))
    count = int(labels.max()) + 1
    total = np.zeros(count * count)
    for one, other in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        there = labels[one] != labels[other]
        pair = labels[one][there].astype(np.int64) * count + labels[other][there]
        total += np.bincount(pair, weights=soft[one][there], minlength=count * count)
    length = total.reshape(count, count)[1:, 1:]
    area = np.maximum(np.bincount(labels.ravel())[1:], 1)
    return Borders(soft, (length + length.T).astype(np.float32), area.astype(np.float32))


def eased(values: Floats, borders: Borders) -> Floats:
    """Values of surfaces (N×C) drawn together across open borders, so that what is one thing stays one.

    The larger a surface, the more it keeps its own.
    """
    hold = HOLD * np.sqrt(borders.area)
    matrix = np.diag(hold + borders.length.sum(axis=1)) - borders.length
    return np.asarray(np.linalg.solve(matrix, hold[:, None] * values), dtype=np.float32)


def settled(field: Floats, labels: Image, borders: Borders) -> Floats:
    """The field of moves (H×W×C), softened where no ink divides two surfaces. Ground stays without."""
    inside = (labels > 0).astype(np.float32)
    soft = borders.soft[..., None]
    blurred = []
    for sigma in (CRISP, SOFT):
        share = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None]
        blurred.append(cv2.GaussianBlur(field, (0, 0), sigma) / np.maximum(share, 1e-3))
    return np.asarray(((1 - soft) * blurred[0] + soft * blurred[1]) * inside[..., None], dtype=np.float32)


def _softness(labels: Image, walls: Floats) -> Floats:
    kernel = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel)) & (labels > 0)
    crest = cv2.dilate(walls, np.ones((5, 5), np.uint8))
    open_here = np.where(border, 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1), 0)
    reach = 2 * round(2 * SOFT) + 1
    near = cv2.dilate(open_here.astype(np.float32), np.ones((reach, reach), np.uint8))
    # Not beyond the next line: the soft field has come through it.
    near *= 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1)
    return np.asarray(cv2.GaussianBlur(near, (0, 0), SOFT / 2), dtype=np.float32)
