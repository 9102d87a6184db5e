"""Training a small network to make the one picture of a pair out of the other, both in luma."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mangacolor.core.types import Image
from mangacolor.training.auxiliary.balloons import save
from mangacolor.training.colour.trainer import has_bfloat16

Pair = tuple[Image, Image]  # as given and as it should be: as large, or a whole number of times as large


@dataclass(frozen=True, slots=True)
class Schedule:
    """What decides a run, besides the network and its pairs."""

    steps: int
    crop: int  # pixels of what is given that a step sees of a pair
    batch: int = 16
    rate: float = 1e-3
    ema: float = 0.998
    seed: int = 0


def cut(pair: Pair, size: int, rng: np.random.Generator) -> Pair:
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


def fit(network: Any, pairs: Sequence[Pair], recipe: Schedule, out: Path, rim: int = 0) -> None:
    """Train by L1, and write the averaged weights to ``out``, now and then and at the end.

    ``rim``: pixels at the sides of a result that are not looked at.
    """
    rng = np.random.default_rng(recipe.seed)
    network = network.to(memory_format=torch.channels_last)
    halves = has_bfloat16(torch.device("cpu"))
    averaging = get_ema_multi_avg_fn(recipe.ema)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.rate)
    inner = slice(rim, -rim or None)
    running = 0.0
    for step in range(1, recipe.steps + 1):
        fall = 0.5 + 0.5 * float(np.cos(np.pi * step / recipe.steps))
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, step / 100) * fall
        chosen = [cut(pairs[int(i)], recipe.crop, rng) for i in rng.integers(len(pairs), size=recipe.batch)]
        given, wanted = (_stacked(pictures) for pictures in zip(*chosen, strict=True))
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
            made = network(given)
        value = (made.float() - wanted)[:, :, inner, inner].abs().mean()
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
