"""Balloons, captions and sound effects, pasted over a picture: white in the target too.

The glyphs are invented strokes, Latin-like in rows or CJK-like in columns; a network at a working
scale of 256 pixels sees texture, not letters.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Image

OVERSAMPLE = 2  # drawn twice as large and averaged down, for thin antialiased strokes


def paste_balloons(grey: Image, colour: Image, rng: np.random.Generator, count: int) -> tuple[Image, Image]:
    """Paste ``count`` balloons, captions or sound effects into both pictures.

    ``grey``: H×W uint8 input; ``colour``: H×W×3 uint8 target. Returns new arrays; where lettering
    covers the picture, the target holds the same grey values as the input.
    """
    height, width = grey.shape
    size = (height * OVERSAMPLE, width * OVERSAMPLE)
    ink = np.full(size, 255, np.uint8)
    cover = np.zeros(size, np.uint8)
    for _ in range(count):
        draw = _sound_effect if rng.random() < 0.15 else _balloon
        draw(ink, cover, rng)
    ink = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    alpha = cv2.resize(cover, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    grey_out = grey + (ink.astype(np.float32) - grey) * alpha
    colour_out = colour + (ink[..., None].astype(np.float32) - colour) * alpha[..., None]
    return grey_out.astype(np.uint8), colour_out.astype(np.uint8)


def _balloon(ink: Image, cover: Image, rng: np.random.Generator) -> None:
    height, width = ink.shape
    radii = rng.uniform(0.10, 0.30) * width, rng.uniform(0.10, 0.34) * height
    centre = rng.uniform(0, width), rng.uniform(0, height)
    black = rng.random() < 0.07
    paper, pen = (0, 255) if black else (255, 0)
    outline = _outline(centre, radii, rng)
    cv2.fillPoly(cover, [outline], 255)
    cv2.fillPoly(ink, [outline], paper)
    if rng.random() < 0.92:
        thickness = int(rng.integers(2, 5))
        cv2.polylines(cover, [outline], True, 255, thickness, cv2.LINE_AA)
        cv2.polylines(ink, [outline], True, pen, thickness, cv2.LINE_AA)
    inner = radii[0] * 0.72, radii[1] * 0.72
    _glyphs(ink, centre, inner, pen, rng)


def _outline(centre: tuple[float, float], radii: tuple[float, float], rng: np.random.Generator) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    kind = rng.random()
    if kind < 0.2:  # caption box
        reach = 1 / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    elif kind < 0.35:  # burst
        reach = 1 + 0.16 * np.where(np.arange(72) % 6 < 3, 1, -1) * rng.uniform(0.5, 1.5, 72)
    else:  # oval or rounded box, slightly uneven by hand
        power = rng.uniform(2, 4)
        reach = (np.abs(np.cos(angles)) ** power + np.abs(np.sin(angles)) ** power) ** (-1 / power)
        reach *= 1 + rng.uniform(0, 0.05) * np.sin(3 * angles + rng.uniform(0, 6))
    points = np.stack(
        [centre[0] + radii[0] * reach * np.cos(angles), centre[1] + radii[1] * reach * np.sin(angles)], 1
    )
    if rng.random() < 0.5:  # a tail: pull a few points of the outline far out
        at = int(rng.integers(72))
        pull = rng.uniform(1.3, 2.0)
        for step in range(-2, 3):
            index = (at + step) % 72
            gain = 1 + (pull - 1) * (1 - abs(step) / 3)
            points[index] = np.asarray(centre) + (points[index] - np.asarray(centre)) * gain
    return np.round(points).astype(np.int32)


def _glyphs(
    ink: Image,
    centre: tuple[float, float],
    radii: tuple[float, float],
    pen: int,
    rng: np.random.Generator,
) -> None:
    """Fill the ellipse with a grid of glyph cells: columns of square ones, or rows of narrow ones."""
    columns = rng.random() < 0.6
    cell = float(rng.uniform(9, 26))
    step_x, step_y = (cell * 1.25, cell) if columns else (cell * 0.62, cell * 1.3)
    for x in np.arange(centre[0] - radii[0], centre[0] + radii[0] - cell / 2, step_x):
        for y in np.arange(centre[1] - radii[1], centre[1] + radii[1] - cell / 2, step_y):
            offset = (x + cell / 2 - centre[0]) / radii[0], (y + cell / 2 - centre[1]) / radii[1]
            if offset[0] ** 2 + offset[1] ** 2 < 0.95 and rng.random() < 0.93:
                _glyph(ink, x, y, cell * (0.88 if columns else 0.55), cell * 0.88, pen, rng)


def _glyph(
    ink: Image, x: float, y: float, width: float, height: float, pen: int, rng: np.random.Generator
) -> None:
    thickness = max(1, round(height / 11))
    ends = rng.random((int(rng.integers(2, 6)), 2, 2))
    straight = rng.random(len(ends)) < 0.7
    for (start, end), snap in zip(ends, straight, strict=True):
        if snap:  # most strokes of a glyph are horizontal or vertical
            axis = int(rng.integers(2))
            end[axis] = start[axis]
        first = (round(x + start[0] * width), round(y + start[1] * height))
        last = (round(x + end[0] * width), round(y + end[1] * height))
        cv2.line(ink, first, last, pen, thickness, cv2.LINE_AA)


def _sound_effect(ink: Image, cover: Image, rng: np.random.Generator) -> None:
    """Two to four huge brush glyphs, black with a white rim or white with a black one."""
    height, width = ink.shape
    size = rng.uniform(0.12, 0.3) * min(height, width)
    start = rng.uniform(0, width), rng.uniform(0, height)
    direction = np.array([rng.uniform(-0.6, 0.6), rng.uniform(0.4, 1.6)])
    body, rim = (0, 255) if rng.random() < 0.7 else (255, 0)
    stroke = max(3, round(size * rng.uniform(0.1, 0.2)))
    for index in range(int(rng.integers(2, 5))):
        origin = np.asarray(start) + direction * size * 1.1 * index
        points = [np.round(origin + rng.uniform(0, size, (2, 2))).astype(int) for _ in range(3)]
        for canvas, value, extra in ((cover, 255, 4), (ink, rim, 4), (ink, body, 0)):
            for first, last in points:
                cv2.line(
                    canvas, tuple(map(int, first)), tuple(map(int, last)), value, stroke + extra, cv2.LINE_AA
                )
