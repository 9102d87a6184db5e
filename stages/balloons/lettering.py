"""Lettering: groups of glyph-like strokes on clean paper, found without a network.

What sets lettering apart from a face is regularity: glyphs of one size and pitch, packed closely on
paper of one tone. Eyes and a mouth are few, of different sizes, and far apart for their size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import I32
from mangacolor.core.types import Box, Image, Point
from mangacolor.stages.balloons.params import DEFAULTS, LetteringParams


@dataclass(frozen=True, slots=True)
class Lettering:
    """One block of lettering: where it is, how large its glyphs are, how sure we are (0 to 1).

    ``mask`` (H×W uint8, 255 = block) covers the glyphs and the gaps between them, inside ``box``.
    """

    box: Box
    mask: Image
    glyph: float
    confidence: float


def find_lettering(luma: Image, params: LetteringParams = DEFAULTS.lettering) -> list[Lettering]:
    """Blocks of dark lettering on bright paper in ``luma`` (H×W uint8). Invert it for white on black."""
    glyphs = _find_glyphs(luma, params)
    if len(glyphs) == 0:
        return []
    blocks = []
    for members in _group_glyphs(glyphs, luma.shape, params):
        block = _make_block(members, luma, params)
        if block is not None:
            blocks.append(block)
    return blocks


def _find_glyphs(luma: Image, params: LetteringParams) -> I32:
    """Boxes (x, y, w, h, ink) of dark components that could be a glyph, ringed by clean paper."""
    ink = (luma < params.ink).astype(np.uint8)
    count, _labels, stats, _centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = np.asarray(stats[1:count], dtype=np.int32)
    x, y, w, h, area = boxes.T
    largest = max(24, int(params.largest_glyph * max(luma.shape)))
    likely = (np.maximum(w, h) >= params.smallest_glyph) & (np.maximum(w, h) <= largest)
    likely &= area >= params.smallest_area
    likely &= area < 0.85 * w * h + 12
    boxes = boxes[likely]
    x, y, w, h, _area = boxes.T
    bright = cv2.integral((luma > 255 - params.paper_slack).astype(np.uint8))
    outer = box_sums(bright, x - 2, y - 2, w + 4, h + 4) - box_sums(bright, x, y, w, h)
    ring = np.maximum((w + 4) * (h + 4) - w * h, 1)
    return np.asarray(boxes[outer >= params.clean_ring * ring], np.int32)


def box_sums(
    integral: npt.NDArray[Any],
    x: I32,
    y: I32,
    w: I32,
    h: I32,
) -> I32:
    """The sums of a picture over boxes (each N), from its ``cv2.integral``."""
    rows, columns = integral.shape
    left, right = np.clip(x, 0, columns - 1), np.clip(x + w, 0, columns - 1)
    top, bottom = np.clip(y, 0, rows - 1), np.clip(y + h, 0, rows - 1)
    sums = integral[bottom, right] - integral[top, right] - integral[bottom, left] + integral[top, left]
    return np.asarray(sums, np.int32)


def _group_glyphs(glyphs: I32, shape: tuple[int, ...], params: LetteringParams) -> list[I32]:
    """Glyphs that lie within about one glyph of each other and are of similar size; not too few of them."""
    size = np.maximum(glyphs[:, 2], glyphs[:, 3])
    groups: list[I32] = []
    for low, high in params.glyph_ranges:
        members = glyphs[(size >= low / 2.5) & (size <= high)]
        anchors = size[(size >= low) & (size <= high)]
        if len(anchors) < params.least_glyphs:
            continue
        reach = int(params.reach * _median(anchors)) + 1
        canvas = np.zeros(shape[:2], np.uint8)
        _fill_boxes(canvas, members, reach, 1)
        count, labels = cv2.connectedComponents(canvas)
        owner = labels[members[:, 1] + members[:, 3] // 2, members[:, 0] + members[:, 2] // 2]
        many = np.flatnonzero(np.bincount(owner, minlength=count) >= params.least_glyphs)
        groups += [members[owner == label] for label in many if label > 0]
    return groups


def _fill_boxes(canvas: Image, members: I32, pad: int, value: int, corner: Point = (0, 0)) -> None:
    """Fill the boxes of glyphs, and ``pad`` pixels around them, on a canvas whose ``corner`` (x, y) lies
    there on the page."""
    low = members[:, :2] - np.array(corner) - pad
    high = low + members[:, 2:4] + 2 * pad
    for first, last in zip(low.tolist(), high.tolist(), strict=True):
        cv2.rectangle(canvas, first, last, value, -1)


def _make_block(members: I32, luma: Image, params: LetteringParams) -> Lettering | None:
    """A group of glyphs as a block, if it looks like lettering."""
    size = np.maximum(members[:, 2], members[:, 3])
    large = size[size >= 0.5 * size.max()]
    if len(large) < params.least_glyphs:
        return None
    glyph = _median(large)
    pad = int(0.5 * glyph) + 1
    rows, columns = luma.shape[:2]
    (left, top), (right, bottom) = members[:, :2].min(0), (members[:, :2] + members[:, 2:4]).max(0)
    x0, y0 = max(int(left) - pad, 0), max(int(top) - pad, 0)
    x1, y1 = min(int(right) + pad, columns), min(int(bottom) + pad, rows)
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    _fill_boxes(mask, members, pad, 255, (x0, y0))
    inside = luma[y0:y1, x0:x1][mask > 0]
    light, dark = (
        int(np.count_nonzero(some)) for some in (inside > 255 - params.paper_slack, inside < params.ink)
    )
    paper, ink = light / len(inside), dark / len(inside)
    own = int(members[:, 4].sum()) / max(dark, 1)
    if paper < params.least_paper or not params.least_ink < ink < params.most_ink or own < params.own_ink:
        return None
    spread = float(np.std(large) / glyph)
    tone = float(1.0 - paper - ink)  # neither: anti-aliasing, or a drawing
    confidence = 1.0 - 1.2 * max(tone - 0.25, 0.0) - 0.6 * max(spread - 0.25, 0.0) - 0.8 * (1 - own)
    confidence *= min(1.0, 0.4 + 0.1 * len(large)) * _alignment(members, glyph)
    if confidence < params.least_confidence:
        return None
    return Lettering((x0, y0, x1 - x0, y1 - y0), mask, glyph, float(np.clip(confidence, 0, 1)))


def _median(sizes: I32) -> float:
    """As ``np.median``, whose checks take longer than a few sizes do."""
    ordered: list[int] = sorted(sizes.tolist())
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _alignment(members: I32, glyph: float) -> float:
    """1 where a few glyphs stand in one row or column, less where they are strewn; many may be a block."""
    if len(members) > 7:
        return 1.0
    centres = members[:, :2] + members[:, 2:4] / 2
    strewn = float(centres.std(axis=0).min()) / glyph
    return float(np.clip(1.45 - strewn, 0.3, 1.0))
