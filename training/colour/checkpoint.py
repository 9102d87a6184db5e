"""Reading checkpoints of ``Trainer.save``: to resume a run, or as the start of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.config import GeneratorConfig
from mangacolor.training.colour.config import TrainConfig, from_json, generator_of
from mangacolor.training.colour.pairing import first_state
from mangacolor.training.run_folder import CHECKPOINT, read_checkpoint_file


@dataclass(frozen=True, slots=True)
class Start:
    """Networks to fine-tune: a generator's configuration and state, perhaps its discriminator's."""

    network: GeneratorConfig
    generator: Mapping[str, Tensor]
    discriminator: Mapping[str, Tensor] | None = None


def read_checkpoint(path: Path) -> dict[str, Any]:
    """A checkpoint of ``Trainer.save`` as a dictionary, its ``config`` as a ``TrainConfig``.

    ``also`` in it are the states of the trainers that it led, by the names of their folders, each with its
    own. Raises ``SetupError`` for any other file.
    """
    state = read_checkpoint_file(path)
    try:
        state.setdefault("also", {})
        for each in (state, *state["also"].values()):
            each["config"] = from_json(json.loads(each["config"]))
    except (AttributeError, KeyError, TypeError, ValueError, UsageError) as error:
        raise SetupError(
            f"{path} is not a training checkpoint: {error}", "name the folder of an earlier run"
        ) from error
    return state


def find_start(init: Path, extractor_weights: Path | None = None) -> Start:
    """What ``--init`` names: a run's folder or checkpoint, or a generator's weights by name or path.

    Of two networks that vote together a run trains the first alone; ``pair_files`` joins them again.
    """
    checkpoint = init / CHECKPOINT if init.is_dir() else init
    if checkpoint.name == CHECKPOINT:
        return read_start(checkpoint)
    network = load_generator(init, extractor_weights=extractor_weights)
    return Start(replace(network.config, partner_width=0), first_state(network.state_dict()))


def read_start(path: Path) -> Start:
    """A run's checkpoint as a start for another: the averaged generator, and the discriminator."""
    state = read_checkpoint(path)
    config: TrainConfig = state["config"]
    generator = state["average"] if config.ema else state["generator"]
    return Start(generator_of(config), generator, state["discriminator"])
