"""Scenes of stick figures for made-up strips: people who talk, a table, a tree, a graph, a head, words."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from mangacolor.benchmarks.quality.made_page import draw_through, fill_shape, letter_lines, ring, wobbly
from mangacolor.core.types import Box, Image

Colour = tuple[int, ...]
WOBBLE = 0.6  # pixels


@dataclass(frozen=True, slots=True)
class Pen:
    """How a panel is drawn: ink and paper, the line's width, the lettering's size, the tone of clothes."""

    ink: Colour
    paper: Colour
    width: int
    glyph: int
    fill: Colour | None = None


def draw_scene(page: Image, box: Box, pen: Pen, rng: np.random.Generator, full: bool = False) -> None:
    """One scene within a box of the page (H×W×3), in place. ``full``: it fills the box down to its edges."""
    x, y, w, h = box
    kinds, shares = (
        ["talk", "table", "tree", "graph", "head", "words", "nothing"],
        [0.46, 0.14, 0.1, 0.08, 0.08, 0.09, 0.05],
    )
    what = str(rng.choice(kinds, p=shares))
    if full and what in ("words", "nothing", "head"):
        what = "tree"
    if what == "words":
        rows = int(max(1.0, min(float(rng.integers(2, 9)), 0.8 * h / (1.25 * pen.glyph))))
        top = y + rng.uniform(0.08, 0.3) * h
        letter_lines(page, (x + 0.06 * w, top, 0.88 * w, 0.9 * h - (top - y)), pen.glyph, rng, pen.ink, rows)
        return
    said = 0
    if what not in ("nothing", "graph"):
        rows = int(rng.integers(1, 5))
        said = letter_lines(page, (x + 0.06 * w, y + 6, 0.86 * w, 0.35 * h), pen.glyph, rng, pen.ink, rows)
    top, base = (
        y + 12 + 1.25 * pen.glyph * said,
        y + h * (rng.uniform(0.97, 1.0) if full else rng.uniform(0.9, 1.0)),
    )
    tall = min(base - top, 0.62 * h) * (0.95 if full else rng.uniform(0.6, 0.95))
    if what == "graph":
        _graph(page, box, pen, rng)
        return
    if what == "head":
        _head(page, (x + w * rng.uniform(0.3, 0.7), base - 0.5 * tall), 0.42 * tall, pen, rng)
        return
    if rng.random() < 0.35 or full:
        draw_through(page, wobbly((x + 2, base), (x + w - 3, base), WOBBLE, rng), pen.ink, pen.width)
    if what == "tree":
        _tree(page, (x + 0.75 * w, base), tall * rng.uniform(0.9, 1.1), pen, rng)
    if what == "table":
        _table(page, (x + 0.5 * w, base), (0.3 * w, 0.45 * tall), pen, rng)
    if what != "nothing":
        count = int(rng.choice([1, 2, 3], p=[0.25, 0.6, 0.15])) if w > 110 else 1
        for number in range(count):
            at = x + w * ((number + 0.5 + rng.normal(0, 0.06)) / count)
            draw_figure(page, (float(np.clip(at, x + 0.2 * tall, x + w - 0.2 * tall)), base), tall, pen, rng)


def stand_in_front(page: Image, box: Box, pen: Pen, rng: np.random.Generator) -> None:
    """A figure that breaks the panel's lower side or one at the left or right, white where it stands."""
    x, y, w, h = box
    tall = h * rng.uniform(0.5, 0.75)
    side = str(rng.choice(["below", "left", "right"], p=[0.6, 0.2, 0.2]))
    spot = {"below": (x + w * rng.uniform(0.25, 0.75), y + h + 0.06 * tall), "left": (float(x), y + 0.97 * h)}
    foot = spot.get(side, (x + w + 0.0, y + 0.97 * h))
    body = ring((foot[0], foot[1] - 0.5 * tall), (0.13 * tall, 0.52 * tall), 0.02, rng)
    fill_shape(page, body, (255, 255, 255))
    draw_figure(page, foot, tall, Pen((0, 0, 0), (255, 255, 255), pen.width, pen.glyph, pen.fill), rng)


def draw_figure(
    page: Image, foot: tuple[float, float], tall: float, pen: Pen, rng: np.random.Generator
) -> None:
    """A stick figure that stands on a point (x, y)."""
    x, y = foot
    radius = 0.12 * tall
    neck, hip = (x + rng.normal(0, 0.02) * tall, y - tall + 2 * radius), (x, y - 0.42 * tall)

    def limb(*points: tuple[float, float]) -> None:
        for start, end in itertools.pairwise(points):
            draw_through(page, wobbly(start, end, WOBBLE, rng), pen.ink, pen.width)

    if pen.fill is not None and rng.random() < 0.6:
        shirt = np.array([neck, (hip[0] + 0.12 * tall, hip[1]), (hip[0] - 0.12 * tall, hip[1])])
        fill_shape(page, shirt, pen.fill)
        draw_through(page, np.concatenate([shirt, shirt[:1]]), pen.ink, pen.width)
    limb(neck, hip)
    for side in (-1, 1):
        knee = hip[0] + side * 0.07 * tall, y - 0.22 * tall
        limb(hip, knee, (hip[0] + side * 0.1 * tall, y))
        elbow = neck[0] + side * rng.uniform(0.06, 0.15) * tall, neck[1] + rng.uniform(0.08, 0.18) * tall
        hand = elbow[0] + side * rng.uniform(-0.05, 0.14) * tall, elbow[1] + rng.uniform(-0.12, 0.14) * tall
        limb((neck[0], neck[1] + 0.05 * tall), elbow, hand)
    centre = neck[0], neck[1] - radius
    head = ring(centre, (radius, radius), 0.03, rng)
    fill_shape(page, head, pen.paper)
    draw_through(page, head, pen.ink, pen.width)
    if rng.random() < 0.3:  # hair
        for angle in rng.uniform(np.pi, 2 * np.pi, 14):
            root = centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)
            limb(root, (root[0] + rng.normal(0, 0.3) * radius, root[1] + rng.uniform(0.2, 1.2) * radius))


def _head(
    page: Image, centre: tuple[float, float], radius: float, pen: Pen, rng: np.random.Generator
) -> None:
    head = ring(centre, (radius, radius * 1.1), 0.03, rng)
    draw_through(page, head, pen.ink, pen.width)
    for side in (-1, 1):
        eye = ring(
            (centre[0] + side * 0.3 * radius, centre[1] - 0.1 * radius), (0.07 * radius, 0.1 * radius), 0, rng
        )
        fill_shape(page, eye, pen.ink)
    mouth = (
        (centre[0] - 0.3 * radius, centre[1] + 0.4 * radius),
        (centre[0] + 0.3 * radius, centre[1] + 0.4 * radius),
    )
    draw_through(page, wobbly(*mouth, 2 * WOBBLE, rng), pen.ink, pen.width)


def _table(
    page: Image, foot: tuple[float, float], half: tuple[float, float], pen: Pen, rng: np.random.Generator
) -> None:
    x, y = foot
    top = y - half[1]
    for start, end in (
        ((x - half[0], top), (x + half[0], top)),
        ((x - 0.9 * half[0], top), (x - 0.9 * half[0], y)),
        ((x + 0.9 * half[0], top), (x + 0.9 * half[0], y)),
    ):
        draw_through(page, wobbly(start, end, WOBBLE, rng), pen.ink, pen.width)
    wide, high = 0.4 * half[0], 0.5 * half[1]
    screen = np.array(
        [(x - wide, top - high), (x + wide, top - high), (x + wide, top - 4), (x - wide, top - 4)]
    )
    fill_shape(page, screen, pen.fill or pen.paper)
    draw_through(page, np.concatenate([screen, screen[:1]]), pen.ink, pen.width)


def _tree(page: Image, foot: tuple[float, float], tall: float, pen: Pen, rng: np.random.Generator) -> None:
    x, y = foot
    for side in (-1, 1):
        trunk = wobbly((x + side * 0.05 * tall, y), (x + side * 0.03 * tall, y - 0.5 * tall), WOBBLE, rng)
        draw_through(page, trunk, pen.ink, pen.width)
    crown = ring((x, y - 0.7 * tall), (0.28 * tall, 0.28 * tall), 0.08, rng)
    fill_shape(page, crown, pen.fill or pen.paper)
    draw_through(page, crown, pen.ink, pen.width)


def _graph(page: Image, box: Box, pen: Pen, rng: np.random.Generator) -> None:
    """Two axes, a curve, words along the axes."""
    x, y, w, h = box
    left, right, top, low = x + 0.14 * w, x + 0.9 * w, y + 0.12 * h, y + 0.82 * h
    draw_through(page, wobbly((left, low), (right, low), WOBBLE, rng), pen.ink, pen.width)
    draw_through(page, wobbly((left, top), (left, low), WOBBLE, rng), pen.ink, pen.width)
    xs = np.linspace(left, right, 40)
    ys = low - (low - top) * (0.5 + 0.3 * np.sin(np.linspace(0, rng.uniform(2, 8), 40) + rng.uniform(0, 6)))
    draw_through(page, np.stack([xs, ys], 1), pen.ink, pen.width)
    letter_lines(page, (left, low + 6, right - left, y + h - low - 8), pen.glyph, rng, pen.ink, 1)
