"""Average the weights of two networks of one architecture, where one was fine-tuned from the other.

Wortsman et al., "Robust fine-tuning of zero-shot models", 2022: on pictures unlike the training's, the mean
of the network before and after fine-tuning is often better than both.

    python -m mangacolor.training.colour.soup BEFORE AFTER --share 0.5 --out weights.safetensors
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click
import torch

from mangacolor.core.errors import UsageError
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.factory import build_generator
from mangacolor.models.colour.generator import Generator
from mangacolor.models.files.reading import safetensors_header, sha256_of, weights_path


def averaged(before: Generator, after: Generator, share: float) -> Generator:
    """A network with ``share`` (0 to 1) of ``after``'s weights and the rest of ``before``'s, in eval mode.

    Raises ``UsageError`` for networks of two architectures, or with two palettes: their weights have nothing
    to do with each other.
    """
    one, other = before.state_dict(), after.state_dict()
    if replace(before.config, temperature=1.0) != replace(after.config, temperature=1.0):
        raise UsageError(
            "the two networks differ in architecture", "average a network and its fine-tuned self"
        )
    if before.palette is not None and not torch.equal(one["palette.centres"], other["palette.centres"]):
        raise UsageError(
            "the two networks have different palettes", "average a network and its fine-tuned self"
        )
    mixed = {
        key: torch.lerp(value.float(), other[key].float(), share) if value.is_floating_point() else other[key]
        for key, value in one.items()
    }
    network = build_generator(after.config)
    network.load_state_dict(mixed)
    return network.eval()


@click.command(help=__doc__)
@click.argument("before")
@click.argument("after")
@click.option("--share", default=0.5, show_default=True, help="Of AFTER's weights.")
@click.option("--temperature", type=float, help="At which a palette is read out; AFTER's by default.")
@click.option("--out", required=True, type=click.Path(path_type=Path))
def main(before: str, after: str, share: float, temperature: float | None, out: Path) -> None:
    first, second = load_generator(before), load_generator(after)
    config = second.config
    if temperature is not None:
        config = replace(config, temperature=temperature)
    header, _ = safetensors_header(weights_path(after))
    told = {
        key: json.loads(value)
        for key, value in header.items()
        if key not in ("format", "config", "extractor")
    }
    told["averaged"] = {"before": sha256_of(weights_path(before)), "share_of_this_run": share}
    save_generator(out, averaged(first, second, share), config, told)


if __name__ == "__main__":
    main()
