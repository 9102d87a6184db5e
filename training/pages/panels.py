"""Made-up pages with known panels: layouts of many hands, with figures and balloons over their borders.

The label of a page is H×W uint8: 255 along the borders of panels, also where something covers them. A
second mask marks what lies outside of all panels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Box, Image
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.training.data.synthesis import damage_scan
from mangacolor.training.pages.balloon_drawing import Style, random_style
from mangacolor.training.pages.balloons import (
    KINDS,
    LabelledPage,
    draw_balloon,
    draw_decoys,
    draw_sound,
    render_art,
)
from mangacolor.training.pages.figures import Figure, bare_panel, stand, step_out
from mangacolor.training.pages.layouts import LayoutStyle, draw_layout_style, lay_out, place_inset, run_off
from mangacolor.training.pages.straight_things import draw_straight_things
from mangacolor.training.pages.turned import turn

Corner = npt.NDArray[np.int32] | npt.NDArray[np.float64]  # x and y in pixels

BORDER = 7  # pixels across a border's label
SMALL = 60  # pixels: a smaller panel gets no balloons
SHORT = 80.0  # pixels: a shorter border has nothing laid over it on purpose
TURNED = 0.3  # share of pages that lay askew in the scanner
PRINTED_ON_GREY = 0.75  # how light newspaper is, at least


@dataclass(slots=True)
class Sheet:
    """A page as it is drawn (all H×W uint8), and the borders (start, end) that may be covered."""

    page: Image
    border: Image
    outside: Image
    hand: LayoutStyle
    kind: str
    pictures: Sequence[Image]
    figures: Sequence[Figure]
    sides: list[tuple[Corner, Corner]] = field(default_factory=list)


def make_panel_page(
    pictures: Sequence[Image],
    figures: Sequence[Figure],
    rng: np.random.Generator,
    side: int,
    style: Callable[[np.random.Generator], LayoutStyle] = draw_layout_style,
) -> LabelledPage:
    """A page of 1 to 16 panels of ``pictures`` (RGB), with insets, ``figures``, balloons and sound.

    ``style``: what draws the hand that lays it out.
    """
    return draw_with_panels(pictures, figures, rng, side, style)[0]


def draw_with_panels(
    pictures: Sequence[Image],
    figures: Sequence[Figure],
    rng: np.random.Generator,
    side: int,
    style: Callable[[np.random.Generator], LayoutStyle] = draw_layout_style,
) -> tuple[LabelledPage, list[Polygon]]:
    """The same, and the polygons of its panels, as far as each is drawn on the page; insets last."""
    width, hand = int(side * rng.uniform(0.62, 0.78)), style(rng)
    page = np.full((side, width), hand.paper, np.uint8)
    shares = [0.5, 0.4, 0.0, 0.1] if hand.newspaper else [0.15, 0.3, 0.25, 0.3]
    kind = str(rng.choice(KINDS, p=shares))
    sheet = Sheet(page, np.zeros_like(page), np.full_like(page, 255), hand, kind, pictures, figures)
    panels = run_off(lay_out(width, side, hand, rng), (width, side), hand, rng)
    for polygon in panels:
        _place(sheet, polygon, hand, rng)
    boxes = [_box(polygon) for polygon in panels]
    balloons = random_style(rng)
    for box in boxes:
        if min(box[2:]) > SMALL:
            draw_decoys(page, box, balloons, rng)
            draw_straight_things(page, box, rng)
    framed = replace(hand, frame=max(1, hand.frame), open=0.0)
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.3, 0.1]))):
        inset = place_inset(boxes[int(rng.integers(len(boxes)))], width, side, rng)
        _place(sheet, inset, framed, rng)
        panels.append(inset)
        boxes.append(_box(inset))
    for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.3, 0.35, 0.2, 0.15]))):
        if figures and rng.random() < 0.5:
            stand(page, figures, kind, rng)
        elif figures:
            step_out(page, boxes[int(rng.integers(len(boxes)))], figures, kind, rng)
    _letter(sheet, boxes, balloons, rng)
    return _scan(sheet, panels, rng)


def _letter(sheet: Sheet, boxes: Sequence[Box], style: Style, rng: np.random.Generator) -> None:
    """Balloons and sound effects within the panels, and balloons over the borders."""
    page = sheet.page
    canvas = LabelledPage(page, np.zeros_like(page), np.zeros_like(page))
    for box in boxes:
        if min(box[2:]) < SMALL:
            continue
        for _ in range(int(rng.choice([0, 1, 2, 3], p=[0.25, 0.35, 0.25, 0.15]))):
            draw_balloon(canvas, box, style, rng)
        if rng.random() < 0.3:
            draw_sound(page, canvas.label, box, rng)
    for start, end in sheet.sides:
        length = float(np.hypot(*(end - start)))
        if length < SHORT or rng.random() > 0.12:
            continue
        x, y = start + (end - start) * rng.uniform(0.1, 0.9)
        reach = min(length * rng.uniform(0.6, 1.5), page.shape[1] * 0.45)
        around = int(x - reach / 2), int(y - reach / 2), int(reach), int(reach)
        draw_balloon(canvas, around, style, rng, over_border=True)


def _scan(
    sheet: Sheet, panels: list[Polygon], rng: np.random.Generator
) -> tuple[LabelledPage, list[Polygon]]:
    """The page as a scanner sees it: on grey paper, askew, damaged; and the panels there."""
    page, border, outside = sheet.page, sheet.border, sheet.outside
    if sheet.hand.newspaper:
        black, white = rng.uniform(0, 70), rng.uniform(PRINTED_ON_GREY, 1.0) * 255
        page = np.rint(black + page * ((white - black) / 255)).astype(np.uint8)
    if rng.random() < TURNED:
        page, border, outside, matrix = turn(page, border, outside, BORDER, rng)
        panels = [panel @ matrix[:, :2].T + matrix[:, 2] for panel in panels]
    seen = damage_scan(page, rng) if rng.random() < 0.5 else page
    return LabelledPage(seen, border, outside, familiar=not sheet.hand.newspaper), panels


def _place(sheet: Sheet, polygon: Polygon, hand: LayoutStyle, rng: np.random.Generator) -> None:
    """Draw a panel: its art, its frame, and its labels over those of what it covers."""
    x, y, w, h = _box(polygon)
    corners = np.rint(polygon).astype(np.int32)
    inside = np.zeros((h, w), np.uint8)
    cv2.fillPoly(inside, [corners - (x, y)], 255)
    window = np.s_[y : y + h, x : x + w]
    frame = 0 if rng.random() < hand.open else hand.frame
    shown = hand if frame else replace(hand, bare=0.0)  # white beside white would be no border to see
    sheet.page[window][inside > 0] = _art(sheet, (w, h), shown, rng)[inside > 0]
    sheet.border[window][inside > 0] = 0
    sheet.outside[window][inside > 0] = 0
    if frame and hand.double:
        within = polygon - np.sign(polygon - polygon.mean(0)) * hand.double
        cv2.polylines(sheet.page, [np.rint(within).astype(np.int32)], True, hand.ink, frame, cv2.LINE_AA)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if _at_edge(start, end, sheet.page.shape):
            continue
        cv2.line(sheet.border, _point(start), _point(end), 255, BORDER)
        sheet.sides.append((start, end))
        if frame:
            first, last = (0.0, 1.0) if rng.random() > hand.broken else np.sort(rng.uniform(-0.3, 1.3, 2))
            first, last = start + (end - start) * max(first, 0.0), start + (end - start) * min(last, 1.0)
            cv2.line(sheet.page, _point(first), _point(last), hand.ink, frame, cv2.LINE_AA)


def _art(sheet: Sheet, size: tuple[int, int], hand: LayoutStyle, rng: np.random.Generator) -> Image:
    """What is drawn in a panel of ``size`` (width, height): H×W luma."""
    kind = sheet.kind if rng.random() < 0.8 else str(rng.choice(KINDS))
    if sheet.figures and rng.random() < hand.bare:
        drawn = bare_panel(size, sheet.figures, kind, rng)
    else:
        drawn = render_art(sheet.pictures, size, kind, rng)
    darkest, lightest = hand.pale
    shown = darkest + drawn * (hand.dim * (lightest - darkest) / 255)
    return np.asarray(np.rint(shown), np.uint8)


def _point(corner: Corner) -> tuple[int, int]:
    return round(float(corner[0])), round(float(corner[1]))


def _at_edge(start: Corner, end: Corner, shape: tuple[int, ...]) -> bool:
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
