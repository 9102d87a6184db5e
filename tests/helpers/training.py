"""Batches as a run of the colour trainer draws them, without the run."""

from __future__ import annotations

from collections.abc import Iterator

from torch import Tensor

from mangacolor.training.colour.dataset import CropDataset, StepSampler, read_batches
from mangacolor.training.colour.trainer import Trainer


def draw_batches(trainer: Trainer, size: int, batch: int, steps: int = 4) -> Iterator[tuple[Tensor, Tensor]]:
    """The first ``steps`` batches of crops of ``size`` pixels, on the trainer's device."""
    config, materials = trainer.config, trainer.materials
    length = steps * batch
    crops = CropDataset(
        materials.sources, materials.pictures, size, length, config.seed, config.synthesis, config.kind
    )
    return read_batches(crops, StepSampler(0, length, batch, trainer.world), trainer.device, 0)
