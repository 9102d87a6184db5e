"""Pages with known balloons: made-up layouts of black-and-white art, and real lettered pages.

The label of a page is H×W uint8: 255 balloon (inside its outline), 0 none, 128 unknown.
The strokes of balloon lettering are marked in a second mask of the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import luma as luma_of
from mangacolor.core.types import Box, Image
from mangacolor.training.data.synthesis import damage_scan, render
from mangacolor.training.pages.balloon_drawing import KATAKANA as SOUNDS
from mangacolor.training.pages.balloon_drawing import Style, glyph, letter, outline, random_style, tail

KINDS = ("grey", "tone", "line", "screentone")
UNKNOWN = 128


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """``luma`` as a detector sees it, ``label`` and ``strokes`` as it should answer (all H×W uint8).

    ``familiar``: of a kind on which a network that goes on learning shall answer as it did before.
    """

    luma: Image
    label: Image
    strokes: Image
    familiar: bool = False


def make_page(pictures: Sequence[Image], rng: np.random.Generator, side: int = 1024) -> LabelledPage:
    """A page of 1 to 9 panels with art from ``pictures`` (RGB), balloons, decoys and sound effects."""
    width = int(side * rng.uniform(0.62, 0.78))
    ground = 0 if rng.random() < 0.12 else 255
    page = np.full((side, width), ground, np.uint8)
    canvas = LabelledPage(page, np.zeros_like(page), np.zeros_like(page))
    frame, style = int(rng.choice([0, 1, 2, 3, 4])), random_style(rng)
    kind = str(rng.choice(KINDS, p=[0.15, 0.3, 0.2, 0.35]))
    panels = _split((0, 0, width, side), rng, margin=int(rng.integers(0, 45)))
    for x, y, w, h in panels:
        own = kind if rng.random() < 0.8 else str(rng.choice(KINDS))
        page[y : y + h, x : x + w] = render_art(pictures, (w, h), own, rng)
        if frame:
            cv2.rectangle(page, (x, y), (x + w - 1, y + h - 1), 255 - ground, frame)
    for panel in panels:
        draw_decoys(page, panel, style, rng)
        for _ in range(int(rng.choice([0, 1, 2, 3, 4], p=[0.15, 0.3, 0.3, 0.17, 0.08]))):
            own_style = style if rng.random() < 0.85 else random_style(rng)
            draw_balloon(canvas, panel, own_style, rng)
        if rng.random() < 0.3:
            draw_sound(page, canvas.label, panel, rng)
    return replace(canvas, luma=damage_scan(page, rng)) if rng.random() < 0.5 else canvas


def print_lettered_page(art: Image, lettered: Image, truth: Image, rng: np.random.Generator) -> LabelledPage:
    """A real lettered page (RGB, with its art and ``truth`` label) as it would look in print.

    The art is rendered in black and white; balloons keep their own luma and gain, mostly, an ink outline.
    """
    kind = str(rng.choice(["own", *KINDS], p=[0.25, 0.1, 0.25, 0.15, 0.25]))
    luma = luma_of(lettered)
    balloon = truth == 255
    if kind != "own":
        drawn = render(art, kind, rng)
        luma = np.where(cv2.dilate(truth, np.ones((3, 3), np.uint8)) > 0, luma, drawn)
    # In print, white balloons on white need an outline; the painted pages manage without.
    if rng.random() < {"own": 0.15, "grey": 0.4}.get(kind, 0.95):
        contours, _tree = cv2.findContours(balloon.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(luma, contours, -1, 0, int(rng.integers(1, 4)), cv2.LINE_AA)
    strokes = np.where(balloon & (luma < 110), 255, 0).astype(np.uint8)
    strokes[cv2.erode(balloon.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0] = 0
    page = np.asarray(luma, np.uint8)
    return LabelledPage(damage_scan(page, rng) if rng.random() < 0.5 else page, truth, strokes)


def _split(box: Box, rng: np.random.Generator, margin: int) -> list[Box]:
    """Recursive guillotine cuts with gutters, down to panels."""
    x, y, w, h = box
    boxes, gutter = [(x + margin, y + margin, w - 2 * margin, h - 2 * margin)], int(rng.integers(0, 24))
    for _ in range(int(rng.integers(0, 8))):
        index = int(np.argmax([b[2] * b[3] for b in boxes]))
        x, y, w, h = boxes.pop(index)
        share = rng.uniform(0.3, 0.7)
        if h > w * rng.uniform(0.6, 1.4):
            cut = int(h * share)
            boxes += [(x, y, w, cut - gutter // 2), (x, y + cut + gutter // 2, w, h - cut - gutter // 2)]
        else:
            cut = int(w * share)
            boxes += [(x, y, cut - gutter // 2, h), (x + cut + gutter // 2, y, w - cut - gutter // 2, h)]
    return [b for b in boxes if b[2] > 40 and b[3] > 40]


def render_art(
    pictures: Sequence[Image], size: tuple[int, int], kind: str, rng: np.random.Generator
) -> Image:
    """A crop of a random picture, at a random zoom, rendered in black and white; some panels stay blank."""
    w, h = size
    if rng.random() < 0.05:
        return np.full((h, w), int(rng.choice([255, 255, 0, 200])), np.uint8)
    picture = pictures[int(rng.integers(len(pictures)))]
    rows, columns = picture.shape[:2]
    zoom = max(w / columns, h / rows) * float(rng.choice([1.0, rng.uniform(1.0, 2.5)]))
    cw, ch = min(columns, max(1, int(w / zoom))), min(rows, max(1, int(h / zoom)))
    x, y = int(rng.integers(columns - cw + 1)), int(rng.integers(rows - ch + 1))
    crop = cv2.resize(picture[y : y + ch, x : x + cw], (w, h), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    return render(np.ascontiguousarray(crop, np.uint8), kind, rng)


def draw_balloon(
    canvas: LabelledPage, panel: Box, style: Style, rng: np.random.Generator, over_border: bool = False
) -> None:
    """Draw one balloon in ``panel``: often near its edge, there cut, touching or crossing it.

    ``over_border``: ``panel`` is no panel but a box around a point of a border, near which the balloon lies.
    """
    shape, centre, half = _balloon_shape(canvas.luma.shape, panel, style, rng, over_border)
    _ink(canvas.luma, shape, style, rng)
    canvas.label[shape > 0] = 255
    inner = 0.66
    box = (
        int(centre[0] - inner * half[0]),
        int(centre[1] - inner * half[1]),
        int(2 * inner * half[0]),
        int(2 * inner * half[1]),
    )
    own = np.zeros_like(canvas.strokes)
    letter(canvas.luma, own, rng, box, style)
    canvas.strokes[shape > 0] = own[shape > 0]


def _balloon_shape(
    size: tuple[int, ...], panel: Box, style: Style, rng: np.random.Generator, over_border: bool
) -> tuple[Image, tuple[float, float], tuple[float, float]]:
    """A mask, 255 inside, of a page of ``size`` (rows, columns); the balloon's centre (x, y) and half its
    width and height, in pixels."""
    x, y, w, h = panel
    reach = min(w, h)
    tall = rng.uniform(0.9, 1.7) if style.vertical else rng.uniform(0.5, 1.0)
    half_w = float(np.clip(reach * rng.uniform(0.1, 0.3), 18, 130))
    half = (half_w, float(np.clip(half_w * tall, 16, 0.48 * h)))
    near, far = (0.35, 0.65) if over_border else (0.05, 0.95)
    centre = (x + w * rng.uniform(near, far), y + h * rng.uniform(near, far))
    cut = rng.random() < 0.6 and not over_border  # else it may cross the frame
    if cut:
        centre = (
            float(np.clip(centre[0], x + 0.55 * half[0], x + w - 0.55 * half[0])),
            float(np.clip(centre[1], y + 0.6 * half[1], y + h - 0.6 * half[1])),
        )
    shape = np.zeros(size, np.uint8)
    cv2.fillPoly(shape, [outline(rng, centre, half)], 255)
    if rng.random() < 0.25:  # a second lobe
        second = (centre[0] + half[0] * rng.uniform(-0.9, 0.9), centre[1] + half[1] * rng.uniform(0.7, 1.2))
        cv2.fillPoly(shape, [outline(rng, second, (half[0] * 0.75, half[1] * 0.6))], 255)
    if rng.random() < 0.55:
        cv2.fillPoly(shape, [tail(rng, centre, half)], 255)
    if cut:
        inside = np.zeros_like(shape)
        inside[y : y + h, x : x + w] = shape[y : y + h, x : x + w]
        shape = inside
    return shape, centre, half


def _ink(page: Image, shape: Image, style: Style, rng: np.random.Generator) -> None:
    """Lay a balloon's paper into the page, and draw its outline."""
    view = page[shape > 0]
    bold = style.outline
    if bold == 0 and view.size and abs(float(np.median(view)) - style.paper) < 60:
        bold = 1  # nothing else would tell it from its surroundings
    page[shape > 0] = style.paper
    contours, _tree = cv2.findContours(shape, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if bold and contours:  # none of a balloon that lies beside the page
        pen = 0 if style.paper > 60 else 255
        cv2.drawContours(page, contours, -1, pen, bold, cv2.LINE_AA)
        if rng.random() < 0.12:
            _open_outline(page, contours[0], style.paper, bold, rng)


def _open_outline(
    page: Image, contour: npt.NDArray[Any], paper: int, bold: int, rng: np.random.Generator
) -> None:
    """Rub a few short gaps into an outline."""
    for _ in range(int(rng.integers(1, 4))):
        at = contour[int(rng.integers(len(contour))), 0]
        cv2.circle(page, (int(at[0]), int(at[1])), bold + int(rng.integers(2, 9)), paper, -1)


def draw_sound(page: Image, label: Image, panel: Box, rng: np.random.Generator) -> None:
    """A sound effect: big slanted glyphs with a rim, free on the drawing. It is no balloon."""
    x, y, w, h = panel
    size = int(np.clip(min(w, h) * rng.uniform(0.1, 0.25), 12, 90))
    ink, rim = (0, 255) if rng.random() < 0.6 else (255, 0)
    spot = np.array([x + w * rng.uniform(0.05, 0.8), y + h * rng.uniform(0.05, 0.7)])
    step = (
        np.array([rng.uniform(-0.4, 0.4), 1.0] if rng.random() < 0.6 else [1.0, rng.uniform(-0.4, 0.4)])
        * size
    )
    for _ in range(int(rng.integers(2, 5))):
        stamp = glyph(SOUNDS[int(rng.integers(len(SOUNDS)))], size, 800)
        left, top = int(spot[0]), int(spot[1])
        spot = spot + 1.1 * step
        rows, columns = stamp.shape
        if left < 2 or top < 2 or left + columns + 2 > page.shape[1] or top + rows + 2 > page.shape[0]:
            continue
        if label[top : top + rows, left : left + columns].any():
            continue
        view = page[top : top + rows, left : left + columns]
        if rng.random() < 0.6:
            view[cv2.dilate(stamp, np.ones((5, 5), np.uint8)) > 100] = rim
        view[stamp > 100] = ink


def draw_decoys(page: Image, panel: Box, style: Style, rng: np.random.Generator) -> None:
    """White outlined shapes that hold no lettering: blank ones, windows, scribbles, faces."""
    x, y, w, h = panel
    for _ in range(int(rng.choice([0, 1, 2], p=[0.6, 0.28, 0.12]))):
        half = (w * rng.uniform(0.08, 0.25), h * rng.uniform(0.08, 0.25))
        centre = (x + w * rng.uniform(0.25, 0.75), y + h * rng.uniform(0.25, 0.75))
        shape = outline(rng, centre, half)
        cv2.fillPoly(page, [shape], int(rng.integers(235, 256)), cv2.LINE_AA)
        cv2.polylines(page, [shape], True, 0, max(1, style.outline), cv2.LINE_AA)
        what = rng.choice(["blank", "window", "scribble", "face"], p=[0.2, 0.2, 0.2, 0.4])
        if what == "window":
            for shift in (-0.33, 0.33) if rng.random() < 0.5 else (0.0,):
                a = (int(centre[0] + 2 * shift * half[0]), int(centre[1] - half[1]))
                cv2.line(page, a, (a[0], int(centre[1] + half[1])), 0, int(rng.integers(1, 4)))
        elif what == "scribble":
            for _ in range(int(rng.integers(1, 7))):
                ends = rng.uniform(-0.8, 0.8, (2, 2)) * np.array(half) + np.array(centre)
                points = np.round(ends).astype(int)
                cv2.line(page, tuple(map(int, points[0])), tuple(map(int, points[1])), 0, 1, cv2.LINE_AA)
        elif what == "face":
            _face(page, centre, half, rng)


def _face(
    page: Image, centre: tuple[float, float], half: tuple[float, float], rng: np.random.Generator
) -> None:
    """Eyes, brows, nose, mouth; turned a little."""
    turn, pen = rng.uniform(-0.25, 0.25) * half[0], int(rng.integers(1, 4))
    eye = (max(2, int(half[0] * rng.uniform(0.12, 0.24))), max(2, int(half[1] * rng.uniform(0.05, 0.22))))
    for side in (-1, 1):
        at = (int(centre[0] + turn + side * 0.42 * half[0]), int(centre[1] - 0.05 * half[1]))
        cv2.ellipse(page, at, eye, 0, 0, 360, 0, pen, cv2.LINE_AA)
        if rng.random() < 0.8:
            cv2.ellipse(
                page, at, (max(1, eye[0] // 2), max(1, int(eye[1] * 0.8))), 0, 0, 360, 0, -1, cv2.LINE_AA
            )
        brow = (at[0], at[1] - int(2 * eye[1]))
        cv2.ellipse(
            page, brow, (eye[0] + 2, max(2, eye[1] // 2)), side * rng.uniform(-20, 20), 190, 350, 0, pen + 1
        )
    mouth = (int(centre[0] + turn), int(centre[1] + 0.5 * half[1]))
    cv2.ellipse(
        page, mouth, (max(3, int(half[0] * rng.uniform(0.1, 0.35))), max(2, eye[1] // 2)), 0, 0, 180, 0, pen
    )
    nose = (int(centre[0] + 1.2 * turn), int(centre[1] + 0.2 * half[1]))
    cv2.line(page, nose, (nose[0] + int(0.05 * half[0]), nose[1] + int(0.1 * half[1])), 0, 1, cv2.LINE_AA)
