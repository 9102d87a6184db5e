"""Small pieces of printed manga, drawn four times as large as a scan has them.

What super-resolution should know of manga is what a scan loses: that ink is black on white, that lines have
sharp edges and tones are dots of one size. Drawn large, and reduced afterwards, a patch is both the scan and
what was printed. Lines follow real pictures; frames, hatching and lettering are made up.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.training.data.halftone import dot_screen, halftone, line_screen, posterize
from mangacolor.training.data.line_art import even_brightness, valley, xdog
from mangacolor.training.pages.balloon_drawing import letter, outline, random_style

OVER = 4  # pixels drawn for one of the scan


def draw_ink_patch(colour: Image, rng: np.random.Generator) -> Image:
    """``colour`` (H×W×3 uint8 RGB, at the scan's size) as print: OVER·H×OVER·W uint8 luma."""
    grey = _lit(colour @ rng.dirichlet((5.0, 5.0, 1.0)), float(rng.uniform(0.4, 0.75)))
    page = np.minimum(_tones(grey, rng), _lines(grey, rng))
    if rng.random() < 0.5:
        _strokes(page, rng)
    if rng.random() < 0.45:
        _balloon(page, rng)
    if rng.random() < 0.2:
        _frame(page, rng)
    return page


def _lit(grey: npt.NDArray[np.float64], mean: float) -> Image:
    """A curve that brings the patch to about ``mean``: a dark painting would be one black area."""
    value = np.clip(grey / 255, 0.01, 0.99)
    curve = np.clip(np.log(mean) / np.log(value.mean()), 0.25, 4.0)
    return np.asarray(np.rint(255 * value**curve), np.uint8)


def _larger(picture: Image, sigma: float = 1.5) -> Image:
    size = (picture.shape[1] * OVER, picture.shape[0] * OVER)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.GaussianBlur(large, (0, 0), sigma), np.uint8)


def _crisp(soft: Image, threshold: float) -> Image:
    """An edge as wide as a pixel or two of what is drawn, where the soft picture crosses the threshold."""
    return np.asarray(np.clip((soft.astype(np.float32) - threshold) * 6 + 128, 0, 255), np.uint8)


def _lines(grey: Image, rng: np.random.Generator) -> Image:
    large = _larger(even_brightness(grey) if rng.random() < 0.7 else grey)
    lines = xdog(
        large, float(rng.uniform(1.2, 3.6)), float(rng.uniform(8, 25)), float(rng.uniform(0.3, 0.6)), 60.0
    )
    if rng.random() < 0.5:
        found = valley(_larger(grey), OVER * int(rng.integers(1, 3)), float(rng.uniform(1.5, 3.5)))
        lines = np.minimum(lines, _crisp(found, float(rng.uniform(110, 190))))
    return lines


def _tones(grey: Image, rng: np.random.Generator) -> Image:
    """Paper, spot black, shades, and on most patches a screen of dots or lines."""
    paper_from = float(rng.uniform(110, 235))
    if rng.random() < 0.7:
        tone = posterize(grey, int(rng.integers(2, 6)), rng, paper_from)
        steps = cv2.resize(tone, None, fx=OVER, fy=OVER, interpolation=cv2.INTER_CUBIC)
        large = np.asarray(cv2.medianBlur(steps, 7), np.uint8)  # no ringing, round corners
    else:
        lit = np.clip(grey.astype(np.float32) * (255.0 / paper_from), 0, 255)
        large = _larger(np.asarray(lit, np.uint8), 3.0)
    if rng.random() < 0.25:  # shaded in grey, or by a scanner that lost the dots
        return large
    pitch = OVER * float(rng.uniform(2.3, 8.0))
    angle = float(rng.choice([45, 45, 45, 0, 30, 60, 75, 15]) + rng.normal(0, 1.5))
    screen = line_screen if rng.random() < 0.15 else dot_screen
    return halftone(large, screen((large.shape[0], large.shape[1]), pitch, angle))


def _strokes(page: Image, rng: np.random.Generator) -> None:
    """Hatching and speed lines: bundles of nearly parallel strokes that thin out, black or white."""
    height, width = page.shape
    for _ in range(int(rng.integers(1, 4))):
        angle, spacing = rng.uniform(0, np.pi), OVER * rng.uniform(1.8, 7.0)
        along = np.array([np.cos(angle), np.sin(angle)])
        aside = np.array([-along[1], along[0]])
        start = rng.uniform(0, 1, 2) * (width, height)
        length, thick = OVER * rng.uniform(15, 120), OVER * rng.uniform(0.5, 1.8)
        ink = 255 if rng.random() < 0.2 else 0
        for step in range(int(rng.integers(5, 28))):
            root = start + aside * (step * spacing + rng.normal(0, 0.1 * spacing))
            root += along * rng.normal(0, 0.06 * length)
            tip = root + (along + aside * rng.normal(0, 0.02)) * length * rng.uniform(0.6, 1.0)
            side = aside * thick / 2 * rng.uniform(0.6, 1.2)
            _fill(page, np.array([root - side, root + side, tip]), ink)


def _fill(page: Image, points: npt.NDArray[np.float64], ink: int) -> None:
    """A polygon at an eighth of a pixel."""
    cv2.fillConvexPoly(page, np.rint(points * 8).astype(np.int32), ink, cv2.LINE_AA, 3)


def _balloon(page: Image, rng: np.random.Generator) -> None:
    height, width = page.shape
    style = random_style(rng)
    style = replace(style, glyph=style.glyph * OVER, outline=style.outline * OVER // 2)
    half = (width * rng.uniform(0.15, 0.5), height * rng.uniform(0.15, 0.5))
    centre = (width * rng.uniform(0.1, 0.9), height * rng.uniform(0.1, 0.9))
    shape = outline(rng, centre, half)
    cv2.fillPoly(page, [shape], style.paper, cv2.LINE_AA)
    if style.outline:
        cv2.polylines(page, [shape], True, style.ink, style.outline, cv2.LINE_AA)
    box = (
        int(centre[0] - 0.7 * half[0]),
        int(centre[1] - 0.7 * half[1]),
        int(1.4 * half[0]),
        int(1.4 * half[1]),
    )
    letter(page, np.zeros_like(page), rng, box, style)


def _frame(page: Image, rng: np.random.Generator) -> None:
    """A gutter with the frames of the panels beside it."""
    height, width = page.shape
    middle, slant = rng.uniform(0.2, 0.8), rng.normal(0, 0.05) if rng.random() < 0.3 else 0.0
    half, thick = OVER * rng.uniform(2, 14), OVER * rng.uniform(0.6, 3.0)
    upright = rng.random() < 0.5
    for reach, ink in ((half + thick, 0), (half, 255)):
        ends = [(-9.0, -reach), (-9.0, reach), (9.0 + max(height, width), reach)]
        ends.append((9.0 + max(height, width), -reach))
        across = middle * (width if upright else height)
        points = np.array([(along, across + aside + slant * along) for along, aside in ends])
        _fill(page, points[:, ::-1] if upright else points, ink)
