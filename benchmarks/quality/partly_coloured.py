"""Manga pages with some panels painted over: what ``score_kinds.py`` judges, where the truth is known.

Panels are known by boxes; where two boxes share a strip, their border slants through it. Paint is flat colour
in patches, some of which stay white, under the drawing's own ink and tones; spot colour is one ink over a
part of a panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, Mask
from mangacolor.core.types import Box, Image

Rng = np.random.Generator
CONTAINED: Final = 0.85  # of a box's area, from which on it is an inset
FRAME: Final = 6  # pixels beside a border in which its ink is sought
INK: Final = 90  # luma of it
BORDER: Final = 0.5  # of a slanting line through what two boxes share, that has ink if it is their border
SLIM: Final = 0.45  # width over length of the strip that a slanting border runs through, at most
PATCHES: Final = 14  # of paint in a panel
UNPAINTED: Final = 0.2  # of the patches
SPOT: Final = (205, 35, 40)  # RGB of the second ink


def panel_masks(luma: Image, boxes: Sequence[Box]) -> list[Mask]:
    """The panel in each box of a page (H×W luma), as H×W masks that do not overlap."""
    masks = [np.zeros(luma.shape, bool) for _ in boxes]
    for mask, (x, y, w, h) in zip(masks, boxes, strict=True):
        mask[y : y + h, x : x + w] = True
    for one in range(len(boxes)):
        for other in range(one):
            _part(luma, (boxes[one], boxes[other]), (masks[one], masks[other]))
    return masks


def _part(luma: Image, boxes: tuple[Box, Box], masks: tuple[Mask, Mask]) -> None:
    """Give what two boxes share to the smaller, or, where a border slants through it, to each its side."""
    (x, y, w, h), (x2, y2, w2, h2) = boxes
    left, top, right, bottom = max(x, x2), max(y, y2), min(x + w, x2 + w2), min(y + h, y2 + h2)
    if left >= right or top >= bottom:
        return
    strip = np.s_[top:bottom, left:right]
    falling = _ink_along(luma, (left, top), (right, bottom))
    rising = _ink_along(luma, (left, bottom), (right, top))
    sides = sorted((right - left, bottom - top))
    inset = sides[0] * sides[1] > CONTAINED * min(w * h, w2 * h2)
    if inset or sides[0] > SLIM * sides[1] or max(falling, rising) < BORDER:
        larger = int(w * h < w2 * h2)
        masks[larger][strip] = False
        return
    down, across = np.mgrid[0.5 : bottom - top, 0.5 : right - left]
    down, across = down / (bottom - top), across / (right - left)
    above = down < across if falling > rising else down < 1 - across
    # Upright strips part left from right, lying ones above from below.
    first_is_above = y + h / 2 < y2 + h2 / 2
    if bottom - top > right - left:
        first_is_left = x + w / 2 < x2 + w2 / 2
        first_is_above = first_is_left != (falling > rising)
    masks[0][strip] &= above == first_is_above
    masks[1][strip] &= above != first_is_above


def _ink_along(luma: Image, start: tuple[int, int], end: tuple[int, int]) -> float:
    """The share of a line that has ink at most ``FRAME`` pixels beside it."""
    dark = cv2.erode(luma, np.ones((2 * FRAME + 1, 2 * FRAME + 1), np.uint8)) <= INK
    steps = max(2, abs(end[0] - start[0]), abs(end[1] - start[1]))
    xs = np.linspace(start[0], end[0], steps).astype(int).clip(0, luma.shape[1] - 1)
    ys = np.linspace(start[1], end[1], steps).astype(int).clip(0, luma.shape[0] - 1)
    return float(dark[ys, xs].mean())


def painted(page: Image, masks: Sequence[Mask], rng: Rng) -> Image:
    """The page (H×W×3 RGB) with these panels painted over."""
    done = page.copy()
    for mask in masks:
        done[mask] = (page[mask] * _paint(mask, rng)[mask]).astype(np.uint8)
    return done


def _paint(mask: Mask, rng: Rng) -> F32:
    """H×W×3 in [0, 1]: patches of flat colour around random points of the mask."""
    ys, xs = np.nonzero(mask)
    chosen = rng.integers(len(xs), size=PATCHES)
    palette = np.array([_a_colour(rng) for _ in range(5)], np.float32)
    colours = palette[rng.integers(len(palette), size=PATCHES)]
    colours[rng.random(PATCHES) < UNPAINTED] = 1
    down, across = np.mgrid[: mask.shape[0] : 4, : mask.shape[1] : 4].astype(np.float32)
    distance = np.stack([np.hypot(across - xs[n], down - ys[n]) for n in chosen], axis=-1)
    patches = colours[distance.argmin(axis=-1)]
    whole = cv2.resize(patches, mask.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole, np.float32)


def _a_colour(rng: Rng) -> F64:
    """RGB in [0, 1], from pastel to strong."""
    hsv = np.array([[[rng.uniform(0, 360), rng.uniform(0.25, 0.8), rng.uniform(0.75, 1)]]], np.float32)
    return np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0], np.float64)


def spotted(page: Image, masks: Sequence[Mask], rng: Rng) -> Image:
    """The page with one second ink in a part of each of these panels."""
    done = page.copy()
    for mask in masks:
        ys, xs = np.nonzero(mask)
        at = int(rng.integers(len(xs)))
        radius = float(np.sqrt(mask.sum()) * rng.uniform(0.15, 0.3))
        down, across = np.ogrid[: mask.shape[0], : mask.shape[1]]
        spot = mask & (np.hypot(across - xs[at], down - ys[at]) < radius)
        done[spot] = (page[spot] / 255 * np.array(SPOT)).astype(np.uint8)
    return done
