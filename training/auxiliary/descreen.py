"""Train the descreener: ``python -m mangacolor.training.auxiliary.descreen --data PACK --out FILE``.

Its pairs are made up of pictures from a data pack: the same lines over tones in dots and over tones as greys.
What has no dots is to stay as it is, paintings among them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from mangacolor.core.types import Image
from mangacolor.models.page.descreener import Descreener
from mangacolor.training.auxiliary.image_to_image import Pair, Schedule, fit
from mangacolor.training.colour.dataset import PictureMix, random_crop
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.manga_page import Hand, printed
from mangacolor.training.data.pack import read_pack
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.synthesis import render, scan_damage, toned

PITCHES = (0.9, 7.0)  # from dot to dot, in pixels at working scale: of large panels and of small ones
UNTONED = ("grey", "tone", "line")


@dataclass(frozen=True, slots=True)
class Recipe(Schedule):
    """Everything that decides the weights, besides the data."""

    pictures: int = 4000
    side: int = 192  # pixels of a picture
    steps: int = 24_000  # 20 minutes on one core
    crop: int = 96
    rate: float = 2e-3
    seed: int = 5


def draw_pairs(
    sources: Sequence[Source], pictures: Sequence[Picture], recipe: Recipe, rng: np.random.Generator
) -> Iterator[Pair]:
    """The pairs of a run."""
    mix = PictureMix(sources, pictures)
    for _ in range(recipe.pictures):
        _, picture = mix.draw(rng)
        yield pair_of(random_crop(picture.pixels, recipe.side, 256, (0.5, 1.6), rng), rng)


def pair_of(colour: Image, rng: np.random.Generator) -> Pair:
    """A picture (H×W×3 uint8 RGB) in black and white, H×W uint8, with its tones in dots, and as greys."""
    way = rng.random()
    if way < 0.45:
        dots, plain = toned(colour, rng, PITCHES)
    elif way < 0.75:
        dots, plain = _page(colour, rng)
    else:
        dots = plain = render(colour, str(rng.choice(UNTONED)), rng)
    if rng.random() < 0.3:
        seed = int(rng.integers(1 << 30))
        dots, plain = (
            paste_balloons(one, colour, np.random.default_rng(seed), 2)[0] for one in (dots, plain)
        )
    return (scan_damage(dots, rng) if rng.random() < 0.5 else dots), plain


def _page(colour: Image, rng: np.random.Generator) -> Pair:
    """As part of a whole page that is printed at its own scale and then shrunk."""
    factor = float(np.exp(rng.uniform(*np.log((1.1, 4.0)))))
    hand = Hand(
        white=float(rng.uniform(140, 225)),
        black=float(rng.uniform(10, 50)),
        pitch=float(rng.uniform(3.0, 9.0)),
        angle=float(rng.choice([45, 45, 45, 0, 30, 60])),
        gamma=float(rng.uniform(0.55, 1.0)),
    )
    height, width = colour.shape[:2]
    size = round(width * factor), round(height * factor)
    large = np.asarray(cv2.resize(colour, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    dots, plain = (
        np.asarray(cv2.resize(page, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        for page in printed(large, hand, (2, 2))
    )
    return dots, plain


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a data pack")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    parser.add_argument("--pictures", type=int, default=Recipe().pictures)
    options = parser.parse_args()
    recipe = Recipe(pictures=options.pictures, steps=options.steps)
    pairs = list(draw_pairs(*read_pack(options.data), recipe, np.random.default_rng(recipe.seed)))
    sys.stderr.write(f"{len(pairs)} pictures\n")
    torch.manual_seed(recipe.seed)
    fit(Descreener(), pairs, recipe, options.out)


if __name__ == "__main__":
    main()
