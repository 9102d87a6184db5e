"""The networks of a run: the generator, the discriminator against it, and the generator's average."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.factory import build_generator
from mangacolor.training.colour.adversary import ADVERSARIES
from mangacolor.training.colour.config import TrainConfig, generator_of
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.palette_colours import choose_palette, palette_rarity
from mangacolor.training.run_folder import first_reason

EXTRACTOR = "danbooru-resnet50"  # where none is named: random features would train, and teach nothing
YOUNG = 10.0  # steps: an average much younger follows fast, or the start of the run would stay in it for long


class Networks:
    """Generator, discriminator and averaged generator on one device, as a run begins with them.

    ``rarity``: what each colour of the palette weighs in the loss; None for a generator without one.
    """

    def __init__(
        self,
        config: TrainConfig,
        materials: Materials,
        device: torch.device,
        extractor_weights: Path | str | None = None,
        encoder_weights: Path | None = None,
    ) -> None:
        self.materials, self.device = materials, device
        if "extractor" in config.generator and extractor_weights is None:
            extractor_weights = EXTRACTOR
        self.generator = build_generator(generator_of(config), extractor_weights)
        if config.pretrained_encoder:
            self.generator.load_pretrained(encoder_weights)
        if config.frozen_blocks:
            self.generator.freeze_encoder(config.frozen_blocks)
        self.adversary = ADVERSARIES[config.adversary]
        self.discriminator = self.adversary.create(config.discriminator_width)
        self.average = build_generator(generator_of(config), extractor_weights)
        self.rarity: Tensor | None = None
        if self.generator.palette is not None:
            colours = self.generator.config.palette
            centres = choose_palette(materials.sources, materials.pictures, colours)
            self.generator.palette.centres.copy_(torch.from_numpy(centres))
            self.weigh_palette()
        self.average.load_state_dict(self.generator.state_dict())
        for network in self._all().values():
            network.to(device).to(memory_format=torch.channels_last)
        self.average.eval().requires_grad_(False)

    def set_learning(self, frozen_norms: bool) -> None:
        """The generator in training mode, its batch norms, if they are frozen, in that of use."""
        self.generator.train()
        for part in self.generator.modules():
            if frozen_norms and isinstance(part, nn.BatchNorm2d):
                part.eval()

    def _all(self) -> dict[str, nn.Module]:
        return {
            "generator": self.generator,
            "average": self.average,
            "discriminator": self.discriminator,
        }

    def state(self) -> dict[str, Any]:
        return {name: network.state_dict() for name, network in self._all().items()}

    def load_networks(self, state: dict[str, Any], path: Path) -> None:
        """Take the networks of a checkpoint. Raises ``SetupError`` when it holds others."""
        try:
            for name, network in self._all().items():
                network.load_state_dict(state[name])
        except (RuntimeError, KeyError) as error:
            raise SetupError(
                f"{path} was trained with other networks than this configuration: {first_reason(error)}",
                "resume with the settings it was started with, or start from its weights with --init",
            ) from error
        self.weigh_palette()

    def weigh_palette(self) -> None:
        """Rare colours of the palette in force weigh more; which are rare, the run's pictures say."""
        if self.generator.palette is not None:
            centres = self.generator.palette.centres.cpu().numpy()
            rarity = palette_rarity(centres, self.materials.sources, self.materials.pictures)
            self.rarity = torch.from_numpy(rarity).to(self.device)

    def update_average(self, decay: float, step: int) -> None:
        """Move the average towards the generator, after ``step`` steps were averaged already."""
        decay = min(decay, (1 + step) / (YOUNG + step))
        with torch.no_grad():
            current = dict(self.generator.named_parameters())
            for name, weight in self.average.named_parameters():
                weight.lerp_(current[name], 1 - decay)
            for kept, buffer in zip(self.average.buffers(), self.generator.buffers(), strict=True):
                kept.copy_(buffer)


def count_pictures(materials: Materials) -> dict[str, int]:
    """How many pictures of each source there are, by name."""
    names, counts = np.unique([picture.source for picture in materials.pictures], return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}
