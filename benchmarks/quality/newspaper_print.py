"""Plates of ink printed on newspaper and scanned a hundred years later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Box, Image
from mangacolor.training.data.halftone import print_large

Floats = npt.NDArray[np.float32]

# What paper and the four inks let through of red, green and blue.
INKS: Final = ((0.2, 0.55, 0.72), (0.85, 0.28, 0.36), (0.97, 0.87, 0.38), (0.13, 0.12, 0.12))
ANGLES: Final = (15.0, 75.0, 0.0, 45.0)  # degrees, of the dots of each


def print_and_scan(
    ink: Image, cells: Sequence[tuple[float, float, float, float]], colour: bool, kinds: set[str],
    rng: np.random.Generator,
) -> tuple[Image, list[Box]]:  # fmt: skip
    """The page (H×W×3 RGB) that 4×H×W plates give, and the boxes of its ``cells`` there.

    Adds to ``kinds`` what the scan makes difficult.
    """
    height, width = ink.shape[1:]
    page = _paper((height, width), rng)
    pitch = rng.uniform(3.5, 6.0) * height / 1500
    strength = rng.uniform(0.75, 0.97)
    if not colour:
        ink = np.stack([ink[0], ink[1], ink[1], np.maximum(ink[3], _dots(ink[2], pitch, 45.0))])
    for plate, through, angle in zip(ink, INKS, ANGLES, strict=True):
        cover = plate if angle == ANGLES[3] else _dots(plate, pitch, angle)
        shift = rng.normal(0, 1.2, 2) if angle != ANGLES[3] else np.zeros(2)
        cover = cv2.warpAffine(cover, np.array([[1, 0, shift[0]], [0, 1, shift[1]]]), (width, height))
        uneven = np.clip(1 - 0.04 * _clouds((height, width), 0.02, rng) ** 2, 0.7, 1)
        share = cover.astype(np.float32) / 255 * strength * uneven
        page *= 1 - share[..., None] * (1 - np.array(through, np.float32))
    where = _displacement((height, width), rng)
    angle = float(rng.uniform(-1, 1)) if rng.random() < 0.6 else 0.0
    if abs(angle) >= 0.4:
        kinds.add("askew by .4° and more")
    matrix = np.asarray(cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1), np.float64)
    back = cv2.invertAffineTransform(matrix)
    ys, xs = np.mgrid[:height, :width].astype(np.float32)
    source = [back[row, 0] * xs + back[row, 1] * ys + back[row, 2] + where[row] for row in (0, 1)]
    maps = [np.asarray(part, np.float32) for part in source]
    bent = cv2.remap(page, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(bent, (0, 0), float(rng.uniform(0.5, 0.9)))
    seen = np.clip(soft * 255 + rng.normal(0, rng.uniform(1, 5), soft.shape), 0, 255).astype(np.uint8)
    if not colour and rng.random() < 0.5:
        kinds.add("scanned in grey")
        seen = np.repeat(cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(60, 92))]
    coded = cv2.imencode(".jpg", np.ascontiguousarray(seen[..., ::-1]), quality)[1]
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    boxes = [_scanned(cell, matrix, where) for cell in cells]
    return np.ascontiguousarray(decoded), boxes


def _scanned(cell: tuple[float, float, float, float], matrix: npt.NDArray[np.float64], where: Floats) -> Box:
    """The box around a cell after the scan."""
    x, y, w, h = cell
    corners = np.array([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    rows, columns = where.shape[1:]
    seen = corners @ matrix[:, :2].T + matrix[:, 2]
    at = np.clip(np.rint(seen).astype(int), 0, (columns - 1, rows - 1))
    seen -= where[:, at[:, 1], at[:, 0]].T
    low, high = np.rint(seen.min(0)).astype(int), np.rint(seen.max(0)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _dots(plate: Image, pitch: float, angle: float) -> Image:
    """Tones of a plate as dots; what is solid stays so."""
    return 255 - print_large(np.asarray(255 - plate, np.uint8), pitch, angle, False)


def _paper(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """H×W×3 in [0, 1]: yellowed, darker at its edges, folded, stained, with a grain."""
    height, width = shape
    fresh, old = np.array((0.96, 0.94, 0.88)), np.array((0.82, 0.70, 0.50))
    age = rng.uniform(0.1, 0.9)
    page = np.tile(((1 - age) * fresh + age * old).astype(np.float32), (height, width, 1))
    shade = 1 - 0.03 * np.clip(_clouds(shape, 0.004, rng) ** 2, 0, 2)
    ys, xs = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    shade *= 1 - rng.uniform(0.02, 0.12) * np.maximum(np.abs(ys), np.abs(xs)) ** 6
    shade *= 1 - rng.uniform(0.01, 0.04) * np.abs(_clouds(shape, 0.3, rng))
    if rng.random() < 0.4:  # folded across the middle
        fold = height * rng.uniform(0.47, 0.53)
        shade *= 1 - rng.uniform(0.05, 0.15) * np.exp(-(((np.arange(height) - fold) / 4) ** 2))[:, None]
    page *= shade[..., None].astype(np.float32)
    return page


def _clouds(shape: tuple[int, int], fineness: float, rng: np.random.Generator) -> Floats:
    """H×W smooth noise about 0, of a deviation of about 1; ``fineness``: knots a pixel."""
    size = [max(3, round(side * fineness)) for side in shape]
    knots = rng.standard_normal(size).astype(np.float32)
    return np.asarray(cv2.resize(knots, shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _displacement(shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """2×H×W pixels (x, y) that the paper has moved by: waves over the page, and ragged ink."""
    waves = [rng.uniform(0.3, 1.5) * _clouds(shape, 0.003, rng) for _ in range(2)]
    ragged = [rng.uniform(0.2, 0.5) * _clouds(shape, 0.15, rng) for _ in range(2)]
    return np.stack([wave + edge for wave, edge in zip(waves, ragged, strict=True)])
