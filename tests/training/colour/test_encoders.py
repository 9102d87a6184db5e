"""Runs of networks on a pretrained encoder: which one it is, where its weights come from, how it is tuned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mangacolor.models.colour.factory import create_generator
from mangacolor.models.encoders.efficientnet import EfficientNetLite
from mangacolor.training.colour.checkpoint import Start, read_start
from mangacolor.training.colour.config import PRESETS, Phase, match_network, override
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.run_folder import CHECKPOINT
from mangacolor.training.settings import assign

TINY = assign(PRESETS["default"], {"width": 4, "discriminator_width": 4})


def materials() -> Materials:
    pixels = np.random.default_rng(0).integers(0, 255, (80, 96, 3)).astype(np.uint8)
    return Materials([Source("a")], [Picture("a/0", "a", pixels)])


def test_fine_tuning_keeps_encoder_and_attention(tmp_path: Path) -> None:
    network = create_generator("efficient-palette", 4, encoder="lite2", attention=4)
    config = match_network(replace(TINY, phases=(Phase(1, 32, 2),), pretrained_encoder=False), network.config)
    tuned = Trainer(config, materials(), tmp_path, workers=0)
    tuned.start_from(Start(network.config, network.state_dict()))
    assert tuned.generator.config == network.config
    assert tuned.fit()
    assert read_start(tmp_path / CHECKPOINT).network == network.config


def test_an_encoder_starts_from_the_weights_of_its_own_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def published(_path: Path | None, size: str) -> dict[str, torch.Tensor]:
        asked.append(size)
        return EfficientNetLite(size).state_dict()

    monkeypatch.setattr("mangacolor.models.colour.efficient_unet.published_weights", published)
    config = override(PRESETS["default"], {"width": 4, "encoder": "lite1"})
    Trainer(config, materials(), tmp_path, workers=0)
    assert asked == ["lite1"]
