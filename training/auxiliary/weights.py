"""The files of the small networks."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.torch import save
from torch import nn

from mangacolor.core.atomic import write_atomic
from mangacolor.training.run_folder import LICENCE, WEIGHTS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def save_weights(network: nn.Module, recipe: DataclassInstance, step: int, run: Path) -> None:
    """Write half-precision weights; batch statistics stay in single, their small variances need it."""
    state = {
        key: (value.half() if value.is_floating_point() and "running" not in key else value)
        .cpu()
        .contiguous()
        for key, value in network.state_dict().items()
        if "num_batches" not in key
    }
    about = {"recipe": json.dumps(asdict(recipe)), "steps": str(step), "licence": LICENCE}
    write_atomic(run / WEIGHTS, save(state, about))
