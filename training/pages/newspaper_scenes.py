"""What is drawn in a panel of an old newspaper: crowded pictures in flat inks, dark to their very edges.

A scene is given as two things that are printed apart: ``black``, H×W luma (255 = no ink), and ``inks``,
3×H×W, how much of each colour covers a pixel (255 = all of it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.data.line_art import draw_lines
from mangacolor.training.pages.figures import Figure, composite
from mangacolor.training.pages.straight_things import draw_straight_things

SMALL_FIGURE = 24  # pixels: none is drawn smaller


@dataclass(frozen=True, slots=True)
class SceneStyle:
    """How the scenes of one page are drawn."""

    colour: bool
    gain: float  # what inks are multiplied by: the higher, the denser
    levels: int  # tones of an ink
    lines: int  # luma below which a line of a picture is inked black
    solid: int  # and a surface
    dark: float  # share of panels with a dark field up to their edges
    plain: float  # share of panels with flat walls and floors in place of a picture
    straight: float  # share of panels with posts, windows and shelves
    ground: tuple[int, int, int]  # colour of walls that many panels have in common
    common: float  # share of plain panels that have it


def draw_scene_style(rng: np.random.Generator) -> SceneStyle:
    return SceneStyle(
        colour=bool(rng.random() < 0.65),
        gain=float(rng.uniform(0.7, 2.0)),
        levels=int(rng.integers(2, 7)),
        lines=int(rng.integers(110, 210)),
        solid=int(rng.integers(20, 90)),
        dark=float(rng.choice([0.0, 0.3, 0.8], p=[0.4, 0.35, 0.25])),
        plain=float(rng.uniform(0.1, 0.6)),
        straight=float(rng.choice([0.1, 0.4, 0.8])),
        ground=_some_colour(rng),
        common=float(rng.choice([0.0, 0.5, 1.0])),
    )


def draw_scene(
    size: tuple[int, int],
    pictures: Sequence[Image],
    figures: Sequence[Figure],
    style: SceneStyle,
    rng: np.random.Generator,
) -> tuple[Image, Image]:
    """The black and the inks of a panel of ``size`` (width, height). ``pictures`` are RGB."""
    plain = rng.random() < style.plain
    scene = _walls(size, style, rng) if plain else _crop(size, pictures, rng)
    for _ in range(int(rng.integers(0, 4)) if figures else 0):
        _people(scene, figures, rng)
    black, inks = _separate(scene, style, rng)
    if rng.random() < style.dark:
        _darken(black, inks, style, rng)
    if rng.random() < 0.3:
        _hatch(black, rng)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < style.straight else 0):
        draw_straight_things(black, (0, 0, *size), rng)
        _posts(black, rng)
    return black, inks


def _some_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    """Flat, often deep."""
    red, green, blue = (int(value) for value in rng.integers(20, 256, 3))
    return red, green, blue


def _crop(size: tuple[int, int], pictures: Sequence[Image], rng: np.random.Generator) -> Image:
    """A part of a picture, as large as the panel."""
    picture = pictures[int(rng.integers(len(pictures)))]
    rows, columns = picture.shape[:2]
    zoom = max(size[0] / columns, size[1] / rows) * rng.uniform(1.0, 2.0)
    wide, high = (
        min(most, max(1, int(length / zoom))) for length, most in zip(size, (columns, rows), strict=True)
    )
    x, y = int(rng.integers(columns - wide + 1)), int(rng.integers(rows - high + 1))
    part = cv2.resize(picture[y : y + high, x : x + wide], size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part, np.uint8)


def _walls(size: tuple[int, int], style: SceneStyle, rng: np.random.Generator) -> Image:
    """A wall, mostly a floor, often a carpet, a door or a window: flat fields with straight sides."""
    wide, high = size
    scene = np.empty((high, wide, 3), np.uint8)
    scene[:] = style.ground if rng.random() < style.common else _some_colour(rng)
    if rng.random() < 0.7:
        at = int(high * rng.uniform(0.5, 0.92))
        scene[at:] = _some_colour(rng)
    for _ in range(int(rng.integers(0, 4))):
        x, y = (rng.uniform(-0.1, 0.9, 2) * size).astype(int)
        w, h = (rng.uniform(0.08, 0.5, 2) * size).astype(int)
        lean = rng.normal(0, 0.05, 4) * min(size)
        corners = np.array([(x, y), (x + w, y + lean[0]), (x + w + lean[1], y + h), (x + lean[2], y + h)])
        cv2.fillPoly(scene, [corners.astype(np.int32)], _some_colour(rng))
        if rng.random() < 0.7:
            cv2.polylines(scene, [corners.astype(np.int32)], True, (0, 0, 0), int(rng.integers(1, 5)))
    return scene


def _people(scene: Image, figures: Sequence[Figure], rng: np.random.Generator) -> None:
    """A figure of the panel's height or less, cut off where the panel ends; in place."""
    figure = figures[int(rng.integers(len(figures)))]
    high, wide = scene.shape[:2]
    tall = max(SMALL_FIGURE, int(high * rng.uniform(0.35, 1.3)))
    across = max(SMALL_FIGURE // 2, round(tall * figure.cover.shape[1] / figure.cover.shape[0]))
    picture = cv2.resize(figure.picture, (across, tall), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(figure.cover, (across, tall), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        picture, cover = np.ascontiguousarray(picture[:, ::-1]), np.ascontiguousarray(cover[:, ::-1])
    at = int(rng.uniform(-0.3, 0.9) * wide), int(high - tall * rng.uniform(0.5, 1.05))
    composite(scene, np.asarray(picture, np.uint8), np.asarray(cover, np.uint8), at)


def _separate(scene: Image, style: SceneStyle, rng: np.random.Generator) -> tuple[Image, Image]:
    """What of a scene (H×W×3 RGB) is printed black, and what in colours, flat and of few tones."""
    grey = luma(scene)
    black = np.full_like(grey, 255)
    black[draw_lines(grey, rng) < style.lines] = 0
    black[cv2.blur(grey, (3, 3)) < style.solid] = 0
    flat = cv2.medianBlur(cv2.pyrDown(scene), 5)
    flat = cv2.resize(flat, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    if not style.colour:
        flat = np.repeat(luma(np.asarray(flat, np.uint8))[..., None], 3, axis=2)
    cover = np.clip((255.0 - flat.astype(np.float32)) / 255 * style.gain, 0, 1)
    steps = np.rint(255 * np.rint(cover * style.levels) / style.levels)
    inks = np.ascontiguousarray(steps.astype(np.uint8).transpose(2, 0, 1))
    if not style.colour:  # one grey, printed black
        inks[1:] = 0
    return black, inks


def _darken(black: Image, inks: Image, style: SceneStyle, rng: np.random.Generator) -> None:
    """A night, a curtain, a shadow: a dark field that reaches from one side of the panel across; in place."""
    high, wide = black.shape
    way = rng.normal(0, 1, 2)
    far = np.add.outer(np.linspace(-1, 1, high) * way[1], np.linspace(-1, 1, wide) * way[0])
    far += 0.2 * np.sin(np.linspace(0, rng.uniform(3, 20), wide))[None] * rng.uniform(0, 1)
    field = far > np.quantile(far, rng.uniform(0.1, 0.7))
    if rng.random() < 0.12:
        black[field] = 0
        return
    # Lighter than the black of the lines, or nobody would see these.
    for ink in inks[: 3 if style.colour else 1]:
        if not style.colour or rng.random() < 0.7:
            ink[field] = np.maximum(ink[field], int(rng.integers(90, 225)))


def _hatch(black: Image, rng: np.random.Generator) -> None:
    """Parallel strokes of a pen, level, upright or slanted, in some part of the panel; in place."""
    high, wide = black.shape
    angle = float(rng.choice([0.0, np.pi / 2, rng.uniform(0, np.pi)]))
    along, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    start, step = rng.uniform(0, 1, 2) * (wide, high), rng.uniform(4, 12)
    length, pen = rng.uniform(0.1, 0.9) * min(wide, high), int(rng.integers(1, 3))
    for number in range(int(rng.integers(6, 40))):
        first = start + aside * step * (number + rng.normal(0, 0.15)) + along * rng.normal(0, 0.1 * length)
        last = first + along * length * rng.uniform(0.7, 1.0)
        ends = [(round(float(x)), round(float(y))) for x, y in (first, last)]
        cv2.line(black, ends[0], ends[1], 0, pen, cv2.LINE_AA)


def _posts(black: Image, rng: np.random.Generator) -> None:
    """Posts, sills and mouldings: one to three dark lines side by side that end in the panel; in place."""
    high, wide = black.shape
    upright = rng.random() < 0.6
    across, along = (wide, high) if upright else (high, wide)
    at, length = rng.uniform(0.1, 0.9) * across, rng.uniform(0.3, 0.92) * along
    first = 0.0 if rng.random() < 0.5 else along - length  # from one side of the panel, not to the other
    for _ in range(int(rng.integers(1, 4))):
        ends = [(at, first), (at + rng.normal(0, 1.5), first + length)]
        points = [(round(a), round(b)) if upright else (round(b), round(a)) for a, b in ends]
        cv2.line(black, points[0], points[1], 0, int(rng.integers(1, 6)), cv2.LINE_AA)
        at += rng.uniform(5, 40)
