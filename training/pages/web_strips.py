"""Made-up strips of the web: stick figures, graphs and lettering in thin frames drawn by a shaky hand.

Labels are those of ``panels``: 255 along the borders of panels, and a second mask of what is outside of all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Box, Image
from mangacolor.training.data.synthesis import damage_scan
from mangacolor.training.pages.balloon_drawing import Style, letter
from mangacolor.training.pages.balloons import LabelledPage, render_art
from mangacolor.training.pages.rough_lines import draw_rough_line

BORDER: Final = 7  # pixels across a border's label
PIXELS: Final = (0.4e6, 1.1e6)  # of a strip


@dataclass(slots=True)
class Strip:
    """A strip as it is drawn (all H×W uint8), with the pen, the ink and the letters of its hand."""

    page: Image
    border: Image
    outside: Image
    pen: int
    ink: int
    paper: int
    shaky: float  # pixels
    letters: Style
    nothing: Image = field(init=False)

    def __post_init__(self) -> None:
        self.nothing = np.zeros_like(self.page)

    def stroke(self, points: F64, pen: int | None = None, ink: int | None = None) -> None:
        """A line through points (N×2, x and y)."""
        drawn = np.rint(points * 8).astype(np.int32).reshape(-1, 1, 2)
        width = self.pen if pen is None else pen
        cv2.polylines(self.page, [drawn], False, self.ink if ink is None else ink, width, cv2.LINE_AA, 3)


def make_web_strip_page(pictures: Sequence[Image], rng: np.random.Generator) -> LabelledPage:
    """A strip of one to three tiers; a few panels hold ``pictures`` (RGB)."""
    tiers = int(rng.choice([1, 2, 3], p=[0.5, 0.3, 0.2]))
    shape = float(np.clip(tiers * rng.uniform(0.25, 0.5), 0.25, 1.4))  # height over width
    wide = int((rng.uniform(*PIXELS) / shape) ** 0.5)
    high = int(wide * shape)
    black = rng.random() < 0.08
    paper, ink = (int(rng.integers(0, 30)), 240) if black else (255, int(rng.choice([0, 0, 40, 90])))
    glyphs = int(np.clip(high / tiers * rng.uniform(0.035, 0.07), 8, 26))
    strip = Strip(
        np.full((high, wide), paper, np.uint8), np.zeros((high, wide), np.uint8),
        np.full((high, wide), 255, np.uint8), int(rng.choice([1, 2, 3], p=[0.5, 0.4, 0.1])), ink, paper,
        float(rng.uniform(0, 1.6)), Style(paper, ink, 0, glyphs, 400, vertical=False),
    )  # fmt: skip
    panels = _lay_out(strip, tiers, rng)
    open_share = float(rng.choice([0.0, 0.25, 0.6], p=[0.6, 0.25, 0.15]))
    framed = [bool(rng.random() >= open_share) for _ in panels]
    for box, frame in zip(panels, framed, strict=True):
        _draw_panel(strip, box, pictures, frame, rng)
    if rng.random() < 0.35 and len(panels) > 1:
        _step_over(strip, panels, rng)
    seen = damage_scan(strip.page, rng) if rng.random() < 0.3 else strip.page
    return LabelledPage(seen, strip.border, strip.outside)


def _lay_out(strip: Strip, tiers: int, rng: np.random.Generator) -> list[Box]:
    high, wide = strip.page.shape
    margin, gutter = int(rng.choice([2, 6, 14, 30])), int(rng.integers(3, 22))
    captions = int(2.2 * strip.letters.glyph) if rng.random() < 0.25 else 0
    shares = rng.uniform(0.8, 1.3, tiers)
    downs = np.concatenate([[0.0], np.cumsum(shares / shares.sum())]) * (high - 2 * margin) + margin
    panels = []
    for top, bottom in itertools.pairwise(downs):
        columns = int(rng.integers(1, 6))
        parts = rng.uniform(0.6, 1.5, columns)
        ends = np.concatenate([[0.0], np.cumsum(parts / parts.sum())]) * (wide - 2 * margin) + margin
        for left, right in itertools.pairwise(ends):
            x, y, w = int(left + gutter / 2), int(top + gutter / 2 + captions), int(right - left - gutter)
            h = int(bottom - top - gutter - captions)
            if min(w, h) > 40:
                panels.append((x, y, w, h))
                if captions and rng.random() < 0.6:
                    box = (x, y - captions, w, captions - 2)
                    letter(strip.page, strip.nothing, rng, box, strip.letters)
    return panels


def _draw_panel(
    strip: Strip, box: Box, pictures: Sequence[Image], framed: bool, rng: np.random.Generator
) -> None:
    x, y, w, h = box
    inside = strip.page[y : y + h, x : x + w]
    strip.outside[y : y + h, x : x + w] = 0
    ground = str(rng.choice(["paper", "grey", "picture", "dark"], p=[0.74, 0.12, 0.08, 0.06]))
    if ground == "picture":
        inside[:] = render_art(pictures, (w, h), "grey", rng)
    elif ground != "paper":
        inside[:] = int(rng.integers(130, 245) if ground == "grey" else rng.integers(0, 60))
    what = str(rng.choice(["talk", "graph", "table", "nothing"], p=[0.72, 0.12, 0.08, 0.08]))
    if what == "talk":
        for at in rng.permutation(np.linspace(0.2, 0.8, 4))[: int(rng.integers(1, 4))]:
            feet = x + at * w, y + h * rng.uniform(0.88, 1.0)
            _stick_figure(strip, feet, h * rng.uniform(0.3, 0.6), rng)
    elif what == "graph":
        _graph(strip, box, rng)
    elif what == "table":
        _table(strip, box, rng)
    if what in ("talk", "nothing") and rng.random() < 0.6:  # a floor, a table, a wall
        at, ends = y + h * rng.uniform(0.6, 0.95), x + w * np.sort(rng.uniform(0.0, 1.0, 2))
        strip.stroke(_shaken(np.array([ends[0], at]), np.array([ends[1], at + rng.normal(0, 4)]), strip, rng))
    for _ in range(int(rng.integers(0, 3))):
        tall = int(h * rng.uniform(0.1, 0.3))
        at_x, at_y = x + int(w * rng.uniform(0.03, 0.4)), y + int(h * rng.uniform(0.03, 0.25))
        letter(strip.page, strip.nothing, rng, (at_x, at_y, int(w * 0.55), tall), strip.letters)
    corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)], float)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if not framed and ground == "paper":
            break  # white beside white would be no border to see
        points = _shaken(start, end, strip, rng)
        cv2.polylines(strip.border, [np.rint(points).astype(np.int32).reshape(-1, 1, 2)], False, 255, BORDER)
        if framed:
            strip.stroke(points)
    if rng.random() < 0.12:  # a boxed caption over a corner or a side: no panel
        _boxed_caption(strip, box, rng)


def _shaken(start: F64, end: F64, strip: Strip, rng: np.random.Generator) -> F64:
    """Points (N×2) of a line by a shaky hand, which may miss the corner by a little."""
    length = float(np.hypot(*(end - start)))
    count = max(3, int(length / 12))
    first, last = rng.normal(0, 2, 2) / max(length, 1)
    return draw_rough_line(start, end, np.linspace(first, 1 + last, count), 0.45 * strip.shaky, rng)


def _stick_figure(
    strip: Strip, feet: tuple[float, float], tall: float, rng: np.random.Generator, halo: bool = False
) -> None:
    """A round head, a body, arms and legs that bend, now and then hair; in place. ``feet``: x and y.

    ``tall``: pixels. ``halo``: paper shows around it, so that what is behind it stops there.
    """
    head, lean = tall * rng.uniform(0.11, 0.17), rng.normal(0, 0.04) * tall
    x, y = feet
    neck, hip = np.array((x + lean, y - tall + 2 * head)), np.array((x, y - 0.42 * tall))
    middle = neck - np.array((0, head))
    limbs = [np.array([neck, hip])]
    for side in (-1, 1):
        knee = hip + np.array((side * rng.uniform(0.02, 0.12), 0.2)) * tall
        foot = np.array((x + side * rng.uniform(0.03, 0.15) * tall, y))
        limbs.append(np.array([hip, knee, foot]))
        shoulder = neck + np.array((0, 0.04 * tall))
        elbow = neck + np.array((side * rng.uniform(0.05, 0.2), rng.uniform(0.05, 0.2))) * tall
        limbs.append(np.array([shoulder, elbow, elbow + rng.normal(0, 0.1, 2) * tall]))
    passes = [(strip.pen + 8, strip.paper)] if halo else []
    for pen, ink in [*passes, (strip.pen, strip.ink)]:
        for limb in limbs:
            strip.stroke(limb, pen, ink)
        centre, radius = (round(float(middle[0])), round(float(middle[1]))), max(2, round(head))
        cv2.circle(strip.page, centre, radius, strip.paper, -1)
        cv2.circle(strip.page, centre, radius, ink, pen, cv2.LINE_AA)
    if rng.random() < 0.35:
        cv2.ellipse(strip.page, centre, (radius, radius), 0, 180, 360, strip.ink, -1)


def _graph(strip: Strip, box: Box, rng: np.random.Generator) -> None:
    """Two axes, and a curve or bars."""
    x, y, w, h = box
    left, bottom = x + w * rng.uniform(0.1, 0.25), y + h * rng.uniform(0.7, 0.9)
    right, top = x + w * rng.uniform(0.7, 0.95), y + h * rng.uniform(0.1, 0.3)
    strip.stroke(np.array([(left, top), (left, bottom), (right, bottom)]))
    across = np.linspace(left, right, 24)
    if rng.random() < 0.5:
        heights = np.cumsum(rng.normal(0, 0.12, 24)) + rng.uniform(0.2, 0.8)
        strip.stroke(np.stack([across, bottom - heights.clip(0, 1) * (bottom - top)], axis=1))
        return
    for at in across[2::5]:
        upper = bottom - rng.uniform(0.1, 0.95) * (bottom - top)
        strip.stroke(np.array([(at, bottom), (at, upper), (at + 0.08 * w, upper), (at + 0.08 * w, bottom)]))


def _table(strip: Strip, box: Box, rng: np.random.Generator) -> None:
    """Ruled lines within a panel, with words between them."""
    x, y, w, h = box
    rows, columns = int(rng.integers(2, 6)), int(rng.integers(1, 5))
    left, right = x + w * rng.uniform(0.06, 0.15), x + w * rng.uniform(0.8, 0.94)
    top, bottom = y + h * rng.uniform(0.1, 0.3), y + h * rng.uniform(0.75, 0.94)
    for at in np.linspace(top, bottom, rows + 1):
        strip.stroke(np.array([(left, at), (right, at)]))
        word = (int(left) + 4, int(at) + 3, int((right - left) / columns) - 8, int((bottom - top) / rows) - 5)
        if at < bottom - 2:
            letter(strip.page, strip.nothing, rng, word, strip.letters)
    for at in np.linspace(left, right, columns + 1):
        strip.stroke(np.array([(at, top), (at, bottom)]))


def _boxed_caption(strip: Strip, box: Box, rng: np.random.Generator) -> None:
    x, y, w, h = box
    wide, tall = int(w * rng.uniform(0.3, 0.8)), int(np.clip(h * rng.uniform(0.08, 0.18), 12, 60))
    left = x + int(rng.choice([-4, 0, int(0.1 * w)]))
    top = y + int(rng.choice([-tall // 2, 0, h - tall, h - tall // 2]))
    cv2.rectangle(strip.page, (left, top), (left + wide, top + tall), strip.paper, -1)
    cv2.rectangle(strip.page, (left, top), (left + wide, top + tall), strip.ink, strip.pen, cv2.LINE_AA)
    letter(strip.page, strip.nothing, rng, (left + 3, top + 2, wide - 6, tall - 4), strip.letters)


def _step_over(strip: Strip, panels: Sequence[Box], rng: np.random.Generator) -> None:
    """A figure that stands before the gutter between two panels, or reaches over its frame."""
    x, y, w, h = panels[int(rng.integers(len(panels)))]
    at = x + w + rng.uniform(-0.1, 0.1) * w
    feet = at, y + h * rng.uniform(0.9, 1.05)
    _stick_figure(strip, feet, h * rng.uniform(0.4, 0.9), rng, halo=bool(rng.random() < 0.6))
