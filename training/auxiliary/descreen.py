"""Training the descreener: ``mangacolor train --network descreen``.

Its pairs are made up of pictures from a data pack: the same lines over tones in dots and over tones as greys.
What has no dots is to stay as it is, paintings among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from mangacolor.core.types import Image
from mangacolor.models.page.descreener import Descreener
from mangacolor.training.auxiliary.image_to_image import PairRecipe, PairTask, PicturePair, check_crop
from mangacolor.training.auxiliary.loop import choose_recipe, describe_end, run_task
from mangacolor.training.colour.dataset import PictureMix, random_crop
from mangacolor.training.data.lettering import paste_balloons
from mangacolor.training.data.manga_page import Hand, print_page
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.sources import load_pictures
from mangacolor.training.data.synthesis import damage_scan, render, render_tones
from mangacolor.training.display import tell_lines
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.settings import number

NAME = "descreen"
PITCHES = (0.9, 7.0)  # from dot to dot, in pixels at working scale: of large panels and of small ones
UNTONED = ("grey", "tone", "line")


@dataclass(frozen=True, slots=True)
class DescreenRecipe(PairRecipe):
    """Everything that decides the weights, besides the data."""

    steps: int = number(24_000, at_least=1)  # 20 minutes on one core
    rate: float = number(2e-3, above=0, at_most=1)
    seed: int = number(5, at_least=0, at_most=2**32 - 1)
    crop: int = number(96, at_least=8, at_most=4096)
    pictures: int = number(4000, at_least=1)
    side: int = number(192, at_least=32, at_most=4096)  # pixels of a picture


def draw_pairs(
    sources: Sequence[Source], pictures: Sequence[Picture], recipe: DescreenRecipe, rng: np.random.Generator
) -> Iterator[PicturePair]:
    """The pairs of a run."""
    mix = PictureMix(sources, pictures)
    for _ in range(recipe.pictures):
        _, picture = mix.draw(rng)
        yield draw_pair(random_crop(picture.pixels, recipe.side, 256, (0.5, 1.6), rng), rng)


def draw_pair(colour: Image, rng: np.random.Generator) -> PicturePair:
    """A picture (H×W×3 uint8 RGB) in black and white, H×W uint8, with its tones in dots, and as greys."""
    way = rng.random()
    if way < 0.45:
        dots, plain = render_tones(colour, rng, PITCHES)
    elif way < 0.75:
        dots, plain = _page(colour, rng)
    else:
        dots = plain = render(colour, str(rng.choice(UNTONED)), rng)
    if rng.random() < 0.3:
        seed = int(rng.integers(1 << 30))
        dots, plain = (
            paste_balloons(one, colour, np.random.default_rng(seed), 2)[0] for one in (dots, plain)
        )
    return (damage_scan(dots, rng) if rng.random() < 0.5 else dots), plain


def _page(colour: Image, rng: np.random.Generator) -> PicturePair:
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
        for page in print_page(large, hand, (2, 2))
    )
    return dots, plain


def train(request: TrainRequest) -> TrainOutcome:
    """Train the descreener on the pictures of ``request.data``."""
    recipe = choose_recipe(request, NAME, DescreenRecipe())
    check_crop(recipe, recipe.side)
    sources, pictures = load_pictures(request.data, request.say, request.sources)
    drawn = draw_pairs(sources, pictures, recipe, np.random.default_rng(recipe.seed))
    pairs = list(tell_lines(drawn, "drawing pictures", recipe.pictures, request.say))
    torch.manual_seed(recipe.seed)
    trained = run_task(PairTask(NAME, Descreener(), pairs, recipe), recipe, request)
    return describe_end(trained, request.run)
