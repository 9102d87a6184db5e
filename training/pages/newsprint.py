"""Inks on old newspaper, scanned, and made ready for the page network as the stage makes real pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.page import on_white_paper
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.training.data.halftone import print_large
from mangacolor.training.pages.balloons import LabelledPage

Floats = npt.NDArray[np.float32]

WORKING_PIXELS: Final = 1.0e6  # of a page, before the network looks at it
# A page on white paper is shown to the network smaller than one on yellowed paper is.
WHITE_SIZE: Final = 0.756
MOST_SKEW: Final = 1.3  # degrees


@dataclass(slots=True)
class Printing:
    """A page before it is printed, all H×W uint8 but for ``inks`` (3×H×W, 255 = all covered).

    ``black``: luma, 255 = no ink. ``border``: 255 along borders of panels. ``outside``: 255 outside of all.
    """

    black: Image
    inks: Image
    border: Image
    outside: Image


def print_and_scan(sheet: Printing, colour: bool, rng: np.random.Generator) -> LabelledPage:
    """The page as the network is shown it, at about the working scale."""
    page = _printed(sheet, colour, rng)
    maps = _moved((page.shape[0], page.shape[1]), rng)
    ground = float(rng.choice([0.05, 0.5, 1.0])) if rng.random() < 0.3 else None

    def scanned(picture: Any, method: int, beside: float | None) -> Any:
        mode = cv2.BORDER_REPLICATE if beside is None else cv2.BORDER_CONSTANT
        return cv2.remap(picture, maps[0], maps[1], method, borderMode=mode, borderValue=beside or 0.0)

    seen = scanned(page, cv2.INTER_LINEAR, ground)
    seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.35, 1.3)))
    grain = rng.standard_normal(seen.shape, np.float32) * np.float32(rng.uniform(0, 0.025))
    coded = _as_jpeg(np.rint(255 * np.clip(seen + grain, 0, 1)).astype(np.uint8), int(rng.integers(40, 95)))
    border = scanned(sheet.border, cv2.INTER_NEAREST, 0)
    return prepare(coded, border, scanned(sheet.outside, cv2.INTER_NEAREST, 255))


def prepare(luma: Image, border: Image, outside: Image) -> LabelledPage:
    """A scanned page and its labels (all H×W uint8) at the scale, and on the paper, that the network sees."""
    scale = (WORKING_PIXELS / luma.size) ** 0.5
    small = np.asarray(cv2.resize(luma, _sized(luma, scale), interpolation=cv2.INTER_AREA), np.uint8)
    shown, yellowed = on_white_paper(small, DEFAULTS)
    if not yellowed:
        scale *= WHITE_SIZE
        shown = np.asarray(cv2.resize(small, _sized(luma, scale), interpolation=cv2.INTER_AREA), np.uint8)
    labels = [
        np.asarray(cv2.resize(label, shown.shape[::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
        for label in (border, outside)
    ]
    return LabelledPage(shown, labels[0], labels[1])


def _sized(picture: Image, scale: float) -> tuple[int, int]:
    return max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))


def _printed(sheet: Printing, colour: bool, rng: np.random.Generator) -> Floats:
    """How much light comes back from the page: H×W in [0, 1]."""
    page = _paper(sheet.black.shape, rng)
    pitch = float(rng.uniform(3.0, 7.5)) * sheet.black.shape[0] / 1600
    dotted = rng.random() < 0.8
    # What is left of the light by cyan, magenta, yellow; or by the black of grey dots.
    through = [rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.6), rng.uniform(0.75, 0.95)]
    if not colour:
        through = [rng.uniform(0.18, 0.45), 1.0, 1.0]
    for ink, left, angle in zip(sheet.inks, through, rng.uniform(0, 90, 3), strict=True):
        if not ink.any():
            continue
        cover = ink
        if dotted:
            lined = rng.random() < 0.1
            cover = 255 - print_large(np.asarray(255 - ink, np.uint8), pitch, float(angle), lined)
        shift = np.rint(rng.normal(0, 1.3, 2)).astype(int)  # plates are never quite on each other
        cover = np.roll(cover, tuple(shift), (0, 1))
        page *= 1 - cover.astype(np.float32) * np.float32((1 - left) * rng.uniform(0.7, 1.0) / 255)
    cover = _ragged(255 - sheet.black, rng)
    return np.asarray(page * (1 - cover * np.float32(rng.uniform(0.72, 0.95))), np.float32)


def _ragged(black: Image, rng: np.random.Generator) -> Floats:
    """Cover (H×W in [0, 1]) of black ink that ran into coarse paper, or did not reach all of it."""
    if rng.random() < 0.3:
        return np.asarray(black.astype(np.float32) / 255, np.float32)
    soft = cv2.GaussianBlur(black, (0, 0), 0.8).astype(np.float32) / 255
    noise = _clouds(black.shape, 3.0, rng)
    level = np.float32(rng.uniform(0.28, 0.5)) + np.float32(rng.uniform(0, 0.12)) * noise
    return np.asarray(np.clip((soft - level) * 6 + 0.5, 0, 1), np.float32)


def _paper(shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """How light paper is: yellowed, uneven, darker towards its edges, stained, creased."""
    high, wide = shape
    page = np.full((high, wide), rng.uniform(0.68, 0.97), np.float32)
    page *= 1 + np.float32(rng.uniform(0, 0.03)) * _clouds(shape, rng.uniform(150, 500), rng)
    page *= 1 + np.float32(rng.uniform(0, 0.015)) * _clouds(shape, rng.uniform(2, 8), rng)
    far = np.maximum.outer(np.abs(np.linspace(-1, 1, high)), np.abs(np.linspace(-1, 1, wide)))
    page *= 1 - np.float32(rng.uniform(0, 0.15)) * far.astype(np.float32) ** 8
    for _ in range(int(rng.choice([0, 1, 3], p=[0.7, 0.2, 0.1]))):  # creases, across the page or down
        at, tall = rng.uniform(0.1, 0.9), rng.random() < 0.5
        along = np.arange(wide if tall else high)
        crease = 1 - rng.uniform(0.03, 0.2) * np.exp(-(((along - at * len(along)) / rng.uniform(1, 6)) ** 2))
        page *= (crease[None] if tall else crease[:, None]).astype(np.float32)
    return np.clip(page, 0.0, 1.0)


def _clouds(shape: tuple[int, ...], wave: float, rng: np.random.Generator) -> Floats:
    """Smooth noise about 0, of a deviation of about 1, with ``wave`` pixels from knot to knot."""
    knots = rng.standard_normal([max(2, round(side / wave) + 1) for side in shape[:2]], np.float32)
    return np.asarray(cv2.resize(knots, shape[1::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _moved(shape: tuple[int, int], rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Where each pixel of a scan (H×W) comes from: the paper lay askew and was not flat, its lines bend."""
    high, wide = shape
    angle = float(rng.normal(0, 0.35)) if rng.random() < 0.7 else float(rng.uniform(-MOST_SKEW, MOST_SKEW))
    turn = cv2.getRotationMatrix2D((wide / 2, high / 2), angle, 1 + abs(angle) / 90)
    back = np.asarray(cv2.invertAffineTransform(turn), np.float32)
    x, y = np.arange(wide, dtype=np.float32)[None], np.arange(high, dtype=np.float32)[:, None]
    strength, wave = np.float32(rng.uniform(0, 3.0) * high / 1600), rng.uniform(130, 600) * high / 1600
    maps = [
        np.asarray(row[0] * x + row[1] * y + row[2] + strength * _clouds(shape, wave, rng), np.float32)
        for row in back
    ]
    return maps[0], maps[1]


def _as_jpeg(luma: Image, quality: int) -> Image:
    coded = cv2.imencode(".jpg", luma, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)
