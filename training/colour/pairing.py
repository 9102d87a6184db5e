"""Join two networks with one palette into one file, whose votes are the mean of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from mangacolor.core.errors import UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.config import check_config
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.factory import build_generator
from mangacolor.models.colour.generator import Generator
from mangacolor.models.files.reading import safetensors_header, weights_path
from mangacolor.training.run_folder import LICENCE

PARTNER = "partner."  # how the names of the second network's weights begin
FINEST = ("up4.", "up5.", "narrow.", "tone.", "palette.votes.4.", "palette.centres")  # that a partner lacks
HISTORY = ("sources", "pictures", "training", "crops", "steps", "averaged")  # of a file's metadata

ROUNDED = 1e-3  # chroma in [-1, 1]: how far half precision may have moved a palette's colour


def pair_networks(first: Generator, second: Generator, temperature: float) -> EfficientUNet:
    """``first`` with ``second`` as its partner, in eval mode; their palette is read out at ``temperature``.

    Of a network that is a pair already, ``first`` gives its first one and ``second`` its partner: so half of
    a pair can be trained and put back. Raises ``UsageError`` for networks that are not of
    ``efficient-palette`` or have two palettes, and for a second one with attention.
    """
    if not isinstance(first, EfficientUNet) or not isinstance(second, EfficientUNet):
        raise UsageError("a pair takes two networks of efficient-palette", "name weights of that kind")
    if second.partner is None and second.attn is not None:
        raise UsageError("a pair takes no partner with attention", "name another network")
    if not torch.allclose(first.palette.centres, second.palette.centres, rtol=0, atol=ROUNDED):
        raise UsageError("the two networks have different palettes", "train both with the same palette")
    theirs, paired = second.config, second.partner is not None
    config = replace(
        first.config,
        temperature=temperature,
        partner_width=theirs.partner_width if paired else theirs.width,
        partner_encoder=theirs.partner_encoder if paired else theirs.encoder,
    )
    check_config(config)
    joined = build_generator(config)
    assert isinstance(joined, EfficientUNet)
    joined.load_state_dict(first_state(first.state_dict()) | _partner_state(second))
    return joined.eval()


def first_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of a network's weights that are not its partner's."""
    return {name: value for name, value in state.items() if not name.startswith(PARTNER)}


def _partner_state(network: EfficientUNet) -> dict[str, Tensor]:
    """The weights of a pair's partner, or those of a single network by a partner's names."""
    state = network.state_dict()
    if network.partner is not None:
        return {name: value for name, value in state.items() if name.startswith(PARTNER)}
    coarse = {name: value for name, value in state.items() if not name.startswith(FINEST)}
    return {PARTNER + name.removeprefix("palette."): value for name, value in coarse.items()}


def pair_files(first: str, second: str, temperature: float, out: Path) -> None:
    """Write the pair of two files of weights (names or paths) to ``out``. Raises as ``pair_networks``.

    The file says of each half which file it was, and what that one says of its own training.
    """
    joined = pair_networks(load_generator(first), load_generator(second), temperature)
    halves = [_told(weights_path(one)) for one in (first, second)]
    save_generator(out, joined, joined.config, {"pair": halves, "licence": LICENCE})


def _told(path: Path) -> dict[str, str]:
    metadata, _ = safetensors_header(path)
    return {"sha256": sha256_of(path)} | {name: metadata[name] for name in HISTORY if name in metadata}
