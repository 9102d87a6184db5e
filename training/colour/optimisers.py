"""The optimisers of a run: AdamW, with a pretrained encoder's weights at a rate of their own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from mangacolor.core.errors import SetupError
from mangacolor.training.colour.config import TrainConfig

ENCODER = "encoder."  # how the names of a pretrained encoder's weights begin


def group_weights(network: nn.Module, config: TrainConfig, rate: float) -> list[dict[str, Any]]:
    """The network's weights for an optimiser, in groups of one learning rate (``factor``) and decay each.

    ``rate``: the factor of all of them, times that of a pretrained encoder's.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, weight in network.named_parameters():
        if weight.requires_grad:
            factor = rate * (config.encoder_rate if name.startswith(ENCODER) else 1.0)
            decay = config.weight_decay if weight.ndim > 1 else 0.0
            groups.setdefault((factor, decay), []).append(weight)
    return [
        {"params": weights, "factor": factor, "weight_decay": decay, "lr": config.learning_rate * factor}
        for (factor, decay), weights in groups.items()
    ]


def create_optimiser(network: nn.Module, config: TrainConfig, rate: float = 1.0) -> torch.optim.Optimizer:
    """AdamW, which without decay is Adam, at ``rate`` times the run's learning rate."""
    return torch.optim.AdamW(group_weights(network, config, rate), betas=config.betas, fused=True)


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """The learning rate of each group: ``rate`` by its factor."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("factor", 1.0)


def load_optimiser(optimiser: torch.optim.Optimizer, state: dict[str, Any], path: Path) -> None:
    """Take the moments of a checkpoint; rates and decays stay those of the configuration.

    Raises ``SetupError`` where it grouped the weights in another way.
    """
    chosen = [(group.get("factor", 1.0), group["weight_decay"]) for group in optimiser.param_groups]
    try:
        optimiser.load_state_dict(state)
    except ValueError as error:
        raise SetupError(
            f"{path} was trained with other groups of weights: {error}",
            "resume with its encoder_rate and weight_decay, or start from its weights with --init",
        ) from error
    for group, (factor, decay) in zip(optimiser.param_groups, chosen, strict=True):
        group |= {"factor": factor, "weight_decay": decay}
