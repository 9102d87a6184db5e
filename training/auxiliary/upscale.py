"""Training the bundled super-resolution network, ``manga-x2``: ``mangacolor train --network upscale``.

A SRVGGNetCompact (Real-ESRGAN) an eighth of the size of animevideov3, on luma, that enlarges twice. It has
two teachers. What printed ink looks like before it is scanned it learns from patches drawn large
(``ink_patches``), so that it knows screentone; what to do with anything painted, from animevideov3.
The data holds folders of colour pictures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch

from mangacolor.core.colour import luma
from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.types import Image
from mangacolor.models.upscale.loader import Upscaler, load_upscaler
from mangacolor.stages.upscale.enlarge import by_network, reduced
from mangacolor.training.auxiliary.image_to_image import PairRecipe, PairTask, PicturePair, check_crop
from mangacolor.training.auxiliary.loop import choose_recipe, describe_end, run_task
from mangacolor.training.data.folders import read_folders
from mangacolor.training.data.synthesis import compress_jpeg
from mangacolor.training.display import tell_lines
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.pages.ink_patches import OVER, draw_ink_patch
from mangacolor.training.settings import number

NAME = "upscale"
SCALE = 2


@dataclass(frozen=True, slots=True)
class UpscaleRecipe(PairRecipe):
    """Everything that decides the weights, besides the data."""

    steps: int = number(10_000, at_least=1)  # 40 minutes on one core
    seed: int = number(11, at_least=0, at_most=2**32 - 1)
    features: int = number(32, at_least=1, at_most=1024)
    layers: int = number(8, at_least=1, at_most=64)
    side: int = number(160, at_least=32, at_most=4096)  # pixels of a patch as scanned
    printed: int = number(1400, at_least=0)  # patches of ink
    painted: int = number(500, at_least=0)  # patches that the other network enlarges
    pictures: int = number(150, at_least=1)  # at most so many of a folder

    @property
    def rim(self) -> int:
        """Pixels at the sides of a result that the padding of the layers may have touched."""
        return SCALE * (self.layers + 2)


def scan_page(page: Image, by: int, rng: np.random.Generator) -> Image:
    """A page drawn ``by`` times too large, as a scanner and a file leave it."""
    if rng.random() < 0.7:
        page = np.asarray(cv2.GaussianBlur(page, (0, 0), by * rng.uniform(0.1, 0.55)), np.uint8)
    small = reduced(page, by).astype(np.float32)
    if rng.random() < 0.35:
        small += rng.normal(0, rng.uniform(0.5, 5.0), small.shape)
    if rng.random() < 0.15:  # as many greys as many scans have
        small = np.rint(small / 17) * 17
    scan = np.asarray(np.clip(np.rint(small), 0, 255), np.uint8)
    return compress_jpeg(scan, int(rng.integers(60, 97))) if rng.random() < 0.4 else scan


def draw_printed_pair(colour: Image, rng: np.random.Generator) -> PicturePair:
    """A patch of ink and its scan. ``colour``: H×W×3 uint8 RGB."""
    page = draw_ink_patch(colour, rng)
    if rng.random() < 0.4:  # paper and ink are seldom all white and all black
        black, white = rng.uniform(0, 45), rng.uniform(225, 255)
        page = np.rint(black + page.astype(np.float32) * ((white - black) / 255)).astype(np.uint8)
    return scan_page(page, OVER, rng), reduced(page, OVER // SCALE)


def draw_painted_pair(colour: Image, teacher: Upscaler, rng: np.random.Generator) -> PicturePair:
    """A patch in greys and what ``teacher`` makes of it."""
    small = scan_page(luma(colour), 1, rng)
    return small, by_network(small, SCALE, teacher)


def draw_patch(picture: Image, side: int, rng: np.random.Generator) -> Image:
    """A square of the picture at a random zoom, ``side`` pixels large."""
    span = min(int(side / rng.uniform(0.6, 1.5)), *picture.shape[:2])
    y, x = (int(rng.integers(length - span + 1)) for length in picture.shape[:2])
    square = picture[y : y + span, x : x + span]
    way = cv2.INTER_AREA if span > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (side, side), interpolation=way), np.uint8)


def draw_pairs(
    pictures: list[list[Image]], recipe: UpscaleRecipe, rng: np.random.Generator
) -> Iterator[PicturePair]:
    """The patches of a run, printed ones first. Sources take turns."""
    for _ in range(recipe.printed):
        yield draw_printed_pair(_draw_colour(pictures, recipe.side, rng), rng)
    if recipe.painted:
        teacher = load_upscaler("animevideov3")
        for _ in range(recipe.painted):
            yield draw_painted_pair(_draw_colour(pictures, recipe.side, rng), teacher, rng)


def _draw_colour(pictures: list[list[Image]], side: int, rng: np.random.Generator) -> Image:
    source = pictures[int(rng.integers(len(pictures)))]
    return draw_patch(source[int(rng.integers(len(source)))], side, rng)


def make_network(recipe: UpscaleRecipe) -> Any:
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=1, num_out_ch=1, num_feat=recipe.features, num_conv=recipe.layers, upscale=SCALE)


def make_task(pairs: Sequence[PicturePair], recipe: UpscaleRecipe) -> PairTask:
    """What is to be learnt: from the first of each pair the second, twice as large."""
    torch.manual_seed(recipe.seed)
    return PairTask(NAME, make_network(recipe), pairs, recipe, recipe.rim)


def train(request: TrainRequest) -> TrainOutcome:
    """Train the upscaler on the folders of ``request.data``."""
    recipe = choose_recipe(request, NAME, UpscaleRecipe())
    check_crop(recipe, recipe.side)
    patches = recipe.printed + recipe.painted
    if SCALE * recipe.crop <= 2 * recipe.rim or not patches:
        raise UsageError(
            f"nothing is left to learn from {patches} patches in crops of {recipe.crop} pixels",
            f"Set printed or painted, and a crop of more than {2 * recipe.rim // SCALE} pixels.",
        )
    rng = np.random.default_rng(recipe.seed)
    (data,) = request.data
    pictures = [
        members for _, members in read_folders(data, "", recipe.pictures, rng, request.say) if members
    ]
    if not pictures:
        raise InputError(f"{data} holds no folder of pictures", "Put pictures into folders, one a source.")
    pairs = list(tell_lines(draw_pairs(pictures, recipe, rng), "drawing patches", patches, request.say))
    return describe_end(run_task(make_task(pairs, recipe), recipe, request), request.run)
