"""Straight lines on made-up pages that are no borders: walls, shelves, windows, bars, speed lines."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.types import Box, Image


def draw_straight_things(page: Image, panel: Box, rng: np.random.Generator) -> None:
    """Draw one kind of them, or none, into a panel of the page (H×W luma)."""
    x, y, w, h = panel
    what = str(
        rng.choice(["none", "lines", "box", "block", "bars", "rays"], p=[0.46, 0.18, 0.1, 0.1, 0.09, 0.07])
    )
    pen, tone = int(rng.integers(1, 5)), int(rng.choice([0, 0, 0, 255, 120]))
    inside = page[y : y + h, x : x + w]

    def line(ax: float, ay: float, bx: float, by: float) -> None:
        ends = (int(ax * w), int(ay * h)), (int(bx * w), int(by * h))
        cv2.line(inside, *ends, tone, pen, cv2.LINE_AA)

    if what == "lines":
        for _ in range(int(rng.integers(1, 4))):
            at, lean = rng.uniform(0.1, 0.9), rng.normal(0, 0.06)
            # Most end inside, or at one side only: what runs from side to side is a border.
            first, last = sorted(rng.uniform(-0.1, 1.1, 2))
            first, last = max(first, 0.0), min(last, 0.93)
            ends = (first, at, last, at + lean)
            line(*(ends if rng.random() < 0.5 else (ends[1], ends[0], ends[3], ends[2])))
    elif what in ("box", "block"):
        ax, ay = rng.uniform(0.05, 0.5, 2)
        bx, by = ax + rng.uniform(0.15, 0.45), ay + rng.uniform(0.15, 0.45)
        lean = rng.normal(0, 0.04)
        corners = np.array([(ax, ay), (bx, ay + lean), (bx, by + lean), (ax, by)]) * (w, h)
        if what == "block":  # furniture, a wall, a shadow: one tone with straight sides
            cv2.fillPoly(inside, [corners.astype(np.int32)], int(rng.choice([0, 60, 150, 200, 255])))
        cv2.polylines(inside, [corners.astype(np.int32)], True, tone, pen, cv2.LINE_AA)
    elif what == "bars":
        first, step = rng.uniform(0.05, 0.2), rng.uniform(0.04, 0.12)
        lean = rng.normal(0, 0.02)
        for at in np.arange(first, rng.uniform(0.5, 0.95), step):
            line(at, rng.uniform(0.0, 0.2), at + lean, rng.uniform(0.7, 0.97))
    elif what == "rays":
        cx, cy = rng.uniform(0.2, 0.8, 2)
        for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(20, 90))):
            a, b = rng.uniform(0.2, 0.5), rng.uniform(0.6, 1.2)
            c, s = np.cos(angle), np.sin(angle)
            line(cx + a * c, cy + a * s, cx + b * c, cy + b * s)
