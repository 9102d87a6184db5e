"""Cut-out figures on made-up pages: over borders, out of their panels, and alone on white paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.training.data.synthesis import render

RIMMED = 0.3  # share of figures with a rim of white, before which the borders behind them stop
Area = tuple[slice, slice]  # rows and columns


@dataclass(frozen=True, slots=True)
class Figure:
    """A cut-out picture: H×W×3 RGB and its cover, H×W uint8, 255 = figure."""

    picture: Image
    cover: Image


def stand(page: Image, figures: Sequence[Figure], kind: str, rng: np.random.Generator) -> None:
    """Paste a figure anywhere on the page (H×W luma), over whatever borders are there."""
    figure = _any(figures, rng)
    tall = int(page.shape[0] * rng.uniform(0.2, 0.8))
    drawn, cover = _drawn(figure, tall, kind, rng)
    wide = cover.shape[1]
    x = int(rng.integers(-wide // 3, page.shape[1] - wide // 2))
    y = int(rng.integers(-tall // 4, page.shape[0] - tall // 3))
    _paste(page, drawn, cover, (x, y), (0, 0, page.shape[1], page.shape[0]))


def step_out(page: Image, panel: Box, figures: Sequence[Figure], kind: str, rng: np.random.Generator) -> None:
    """Let a figure rise out of its panel: over its upper side, often over its left and right ones.

    Its panel's lower side cuts it off, as heads and busts are.
    """
    x, y, w, h = panel
    out = h * rng.uniform(0.1, 0.7)
    figure = _any(figures, rng)
    span = w * rng.uniform(0.4, 1.1)
    tall = int(np.clip(span * figure.cover.shape[0] / figure.cover.shape[1], h * 0.6 + out, 3 * (h + out)))
    drawn, cover = _drawn(figure, tall, kind, rng)
    left = int(x + rng.uniform(0.1, 0.9) * w - cover.shape[1] / 2)
    sides = (0, page.shape[1]) if rng.random() < 0.5 else (x, x + w)
    _paste(page, drawn, cover, (left, int(y - out)), (sides[0], 0, sides[1] - sides[0], y + h))


def bare_panel(
    size: tuple[int, int], figures: Sequence[Figure], kind: str, rng: np.random.Generator
) -> Image:
    """The inside of a panel (H×W luma for a (width, height)): paper or one tone, with a figure or none."""
    w, h = size
    tone = int(rng.choice([255, 252, 245, 225, 0], p=[0.5, 0.2, 0.12, 0.14, 0.04]))
    inside = np.full((h, w), tone, np.uint8)
    if rng.random() < 0.15:  # a tone that fades out
        fade = np.linspace(rng.uniform(90, 220), 255, h if rng.random() < 0.7 else w)
        inside[:] = (fade[:, None] if len(fade) == h else fade[None]).astype(np.uint8)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.2, 0.65, 0.15]))):
        tall = int(max(24, h * rng.uniform(0.7, 3.0)))
        drawn, cover = _drawn(_any(figures, rng), tall, kind, rng)
        wide = cover.shape[1]
        x, y = (
            int(rng.integers(-wide // 2, max(w - wide // 2, 1 - wide // 2))),
            int(rng.uniform(-0.1, 0.6) * h),
        )
        _paste(inside, drawn, cover, (x, y), (0, 0, w, h))
    return inside


def _any(figures: Sequence[Figure], rng: np.random.Generator) -> Figure:
    return figures[int(rng.integers(len(figures)))]


def _drawn(figure: Figure, tall: int, kind: str, rng: np.random.Generator) -> tuple[Image, Image]:
    """The figure in black and white, inked all round, and its cover, both ``tall`` pixels high."""
    wide = max(8, round(tall * figure.cover.shape[1] / figure.cover.shape[0]))
    small = cv2.resize(figure.picture, (wide, tall), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(figure.cover, (wide, tall), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        small, cover = np.ascontiguousarray(small[:, ::-1]), np.ascontiguousarray(cover[:, ::-1])
    drawn = render(np.asarray(small, np.uint8), kind, rng)
    shown = cover
    if rng.random() < RIMMED:
        rim = 2 * int(rng.integers(1, 7)) + 1
        shown = cv2.dilate(cover, np.ones((rim, rim), np.uint8))
        drawn[cover <= 127] = 255
    outlines, _ = cv2.findContours((cover > 127).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, outlines, -1, 0, int(rng.integers(1, 4)), cv2.LINE_AA)
    return drawn, np.asarray(shown, np.uint8)


def overlap(figure: tuple[int, ...], at: tuple[int, int], within: Box) -> tuple[Area, Area] | None:
    """Which part of a scene a figure covers within a box, and which part of the figure that is.

    ``figure``: its shape, height and width first. ``at``: x and y of its corner. None if it lies beside.
    """
    x, y = at
    tall, wide = figure[:2]
    left, top = max(x, within[0]), max(y, within[1])
    right, bottom = min(x + wide, within[0] + within[2]), min(y + tall, within[1] + within[3])
    if left >= right or top >= bottom:
        return None
    return np.s_[top:bottom, left:right], np.s_[top - y : bottom - y, left - x : right - x]


def composite(scene: Image, picture: Image, cover: Image, at: tuple[int, int]) -> None:
    """Lay a picture (RGB) on a scene with its corner ``at`` (x, y), as far as its cover (0 to 255) says."""
    areas = overlap(cover.shape, at, (0, 0, scene.shape[1], scene.shape[0]))
    if areas is None:
        return
    there, part = areas
    share = cover[part].astype(np.float32)[..., None] / 255
    scene[there] = np.rint(picture[part] * share + scene[there] * (1 - share)).astype(np.uint8)


def _paste(page: Image, drawn: Image, cover: Image, at: tuple[int, int], within: Box) -> None:
    """Lay a figure on the page with its corner ``at`` (x, y), but for what sticks out of a box."""
    x, y, w, h = within
    left, top = max(x, 0), max(y, 0)
    inside = left, top, min(x + w, page.shape[1]) - left, min(y + h, page.shape[0]) - top
    areas = overlap(cover.shape, at, inside)
    if areas is None:
        return
    there, part = areas
    shown = cover[part] > 127
    page[there][shown] = drawn[part][shown]
