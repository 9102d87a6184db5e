"""Reading checkpoints of ``Trainer.save``: to resume a run, or as the start of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.models.colour.factory import generator_config
from mangacolor.training.colour.config import TrainConfig, from_json

CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True, slots=True)
class Start:
    """Networks to fine-tune: a generator's configuration and state, perhaps its discriminator's."""

    network: GeneratorConfig
    generator: Mapping[str, Tensor]
    discriminator: Mapping[str, Tensor] | None = None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint of ``Trainer.save`` as a dictionary, its ``config`` as a ``TrainConfig``."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        state["config"] = from_json(json.loads(state["config"]))
    except Exception as error:
        raise SetupError(
            f"{path} is not a training checkpoint: {error}", "name the folder of an earlier run"
        ) from error
    return state


def read_start(path: Path) -> Start:
    """A run's checkpoint as a start for another: the averaged generator, and the discriminator."""
    state = read_checkpoint(path)
    config: TrainConfig = state["config"]
    network = generator_config(config.generator, config.width, levels=config.levels, dropout=config.dropout)
    generator = state["average"] if config.ema else state["generator"]
    return Start(network, generator, state["discriminator"])
