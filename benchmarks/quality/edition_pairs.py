"""Two editions of one comic, made from colour pages: which page is which and where each pixel lies is known.

The black-and-white edition is inked from the lettered page, cropped a little, and lettered over. The other is
the page without lettering, in colour: recoloured, shifted, scaled, turned, cropped, with margins, softened,
lettered in its own way, and bent or redrawn if asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.benchmarks.quality.scan_treatments import as_jpeg
from mangacolor.core.arrays import F32
from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.line_art import draw_lines
from mangacolor.training.data.manga_page import Hand, draw_manga_page, find_lettering, print_page

KINDS = ("screentone", "line", "grey")
# Cells, across and down, into which a page is cut to be lettered, and how many of these get a balloon.
CELLS = (2, 4)
LETTERED = 4


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the second edition went through. Lengths are in pixels of the page.

    ``scale``: range of its size, of the first edition's. ``shift``: pixels. ``turn``: degrees. ``crop`` and
    ``margin``: most of a side that is cut off or added. ``bend``: pixels that a point strays at most, over
    ``bend_length`` pixels. ``redrawn``: whether its lines are drawn anew. ``part``: whether only a part is
    left, of a quarter of the page or more.
    """

    scale: tuple[float, float] = (0.6, 1.6)
    shift: float = 40.0
    turn: float = 0.6
    crop: float = 0.05
    margin: float = 0.05
    bend: float = 0.0
    bend_length: float = 150.0
    blur: float = 0.8
    redrawn: bool = False
    part: bool = False


PLAIN = Treatment()
TREATMENTS = {
    "edition": PLAIN,
    "small": Treatment(scale=(0.4, 0.6)),
    "large": Treatment(scale=(1.6, 2.5)),
    "bent": Treatment(bend=6.0),
    "redrawn": Treatment(bend=6.0, redrawn=True, blur=1.5),
    "part": Treatment(part=True, margin=0.0),
}


@dataclass(frozen=True, slots=True)
class Pair:
    """``ours``: H×W uint8. ``theirs``: H'×W'×3 uint8. ``places``: H×W×2 float32, for each of our pixels the
    x, y in theirs; ``same``: H×W, whether both show the page there and neither is lettered over."""

    ours: Image
    theirs: Image
    places: F32
    same: Image


def make_pair(lettered: Image, art: Image, kind: str, treatment: Treatment, seed: int) -> Pair:
    """A page of both editions. ``lettered`` and ``art``: H×W×3 uint8, the same page with and without text."""
    rng = np.random.default_rng(seed)
    ours, unlettered = letter_over(ink_page(lettered, art, kind, rng), rng)
    theirs, clean = _other_edition(art, treatment, rng)
    x, y, width, height = _our_crop(ours.shape, rng)
    rows, columns = slice(y, y + height), slice(x, x + width)

    matrix, size = _placement((height, width), (x, y), treatment, rng)
    stray = _bend(ours.shape, treatment, rng)
    there = _places(ours.shape, matrix, stray)
    back = _turn_round(matrix, stray, size)
    ground = tuple(int(v) for v in rng.choice([255, 250, 20], 1).repeat(3))
    shown = _shrink_into(theirs, back, matrix, ground)
    clean_there = cv2.remap(clean, back[..., 0], back[..., 1], cv2.INTER_NEAREST, borderValue=0)

    seen = cv2.remap(clean_there, there[..., 0], there[..., 1], cv2.INTER_NEAREST, borderValue=0)
    same = np.minimum(np.minimum(seen, unlettered), 255 - find_lettering(lettered, art))
    return Pair(
        np.ascontiguousarray(ours[rows, columns]),
        as_jpeg(_soften(shown, treatment, rng), int(rng.integers(60, 93))),
        np.ascontiguousarray(there[rows, columns]),
        np.ascontiguousarray(same[rows, columns]),
    )


def ink_page(lettered: Image, art: Image, kind: str, rng: np.random.Generator) -> Image:
    """The black-and-white page, H×W uint8."""
    if kind == "screentone":
        hand = Hand(pitch=float(rng.uniform(3.0, 5.5)), angle=float(rng.choice([45.0, 30.0, 60.0])))
        return draw_manga_page(lettered, hand, art)
    # With no tone between black and white nothing but the hand's lines is left.
    return print_page(lettered, Hand(black=0.0, white=1.0))[1] if kind == "line" else luma(lettered)


def letter_over(page: Image, rng: np.random.Generator) -> tuple[Image, Image]:
    """Balloons in some cells of an H×W or H×W×3 page; and where there are none, 255, H×W."""
    page, free = page.copy(), np.full(page.shape[:2], 255, np.uint8)
    height, width = page.shape[0] // CELLS[1], page.shape[1] // CELLS[0]
    for cell in rng.permutation(CELLS[0] * CELLS[1])[:LETTERED]:
        down, across = divmod(int(cell), CELLS[0])
        area = slice(down * height, (down + 1) * height), slice(across * width, (across + 1) * width)
        colour = page[area] if page.ndim == 3 else np.repeat(page[area][..., None], 3, axis=2)
        state = rng.bit_generator.state
        lettered = paste_balloons(luma(colour), colour, rng, 1)[1]
        rng.bit_generator.state = state  # the same balloon again, on an even grey that shows where it is
        cover = paste_balloons(np.zeros((height, width), np.uint8), np.full_like(colour, 128), rng, 1)[1]
        free[area] = np.where((cover == 128).all(axis=2), np.uint8(255), np.uint8(0))
        page[area] = lettered if page.ndim == 3 else lettered[..., 0]
    return page, free


def _other_edition(art: Image, treatment: Treatment, rng: np.random.Generator) -> tuple[Image, Image]:
    colour = art
    if treatment.redrawn:
        lines = draw_lines(luma(art), rng)
        flat = cv2.bilateralFilter(cv2.medianBlur(art, 7), 9, 40, 5)
        colour = (flat * (lines[..., None] / 255.0)).astype(np.uint8)
    turned = cv2.cvtColor(colour, cv2.COLOR_RGB2HSV)
    turned[..., 0] = (turned[..., 0].astype(int) + int(rng.integers(0, 180))) % 180
    mixed = 0.5 * cv2.cvtColor(turned, cv2.COLOR_HSV2RGB).astype(np.float32) + 0.5 * colour
    light = 255.0 * (mixed / 255.0) ** float(rng.uniform(0.7, 1.3))
    return letter_over(np.rint(light).clip(0, 255).astype(np.uint8), rng)


def _our_crop(shape: tuple[int, ...], rng: np.random.Generator) -> tuple[int, int, int, int]:
    left, top, right, bottom = (int(rng.uniform(0, 0.02) * side) for side in (*shape[1::-1], *shape[1::-1]))
    return left, top, shape[1] - left - right, shape[0] - top - bottom


def _placement(
    size: tuple[int, int], corner: tuple[int, int], treatment: Treatment, rng: np.random.Generator
) -> tuple[F32, tuple[int, int]]:
    """2×3 from the lettered page to theirs, and their height and width."""
    height, width = size
    scale = float(np.exp(rng.uniform(*np.log(treatment.scale))))
    cut = rng.uniform(-treatment.margin, treatment.crop, 4) * (width, height, width, height)
    if treatment.part:
        across, down = rng.uniform(0.5, 0.8, 2)
        left, top = rng.uniform(0, 1 - across) * width, rng.uniform(0, 1 - down) * height
        cut = np.array([left, top, width * (1 - across) - left, height * (1 - down) - top])
    shape = int((height - cut[1] - cut[3]) * scale), int((width - cut[0] - cut[2]) * scale)
    shift = np.clip(rng.normal(0, treatment.shift / 3, 2), -treatment.shift, treatment.shift)
    middle = corner[0] + width / 2, corner[1] + height / 2
    turn = cv2.getRotationMatrix2D(middle, float(rng.uniform(-1, 1) * treatment.turn), scale)
    moved = turn @ np.array([corner[0] + cut[0], corner[1] + cut[1], 1.0])
    turn[:, 2] += shift * scale - moved
    return turn.astype(np.float32), shape


def _bend(shape: tuple[int, ...], treatment: Treatment, rng: np.random.Generator) -> F32:
    """H×W×2, smooth; no point strays further than ``bend``."""
    across = max(3, round(shape[1] / treatment.bend_length)), max(3, round(shape[0] / treatment.bend_length))
    coarse = rng.normal(size=(across[1], across[0], 2)).astype(np.float32)
    stray = cv2.resize(coarse, shape[1::-1], interpolation=cv2.INTER_CUBIC)
    longest = float(np.hypot(stray[..., 0], stray[..., 1]).max())
    return np.asarray(stray * np.float32(treatment.bend / longest), np.float32)


def _places(shape: tuple[int, ...], matrix: F32, stray: F32) -> F32:
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    points = np.stack([x, y], axis=-1) + stray
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


def _turn_round(matrix: F32, stray: F32, size: tuple[int, int]) -> F32:
    """For each pixel of theirs the place on the lettered page, by fixed-point iteration."""
    y, x = np.mgrid[: size[0], : size[1]].astype(np.float32)
    inverse = cv2.invertAffineTransform(matrix)
    straight = (np.stack([x, y], axis=-1) @ inverse[:, :2].T + inverse[:, 2]).astype(np.float32)
    place = straight
    for _ in range(6 if stray.any() else 0):
        here = cv2.remap(
            stray, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        place = straight - here
    return np.asarray(place, np.float32)


def _shrink_into(page: Image, back: F32, matrix: F32, ground: tuple[int, ...]) -> Image:
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 1:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), 0.5 / scale))
    return np.asarray(
        cv2.remap(page, back[..., 0], back[..., 1], cv2.INTER_CUBIC, borderValue=ground), np.uint8
    )


def _soften(page: Image, treatment: Treatment, rng: np.random.Generator) -> Image:
    sigma = float(rng.uniform(0.0, treatment.blur))
    return np.asarray(cv2.GaussianBlur(page, (0, 0), sigma), np.uint8) if sigma > 0.2 else page
