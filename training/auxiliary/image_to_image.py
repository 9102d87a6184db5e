"""Training a small network to make the one picture of a pair out of the other, both in luma."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from mangacolor.core.errors import UsageError
from mangacolor.core.types import Image
from mangacolor.training.auxiliary.loop import Schedule
from mangacolor.training.auxiliary.weights import save_weights
from mangacolor.training.runs import mixed_precision
from mangacolor.training.settings import number

# As given and as it should be: as large, or a whole number of times as large. H×W uint8.
PicturePair = tuple[Image, Image]


@dataclass(frozen=True, slots=True)
class PairRecipe(Schedule):
    """Everything that decides the weights, besides the pairs."""

    crop: int = number(64, at_least=8, at_most=4096)  # pixels of what is given that a step sees of a pair


@dataclass(slots=True)
class PairTask:
    """L1 between what ``network`` makes of the first of a pair and the second.

    ``rim``: pixels at the sides of a result that are not looked at.
    """

    name: str
    network: nn.Module
    pairs: Sequence[PicturePair]
    recipe: PairRecipe
    rim: int = 0
    unit: float = 255.0  # curves are in levels

    def __post_init__(self) -> None:
        self.network = self.network.to(memory_format=torch.channels_last)

    def loss(self, _step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        picked = rng.integers(len(self.pairs), size=self.recipe.batch)
        chosen = [crop_pair(self.pairs[int(i)], self.recipe.crop, rng) for i in picked]
        inputs, truths = (_stack(pictures, device) for pictures in zip(*chosen, strict=True))
        inner = slice(self.rim, -self.rim or None)
        with mixed_precision(device):
            outputs: Tensor = self.network(inputs)
        return (outputs.float() - truths)[:, :, inner, inner].abs().mean()

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        save_weights(network, self.recipe, step, run)


def crop_pair(pair: PicturePair, size: int, rng: np.random.Generator) -> PicturePair:
    """The same random square of both, turned and mirrored. ``size``: of the first, in pixels."""
    by = pair[1].shape[0] // pair[0].shape[0]
    y, x = (int(rng.integers(length - size + 1)) for length in pair[0].shape)
    turn, mirror = int(rng.integers(4)), int(rng.choice([1, -1]))
    squares = (
        picture[scale * y : scale * (y + size), scale * x : scale * (x + size)]
        for picture, scale in zip(pair, (1, by), strict=True)
    )
    first, second = (np.rot90(square, turn)[:, ::mirror] for square in squares)
    return first, second


def _stack(pictures: tuple[Image, ...], device: torch.device) -> Tensor:
    values = torch.from_numpy(np.stack(pictures))[:, None].to(device).float() / 255
    return values.contiguous(memory_format=torch.channels_last)


def check_crop(recipe: PairRecipe, side: int) -> None:
    """Raise ``UsageError`` where a crop does not fit the pictures of ``side`` pixels."""
    if recipe.crop > side:
        raise UsageError(
            f"crops of {recipe.crop} pixels do not fit pictures of {side}",
            "Set a smaller crop or a larger side.",
        )
