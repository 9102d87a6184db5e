"""Drawing balloons as letterers do: outlines of many hands, tails, vertical and horizontal lettering.

Everything is drawn on luma, from a ``numpy`` generator, with OpenCV's built-in Unicode font
(OpenCV 5), so that a seed gives the same page on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image

Polygon = npt.NDArray[np.int32]  # n × 1 × 2, x and y
KANA = (
    "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをんがぎぐげ"
    "ごだでどばぶべぼっゃゅょ"
)
KATAKANA = (
    "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲンガギグゲ"
    "ゴザジズドバビブボパピプポッャュョー"
)
KANJI = (
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先"
    "名川千水半男西電校語土木聞食車何南万毎白天母火右読友左休父雨私僕俺君彼者会手力目心思言葉事死医院室師"
    "命界世戦王城町道風花空音声待早急"
)
LATIN = (
    "the of and to in is you that it he was for on are as with his they I at be this have from or "
    "one had by word but not what all were we when your can said there use an each which she do "
    "how their if will up other about out many then them these so some her would make like him "
    "into time has look two more write go see number no way could people my than first water been "
    "call who oil its now find long down day did get come made may part "
)
MARKS = "！？…ー、。"


@dataclass(frozen=True, slots=True)
class Style:
    """How one page's balloons look: tones (0 to 255), outline width and glyph size in pixels."""

    paper: int
    ink: int
    outline: int
    glyph: int
    weight: int  # of the font, 100 to 900
    vertical: bool


def random_style(rng: np.random.Generator) -> Style:
    black = rng.random() < 0.12
    paper, ink = (int(rng.integers(0, 40)), 255) if black else (int(rng.integers(235, 256)), 0)
    if not black and rng.random() < 0.08:  # tinted balloons exist too
        paper, ink = (
            (int(rng.integers(150, 235)), 0) if rng.random() < 0.5 else (int(rng.integers(60, 130)), 245)
        )
    outline = int(rng.choice([0, 1, 2, 3, 4], p=[0.12, 0.33, 0.33, 0.15, 0.07]))
    return Style(
        paper=paper,
        ink=ink,
        outline=outline,
        glyph=int(rng.integers(9, 24)),
        weight=int(rng.choice([300, 400, 500, 600, 800])),
        vertical=bool(rng.random() < 0.65),
    )


def outline(rng: np.random.Generator, centre: tuple[float, float], half: tuple[float, float]) -> Polygon:
    """A closed balloon outline around ``centre`` with half-axes ``half``: one of six hands."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    hand = rng.choice(
        ["round", "square", "box", "spiky", "cloud", "wobbly"], p=[0.34, 0.14, 0.2, 0.12, 0.08, 0.12]
    )
    if hand == "box":
        slant = rng.normal(0, 0.02) if rng.random() < 0.3 else 0.0
        x, y = half
        corners = np.array([(-x, -y), (x, -y), (x, y), (-x, y)]) + np.array([(slant * y, 0)])
        return _polygon(corners + np.array(centre))
    power = {"round": rng.uniform(2.0, 2.5), "square": rng.uniform(2.8, 5.0)}.get(str(hand), 2.2)
    cosine, sine = np.cos(angle), np.sin(angle)
    radius = (np.abs(cosine) ** power + np.abs(sine) ** power) ** (-1 / power)
    if hand == "spiky":
        spikes = int(rng.integers(14, 34))
        phase = (angle * spikes / (2 * np.pi) + rng.random()) % 1.0
        heights = rng.uniform(0.08, 0.4, spikes + 1)[(angle * spikes / (2 * np.pi)).astype(int)]
        radius = radius * (1 + heights * np.abs(1 - 2 * phase))
    elif hand == "cloud":
        bumps = int(rng.integers(7, 16))
        radius = radius * (1 + 0.1 * np.abs(np.sin(angle * bumps / 2 + rng.random())))
    elif hand == "wobbly":
        for order in (2, 3, 5, 8):
            radius = radius * (
                1 + rng.normal(0, 0.06 / order**0.5) * np.sin(order * angle + rng.uniform(0, 6.28))
            )
    shape = np.stack([cosine * radius * half[0], sine * radius * half[1]], axis=1)
    return _polygon(shape + np.array(centre))


def tail(rng: np.random.Generator, centre: tuple[float, float], half: tuple[float, float]) -> Polygon:
    """A curved tail that leaves the balloon in any direction."""
    angle = rng.uniform(0, 2 * np.pi)
    away = np.array([np.cos(angle), np.sin(angle)])
    side = np.array([-away[1], away[0]])
    root = np.array(centre) + 0.8 * away * np.array(half)
    length, width = rng.uniform(0.3, 1.1) * min(half), rng.uniform(0.08, 0.22) * min(half)
    tip = root + (0.2 * max(half) + length) * away + rng.normal(0, 0.35) * length * side
    middle = (root + tip) / 2 + rng.normal(0, 0.15) * length * side
    points = [
        root - width * side,
        middle - 0.5 * width * side,
        tip,
        middle + 0.5 * width * side,
        root + width * side,
    ]
    return _polygon(np.array(points))


def _polygon(points: npt.NDArray[Any]) -> Polygon:
    return np.round(points).astype(np.int32).reshape(-1, 1, 2)


@lru_cache(maxsize=8192)
def glyph(character: str, size: int, weight: int) -> Image:
    """Coverage (0 to 255) of one character in a box of ``size`` rows, as wide as it needs."""
    canvas = np.zeros((2 * size, 3 * size, 3), np.uint8)
    origin = (size // 2, size + size // 3)
    font = cv2.FontFace("uni")
    cv2.putText(canvas, character, origin, (255, 255, 255), font, size, weight)
    columns = np.flatnonzero(canvas[..., 0].any(axis=0))
    if columns.size == 0:
        return np.zeros((size, max(1, size // 3)), np.uint8)
    top = size // 3
    return np.ascontiguousarray(canvas[top : top + size + size // 4, columns[0] : columns[-1] + 1, 0])


def letter(
    page: Image, text: Image, rng: np.random.Generator, box: tuple[int, int, int, int], style: Style
) -> None:
    """Letter ``box`` (left, top, width, height) of ``page`` in place; mark the strokes in ``text``."""
    if style.vertical:
        _letter_columns(page, text, rng, box, style)
    else:
        _letter_rows(page, text, rng, box, style)


def _letter_columns(
    page: Image, text: Image, rng: np.random.Generator, box: tuple[int, int, int, int], style: Style
) -> None:
    x, y, w, h = box
    size = min(style.glyph, h // 2, w)
    if size < 6:
        return
    pitch, rows = int(size * rng.uniform(1.25, 1.7)), max(1, h // (size + 1))
    columns = max(1, w // pitch)
    furigana = rng.random() < 0.2
    left = x + (w - columns * pitch) // 2
    for column in range(columns):
        length = int(rng.integers(max(1, rows // 2), rows + 1))
        for row in range(length):
            group = rng.choice(["kana", "kanji", "katakana", "mark"], p=[0.52, 0.28, 0.12, 0.08])
            alphabet = {"kana": KANA, "kanji": KANJI, "katakana": KATAKANA, "mark": MARKS}[str(group)]
            stamp = glyph(alphabet[int(rng.integers(len(alphabet)))], size, style.weight)
            spot = (left + column * pitch + (size - stamp.shape[1]) // 2, y + row * (size + 1))
            _stamp(page, text, stamp, spot, style.ink)
            if furigana and group == "kanji" and pitch - size > 3:
                small = glyph(KANA[int(rng.integers(len(KANA)))], max(4, size // 3), style.weight)
                _stamp(page, text, small, (left + column * pitch + size, spot[1] + 1), style.ink)


def _letter_rows(
    page: Image, text: Image, rng: np.random.Generator, box: tuple[int, int, int, int], style: Style
) -> None:
    x, y, w, h = box
    size = min(style.glyph, h)
    if size < 6:
        return
    words, upper = LATIN.split(), rng.random() < 0.5
    pitch = int(size * rng.uniform(1.15, 1.5))
    for row in range(max(1, h // pitch)):
        stamps: list[Image] = []
        width, target = 0, int(w * rng.uniform(0.55, 1.0))
        while width < target and len(stamps) < 60:
            word = words[int(rng.integers(len(words)))]
            for character in (word.upper() if upper else word) + " ":
                stamps.append(glyph(character, size, style.weight))
                width += stamps[-1].shape[1] + max(1, size // 10)
        left = x + max(0, (w - width) // 2)
        for stamp in stamps:
            if left + stamp.shape[1] > x + w:
                break
            _stamp(page, text, stamp, (left, y + row * pitch), style.ink)
            left += stamp.shape[1] + max(1, size // 10)


def _stamp(page: Image, text: Image, stamp: Image, spot: tuple[int, int], ink: int) -> None:
    x, y = spot
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + stamp.shape[1], page.shape[1]), min(y + stamp.shape[0], page.shape[0])
    if left >= right or top >= bottom:
        return
    cover = stamp[top - y : bottom - y, left - x : right - x].astype(np.float32) / 255
    view = page[top:bottom, left:right]
    view[:] = (view * (1 - cover) + ink * cover).astype(np.uint8)
    text[top:bottom, left:right][cover > 0.4] = 255
