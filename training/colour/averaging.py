"""Average the weights of two networks of one architecture, where one was fine-tuned from the other.

Wortsman et al., "Robust fine-tuning of zero-shot models", 2022: on pictures unlike the training's, the mean
of the network before and after fine-tuning is often better than both.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import torch

from mangacolor.core.errors import UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.config import check_config
from mangacolor.models.colour.factory import build_generator
from mangacolor.models.colour.generator import Generator
from mangacolor.models.files.reading import safetensors_header, weights_path
from mangacolor.training.colour.pairing import first_state


def average_networks(before: Generator, after: Generator, share: float) -> Generator:
    """A network with ``share`` (0 to 1) of ``after``'s weights and the rest of ``before``'s, in eval mode.

    Of a pair ``before`` gives its first network, which is what a run that starts from a pair trains, where
    ``after`` is single. Raises ``UsageError`` for networks of two architectures, or with two palettes: their
    weights have nothing to do with each other.
    """
    second, theirs = after.state_dict(), replace(after.config, temperature=1.0)
    first, ours = before.state_dict(), replace(before.config, temperature=1.0)
    if ours.partner_width and not theirs.partner_width:
        first = first_state(first)
        ours = replace(ours, partner_width=0, partner_encoder=theirs.partner_encoder)
    if ours != theirs:
        one, other = asdict(ours), asdict(theirs)
        parts = [f"{name} {one[name]} and {other[name]}" for name in one if one[name] != other[name]]
        raise UsageError(
            f"the two networks differ in architecture: {', '.join(parts)}",
            "Average a network and its fine-tuned self.",
        )
    if before.palette is not None and not torch.equal(first["palette.centres"], second["palette.centres"]):
        raise UsageError(
            "the two networks have different palettes", "average a network and its fine-tuned self"
        )
    mixed = {
        key: torch.lerp(value.float(), second[key].float(), share)
        if value.is_floating_point()
        else second[key]
        for key, value in first.items()
    }
    network = build_generator(after.config)
    network.load_state_dict(mixed)
    return network.eval()


def average_files(before: str, after: str, share: float, temperature: float | None, out: Path) -> None:
    """Write the average of two files of weights (names or paths) to ``out``, with the facts of ``after``.

    ``temperature``: at which a palette is read out; that of ``after`` by default. Raises as
    ``average_networks``.
    """
    first, second = load_generator(before), load_generator(after)
    config = second.config
    if temperature is not None:
        config = replace(config, temperature=temperature)
        check_config(config)
    header, _ = safetensors_header(weights_path(after))
    about = {
        key: json.loads(value)
        for key, value in header.items()
        if key not in ("format", "config", "extractor")
    }
    about["averaged"] = {"before": sha256_of(weights_path(before)), "share_of_this_run": share}
    save_generator(out, average_networks(first, second, share), config, about)
