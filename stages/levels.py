"""``--levels auto``: a washed-out scan's ink to black and its paper to white, where the page shows both.

Paper is a large flat light ground with nothing lighter on the page; ink is the level that the cores of thin
dark strokes share, with nothing darker. Drawn greys share no level (pencil), or lie on no paper (a painting),
and a page lit unevenly has no one paper: such pages stay as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.colour import luma as luma_of
from mangacolor.core.types import Image
from mangacolor.stages.classify.tint import TINT, unexplained_chroma

# Levels of luma up to which ink is black enough, and from which paper is white enough, to be left alone.
BLACK_ENOUGH: Final = 40
WHITE_ENOUGH: Final = 238
# Levels: the palest ink and the darkest paper of a faded scan; beyond them it is a drawing in grey.
PALEST_INK: Final = 110
DARKEST_PAPER: Final = 150
# Levels of ink on paper that is white enough: only the drawing can say that it is grey on purpose.
PALEST_INK_ON_WHITE: Final = 70
# Pixels a side, and levels within it: flat ground has no more, whatever the scan's noise.
_FLAT_SIDE: Final = 7
_FLAT_RANGE: Final = 28
# Share of the page that is flat paper at least.
_LEAST_PAPER: Final = 0.04
# Levels below the paper's where it lies if it is lit unevenly, and its share there from which it is.
_SHADED: Final = 30
_MOST_SHADED: Final = 0.35
# Pixels: strokes are thinner than this. Levels by which they stand out, and the share of the page that their
# flat cores are.
_STROKE: Final = 13
_STANDS_OUT: Final = 60
_LEAST_INK: Final = 0.0004
# Share of the cores that has the ink's level.
_SAME_INK: Final = 0.5
# Levels around a peak that are the peak; levels from which on something lies beyond it, and the share of the
# page, flat, that may.
_AROUND: Final = 10
_CLEARLY: Final = 16
_BEYOND: Final = 0.0004


@dataclass(frozen=True, slots=True)
class Levels:
    """The colours (RGB, 0 to 255) of a page's ink and paper."""

    ink: tuple[int, int, int]
    paper: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Left:
    """Why a page keeps its levels. ``told``: whether its reader may have hoped for more."""

    reason: str
    told: bool = False


def find_levels(pixels: Image, grey: bool) -> Levels | Left:
    """The levels of a washed-out page (H×W×3 uint8 RGB), or why it is left as it is."""
    luma = luma_of(pixels)
    paper = _find_paper(luma)
    if isinstance(paper, Left):
        return paper
    level, flat = paper
    ink = _find_ink(luma, level)
    if isinstance(ink, Left):
        return ink
    darkest, cores = ink
    if darkest <= BLACK_ENOUGH and level >= WHITE_ENOUGH:
        return Left("normal")
    palest = PALEST_INK if level < WHITE_ENOUGH else PALEST_INK_ON_WHITE
    if darkest > palest:
        return Left(f"strokes of level {darkest} on paper of {level} may be drawn in grey", told=True)
    if not grey and unexplained_chroma(pixels, TINT) > 1:
        return Left("in colour")
    return Levels(_colour(pixels, cores), _colour(pixels, flat))


def stretch(pixels: Image, levels: Levels) -> Image:
    """The page with its ink at 0 and its paper at 255 in each channel: the paper's tint goes with it."""
    values = np.arange(256, dtype=np.float64)
    curves = [
        np.rint((values - dark) * 255 / (light - dark)).clip(0, 255)
        for dark, light in zip(levels.ink, levels.paper, strict=True)
    ]
    table = np.stack(curves, axis=-1).astype(np.uint8)[:, None, :]
    return np.asarray(cv2.LUT(pixels, table), dtype=np.uint8)


def _find_paper(luma: Image) -> tuple[int, Mask] | Left:
    """The paper's level and where it lies flat."""
    light = _flat(luma, _FLAT_SIDE) & (luma >= DARKEST_PAPER)
    counts = _histogram(luma[light])
    level = _lightest(counts, _LEAST_PAPER * luma.size)
    if level is None:
        return Left("no paper is found", told=True)
    flat = light & _is_near(luma, level)
    below = counts[level - _SHADED : level - _AROUND].sum()
    if below > _MOST_SHADED * flat.sum():
        return Left("its paper is lit unevenly, or shaded", told=True)
    if counts[level + _CLEARLY :].sum() > _BEYOND * luma.size:
        return Left("there is something lighter than its paper", told=True)
    return level, flat


def _find_ink(luma: Image, paper: int) -> tuple[int, Mask] | Left:
    """The ink's level and the cores of strokes that have it."""
    square = np.ones((_STROKE, _STROKE), np.uint8)
    flat = _flat(luma, 3) & (luma < paper - _STANDS_OUT)
    cores = flat & (cv2.morphologyEx(luma, cv2.MORPH_BLACKHAT, square) >= _STANDS_OUT)
    counts = _histogram(luma[cores])
    if counts.sum() < _LEAST_INK * luma.size:
        return Left("no ink is found", told=True)
    level = _peak(counts)
    same = cores & _is_near(luma, level)
    if same.sum() < _SAME_INK * counts.sum():
        return Left("its strokes share no level", told=level > BLACK_ENOUGH)
    if _histogram(luma[flat])[: max(0, level - _CLEARLY)].sum() > _BEYOND * luma.size:
        return Left("there is something darker than its ink", told=level > BLACK_ENOUGH)
    return level, same


def _flat(luma: Image, side: int) -> Mask:
    """Where squares of ``side`` pixels span few levels."""
    square = np.ones((side, side), np.uint8)
    return np.asarray(cv2.subtract(cv2.dilate(luma, square), cv2.erode(luma, square)) <= _FLAT_RANGE)


def _is_near(luma: Image, level: int) -> Mask:
    return np.asarray(np.abs(luma.astype(np.int16) - level) <= _AROUND)


def _histogram(values: Image) -> F64:
    return np.bincount(values, minlength=256).astype(np.float64)


def _peak(counts: F64) -> int:
    """The level around which most pixels lie."""
    around = int(np.convolve(counts, np.ones(_AROUND + 1), "same").argmax())
    return _median(counts, around, _AROUND // 2)


def _lightest(counts: F64, least: float) -> int | None:
    """The lightest level around which ``least`` pixels lie."""
    sums = np.convolve(counts, np.ones(2 * _AROUND + 1), "same")
    enough = np.flatnonzero(sums >= least)
    if not len(enough):
        return None
    last = int(enough[-1])
    nearby = sums[max(0, last - 2 * _AROUND) : last + 1][::-1]
    return _median(counts, last - int(nearby.argmax()), _AROUND)


def _median(counts: F64, around: int, reach: int) -> int:
    first = max(0, around - reach)
    sums = np.cumsum(counts[first : around + reach + 1])
    return first + int(np.searchsorted(sums, sums[-1] / 2))


def _colour(pixels: Image, where: Mask) -> tuple[int, int, int]:
    red, green, blue = np.median(pixels[where], axis=0)
    return int(red), int(green), int(blue)
