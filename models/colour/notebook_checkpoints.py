"""Reading the checkpoints of the original notebook: plain state dicts with names of their own.

Their keys are ``down1.conv.*``, ``up1.deconv.*``, ``attn.*`` and ``context.*``. What the stars stand
for differs between versions of the notebook (a block may have been a sequence, or wrapped for several
GPUs), so a tensor's part is told from its shape and its neighbours, not from its full name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.config import MAX_LEVELS, GeneratorConfig
from mangacolor.models.colour.factory import generator_config

State = dict[str, Tensor]
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def from_notebook(state: Mapping[str, Tensor], path: Path) -> tuple[GeneratorConfig, State]:
    """The faithful configuration of a notebook's state dict, and its tensors under our names.

    Raises ``SetupError`` if it is not one; ``path`` is for the message.
    """
    plain = {key.removeprefix("module."): value for key, value in state.items()}
    if not any(key.startswith("down1.") for key in plain):
        beside = path.with_name("weights.safetensors")  # of a training run's checkpoint
        named = beside if path.name == "checkpoint.pt" and beside.is_file() else "a file"
        raise SetupError(
            f"{path} holds no colour network's weights",
            f"Name {named} that mangacolor train has written for the network colour, or the notebook's.",
        )
    try:
        return _convert(plain)
    except (LookupError, ValueError) as error:
        raise SetupError(
            f"{path} is not a checkpoint of the notebook's generator: {error}",
            "Name a state dict with the keys down1.conv.* to up8.*, or a file that mangacolor has written.",
        ) from error


def _convert(state: State) -> tuple[GeneratorConfig, State]:
    out: State = {}
    for level in range(1, MAX_LEVELS + 1):
        out |= _block(_under(state, f"down{level}."), f"down{level}", "conv")
    for number in range(1, MAX_LEVELS):
        out |= _block(_under(state, f"up{number}."), f"up{number}", "deconv")
    out |= _last(_under(state, f"up{MAX_LEVELS}."))
    attention = _under(state, "attn.", required=False)
    out |= _attention(attention)
    context = _under(state, "context.", required=False)
    out |= _context(context)
    name = "unet" + "-attention" * bool(attention) + "-extractor" * bool(context) + "-faithful"
    first = out["down1.conv.weight"]
    last = out[f"up{MAX_LEVELS}.weight"]
    config = generator_config(
        name, width=first.shape[0], in_channels=first.shape[1], out_channels=last.shape[1]
    )
    return config, out


def _under(state: State, prefix: str, required: bool = True) -> State:
    tensors = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    if required and not tensors:
        raise LookupError(f"no weights called {prefix}*")
    return tensors


def _block(tensors: State, name: str, convolution: str) -> State:
    """A convolution with its bias, and the norm behind it, whatever they are called."""
    weight = _only_key(tensors, lambda key, value: value.ndim == 4, name)
    mean = _only_key(tensors, lambda key, value: key.endswith("running_mean"), name)
    pairs = ((convolution, weight, ("weight", "bias")), ("bn", mean, ("weight", "bias", *_STATISTICS)))
    out: State = {}
    for part, key, kinds in pairs:
        stem = key.removesuffix(key.rpartition(".")[2])
        for kind in kinds:
            if stem + kind not in tensors:
                raise LookupError(f"no {name}.{stem}{kind}")
            out[f"{name}.{part}.{kind}"] = tensors[stem + kind]
    return out


def _last(tensors: State) -> State:
    weight = _only_key(tensors, lambda key, value: value.ndim == 4, f"up{MAX_LEVELS}")
    bias = _only_key(tensors, lambda key, value: value.ndim == 1, f"up{MAX_LEVELS}")
    return {f"up{MAX_LEVELS}.weight": tensors[weight], f"up{MAX_LEVELS}.bias": tensors[bias]}


def _only_key(tensors: State, fits: Callable[[str, Tensor], object], name: str) -> str:
    keys = [key for key, value in tensors.items() if fits(key, value)]
    if len(keys) != 1:
        raise ValueError(f"{len(keys)} candidates for one tensor of {name}")
    return keys[0]


def _attention(tensors: State) -> State:
    if not tensors:
        return {}
    out = {"attn.gamma": tensors[_only_key(tensors, lambda key, _: key.endswith("gamma"), "attn.gamma")]}
    for part in ("query", "key", "value"):
        for kind in ("weight", "bias"):
            pattern = re.compile(rf"(^|[._]){part}.*\.{kind}$")
            key = _only_key(tensors, lambda key, _: pattern.search(key), f"attn.{part}.{kind}")  # noqa: B023
            out[f"attn.{part}_conv.{kind}"] = tensors[key]
    return out


def _context(tensors: State) -> State:
    """The frozen extractor by order: however it was wrapped, its tensors come in the network's order."""
    if not tensors:
        return {}
    import torch

    from mangacolor.models.encoders.extractor import create_extractor

    with torch.device("meta"):
        wanted = create_extractor(faithful=True).state_dict()
    values = [value for value in tensors.values() if value.numel() != 3]  # mean and std of the normalisation
    out: State = {}
    for (name, like), value in zip(wanted.items(), values, strict=False):
        if like.shape != value.shape:
            raise ValueError(f"context.{name} should be {tuple(like.shape)}, not {tuple(value.shape)}")
        out[f"context.{name}"] = value
    if len(out) != len(wanted):
        raise ValueError(f"context.* has {len(values)} tensors, not {len(wanted)}")
    return out
