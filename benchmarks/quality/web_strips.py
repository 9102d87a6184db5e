"""Made-up comic strips of the web, as of xkcd and gag comics: thin wobbly frames, stick figures, white."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from mangacolor.benchmarks.quality.made_page import (
    MadePage,
    draw_through,
    fill_shape,
    letter_lines,
    wobbly,
)
from mangacolor.benchmarks.quality.stick_scenes import Pen, draw_scene, stand_in_front
from mangacolor.core.types import Box, Image

SEED: Final = 2006
PASTELS: Final = ((255, 236, 200), (205, 232, 245), (216, 240, 208), (245, 214, 220), (232, 222, 245))
# What some strips have and others have not, and how many of them do.
HABITS: Final = {
    "panels without a frame": 0.25,
    "figures over the frame": 0.25,
    "grey fills": 0.25,
    "white on black": 0.2,
    "flat colours": 0.15,
    "boxed captions": 0.25,
    "a beat panel": 0.2,
    "captions beside the panels": 0.3,
}


@dataclass(slots=True)
class Strip:
    """A strip while it is drawn: H×W×3, its gutters and frame lines in pixels, what it has of ``HABITS``."""

    page: Image
    frame: int
    wobble: float
    glyph: int
    habits: frozenset[str]
    kinds: set[str] = field(default_factory=set)

    def has(self, habit: str, share: float, rng: np.random.Generator) -> bool:
        """Whether a panel has what such a ``share`` of the panels of a strip with this habit have."""
        has = bool(habit in self.habits and rng.random() < share)
        self.kinds |= {habit} if has else set()
        return has


def make_web_strip(seed: int) -> MadePage:
    """The strip of a seed."""
    rng = np.random.default_rng((SEED, seed))
    tiers = int(rng.choice([0, 1, 2, 3], p=[0.16, 0.44, 0.24, 0.16]))
    habits = frozenset(habit for habit, share in HABITS.items() if rng.random() < share)
    gutter, glyph = int(rng.integers(5, 16)), int(rng.integers(10, 15))
    margin, beside = int(rng.integers(1, 16)), "captions beside the panels" in habits and tiers < 3
    above = round(rng.uniform(1.5, 3) * glyph) if beside and rng.random() < 0.4 else 0
    below = round(rng.uniform(1.5, 4) * glyph) if beside and not above else 0
    if tiers == 0:
        size = int(rng.integers(320, 760)), int(rng.integers(300, 640))
        rows = [[(margin, margin + above, size[0] - 2 * margin, size[1] - 2 * margin - above - below)]]
    else:
        wide = int(rng.choice([740, 740, 600, 800, 1000]))
        high = int(rng.integers(210, 400))
        rows = _rows(
            tiers, (margin, margin + above, wide - 2 * margin, high), gutter, "a beat panel" in habits, rng
        )
        size = wide, rows[-1][0][1] + rows[-1][0][3] + margin + below
    page = np.full((size[1], size[0], 3), 255, np.uint8)
    strip = Strip(page, int(rng.choice([2, 2, 3])), float(rng.uniform(0, 1.1)), glyph, habits)
    strip.kinds.add(("a single panel", "one tier", "two tiers", "three tiers")[tiers])
    if gutter <= 8:
        strip.kinds.add("gutters of 5 to 8 pixels")
    if "a beat panel" in habits and tiers:
        strip.kinds.add("a beat panel")
    if above or below:
        strip.kinds.add("captions beside the panels")
        top = margin if above else size[1] - below - margin // 2
        box = (0.1 * size[0], top, 0.8 * size[0], above or below)
        letter_lines(page, box, round(glyph * 1.15), rng, 0, 2)
    _draw_panels(strip, rows, rng)
    return MadePage(page, tuple(box for row in rows for box in row), tuple(sorted(strip.kinds)))


def _rows(tiers: int, first: Box, gutter: int, beat: bool, rng: np.random.Generator) -> list[list[Box]]:
    """Tiers of panels, from the box of the first tier down. ``beat``: one panel is much narrower."""
    x, y, wide, high = first
    rows, even = [], bool(rng.random() < 0.5)
    count = int(rng.choice([2, 3, 4, 5], p=[0.2, 0.35, 0.35, 0.1] if tiers == 1 else [0.45, 0.4, 0.15, 0.0]))
    for _ in range(tiers):
        panels = count if even or tiers == 1 else int(rng.integers(1, 5))
        shares = np.ones(panels) if even else rng.uniform(0.7, 1.4, panels)
        if beat and panels > 2:
            shares[int(rng.integers(panels))] *= 0.45
        edges = np.concatenate([[0], np.cumsum(shares / shares.sum())]) * (wide + gutter)
        high_here = high if even else round(high * rng.uniform(0.8, 1.25))
        rows.append(
            [(x + round(a), y, round(b - gutter) - round(a), high_here) for a, b in itertools.pairwise(edges)]
        )
        y += high_here + gutter
    return rows


def _draw_panels(strip: Strip, rows: list[list[Box]], rng: np.random.Generator) -> None:
    """All panels, then what stands before their frames."""
    boxes = [box for row in rows for box in row]
    lone = len(boxes) == 1
    over, framed = [], True
    for number, box in enumerate(boxes):
        framed = _is_framed(strip, lone, framed, len(boxes), rng)
        pen = _draw_ground(strip, box, framed, rng)
        draw_scene(strip.page, _within(box, framed), pen, rng, full=lone)
        if framed:
            _draw_frame(strip, box, rng)
        if framed and strip.has("figures over the frame", 1.3 / len(boxes), rng):
            over.append((box, pen))
        if framed and number < 3 and strip.has("boxed captions", 0.5, rng):
            _box_caption(strip, box, rng)
    for box, pen in over:
        stand_in_front(strip.page, box, pen, rng)


def _is_framed(strip: Strip, lone: bool, last: bool, panels: int, rng: np.random.Generator) -> bool:
    """Whether a panel has a frame. One without stands beside framed ones, or has no words beside it.

    ``last``: whether the one before it has.
    """
    if lone:
        framed = "captions beside the panels" in strip.kinds or rng.random() > 0.4
        strip.kinds |= set() if framed else {"a single panel without a frame"}
        return bool(framed)
    return not (last and panels > 2 and strip.has("panels without a frame", 1.6 / panels, rng))


def _within(box: Box, framed: bool) -> Box:
    """Where a scene may lie: a panel without a frame leaves some white to its neighbours."""
    x, y, w, h = box
    if framed:
        return box
    inset = max(4, round(0.03 * min(w, h)))
    return x + inset, y + inset, w - 2 * inset, h - 2 * inset


def _draw_ground(strip: Strip, box: Box, framed: bool, rng: np.random.Generator) -> Pen:
    """The tone of a panel, and the pen that draws on it."""
    x, y, w, h = box
    ink, paper = (0, 0, 0), (255, 255, 255)
    if framed and strip.has("white on black", 0.4, rng):
        ink, paper = (255, 255, 255), (0, 0, 0)
    elif framed and strip.has("flat colours", 0.8, rng):
        paper = PASTELS[int(rng.integers(len(PASTELS)))]
    elif framed and strip.has("grey fills", 0.4, rng):
        paper = (int(rng.integers(150, 236)),) * 3
    strip.page[y : y + h, x : x + w] = paper
    fill = (int(rng.integers(120, 230)),) * 3 if "grey fills" in strip.habits else None
    if "flat colours" in strip.habits:
        fill = PASTELS[int(rng.integers(len(PASTELS)))]
    return Pen(ink, paper, int(rng.choice([1, 2, 2])), strip.glyph, fill)


def _draw_frame(strip: Strip, box: Box, rng: np.random.Generator) -> None:
    """Four sides, each with a wobble of its own, that cross at the corners or leave a gap there."""
    x, y, w, h = box
    corners = [(x + 1.0, y + 1.0), (x + w - 2.0, y + 1.0), (x + w - 2.0, y + h - 2.0), (x + 1.0, y + h - 2.0)]
    for start, end in zip(corners, corners[1:] + corners[:1], strict=True):
        along = np.subtract(end, start) / np.hypot(*np.subtract(end, start))
        beyond = rng.normal(0.5, 1.0, 2)
        points = wobbly(tuple(start - along * beyond[0]), tuple(end + along * beyond[1]), strip.wobble, rng)
        draw_through(strip.page, points, (0, 0, 0), strip.frame)


def _box_caption(strip: Strip, box: Box, rng: np.random.Generator) -> None:
    """A framed caption that lies over a corner of the panel, or along its top."""
    x, y, w, _h = box
    wide, high = min(w, 260) * rng.uniform(0.5, 0.9), strip.glyph * rng.choice([1.7, 3.0])
    out = rng.uniform(-2, 5)
    left, top = x - out, y - out
    corners = np.array([(left, top), (left + wide, top), (left + wide, top + high), (left, top + high)])
    fill_shape(strip.page, corners, 255)
    draw_through(strip.page, np.concatenate([corners, corners[:1]]), 0, 1)
    letter_lines(strip.page, (left + 4, top + 2, wide - 8, high - 2), strip.glyph, rng, 0)
