"""Two networks in one file: what can be joined, what cannot, and what a run makes of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from mangacolor.core.errors import UsageError
from mangacolor.models import create_generator, load_generator, save_generator
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.training.colour.averaging import average_networks
from mangacolor.training.colour.checkpoint import find_start
from mangacolor.training.colour.pairing import pair_files, pair_networks


def network(width: int = 4, **more: Any) -> EfficientUNet:
    made = create_generator("efficient-palette", width, **more).eval()
    assert isinstance(made, EfficientUNet)
    made.palette.centres.copy_(torch.linspace(-0.5, 0.5, 128).view(64, 2))
    return made


def test_a_pair_is_kept_in_one_file_and_its_halves_are_taken_from_it(tmp_path: Path) -> None:
    first, second = network(6, encoder="lite1"), network(4)
    for name, made in (("first", first), ("second", second)):
        save_generator(tmp_path / f"{name}.safetensors", made, made.config, {})
    path = tmp_path / "pair.safetensors"
    pair_files(str(tmp_path / "first.safetensors"), str(tmp_path / "second.safetensors"), 0.7, path)
    loaded = load_generator(path)
    assert isinstance(loaded, EfficientUNet)
    config = loaded.config
    assert (config.width, config.encoder, config.temperature) == (6, "lite1", 0.7)
    assert (config.partner_width, config.partner_encoder) == (4, "lite0")
    weights, theirs = loaded.state_dict(), load_generator(tmp_path / "second.safetensors").state_dict()
    assert torch.equal(weights["partner.up3.conv.weight"], theirs["up3.conv.weight"])
    assert torch.equal(weights["partner.votes.3.2.bias"], theirs["palette.votes.3.2.bias"])
    start = find_start(path)
    assert (start.network, start.network.partner_width) == (replace(config, partner_width=0), 0)
    assert start.generator.keys() == first.state_dict().keys()
    again = pair_networks(load_generator(tmp_path / "first.safetensors"), loaded, 0.7).state_dict()
    assert again.keys() == weights.keys() and all(torch.equal(again[name], weights[name]) for name in weights)
    other = pair_networks(loaded, network(8), 0.7)
    assert (other.config.width, other.config.partner_width) == (6, 8)


def test_networks_that_cannot_vote_together_are_refused() -> None:
    other = network()
    other.palette.centres.add_(0.01)
    for second, why in (
        (other, "different palettes"),
        (network(attention=4), "no partner with attention"),
        (create_generator("unet-palette", 4, levels=4), "two networks of efficient-palette"),
    ):
        with pytest.raises(UsageError, match=why):
            pair_networks(network(), second, 0.7)


def test_the_first_of_a_pair_is_averaged_with_what_was_trained_from_it() -> None:
    pair = pair_networks(network(6, encoder="lite1"), network(4), 0.7)
    tuned = network(6, encoder="lite1")
    mean = average_networks(pair, tuned, 0.5)
    assert (mean.config.width, mean.config.partner_width) == (6, 0)
    one, other = (each.state_dict()["up3.conv.weight"] for each in (pair, tuned))
    torch.testing.assert_close(mean.state_dict()["up3.conv.weight"], (one + other) / 2)
    with pytest.raises(UsageError, match="differ in architecture: width 6 and 8, encoder lite1 and lite0"):
        average_networks(pair, network(8), 0.5)
    with pytest.raises(UsageError, match="partner_width 0 and 4"):
        average_networks(tuned, pair, 0.5)
