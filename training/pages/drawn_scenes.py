"""Scenes as manga is drawn: rooms, floors, windows, posts, streets, tones and speed lines on white.

They are full of straight lines that are no borders. What tells such lines from borders is what they belong
to: boards run together, posts have two edges and end on the frame, single lines stop short of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.training.pages.effects import draw_rays, draw_streaks, fill, lay_tone, outline, stroke

SCENES = {
    "tone": 0.16, "rays": 0.06, "streaks": 0.1, "corner": 0.14, "boards": 0.12, "window": 0.1, "posts": 0.1,
    "facade": 0.1, "shelves": 0.12,
}  # fmt: skip
EMPTY = 0.15  # share of panels without a scene
LAYERS = (0.5, 0.35, 0.15)  # how often one, two and three of them lie over each other


def draw_scene(inside: Image, rng: np.random.Generator, lines_run_through: bool) -> None:
    """Draw some of ``SCENES`` into a panel (H×W luma), behind whatever stands there.

    ``lines_run_through``: single lines may go from side to side, since the page's panels have gutters.
    """
    if rng.random() < EMPTY:
        return
    draw: dict[str, Callable[[Image, np.random.Generator], None]] = {
        "tone": lay_tone,
        "rays": draw_rays,
        "streaks": draw_streaks,
        "corner": _draw_corner,
        "boards": partial(_draw_boards, lines_run_through=lines_run_through),
        "window": _draw_window,
        "posts": _draw_posts,
        "facade": _draw_facade,
        "shelves": _draw_shelves,
    }
    for _ in range(int(rng.choice([1, 2, 3], p=LAYERS))):
        draw[str(rng.choice(list(SCENES), p=list(SCENES.values())))](inside, rng)


def _pen(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 1, 1, 2]))


def _ink(rng: np.random.Generator) -> int:
    return int(rng.choice([0, 0, 0, 90]))


def _draw_corner(inside: Image, rng: np.random.Generator) -> None:
    """A room: an upright where two walls meet, and the lines of floor or ceiling that run from its end."""
    h, w = inside.shape
    ink, pen = _ink(rng), _pen(rng)
    foot = np.array([w * rng.uniform(0.15, 0.85), h * rng.uniform(0.45, 0.9)])
    head = np.array([foot[0], h * rng.uniform(-0.3, 0.3)])
    stroke(inside, head, foot, ink, pen)
    for end, turn in ((foot, 1.0), (head, -1.0)):
        for side in (0.0, float(w)):
            slope = turn * rng.uniform(-0.02, 0.5)
            stop = np.array([side, end[1] + slope * abs(side - end[0])])
            stroke(inside, end, stop, ink, pen)
            if turn > 0 and rng.random() < 0.4:  # a skirting
                rise = np.array([0.0, -rng.uniform(3, 14)])
                stroke(inside, end + rise, stop + 1.6 * rise, ink, 1)


def _draw_boards(inside: Image, rng: np.random.Generator, lines_run_through: bool) -> None:
    """A floor, a table or a street: boards that run together behind its far side."""
    h, w = inside.shape
    ink, level = _ink(rng), h * rng.uniform(0.3, 0.8)
    lean = rng.normal(0, 0.04) * w
    ends = np.array([(0.0, level - lean), (float(w), level + lean)])
    if not lines_run_through:
        first, last = rng.choice([(0.0, 0.8), (0.25, 1.0), (0.1, 0.9)])
        ends = ends[0] + np.array([[first], [last]]) * (ends[1] - ends[0])
    stroke(inside, ends[0], ends[1], ink, _pen(rng))
    if rng.random() < 0.25:  # an empty horizon
        return
    sight = np.array([w * rng.uniform(-0.2, 1.2), level - h * rng.uniform(0.1, 0.9)])
    for at in np.linspace(-1.5, 2.5, int(rng.integers(8, 30))) * w:
        below = np.array([at, h + 2.0])
        share = np.clip((level + abs(lean) - sight[1]) / (below[1] - sight[1]), 0, 1)
        stroke(inside, sight + share * (below - sight), below, ink, 1)


def _draw_window(inside: Image, rng: np.random.Generator) -> None:
    """A window, a door or a screen: a frame of double lines with bars, often larger than the panel."""
    h, w = inside.shape
    ink, gap = _ink(rng), rng.uniform(3, 14)
    left, top = rng.uniform(-0.3, 0.5, 2) * (w, h)
    right, bottom = np.array([left, top]) + rng.uniform(0.35, 1.2, 2) * (w, h)
    lean = rng.normal(0, 0.05) * (right - left)

    def frame(grown: float) -> F64:
        a, b, c, d = left - grown, top - grown, right + grown, bottom + grown
        return np.array([(a, b), (c, b + lean), (c, d + lean), (a, d)])

    if rng.random() < 0.5:
        fill(inside, frame(0.0), int(rng.choice([255, 0, 200, 120])))
    outline(inside, frame(0.0), ink, _pen(rng))
    outline(inside, frame(gap), ink, 1)
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    bar = gap * rng.uniform(0.2, 0.6)
    for share in np.arange(1, columns) / columns:
        x, shift = left + share * (right - left), share * lean
        for side in (-bar / 2, bar / 2):
            stroke(inside, np.array([x + side, top + shift]), np.array([x + side, bottom + shift]), ink, 1)
    for share in np.arange(1, rows) / rows:
        y = top + share * (bottom - top)
        for side in (-bar / 2, bar / 2):
            stroke(inside, np.array([left, y + side]), np.array([right, y + side + lean]), ink, 1)


def _draw_posts(inside: Image, rng: np.random.Generator) -> None:
    """Posts, poles, rails and beams: two edges from side to side of the panel, plain, dark or hatched."""
    h, w = inside.shape
    upright, ink = rng.random() < 0.6, _ink(rng)
    across, length = (w, h) if upright else (h, w)
    lean = rng.normal(0, 0.02) if rng.random() < 0.6 else rng.uniform(-0.5, 0.5)
    for _ in range(int(rng.integers(1, 4))):
        at, half = rng.uniform(0.1, 0.9) * across, rng.uniform(2, 0.05 * max(w, h) + 2.5)
        ends = [(at - half, -2.0), (at + half, -2.0)]
        ends += [(x + lean * length, length + 2.0) for x, _y in reversed(ends)]
        shape = np.array(ends) if upright else np.array(ends)[:, ::-1].copy()
        fill(inside, shape, int(rng.choice([255, 255, 0, 60, 150, 210])))
        outline(inside, shape, ink, _pen(rng))
        if rng.random() < 0.4:  # a shadow along one side
            share = rng.uniform(0.1, 0.5)
            stroke(
                inside,
                shape[0] + share * (shape[1] - shape[0]),
                shape[3] + share * (shape[2] - shape[3]),
                ink,
                1,
            )


def _draw_facade(inside: Image, rng: np.random.Generator) -> None:
    """A house: rows of windows, and its sides and roof."""
    h, w = inside.shape
    ink, lean = _ink(rng), rng.normal(0, 0.1)
    left, right = np.sort(rng.uniform(-0.1, 1.1, 2)) * w
    top = h * rng.uniform(-0.1, 0.5)
    columns, rows = int(rng.integers(2, 8)), int(rng.integers(2, 7))
    wide, tall = (right - left) / columns, (h - top) / rows * rng.uniform(0.8, 1.3)
    walls = np.array([(left, top), (right, top + lean * (right - left)), (right, h + 2.0), (left, h + 2.0)])
    fill(inside, walls, int(rng.choice([255, 255, 225])))
    outline(inside, walls, ink, _pen(rng))
    glass, storeys = int(rng.choice([255, 255, 0, 150])), rng.random() < 0.5
    for row in range(rows):
        if storeys:
            y = top + row * tall
            stroke(inside, np.array([left, y]), np.array([right, y + lean * (right - left)]), ink, 1)
        for column in range(columns):
            x, y = left + (column + 0.2) * wide, top + (row + 0.25) * tall
            slope = lean * wide * 0.6
            y += lean * (column + 0.2) * wide
            a, b = wide * 0.6, tall * 0.5
            pane = np.array([(x, y), (x + a, y + slope), (x + a, y + b + slope), (x, y + b)])
            fill(inside, pane, glass)
            outline(inside, pane, ink, 1)


def _draw_shelves(inside: Image, rng: np.random.Generator) -> None:
    """Shelves, steps, blinds or a fence: parallel edges, level, upright or slanted, and what parts them."""
    h, w = inside.shape
    upright, ink = rng.random() < 0.35, _ink(rng)
    slope = rng.normal(0, 0.01) if rng.random() < 0.5 else rng.uniform(-0.45, 0.45)
    across, length = (w, h) if upright else (h, w)
    first, last = np.sort(rng.uniform(-0.3, 1.3, 2)) * length if rng.random() < 0.6 else (0.0, float(length))
    start, step = rng.uniform(-0.2, 0.5) * across, rng.uniform(8, 0.3 * across + 9)
    doubled = rng.uniform(2, 9) if rng.random() < 0.5 else 0.0
    pen, tone = _pen(rng), int(rng.choice([255, 255, 200, 120, 0]))

    def edge(height: float, begin: float, end: float) -> F64:
        points = np.array([(begin, height + slope * begin), (end, height + slope * end)])
        return points[:, ::-1].copy() if upright else points

    heights = start + step * np.arange(int(rng.integers(2, 9)))
    for number, height in enumerate(heights):
        if tone < 255 and number % 2:
            fill(
                inside,
                np.concatenate([edge(height, first, last), edge(height + step, first, last)[::-1]]),
                tone,
            )
        begin, end = edge(height, first, last)
        stroke(inside, begin, end, ink, pen)
        if doubled:
            begin, end = edge(height + doubled, first, last)
            stroke(inside, begin, end, ink, 1)
        for at in rng.uniform(first, last, int(rng.choice([0, 0, 2, 6]))):
            one, other = edge(height, at, at)[0], edge(height + step, at, at)[0]
            stroke(inside, one, other, ink, 1)
