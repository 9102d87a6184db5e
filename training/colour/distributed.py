"""Several processes training one network: started by torchrun, gradients averaged by hand.

Averaging gradients ourselves keeps the networks unwrapped (checkpoints are the same from one process
or eight) and works with two networks and several backward passes a step.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import torch
from torch import distributed, nn


@dataclass(frozen=True, slots=True)
class World:
    """This process's place among all: ``rank`` of ``size``, and its device."""

    rank: int
    size: int
    device: torch.device

    @property
    def first(self) -> bool:
        return self.rank == 0

    @classmethod
    def from_environment(cls, device: str) -> World:
        """One process, unless torchrun's environment says otherwise."""
        size = int(os.environ.get("WORLD_SIZE", "1"))
        if size == 1:
            return cls(0, 1, torch.device(device))
        cuda = device.startswith("cuda")
        if not distributed.is_initialized():
            distributed.init_process_group("nccl" if cuda else "gloo")
        local = int(os.environ.get("LOCAL_RANK", "0"))
        return cls(distributed.get_rank(), size, torch.device(f"cuda:{local}" if cuda else device))


def agree(world: World, *values: float) -> tuple[float, ...]:
    """The largest of each value over all processes: they must stop at one step, and tell one time."""
    if world.size == 1:
        return values
    shared = torch.tensor(values, dtype=torch.float32, device=world.device)
    distributed.all_reduce(shared, distributed.ReduceOp.MAX)
    return tuple(shared.tolist())


def average_gradients(network: nn.Module, world: World) -> None:
    """Replace every gradient by its mean over all processes, in one exchange."""
    if world.size == 1:
        return
    gradients = [weight.grad for weight in network.parameters() if weight.grad is not None]
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    flat /= world.size
    at = 0
    for gradient in gradients:
        gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
        at += gradient.numel()
