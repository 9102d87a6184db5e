"""Every network on the card gives what it gives on the processor."""

from __future__ import annotations

import copy
import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mangacolor.models.colour.factory import create_generator
from mangacolor.models.colour.interface import ARCHITECTURES, TILE
from mangacolor.models.colour.runner import ColourRunner, colour_runner, load_colour_runner
from mangacolor.models.encoders.stand_in import blank_resnet
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.losses.perceptual import AnimeLoss
from mangacolor.models.page.descreener import descreen, load_descreener
from mangacolor.models.page.page_net import load_page_net, page_probabilities
from mangacolor.models.upscale.known import BY_NAME, NETWORKS
from mangacolor.models.upscale.loader import Backend, load_upscaler
from mangacolor.models.upscale.sources import package_folder
from mangacolor.tests.gpu.card import CARD, LEVELS, SHARE, drawing, levels_apart, needs_card, share_apart
from mangacolor.tests.helpers.training import draw_batches
from mangacolor.training.colour.config import PRESETS, override
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.pictures import Picture, Source

pytestmark = needs_card
needs_package = pytest.mark.skipif(package_folder() is None, reason="the weights package is not installed")
needs_realesrgan = pytest.mark.skipif(
    importlib.util.find_spec("realesrgan") is None, reason="realesrgan cannot be installed on this Python"
)


def check_colour(here: ColourRunner, there: ColourRunner) -> None:
    """Tiles of two sizes, together, as a page gives them."""
    small = max(here.size.multiple_of, TILE // 2)
    tiles = [drawing(TILE, TILE), drawing(small, TILE), drawing(TILE, TILE)]
    pairs = zip(here.run(tiles, here.feature_maps), there.run(tiles, there.feature_maps), strict=True)
    for expected, coloured in pairs:
        assert levels_apart(expected.picture, coloured.picture) <= LEVELS
        for name in here.feature_maps:
            assert share_apart(expected.maps[name], coloured.maps[name]) <= SHARE


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_colour_network(name: str) -> None:
    torch.manual_seed(0)
    network = create_generator(name, 8).eval()
    check_colour(colour_runner(network), colour_runner(copy.deepcopy(network).to(CARD)))


def test_the_bundled_colour_network() -> None:
    check_colour(load_colour_runner("default"), load_colour_runner("default", CARD))


@pytest.mark.parametrize(
    "file", ["balloons.safetensors", "panels.safetensors", "panels.newspaper.safetensors"]
)
def test_the_page_network(file: str) -> None:
    network, page = load_page_net(BUNDLED / file), drawing(300, 220)
    here = page_probabilities(network, page)
    there = page_probabilities(network.to(CARD), page)
    for expected, probability in zip(here, there, strict=True):
        assert levels_apart(expected, probability) <= LEVELS


def test_the_descreener() -> None:
    network, page = load_descreener(BUNDLED / "descreen.safetensors"), drawing(150, 230)
    expected = descreen(network, page)
    assert levels_apart(expected, descreen(network.to(CARD), page)) <= LEVELS


@pytest.mark.parametrize(
    ("name", "backend"),
    [
        *(pytest.param(n.name, "spandrel", marks=[] if n.bundled else [needs_package]) for n in NETWORKS),
        pytest.param("animevideov3", "realesrgan", marks=[needs_package, needs_realesrgan]),
    ],
)
def test_an_upscaler(name: str, backend: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    # Less is computed of a tile with a narrow rim, and both devices are shown the same one.
    monkeypatch.setitem(BY_NAME, name, replace(BY_NAME[name], halo=min(BY_NAME[name].halo, 12)))
    here, there = load_upscaler(name, "cpu", backend), load_upscaler(name, CARD, backend)
    tiles = np.stack([drawing(16 + 2 * here.halo, 24 + 2 * here.halo)] * 2)
    for scale in (2, here.scale):
        assert levels_apart(here.enlarge(tiles, scale), there.enlarge(tiles, scale)) <= LEVELS


@pytest.mark.parametrize("name", ["efficient-palette", "unet-attention"])
def test_a_step_of_training(name: str, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "losses.l1": 1.0,
        "losses.chroma": 1.0,
        "losses.adversarial": 0.02,
        "adversarial_from": 0.0,
    }
    settings |= {"generator": name, "width": 4, "discriminator_width": 4, "levels": 5, "dropout": 0.0}
    settings |= {"pretrained_encoder": False, "mixed_precision": False}
    pixels = np.dstack([drawing(96, 120), drawing(96, 120)[::-1], drawing(96, 120)[:, ::-1]])
    materials = Materials([Source("a")], [Picture("a/1", "a", pixels)])
    told = []
    for device in ("cpu", CARD):
        folder = tmp_path / device.partition(":")[0]
        trainer = Trainer(override(PRESETS["default"], settings), materials, folder, device, workers=0)
        told.append(trainer._step([next(draw_batches(trainer, 64, 4))]))
    here, there = told
    assert there == pytest.approx(here, rel=SHARE)


def test_the_perceptual_losses() -> None:
    torch.manual_seed(0)
    state = blank_resnet("resnet18")
    loss = AnimeLoss(state, state)
    fake, real = torch.rand(2, 3, 64, 64) * 2 - 1, torch.rand(2, 3, 64, 64) * 2 - 1
    expected = float(loss(fake, real))
    assert float(loss.to(CARD)(fake.to(CARD), real.to(CARD))) == pytest.approx(expected, rel=SHARE)
