"""Join two networks with one palette into one file, whose votes are the mean of theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch

from mangacolor.core.errors import UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.config import check_config
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.factory import build_generator
from mangacolor.models.colour.generator import Generator
from mangacolor.models.files.reading import weights_path

PARTNER = "partner."  # how the names of the second network's weights begin
FINEST = ("up4.", "up5.", "narrow.", "tone.", "palette.votes.4.", "palette.centres")  # that a partner lacks

ROUNDED = 1e-3  # chroma in [-1, 1]: how far half precision may have moved a palette's colour


def pair_networks(first: Generator, second: Generator, temperature: float) -> EfficientUNet:
    """``first`` with ``second`` as its partner, in eval mode; their palette is read out at ``temperature``.

    Raises ``UsageError`` for networks that are not of ``efficient-palette``, have two palettes or a partner,
    and for a second one with attention.
    """
    if not isinstance(first, EfficientUNet) or not isinstance(second, EfficientUNet):
        raise UsageError("a pair takes two networks of efficient-palette", "name weights of that kind")
    if first.partner is not None or second.partner is not None or second.attn is not None:
        raise UsageError("a pair takes no pairs, and no partner with attention", "name the single networks")
    if not torch.allclose(first.palette.centres, second.palette.centres, rtol=0, atol=ROUNDED):
        raise UsageError("the two networks have different palettes", "train both with the same palette")
    config = replace(
        first.config,
        temperature=temperature,
        partner_width=second.config.width,
        partner_encoder=second.config.encoder,
    )
    check_config(config)
    joined = build_generator(config)
    assert isinstance(joined, EfficientUNet)
    coarse = {
        PARTNER + name.removeprefix("palette."): value
        for name, value in second.state_dict().items()
        if not name.startswith(FINEST)
    }
    joined.load_state_dict(first.state_dict() | coarse)
    return joined.eval()


def pair_files(first: str, second: str, temperature: float, out: Path) -> None:
    """Write the pair of two files of weights (names or paths) to ``out``. Raises as ``pair_networks``."""
    joined = pair_networks(load_generator(first), load_generator(second), temperature)
    about = {"pair": [sha256_of(weights_path(one)) for one in (first, second)], "licence": "CC-BY-SA-4.0"}
    save_generator(out, joined, joined.config, about)
