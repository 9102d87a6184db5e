"""Made-up comic pages of old newspapers: crowded panels parted by one thin black line, under a large title.

Labels are those of ``panels``: 255 along the borders of panels, and a second mask of what is outside of all.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.types import Box, Image
from mangacolor.training.pages.balloon_drawing import Style, glyph, letter, random_style
from mangacolor.training.pages.balloons import LabelledPage, draw_balloon
from mangacolor.training.pages.figures import Figure
from mangacolor.training.pages.newspaper_scenes import SceneStyle, draw_scene, draw_scene_style
from mangacolor.training.pages.newsprint import WORKING_PIXELS, Printing, print_and_scan
from mangacolor.training.pages.rough_lines import draw_rough_line

BORDER = 7  # pixels across a border's label, at working scale
SMALL = 70  # pixels: a smaller panel gets no balloons
CAPITALS = "ABCDEFGHIKLMNOPRSTUVWY'&!"
Segment = tuple[int, int, int, int]  # x and y of both ends


@dataclass(frozen=True, slots=True)
class PageStyle:
    """How the panels of a page are parted. Lengths in pixels of the page as it is printed."""

    line: int
    broken: float  # share of a line that is not printed
    wobble: float  # of a line drawn by hand
    gutter: int  # 0: panels share one line
    captions: float  # height of a band with a caption below each panel; 0: there is none
    within: float  # share of panels with a caption in them
    talk: float  # balloons a panel, on average
    over: float  # share of balloons that lie over a border


def make_newspaper_page(
    pictures: Sequence[Image], figures: Sequence[Figure], rng: np.random.Generator
) -> LabelledPage:
    """A page of ``pictures`` (RGB) and ``figures``, as it is shown to the network."""
    high = int(rng.integers(1150, 2050))
    wide = int(high * rng.uniform(0.66, 0.86))
    if rng.random() < 0.12:  # a strip of a daily paper
        wide, high = high, int(high * rng.uniform(0.22, 0.5))
    scenes, style = draw_scene_style(rng), _page_style(high, rng)
    sheet = Printing(
        np.full((high, wide), 255, np.uint8),
        np.zeros((3, high, wide), np.uint8),
        np.zeros((high, wide), np.uint8),
        np.full((high, wide), 255, np.uint8),
    )
    left, right, bottom = (int(rng.uniform(0.008, 0.06) * high) for _ in range(3))
    top = _head(sheet, (left, right), scenes, rng) if high > wide else bottom
    panels = lay_out_tiers((left, top, wide - left - right, high - top - bottom), style, rng)
    for box in panels:
        _place(sheet, box, pictures, figures, scenes, style, rng)
    thickness = max(3, round(BORDER * (high * wide / WORKING_PIXELS) ** 0.5))
    for x0, y0, x1, y1 in _sides(panels):
        cv2.line(sheet.border, (x0, y0), (x1, y1), 255, thickness)
        _rule(sheet.black, (x0, y0, x1, y1), style, rng)
    _letter(sheet, panels, style, rng)
    return print_and_scan(sheet, scenes.colour, rng)


def _page_style(high: int, rng: np.random.Generator) -> PageStyle:
    gutter = int(rng.choice([0, int(rng.integers(3, 9)), int(rng.integers(9, 26))], p=[0.84, 0.08, 0.08]))
    return PageStyle(
        line=int(rng.choice([1, 2, 3, 4, 5, 6], p=[0.2, 0.27, 0.22, 0.16, 0.1, 0.05])),
        broken=float(rng.choice([0.0, 0.03, 0.12], p=[0.45, 0.35, 0.2])),
        wobble=float(rng.uniform(0, 1.2)),
        gutter=gutter,
        captions=float(rng.uniform(0.02, 0.05)) * high if rng.random() < 0.2 else 0.0,
        within=float(rng.choice([0.0, 0.4, 0.9], p=[0.6, 0.25, 0.15])),
        talk=float(rng.choice([0.0, 0.7, 1.6])),
        over=float(rng.choice([0.0, 0.2, 0.5])),
    )


def lay_out_tiers(frame: Box, style: PageStyle, rng: np.random.Generator) -> list[Box]:
    """The panels within a frame: tiers of even columns or of uneven ones, some two tiers tall."""
    x, y, wide, high = frame
    tiers = max(1, round(rng.integers(1, 7) * min(1.0, 1.3 * high / wide)))
    even, count = rng.random() < 0.45, int(rng.integers(1, 5))
    tops = _parts(y, high, tiers, even, rng)
    boxes: list[Box] = []
    tier = 0
    while tier < tiers:
        start, end = tops[tier], tops[tier + 1]
        columns = count if even else int(rng.integers(1, 6))
        if tier + 2 <= tiers and rng.random() < 0.15:  # one tall panel beside two tiers
            side = int(wide * rng.uniform(0.22, 0.5))
            at_left = rng.random() < 0.5
            tall = x if at_left else x + wide - side
            boxes.append(_box(tall, start, tall + side, tops[tier + 2], style))
            rest = (x + side, x + wide) if at_left else (x, x + wide - side)
            for number in (tier, tier + 1):
                boxes += _row(rest, (tops[number], tops[number + 1]), max(1, columns - 1), even, style, rng)
            tier += 2
            continue
        boxes += _row((x, x + wide), (start, end), columns, even, style, rng)
        tier += 1
    return [box for box in boxes if min(box[2:]) > 30]


def _row(
    across: tuple[int, int], down: tuple[int, int], columns: int, even: bool, style: PageStyle,
    rng: np.random.Generator,
) -> list[Box]:  # fmt: skip
    cuts = _parts(across[0], across[1] - across[0], columns, even, rng)
    return [_box(a, down[0], b, down[1], style) for a, b in itertools.pairwise(cuts)]


def _box(x0: int, y0: int, x1: int, y1: int, style: PageStyle) -> Box:
    """A panel of a part of the page: less half of the gutters around it and the caption's band below."""
    half = style.gutter // 2
    return x0 + half, y0 + half, x1 - x0 - 2 * half, round(y1 - y0 - 2 * half - style.captions)


def _parts(start: int, length: int, count: int, even: bool, rng: np.random.Generator) -> list[int]:
    """Where ``count`` parts of a length begin, and where the last ends."""
    shares = np.ones(count) if even else rng.uniform(0.5, 1.5, count)
    ends = start + np.concatenate([[0.0], np.cumsum(shares / shares.sum())]) * length
    return [round(float(end)) for end in ends]


def _sides(panels: Sequence[Box]) -> list[Segment]:
    """The sides of all panels, each once."""
    found = set()
    for x, y, w, h in panels:
        found |= {(x, y, x + w, y), (x, y + h, x + w, y + h), (x, y, x, y + h), (x + w, y, x + w, y + h)}
    return sorted(found)


def _place(
    sheet: Printing, box: Box, pictures: Sequence[Image], figures: Sequence[Figure], scenes: SceneStyle,
    style: PageStyle, rng: np.random.Generator,
) -> None:  # fmt: skip
    """Draw what is in a panel, with a caption or none, and the caption below it."""
    x, y, w, h = box
    window = np.s_[y : y + h, x : x + w]
    black, inks = draw_scene((w, h), pictures, figures, scenes, rng)
    if rng.random() < 0.1:  # a vignette: white to its corners
        round_one = np.zeros((h, w), np.uint8)
        half = int(w * rng.uniform(0.4, 0.5)), int(h * rng.uniform(0.4, 0.5))
        cv2.ellipse(round_one, (w // 2, h // 2), half, 0, 0, 360, 255, -1)
        black[round_one == 0], inks[:, round_one == 0] = 255, 0
    sheet.black[window], sheet.inks[:, y : y + h, x : x + w] = black, inks
    sheet.outside[window] = 0
    nothing = np.zeros_like(sheet.black)
    if style.captions:
        below = (x + 4, y + h + 5, w - 8, int(style.captions) - 8)
        letter(sheet.black, nothing, rng, below, _small_letters(sheet, rng))
    if rng.random() < style.within:
        band = int(h * rng.uniform(0.06, 0.2))
        at = y if rng.random() < 0.4 else y + h - band
        sheet.black[at : at + band, x : x + w], sheet.inks[:, at : at + band, x : x + w] = 255, 0
        letter(sheet.black, nothing, rng, (x + 5, at + 4, w - 10, band - 6), _small_letters(sheet, rng))


def _small_letters(sheet: Printing, rng: np.random.Generator) -> Style:
    size = max(7, int(sheet.black.shape[0] * rng.uniform(0.006, 0.011)))
    return Style(255, 0, 0, size, int(rng.choice([400, 500, 700])), vertical=False)


def _rule(black: Image, side: Segment, style: PageStyle, rng: np.random.Generator) -> None:
    """A panel's line, drawn by hand with a pen of uneven width, in places not at all; in place."""
    start, end = np.array(side[:2], float), np.array(side[2:], float)
    count = max(3, int(np.hypot(*(end - start)) / 9))
    points = np.rint(draw_rough_line(start, end, np.linspace(0, 1, count), 0.3 * style.wobble, rng)).astype(
        int
    )
    tone = int(rng.integers(0, 90))
    gap = 0
    for first, last in itertools.pairwise(points):
        if rng.random() < style.broken / 3:
            gap = int(rng.integers(1, 6))
        gap -= 1
        if gap < 0:
            pen = max(1, style.line + int(rng.choice([-1, 0, 1], p=[0.12, 0.76, 0.12])))
            ends = (int(first[0]), int(first[1])), (int(last[0]), int(last[1]))
            cv2.line(black, ends[0], ends[1], tone, pen, cv2.LINE_AA)


def _head(sheet: Printing, margins: tuple[int, int], scenes: SceneStyle, rng: np.random.Generator) -> int:
    """The head of the page; where the panels begin. Its letters and rules are borders of nothing."""
    high, wide = sheet.black.shape
    left, right = margins
    at = int(rng.uniform(0.01, 0.05) * high)
    what = str(rng.choice(["nothing", "letters", "letters and rules", "a picture"], p=[0.25, 0.3, 0.3, 0.15]))
    if what == "nothing":
        return at
    nothing = np.zeros_like(sheet.black)
    if what == "letters and rules":
        letter(sheet.black, nothing, rng, (left, at, wide - left - right, 24), _small_letters(sheet, rng))
        at += 26
        for _ in range(int(rng.integers(1, 3))):
            cv2.line(sheet.black, (left, at), (wide - right, at), 0, int(rng.integers(1, 5)))
            at += int(rng.integers(5, 12))
    size = int(high * rng.uniform(0.03, 0.12)) // 8 * 8
    if what == "a picture":  # the title lies on it
        ground = int(size * 1.5)
        sheet.inks[:, at : at + ground, left : wide - right] = rng.integers(0, 200, 3)[:, None, None]
        sheet.inks[0 if scenes.colour else 1 :] *= int(scenes.colour)
    _large_letters(sheet, (left, at, wide - left - right, size), scenes, rng)
    return at + int(size * rng.uniform(1.2, 1.6))


def _large_letters(sheet: Printing, box: Box, scenes: SceneStyle, rng: np.random.Generator) -> None:
    """A line of letters as tall as a box: full, hollow or with a shadow, in black or in colour; in place."""
    x, y, wide, size = box
    weight, how = int(rng.choice([500, 700, 900])), str(rng.choice(["full", "hollow", "shadow"]))
    for character in rng.choice(list(CAPITALS + " "), int(rng.integers(6, 22))):
        stamp = glyph(str(character), max(16, size), weight)
        rows, columns = stamp.shape
        if x + columns > box[0] + wide or y + rows > sheet.black.shape[0]:
            return
        shape = stamp > 128
        black, inks = sheet.black[y : y + rows, x : x + columns], sheet.inks[:, y : y + rows, x : x + columns]
        rim = cv2.dilate(stamp, np.ones((2 * int(rng.integers(1, 4)) + 1,) * 2, np.uint8)) > 128
        if how == "shadow":
            black[np.roll(shape, (6, 6), (0, 1))] = 0
        black[rim if how != "full" else shape] = 0
        if how != "full":
            black[shape], inks[:, shape] = 255, 0
            if scenes.colour:
                inks[int(rng.integers(3))][shape] = 230
        x += columns + int(size * rng.uniform(0.03, 0.15))


def _letter(sheet: Printing, panels: Sequence[Box], style: PageStyle, rng: np.random.Generator) -> None:
    """Balloons in panels and over their lines: no ink but their own."""
    canvas = LabelledPage(sheet.black, np.zeros_like(sheet.black), np.zeros_like(sheet.black))
    hand = random_style(rng)
    size = max(8, int(sheet.black.shape[0] * rng.uniform(0.007, 0.012)))
    hand = replace(hand, paper=255, ink=0, outline=int(rng.integers(1, 4)), glyph=size, vertical=False)
    for box in panels:
        if min(box[2:]) < SMALL:
            continue
        for _ in range(int(rng.poisson(style.talk))):
            if rng.random() < style.over:
                x, y, w, h = box
                reach = int(min(w, h) * rng.uniform(0.4, 0.9))
                spot = (x, y + h // 2) if rng.random() < 0.5 else (x + int(w * rng.random()), y)
                draw_balloon(canvas, (spot[0] - reach // 2, spot[1] - reach // 2, reach, reach), hand, rng,
                             over_border=True)  # fmt: skip
            else:
                draw_balloon(canvas, box, hand, rng)
    sheet.inks[:, canvas.label > 0] = 0
