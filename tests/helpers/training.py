"""A tiny run of the colour trainer, and batches as a run draws them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from torch import Tensor

from mangacolor.training.colour.config import PRESETS, Phase, TrainConfig
from mangacolor.training.colour.dataset import CropDataset, StepSampler, read_batches
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.settings import assign

# Not ``override``, which shows the network its crops: that takes each process that collects tests a second.
TINY = assign(
    PRESETS["default"],
    {
        "generator": "unet-palette",
        "width": 4,
        "levels": 4,
        "losses.adversarial": 0.02,
        "discriminator_width": 4,
        "checkpoint_every": 1000,
        "sample_every": 1000,
    },
)


def materials() -> Materials:
    """Six pictures, each of two colours."""
    rng = np.random.default_rng(0)
    pictures = []
    for number in range(6):
        pixels = np.full((80, 96, 3), rng.integers(60, 255, 3), np.uint8)
        pixels[20:60, 30:70] = rng.integers(0, 255, 3)
        pictures.append(Picture(f"a/{number}", "a", pixels))
    return Materials([Source("a")], pictures)


def short(steps: int, adversarial_from: float = 0.0) -> TrainConfig:
    """``TINY`` for so many steps of small crops, and two of larger ones."""
    return replace(TINY, phases=(Phase(steps, 32, 2), Phase(2, 48, 1)), adversarial_from=adversarial_from)


def draw_batches(trainer: Trainer, size: int, batch: int, steps: int = 4) -> Iterator[tuple[Tensor, Tensor]]:
    """The first ``steps`` batches of crops of ``size`` pixels, on the trainer's device."""
    config, drawn = trainer.config, trainer.materials
    length = steps * batch
    crops = CropDataset(
        drawn.sources, drawn.pictures, size, length, config.seed, config.synthesis, config.kind
    )
    return read_batches(crops, StepSampler(0, length, batch, trainer.world), trainer.device, 0)
