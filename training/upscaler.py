"""Train the bundled super-resolution: ``python -m mangacolor.training.upscaler --data DIR --out FILE``.

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
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mangacolor.models.super_resolution import Upscaler, load_upscaler
from mangacolor.nouns import Image
from mangacolor.stages.colour_space import luma
from mangacolor.stages.upscale_luma import by_network, reduced
from mangacolor.training.balloons import read_sources, save
from mangacolor.training.ink_patches import OVER, ink_patch
from mangacolor.training.synthesis import jpeg
from mangacolor.training.trainer import has_bfloat16

SCALE = 2


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, besides the data."""

    steps: int = 10_000  # 40 minutes on one core
    features: int = 32
    layers: int = 8
    side: int = 160  # pixels of a patch as scanned
    printed: int = 1400  # patches of ink
    painted: int = 500  # patches that the other network enlarges
    crop: int = 64  # pixels of the scan that a step sees of a patch
    batch: int = 16
    rate: float = 1e-3
    ema: float = 0.998
    seed: int = 11


Pair = tuple[Image, Image]  # as scanned and as it should be: twice as large


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


def cut(pair: Pair, size: int, rng: np.random.Generator) -> Pair:
    """The same random square of both, turned and mirrored."""
    small, large = pair
    y, x = (int(rng.integers(length - size + 1)) for length in small.shape)
    turn, mirror = int(rng.integers(4)), int(rng.choice([1, -1]))
    squares = (
        picture[by * y : by * (y + size), by * x : by * (x + size)]
        for picture, by in ((small, 1), (large, SCALE))
    )
    first, second = (np.rot90(square, turn)[:, ::mirror] for square in squares)
    return first, second


def make_network(recipe: Recipe) -> Any:
    from spandrel.architectures.Compact import Compact

    return Compact(num_in_ch=1, num_out_ch=1, num_feat=recipe.features, num_conv=recipe.layers, upscale=SCALE)


def train(pairs: list[Pair], recipe: Recipe, out: Path) -> None:
    """Train for ``recipe.steps`` and write the weights to ``out``, now and then and at the end."""
    rng = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    network = make_network(recipe).to(memory_format=torch.channels_last)
    halves = has_bfloat16(torch.device("cpu"))
    averaging = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    rim = SCALE * (recipe.layers + 2)  # what the padding of the layers may have touched
    running = 0.0
    for step in range(1, recipe.steps + 1):
        fall = 0.5 + 0.5 * float(np.cos(np.pi * step / recipe.steps))
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, step / 100) * fall
        chosen = [cut(pairs[int(i)], recipe.crop, rng) for i in rng.integers(len(pairs), size=recipe.batch)]
        small, large = (_stacked(pictures) for pictures in zip(*chosen, strict=True))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
            made = network(small)
        value = (made.float() - large)[:, :, rim:-rim, rim:-rim].abs().mean()
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        average.update_parameters(network)
        running += (float(value.detach()) - running) / min(step, 200)
        if step % 100 == 0:
            sys.stderr.write(f"step {step}  levels {255 * running:.3f}\n")
        if step % 500 == 0:
            save(average.module, recipe, step, out)
    save(average.module, recipe, recipe.steps, out)


def _stacked(pictures: tuple[Image, ...]) -> Tensor:
    values = torch.from_numpy(np.stack(pictures))[:, None].float() / 255
    return values.contiguous(memory_format=torch.channels_last)


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
