"""Train the bundled super-resolution network, ``manga-x2``.

A SRVGGNetCompact (Real-ESRGAN) an eighth of the size of animevideov3, on luma, that enlarges twice. It has
two teachers. What printed ink looks like before it is scanned it learns from patches drawn large
(``ink_patches``), so that it knows screentone; what to do with anything painted, from animevideov3.
DIR holds folders of colour pictures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from mangacolor.core.colour import luma
from mangacolor.core.types import Image
from mangacolor.models.upscale.loader import Upscaler, load_upscaler
from mangacolor.stages.upscale.enlarge import by_network, reduced
from mangacolor.training.auxiliary.balloons import read_sources
from mangacolor.training.auxiliary.image_to_image import Pair, Schedule, fit
from mangacolor.training.data.synthesis import jpeg
from mangacolor.training.pages.ink_patches import OVER, ink_patch

SCALE = 2


@dataclass(frozen=True, slots=True)
class Recipe(Schedule):
    """Everything that decides the weights, besides the data."""

    steps: int = 10_000  # 40 minutes on one core
    features: int = 32
    layers: int = 8
    side: int = 160  # pixels of a patch as scanned
    printed: int = 1400  # patches of ink
    painted: int = 500  # patches that the other network enlarges
    crop: int = 64
    seed: int = 11


def scanned(page: Image, by: int, rng: np.random.Generator) -> Image:
    """A page drawn ``by`` times too large, as a scanner and a file leave it."""
    if rng.random() < 0.7:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), by * rng.uniform(0.1, 0.55)), np.uint8)
    small = reduced(page, by).astype(np.float32)
    if rng.random() < 0.35:
        small += rng.normal(0, rng.uniform(0.5, 5.0), small.shape)
    if rng.random() < 0.15:  # as many greys as many scans have
        small = np.rint(small / 17) * 17
    made = np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)
    if rng.random() < 0.4:
        made = jpeg(made, int(rng.integers(60, 97)))
    return made


def printed_pair(colour: Image, rng: np.random.Generator) -> Pair:
    """A patch of ink and its scan. ``colour``: H×W×3 uint8 RGB."""
    page = ink_patch(colour, rng)
    if rng.random() < 0.4:  # paper and ink are seldom all white and all black
        black, white = rng.uniform(0, 45), rng.uniform(225, 255)
        page = np.rint(black + page.astype(np.float32) * ((white - black) / 255)).astype(np.uint8)
    return scanned(page, OVER, rng), reduced(page, OVER // SCALE)


def painted_pair(colour: Image, teacher: Upscaler, rng: np.random.Generator) -> Pair:
    """A patch in greys and what ``teacher`` makes of it."""
    small = scanned(luma(colour), 1, rng)
    return small, by_network(small, SCALE, teacher)


def patch_of(picture: Image, side: int, rng: np.random.Generator) -> Image:
    """A square of the picture at a random zoom, ``side`` pixels large."""
    span = min(int(side / rng.uniform(0.6, 1.5)), *picture.shape[:2])
    y, x = (int(rng.integers(length - span + 1)) for length in picture.shape[:2])
    square = picture[y : y + span, x : x + span]
    way = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=way), np.uint8)


def draw_pairs(pictures: list[list[Image]], recipe: Recipe, rng: np.random.Generator) -> Iterator[Pair]:
    """The patches of a run, printed ones first. Sources take turns."""
    teacher = load_upscaler("animevideov3")
    for number in range(recipe.printed + recipe.painted):
        source = pictures[int(rng.integers(len(pictures)))]
        colour = patch_of(source[int(rng.integers(len(source)))], recipe.side, rng)
        yield printed_pair(colour, rng) if number < recipe.printed else painted_pair(colour, teacher, rng)


def make_network(recipe: Recipe) -> Any:
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=1, num_out_ch=1, num_feat=recipe.features, num_conv=recipe.layers, upscale=SCALE)


def train(pairs: list[Pair], recipe: Recipe, out: Path) -> None:
    """Train for ``recipe.steps`` and write the weights to ``out``, now and then and at the end."""
    torch.manual_seed(recipe.seed)
    rim = SCALE * (recipe.layers + 2)  # what the padding of the layers may have touched
    fit(make_network(recipe), pairs, recipe, out, rim)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--pictures", type=int, default=150, help="at most so many of a folder")
    options = parser.parse_args()
    recipe = Recipe(steps=options.steps)
    rng = np.random.default_rng(recipe.seed)
    pictures = [found for _, found in read_sources(options.data, "", options.pictures, rng) if found]
    pairs = list(draw_pairs(pictures, recipe, rng))
    sys.stderr.write(f"{len(pairs)} patches\n")
    train(pairs, recipe, options.out)


if __name__ == "__main__":
    main()
