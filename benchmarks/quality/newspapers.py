"""Made-up comic pages of newspapers as of 1900 to 1912: tiers of panels parted by a single black line.

A page is drawn on four plates (cyan, magenta, yellow, black; H×W uint8, 255 = ink all over), each printed a
little beside the others on yellow paper, and scanned: not quite straight, ragged, stained, faded in places.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.benchmarks.quality.made_page import (
    MadePage,
    draw_through,
    fill_shape,
    letter_at,
    letter_lines,
    ring,
    smooth_noise,
    some_words,
    width_of,
    wobbly,
)
from mangacolor.benchmarks.quality.newspaper_print import print_and_scan
from mangacolor.core.arrays import F64
from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.data.line_art import draw_lines

SEED: Final = 1907
WHITE_BAND: Final = 0.14  # of a panel's height, that lettering within it takes

# What some pages have and others have not, and how many of them do.
HABITS: Final = {
    "round vignettes": 0.2,
    "dark fields at the lines": 0.35,
    "captions within": 0.2,
    "balloons over lines": 0.5,
    "panel numbers": 0.4,
}

# A panel before the page is scanned: x, y, width, height.
Cell = tuple[float, float, float, float]


@dataclass(slots=True)
class Plates:
    """What is printed: ``ink`` 4×H×W uint8 (cyan, magenta, yellow, black), and how the page is drawn."""

    ink: Image
    colour: bool
    line: int  # pixels
    broken: float  # share of a line that is not printed
    unit: float  # pixels: a thousandth of the page's height
    habits: frozenset[str] = frozenset()  # of ``HABITS``, those that the page has
    kinds: set[str] = field(default_factory=set)

    @property
    def black(self) -> Image:
        return np.asarray(self.ink[3], np.uint8)


def make_newspaper(pictures: Sequence[Image], seed: int) -> MadePage:
    """The page of a seed, with ``pictures`` (RGB) in its panels."""
    rng = np.random.default_rng((SEED, seed))
    height = int(rng.choice([1400, 1700, 2000]))
    width = int(height * rng.uniform(0.7, 0.78))
    colour = bool(rng.random() < 0.6)
    ink = np.zeros((4, height, width), np.uint8)
    line = int(rng.choice([1, 2, 3, 4, 5], p=[0.15, 0.3, 0.25, 0.18, 0.12]))
    broken = float(rng.choice([0.0, 0.02, 0.06], p=[0.4, 0.35, 0.25]))
    habits = frozenset(habit for habit, share in HABITS.items() if rng.random() < share)
    plates = Plates(ink, colour, line, broken, height / 1000, habits)
    plates.kinds.add("colour" if colour else "black and white")
    plates.kinds.add("lines of 1 and 2 pixels" if line <= 2 else "lines of 3 to 5 pixels")
    if broken > 0.03:
        plates.kinds.add("broken lines")
    below = bool(rng.random() < 0.25)
    left, right, bottom = (height * rng.uniform(0.015, 0.05) for _ in range(3))
    top = _title(plates, (left, right), rng)
    frame = left, top, width - left - right, height - top - bottom
    cells = _lay_out(plates, frame, below, rng)
    for cell in cells:
        _draw_panel(plates, cell, pictures, rng)
    _rule_lines(plates, cells, rng)
    for cell in cells:
        _letter(plates, cell, rng)
    picture, boxes = print_and_scan(plates.ink, cells, colour, plates.kinds, rng)
    return MadePage(picture, tuple(boxes), tuple(sorted(plates.kinds)))


def _title(plates: Plates, margins: tuple[float, float], rng: np.random.Generator) -> float:
    """Name of the paper, name of the comic in large letters, a line of the date; where the panels begin."""
    height, width = plates.black.shape
    unit, (left, right) = plates.unit, margins
    at = height * rng.uniform(0.012, 0.04)
    if rng.random() < 0.2:
        return float(at)
    if rng.random() < 0.6:
        size = round(9 * unit)
        text = " ".join(some_words(int(rng.integers(5, 12)), rng))
        letter_at(plates.black, text, (left, at + size), size, 255, 500)
        at += 14 * unit
        draw_through(
            plates.black, wobbly((left, at), (width - right, at), 0.4, rng), 255, max(1, round(unit))
        )
        at += 6 * unit
    text = " ".join(some_words(int(rng.integers(2, 5)), rng))
    size = int(rng.uniform(40, 95) * unit)
    while width_of(text, size, 900) > 0.9 * (width - left - right):
        size -= 2
    centre = left + (width - left - right - width_of(text, size, 900)) / 2
    if plates.colour:
        letter_at(plates.ink[int(rng.integers(3))], text, (centre + 3, at + size), size, 255, 900)
    letter_at(plates.black, text, (centre, at + size), size, 255, 800)
    at += 1.15 * size
    if rng.random() < 0.5:
        letter_lines(plates.black, (left, at, width - left - right, 14 * unit), round(10 * unit), rng, 255)
        at += 16 * unit
    return float(at + height * rng.uniform(0.004, 0.02))


def _lay_out(plates: Plates, frame: Cell, below: bool, rng: np.random.Generator) -> list[Cell]:
    """The panels within a frame: tiers, equal or not, and now and then a panel that is two tiers tall.

    ``below``: a band with a caption lies under each tier.
    """
    x, y, wide, high = frame
    tiers = int(rng.choice([2, 3, 4, 5], p=[0.15, 0.4, 0.3, 0.15]))
    even = bool(rng.random() < 0.5)
    heights = np.ones(tiers) if even else rng.uniform(0.7, 1.4, tiers)
    heights = high * heights / heights.sum()
    count = int(rng.integers(2, 5))
    tall = int(rng.integers(tiers - 1)) if rng.random() < 0.3 and not below else -1
    if not even:
        plates.kinds.add("unequal tiers")
    if below:
        plates.kinds.add("captions between tiers")
    if tall >= 0:
        plates.kinds.add("a panel two tiers tall")
    cells: list[Cell] = []
    share, right = rng.uniform(0.25, 0.45), bool(rng.random() < 0.5)
    for tier, tall_by in enumerate(heights):
        at, start, length, panels = y + heights[:tier].sum(), x, wide, count
        if not even:
            panels = int(rng.integers(1, 5))
        if tier in (tall, tall + 1) and tall >= 0:
            if tier == tall:
                both = heights[tall] + heights[tall + 1]
                cells.append((x + wide * (1 - share) * right, at, wide * share, both))
            start, length, panels = x + (0 if right else wide * share), wide * (1 - share), max(1, panels - 1)
        shares = np.ones(panels) if even else rng.uniform(0.7, 1.5, panels)
        edges = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * length + start
        band = 0.0
        if below:
            band = rng.uniform(26, 44) * plates.unit
            for first, last in itertools.pairwise(edges):
                box = (first + 6, at + tall_by - band + 5 * plates.unit, last - first - 12, band)
                letter_lines(plates.black, box, round(9 * plates.unit), rng, 255, 2, 500)
        cells += [(first, at, last - first, tall_by - band) for first, last in itertools.pairwise(edges)]
    return cells


def _draw_panel(plates: Plates, cell: Cell, pictures: Sequence[Image], rng: np.random.Generator) -> None:
    """The picture of a panel on the plates, as it is cut for print: lines, flat colours, solid blacks."""
    x, y, w, h = (round(value) for value in cell)
    picture = pictures[int(rng.integers(len(pictures)))]
    scale = max(w / picture.shape[1], h / picture.shape[0]) * rng.uniform(1.0, 1.5)
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    left, top = int(rng.integers(large.shape[1] - w + 1)), int(rng.integers(large.shape[0] - h + 1))
    shown = np.ascontiguousarray(large[top : top + h, left : left + w])
    if rng.random() < 0.5:
        shown = np.ascontiguousarray(shown[:, ::-1])
    separated = _separate(np.asarray(shown, np.uint8), plates.colour, rng)
    inside = np.full((h, w), True)
    if _has(plates, "round vignettes", 0.3, rng) and min(w, h) > 150 * plates.unit:
        inside = _vignette(separated, rng)
    if _has(plates, "dark fields at the lines", 0.4, rng):
        _darken(separated, rng)
    for plate, drawn in zip(plates.ink, separated, strict=True):
        window = plate[y : y + h, x : x + w]
        window[:] = np.where(inside, drawn, 0)[: window.shape[0], : window.shape[1]]
    if not inside.all():
        outline = ring((x + w / 2, y + h / 2), (0.46 * w, 0.46 * h), 0.0, rng)
        draw_through(plates.black, outline, 255, max(1, plates.line))


def _separate(shown: Image, colour: bool, rng: np.random.Generator) -> Image:
    """4×H×W: a picture (H×W×3 RGB) as the ink of four plates, few tones of each."""
    grey = luma(shown)
    lines = 255 - cv2.erode(draw_lines(grey, rng), np.ones((2, 2), np.uint8))
    solid = np.where(cv2.GaussianBlur(grey, (0, 0), 1.5) < 55, 255, 0)
    black = np.maximum(np.where(lines > 90, 255, 0), solid).astype(np.uint8)
    flat = cv2.medianBlur(shown, 9)
    if not colour:
        tone = 255 - luma(np.asarray(flat, np.uint8)).astype(np.float32)
        levels = np.rint(np.clip(tone * 1.1 - 20, 0, 255) / 255 * 3) / 3 * rng.uniform(0.5, 0.8)
        shade = np.asarray(np.rint(255 * levels), np.uint8)
        return np.stack([np.zeros_like(black), np.zeros_like(black), shade, black])
    inks = 255 - flat.astype(np.float32)
    vivid = np.clip((inks - inks.min(2, keepdims=True) * 0.7) * 1.6, 0, 255)
    levels = np.rint(vivid / 255 * 3) / 3
    plates = np.asarray(np.rint(255 * levels), np.uint8).transpose(2, 0, 1)
    return np.concatenate([plates, black[None]])


def _vignette(separated: Image, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Where the round picture of a panel is (H×W)."""
    height, width = separated.shape[1:]
    mask = np.zeros((height, width), np.uint8)
    fill_shape(mask, ring((width / 2, height / 2), (0.46 * width, 0.46 * height), 0.0, rng), 255)
    return np.asarray(mask > 127)


def _darken(separated: Image, rng: np.random.Generator) -> None:
    """A night sky or a dark wall that ends at two or three sides of the panel, in place."""
    height, width = separated.shape[1:]
    reach = rng.uniform(0.25, 0.7)
    edge = height * reach + height * 0.08 * smooth_noise(width, width / 4, rng)
    dark = np.arange(height)[:, None] < edge[None]
    if rng.random() < 0.4:
        dark = dark[::-1]
    plate = 3 if rng.random() < 0.5 else 0
    separated[plate][dark] = np.maximum(separated[plate][dark], 235)
    if plate == 0:
        separated[1][dark] = np.maximum(separated[1][dark], 150)


def _rule_lines(plates: Plates, cells: Sequence[Cell], rng: np.random.Generator) -> None:
    """The black lines around all panels, each side drawn once."""
    sides = set()
    for x, y, w, h in cells:
        corners = [(round(a), round(b)) for a, b in ((x, y), (x + w, y), (x + w, y + h), (x, y + h))]
        sides |= {tuple(sorted(pair)) for pair in zip(corners, corners[1:] + corners[:1], strict=True)}
    for start, end in sorted(sides):
        points = wobbly(start, end, rng.uniform(0, 0.5), rng)
        seen = smooth_noise(len(points), 4, rng) > _quantile(plates.broken)
        width = max(1, plates.line + int(rng.integers(-1, 2)) * (rng.random() < 0.2))
        for first in range(len(points) - 1):
            if seen[first]:
                draw_through(plates.black, points[first : first + 2], 255, width)


def _quantile(share: float) -> float:
    """The level of a normal distribution below which such a share lies."""
    return NormalDist().inv_cdf(share) if share > 0 else -np.inf


def _letter(plates: Plates, cell: Cell, rng: np.random.Generator) -> None:
    """Lettering of a panel: balloons, some over its lines, a caption within, its number."""
    x, y, w, h = cell
    unit = plates.unit
    if _has(plates, "captions within", 0.6, rng):
        band = 0.6 * WHITE_BAND * h
        box = np.array([(x, y + h - band), (x + w, y + h - band), (x + w, y + h), (x, y + h)])
        _clear(plates, box + np.array([(3, 0), (-3, 0), (-3, -3), (3, -3)]))
        letter_lines(
            plates.black, (x + 8, y + h - band + 2, w - 16, band - 4), round(8 * unit), rng, 255, None, 500
        )
    for _ in range(int(rng.choice([0, 1, 2], p=[0.25, 0.5, 0.25]))):
        _say(plates, cell, rng)
    if _has(plates, "panel numbers", 1.0, rng):
        at = np.array([x + 14 * unit, y + h - 14 * unit])
        _clear(plates, ring((at[0], at[1]), (10 * unit, 10 * unit), 0.0, rng))
        letter_at(
            plates.black,
            str(rng.integers(1, 13)),
            (at[0] - 5 * unit, at[1] + 6 * unit),
            round(14 * unit),
            255,
            700,
        )


def _say(plates: Plates, cell: Cell, rng: np.random.Generator) -> None:
    """A balloon with a tail, within a panel or over its lines."""
    (x, y, w, h), unit = cell, plates.unit
    half = min(w, 260 * unit) * rng.uniform(0.2, 0.42), min(h, 160 * unit) * rng.uniform(0.12, 0.25)
    over = _has(plates, "balloons over lines", 0.4, rng)
    low = 0.85 * half[1] if over else half[1] + 4 * unit
    centre = x + rng.uniform(half[0], max(w - half[0], half[0] + 1)), y + low
    if over and rng.random() >= 0.5:
        centre = x + w * rng.choice([0.1, 0.9]), y + h * rng.uniform(0.15, 0.5)
    outline = ring(centre, half, 0.03, rng)
    _clear(plates, outline)
    draw_through(plates.black, outline, 255, max(1, round(1.3 * unit)))
    beside = np.array([(-6, -2), (rng.uniform(-20, 20), 26), (6, -2)]) * unit
    tail = np.array([centre[0], centre[1] + half[1]]) + beside
    _clear(plates, tail)
    draw_through(plates.black, tail, 255, max(1, round(1.3 * unit)))
    within = (centre[0] - 0.75 * half[0], centre[1] - 0.65 * half[1], 1.5 * half[0], 1.3 * half[1])
    letter_lines(plates.black, within, max(8, round(9 * unit)), rng, 255)


def _has(plates: Plates, habit: str, share: float, rng: np.random.Generator) -> bool:
    """Whether a panel has what such a ``share`` of the panels of a page with this habit have."""
    has = habit in plates.habits and rng.random() < share
    plates.kinds |= {habit} if has else set()
    return bool(has)


def _clear(plates: Plates, shape: F64) -> None:
    """No ink within points (N×2)."""
    for plate in plates.ink:
        fill_shape(plate, shape, 0)
