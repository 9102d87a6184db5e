"""Made-up pages with known panels: layouts of many hands, with figures and balloons over their borders.

The label of a page is H×W uint8: 255 along the borders of panels, also where something covers them. A
second mask marks what lies outside of all panels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, page_polygon, swap
from mangacolor.training.data.synthesis import damage_scan
from mangacolor.training.pages.balloon_drawing import random_style
from mangacolor.training.pages.balloons import (
    KINDS,
    LabelledPage,
    draw_balloon,
    draw_decoys,
    draw_sound,
    render_art,
)
from mangacolor.training.pages.figures import Figure, bare_panel, stand, step_out

BORDER = 7  # pixels across a border's label


@dataclass(frozen=True, slots=True)
class LayoutStyle:
    """How one page is laid out. Lengths in pixels; ``margins`` left, top, right, bottom."""

    margins: tuple[int, int, int, int]
    across: int  # width of gutters between rows
    down: int  # and between columns; 0: panels share one line
    frame: int  # width of frame lines; 0: none
    paper: int  # tone of gutters and margins
    ink: int  # tone of frame lines
    slanted: float  # share of cuts that are
    bare: float = 0.0  # share of panels that show figures on white, or nothing at all


def draw_layout_style(rng: np.random.Generator) -> LayoutStyle:
    kind = str(rng.choice(["gutters", "shared", "black", "mixed"], p=[0.4, 0.35, 0.12, 0.13]))
    across, down = int(rng.integers(6, 36)), int(rng.integers(3, 20))
    if kind == "shared":
        across = down = 0
    elif kind == "mixed":
        down = 0
    paper, ink = (0, int(rng.choice([0, 255]))) if kind == "black" else (int(rng.integers(235, 256)), 0)
    if kind != "black" and rng.random() < 0.25:  # hairlines lose their black in print and scan
        ink = int(rng.integers(20, 110))
    bleeds = rng.random(4) < (0.75 if kind == "shared" else 0.25)
    margins = [0 if bleed else int(rng.integers(8, 70)) for bleed in bleeds]
    frame = int(rng.choice([1, 2, 3, 4], p=[0.35, 0.35, 0.2, 0.1]))
    if kind != "shared" and rng.random() < 0.12:
        frame = 0
    if kind == "shared" and rng.random() < 0.15:
        frame = int(rng.integers(5, 11))
    left, top, right, bottom = margins
    return LayoutStyle(
        (left, top, right, bottom), across, down, frame, paper, ink,
        slanted=float(rng.choice([0.0, 0.25, 0.6])),
        bare=float(rng.choice([0.0, 0.2, 0.5, 0.8], p=[0.35, 0.25, 0.25, 0.15])),
    )  # fmt: skip


def make_panel_page(
    pictures: Sequence[Image], figures: Sequence[Figure], rng: np.random.Generator, side: int = 1024
) -> LabelledPage:
    """A page of 1 to 9 panels of ``pictures`` (RGB), with insets, ``figures``, balloons and sound effects."""
    width, hand = int(side * rng.uniform(0.62, 0.78)), draw_layout_style(rng)
    page = np.full((side, width), hand.paper, np.uint8)
    border, outside = np.zeros_like(page), np.full_like(page, 255)
    kind = str(rng.choice(KINDS, p=[0.15, 0.3, 0.25, 0.3]))
    panels = lay_out(width, side, hand, rng)
    for polygon in panels:
        own = kind if rng.random() < 0.8 else str(rng.choice(KINDS))
        _place(page, border, outside, polygon, (pictures, figures), own, hand, rng)
    boxes = [_box(polygon) for polygon in panels]
    style = random_style(rng)
    for box in boxes:
        if min(box[2:]) > 60:
            draw_decoys(page, box, style, rng)
            _straight_things(page, box, rng)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        inset = _inset(boxes[int(rng.integers(len(boxes)))], width, side, rng)
        framed = replace(hand, frame=max(1, hand.frame))
        _place(page, border, outside, inset, (pictures, figures), kind, framed, rng)
        boxes.append(_box(inset))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15]))):
        if figures and rng.random() < 0.5:
            stand(page, figures, kind, rng)
        elif figures:
            step_out(page, boxes[int(rng.integers(len(boxes)))], figures, kind, rng)
    canvas = LabelledPage(page, np.zeros_like(page), np.zeros_like(page))
    for box in boxes:
        if min(box[2:]) < 60:
            continue
        for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.25, 0.15]))):
            draw_balloon(canvas, box, style, rng)
        if rng.random() < 0.3:
            draw_sound(page, canvas.label, box, rng)
    seen = damage_scan(page, rng) if rng.random() < 0.5 else page
    return LabelledPage(seen, border, outside)


def lay_out(width: int, height: int, hand: LayoutStyle, rng: np.random.Generator) -> list[Polygon]:
    """Convex panels: the page within its margins, cut again and again, largest part first."""
    left, top, right, bottom = hand.margins
    whole = page_polygon(width - left - right, height - top - bottom) + np.array((left, top))
    parts = [whole]
    for _ in range(int(rng.integers(0, 8))):
        largest = max(range(len(parts)), key=lambda index: area(parts[index]))
        polygon = parts.pop(largest)
        extent = np.ptp(polygon, axis=0)
        down = bool(extent[0] > extent[1] * rng.uniform(0.6, 1.5))
        halves = _cut(polygon, hand, down, rng)
        parts += halves if min(area(half) for half in halves) > 0.012 * width * height else [polygon]
    return parts


def _cut(polygon: Polygon, hand: LayoutStyle, down: bool, rng: np.random.Generator) -> list[Polygon]:
    turned = swap(polygon) if down else polygon
    slope = float(rng.uniform(-0.35, 0.35)) if rng.random() < hand.slanted else 0.0
    low, high = turned[:, 1].min(), turned[:, 1].max()
    at = low + (high - low) * rng.uniform(0.25, 0.75) - slope * turned[:, 0].mean()
    gap = (hand.down if down else hand.across) * float(np.hypot(1, slope)) / 2
    halves = [clip(turned, at - gap, slope, above=True), clip(turned, at + gap, slope, above=False)]
    return [swap(half) if down else half for half in halves if len(half) >= 3] or [polygon]


def _place(
    page: Image,
    border: Image,
    outside: Image,
    polygon: Polygon,
    contents: tuple[Sequence[Image], Sequence[Figure]],
    kind: str,
    hand: LayoutStyle,
    rng: np.random.Generator,
) -> None:
    """Draw a panel: its art, its frame, and its labels over those of what it covers."""
    x, y, w, h = _box(polygon)
    corners = np.rint(polygon).astype(np.int32)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [corners - (x, y)], 255)
    window = np.s_[y : y + h, x : x + w]
    pictures, figures = contents
    bare = bool(figures) and rng.random() < hand.bare
    drawn = bare_panel((w, h), figures, kind, rng) if bare else render_art(pictures, (w, h), kind, rng)
    page[window][inside > 0] = drawn[inside > 0]
    border[window][inside > 0] = 0
    outside[window][inside > 0] = 0
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if _at_edge(start, end, page.shape):
            continue
        ends = (int(start[0]), int(start[1])), (int(end[0]), int(end[1]))
        cv2.line(border, *ends, 255, BORDER)
        if hand.frame:
            cv2.line(page, *ends, hand.ink, hand.frame, cv2.LINE_AA)


def _at_edge(start: np.ndarray, end: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Whether a side lies along the page's edge, where no border is to be seen."""
    limits = (shape[1], shape[0])
    return any(
        max(abs(start[axis] - limit), abs(end[axis] - limit)) <= 2
        for axis in (0, 1)
        for limit in (0, limits[axis])
    )


def _box(polygon: Polygon) -> Box:
    low = np.maximum(np.rint(polygon.min(0)), 0).astype(int)
    high = np.rint(polygon.max(0)).astype(int)
    return int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1])


def _inset(host: Box, width: int, height: int, rng: np.random.Generator) -> Polygon:
    """A small panel that lies over others, often at a corner of ``host`` or across its sides."""
    x, y, w, h = host
    half = max(24, w * rng.uniform(0.12, 0.3)), max(24, h * rng.uniform(0.12, 0.35))
    spot = rng.choice([0.0, 0.2, 0.8, 1.0], 2) if rng.random() < 0.6 else rng.uniform(0.2, 0.8, 2)
    centre = x + w * spot[0], y + h * spot[1]
    left, right = np.clip((centre[0] - half[0], centre[0] + half[0]), 0, width)
    top, bottom = np.clip((centre[1] - half[1], centre[1] + half[1]), 0, height)
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


def _straight_things(page: Image, panel: Box, rng: np.random.Generator) -> None:
    """Straight lines that are no borders: walls, shelves, windows, bars, speed lines."""
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
