"""Tones, speed lines and blades: what manga lays over and behind its drawings, in ink on luma (H×W)."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Box, Image
from mangacolor.training.data.halftone import print_tones

FINE = 3  # bits: lines are drawn at an eighth of a pixel


def stroke(inside: Image, start: F64, end: F64, ink: int, pen: int) -> None:
    first, last = (np.rint(np.asarray(point) * 2**FINE).astype(int).tolist() for point in (start, end))
    cv2.line(inside, first, last, ink, pen, cv2.LINE_AA, FINE)


def fill(inside: Image, points: F64, ink: int) -> None:
    cv2.fillConvexPoly(inside, np.rint(points * 2**FINE).astype(np.int32), ink, cv2.LINE_AA, FINE)


def outline(inside: Image, points: F64, ink: int, pen: int) -> None:
    scaled = np.rint(points * 2**FINE).astype(np.int32)
    cv2.polylines(inside, [scaled], True, ink, pen, cv2.LINE_AA, FINE)


def draw_blade(page: Image, panel: Box, rng: np.random.Generator) -> None:
    """A sword or a spear before a panel's drawing, of any slope: two edges that meet at a point."""
    x, y, w, h = panel
    inside = page[y : y + h, x : x + w]
    angle = rng.normal(0, 0.35) + (np.pi / 2 if rng.random() < 0.35 else 0.0)
    along = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-along[1], along[0]])
    length, half = rng.uniform(0.5, 1.3) * max(w, h), rng.uniform(2.0, 0.035 * max(w, h) + 2.5)
    root = np.array([w, h]) * rng.uniform(0.2, 0.8, 2) - along * length / 2
    tip, edge = root + along * length, root + along * (length - rng.uniform(3, 9) * half)
    shape = np.array(
        [root - aside * half, edge - aside * half, tip, edge + aside * half, root + aside * half]
    )
    fill(inside, shape, int(rng.choice([255, 255, 255, 0, 170])))
    outline(inside, shape, 0, int(rng.integers(1, 3)))
    if rng.random() < 0.6:
        stroke(inside, root, tip, 0, 1)


def lay_tone(inside: Image, rng: np.random.Generator) -> None:
    """A sheet of dots or lines, flat or graded, over all of the panel or one part with a straight side."""
    h, w = inside.shape
    first, last = rng.uniform(60, 245), rng.uniform(60, 255)
    graded = np.linspace(first, last if rng.random() < 0.6 else first, h if rng.random() < 0.7 else w)
    tone = np.broadcast_to(graded[:, None] if len(graded) == h else graded[None], (h, w)).astype(np.uint8)
    pitch, angle = 2 * float(rng.uniform(1.6, 4.5)), float(rng.choice([45, 45, 0, 30, 60]))
    drawn = tone if rng.random() < 0.3 else print_tones(tone, 2, pitch, angle, bool(rng.random() < 0.15))
    shown = np.full((h, w), 255, np.uint8)
    if rng.random() < 0.4:
        level = rng.uniform(0.2, 0.8) * h + np.array([-1, 1]) * rng.normal(0, 0.08) * h
        fill(shown, np.array([(0, 0), (w, 0), (w, level[1]), (0, level[0])], np.float64), 0)
    inside[shown > 127] = np.minimum(inside, drawn)[shown > 127]


def draw_rays(inside: Image, rng: np.random.Generator) -> None:
    """Focus lines: wedges from the sides towards an empty middle."""
    h, w = inside.shape
    middle = np.array([w, h]) * rng.uniform(0.3, 0.7, 2)
    bare, far = rng.uniform(0.25, 0.45) * min(w, h), float(np.hypot(w, h))
    for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(40, 160))):
        away = np.array([np.cos(angle), np.sin(angle)])
        aside = np.array([-away[1], away[0]]) * rng.uniform(0.4, 3.0)
        tip = middle + away * bare * rng.uniform(0.9, 1.6)
        fill(inside, np.array([tip, middle + away * far + aside, middle + away * far - aside]), 0)


def draw_streaks(inside: Image, rng: np.random.Generator) -> None:
    """Speed lines: parallel, of all lengths, thin at one end."""
    h, w = inside.shape
    angle = rng.normal(0, 0.12) if rng.random() < 0.5 else rng.uniform(0, np.pi)
    along = np.array([np.cos(angle), np.sin(angle)])
    aside = np.array([-along[1], along[0]])
    ink, extent = (255 if rng.random() < 0.1 else 0), max(w, h)
    part = rng.uniform(0.3, 1.0)
    for _ in range(int(rng.integers(12, 70))):
        root = np.array([w, h]) / 2 + aside * rng.uniform(-0.7, 0.7) * part * extent
        root = root + along * rng.uniform(-1.0, 0.4) * extent
        thick = aside * rng.uniform(0.3, 1.3)
        tip = root + along * rng.uniform(0.2, 1.6) * extent
        fill(inside, np.array([root - thick, root + thick, tip]), ink)
