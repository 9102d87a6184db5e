"""A made-up page with its panels, and the pen that such pages are drawn with: it wobbles and letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Box, Image
from mangacolor.training.pages.balloon_drawing import LATIN

_SHIFT: Final = 4  # bits of the fraction of a pixel that OpenCV draws to
_WORDS: Final = tuple(LATIN.split())


@dataclass(frozen=True, slots=True)
class MadePage:
    """H×W×3 uint8 RGB, the boxes of its panels, row by row, and what of it is difficult."""

    picture: Image
    panels: tuple[Box, ...]
    kinds: tuple[str, ...]


def smooth_noise(length: int, wave: float, rng: np.random.Generator) -> F64:
    """N numbers about 0 with a deviation of about 1 that go up and down over ``wave`` steps."""
    knots = rng.standard_normal(int(length / wave) + 4)
    at = np.arange(length) / wave + rng.random()
    return np.asarray(np.interp(at, np.arange(len(knots)), knots), np.float64)


def wobbly(
    start: tuple[float, float], end: tuple[float, float], wobble: float, rng: np.random.Generator
) -> F64:
    """Points (N×2, x and y) of a line drawn by hand, up to some ``wobble`` pixels off the straight one."""
    ends = np.array([start, end], np.float64)
    length = float(np.hypot(*(ends[1] - ends[0])))
    count = max(2, int(length / 4))
    along = np.linspace(0, 1, count)[:, None]
    across = np.array([ends[0, 1] - ends[1, 1], ends[1, 0] - ends[0, 0]]) / max(length, 1)
    off = wobble * smooth_noise(count, max(6.0, count / 4), rng) * np.minimum(1, np.arange(count) / 3)
    return np.asarray(ends[0] + along * (ends[1] - ends[0]) + off[:, None] * across)


def draw_through(page: Image, points: F64, tone: int | tuple[int, ...], width: int) -> None:
    """A line through points (N×2) on a page, H×W or H×W×3, in place."""
    fixed = np.rint(points * 2**_SHIFT).astype(np.int32).reshape(-1, 1, 2)
    colour = tone if isinstance(tone, tuple) else (tone,) * 3
    cv2.polylines(page, [fixed], False, colour, width, cv2.LINE_AA, _SHIFT)


def fill_shape(page: Image, points: F64, tone: int | tuple[int, ...]) -> None:
    """Fill the inside of points (N×2) on a page in place."""
    colour = tone if isinstance(tone, tuple) else (tone,) * 3
    cv2.fillPoly(page, [np.rint(points * 2**_SHIFT).astype(np.int32)], colour, cv2.LINE_AA, _SHIFT)


def ring(
    centre: tuple[float, float], half: tuple[float, float], wobble: float, rng: np.random.Generator
) -> F64:
    """Points (60×2) of a closed round shape drawn by hand."""
    angle = np.linspace(0, 2 * np.pi, 60)
    radius = (
        1 + wobble * np.sin(2 * angle + rng.uniform(0, 6)) + wobble * np.sin(3 * angle + rng.uniform(0, 6))
    )
    circle = np.stack([np.cos(angle), np.sin(angle)], 1) * radius[:, None]
    return np.asarray(circle * half + np.array(centre))


def some_words(count: int, rng: np.random.Generator) -> list[str]:
    """So many words in capitals, as letterers write."""
    return [_WORDS[int(index)].upper() for index in rng.integers(len(_WORDS), size=count)]


def letter_lines(
    page: Image,
    box: tuple[float, float, float, float],
    size: int,
    rng: np.random.Generator,
    tone: int | tuple[int, ...] = 0,
    lines: int | None = None,
    weight: int = 400,
) -> int:
    """Letter rows into a box (x, y, width, height) of a page in place, centred; how many rows there are."""
    x, y, wide, high = box
    pitch = round(1.25 * size)
    rows = int(high // pitch) if lines is None else min(lines, int(high // pitch))
    colour, font = tone if isinstance(tone, tuple) else (tone,) * 3, cv2.FontFace("uni")
    for row in range(rows):
        text, target = "", wide * rng.uniform(0.55, 0.97)
        while True:
            longer = f"{text} {some_words(1, rng)[0]}".strip()
            if width_of(longer, size, weight) > target:
                break
            text = longer
        left = x + (wide - width_of(text, size, weight)) / 2
        spot = (round(left), round(y + row * pitch + size))
        cv2.putText(page, text, spot, colour, font, size, weight)
    return rows


def width_of(text: str, size: int, weight: int) -> int:
    """Pixels that a text takes."""
    return int(cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace("uni"), size, weight)[2]) if text else 0


def letter_at(
    page: Image, text: str, at: tuple[float, float], size: int, tone: int | tuple[int, ...], weight: int = 400
) -> None:
    """A text from a point on its base line on, in place."""
    colour = tone if isinstance(tone, tuple) else (tone,) * 3
    spot = (round(at[0]), round(at[1]))
    cv2.putText(page, text, spot, colour, cv2.FontFace("uni"), size, weight)
