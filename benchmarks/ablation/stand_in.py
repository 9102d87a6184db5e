"""A stand-in for pretrained networks that cannot be had: a ResNet-18 that tells sources apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torchvision.models import resnet18

from mangacolor.models.encoders.stand_in import MEAN, STD
from mangacolor.training.auxiliary.loop import Loop, Schedule
from mangacolor.training.colour.dataset import random_crop
from mangacolor.training.data.pictures import Picture, Source

CROP = 96  # pixels
WORKING_SIDE = 128  # pixels: the short side of a picture at zoom 1
ZOOM = (0.7, 1.3)


@dataclass(slots=True)
class StandInTask:
    """Of which source is a picture? Every other batch is grey: the extractor sees grey pictures, the
    perceptual loss colour."""

    network: nn.Module
    names: list[str]
    pictures: Sequence[Picture]
    batch: int
    name: str = "stand-in"
    unit: float = 1.0

    def loss(self, step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        chosen = [self.pictures[index] for index in rng.integers(len(self.pictures), size=self.batch)]
        crops = np.stack([random_crop(one.pixels, CROP, WORKING_SIDE, ZOOM, rng) for one in chosen])
        pictures = torch.from_numpy(crops).to(device).permute(0, 3, 1, 2).float() / 255
        if step % 2 == 0:
            pictures = pictures.mean(dim=1, keepdim=True).expand(-1, 3, -1, -1)
        mean, std = (torch.tensor(value, device=device).view(1, 3, 1, 1) for value in (MEAN, STD))
        normal = ((pictures - mean) / std).contiguous(memory_format=torch.channels_last)
        truth = torch.tensor([self.names.index(one.source) for one in chosen], device=device)
        return cross_entropy(self.network(normal), truth)

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        """Nothing: it is written when it is finished."""


def train_stand_in(
    sources: Sequence[Source], pictures: Sequence[Picture], steps: int, path: Path, say: Callable[[str], None]
) -> None:
    """Train it at a constant rate and write its state dict to ``path``."""
    recipe = Schedule(steps=steps, batch=32, rate=1e-3, warm_up=1, floor=1.0, ema=0.0, log_every=20, seed=0)
    torch.manual_seed(recipe.seed)
    names = [source.folder for source in sources]
    network = resnet18(num_classes=len(names)).to(memory_format=torch.channels_last)
    task = StandInTask(network, names, pictures, recipe.batch)
    trained = Loop(task, recipe).train(say)
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(trained.network.state_dict(), path)
