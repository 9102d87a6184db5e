"""What half precision does not hold is computed again in single, and never written as black or noise.

The processor computes in half precision here.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.runner import colour_runner
from mangacolor.models.runtime.half import Overflow, mark_infinite
from mangacolor.models.upscale.compact import CompactNetwork
from mangacolor.models.upscale.known import BY_NAME
from mangacolor.models.upscale.loader import _compact_network
from mangacolor.models.upscale.realesrgan import realesrgan_enlarge
from mangacolor.models.upscale.sources import known_state, package_folder
from mangacolor.models.upscale.torch_form import compact_enlarge, describe, other_enlarge
from mangacolor.models.upscale.upscaler import Enlarge
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.tests.helpers.stages import bench, comic_page

LOUD = 1e6  # times the weights of a layer, whose results are then beyond half precision
needs_package = pytest.mark.skipif(package_folder() is None, reason="the weights package is not installed")
needs_realesrgan = pytest.mark.skipif(
    importlib.util.find_spec("realesrgan") is None, reason="realesrgan cannot be installed on this Python"
)
Make = Callable[[Overflow, bool], Enlarge]


def sketch(height: int, width: int, seed: int = 3) -> Image:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def test_what_is_infinite_in_half_precision_is_no_number_afterwards() -> None:
    large = torch.tensor([1.0, 70_000.0, -70_000.0])
    assert torch.equal(mark_infinite(large), large)
    marked = mark_infinite(large.half()).clamp_(0, 1)
    assert marked[0] == 1 and marked[1:].isnan().all()


# Colour


def bundled() -> EfficientUNet:
    network = load_generator("default")
    assert isinstance(network, EfficientUNet)
    return network


@pytest.mark.parametrize("layer", ["tone", "palette.votes.0.0"])
def test_colour_that_overflows_is_that_of_single_precision(layer: str) -> None:
    """In the luma, which is bounded at the end, and in the votes, which become shares."""
    network = bundled()
    with torch.no_grad():
        network.get_parameter(f"{layer}.weight").mul_(LOUD)
    single, half = colour_runner(network, half=False), colour_runner(network, half=True)
    tiles = [sketch(64, 96), sketch(64, 96, seed=4)]
    for expected, made in zip(
        single.run(tiles, single.feature_maps), half.run(tiles, half.feature_maps), strict=True
    ):
        assert made.is_finite() and np.array_equal(expected.picture, made.picture)
        assert all(np.array_equal(expected.maps[name], made.maps[name]) for name in expected.maps)
    assert half.overflow.tiles == 2 and single.overflow.tiles == 0


def test_what_half_precision_holds_is_left_to_it() -> None:
    single, half = colour_runner(bundled(), half=False), colour_runner(bundled(), half=True)
    expected, made = (runner.run([sketch(64, 96)], ())[0].picture for runner in (single, half))
    assert half.overflow.tiles == 0 and half.overflow.take_note() == ""
    assert 0 < np.abs(expected - made).max() * 127.5 <= 2


def test_a_run_says_so_once() -> None:
    network = bundled()
    with torch.no_grad():
        network.get_parameter("tone.weight").mul_(LOUD)
    runner = colour_runner(network, half=True)
    contexts = [bench(comic_page()), bench(comic_page())]
    for context in contexts:
        colorize_pictures(runner, [sketch(64, 96)], 4, context)
    assert ["half precision" in warning for warning in contexts[0].warnings] == [True]
    assert contexts[1].warnings == []


def test_a_network_that_gives_no_numbers_at_all_fails_the_page() -> None:
    network = bundled()
    with torch.no_grad():
        network.get_parameter("tone.bias").fill_(float("nan"))
    for half in (False, True):
        with pytest.raises(PageError, match="the colour network gives no numbers"):
            colorize_pictures(colour_runner(network, half=half), [sketch(64, 96)], 4)


# Super-resolution


def manga_x2(loudness: float) -> CompactNetwork:
    network = _compact_network("manga-x2", BY_NAME["manga-x2"])
    assert network is not None
    *others, last = network.weights
    return replace(network, weights=(*others, last * np.float32(loudness)))


def of_compact(loudness: float) -> Make:
    network = manga_x2(loudness)
    return lambda overflow, half: compact_enlarge(network, "cpu", "torch", overflow, half)


def of_descriptor(name: str, loudness: float, package: bool) -> Make:
    """A network as spandrel has it, on our form, or with the ``realesrgan`` package."""
    state: dict[str, Any] = {key: tensor.float() for key, tensor in known_state(BY_NAME[name]).items()}
    last = [key for key in state if key.endswith(".weight")][-1]
    state[last] = state[last] * loudness
    halo = 24
    if package:
        return lambda overflow, half: realesrgan_enlarge(
            describe(state, name), state, name, "cpu", halo, overflow, half
        )
    return lambda overflow, half: other_enlarge(describe(state, name), halo, "cpu", overflow, half)


MAKERS = [
    pytest.param(lambda loudness: (of_compact(loudness), 2), id="compact"),
    pytest.param(
        lambda loudness: (of_descriptor("animevideov3", loudness, False), 4), id="any", marks=needs_package
    ),
    pytest.param(
        lambda loudness: (of_descriptor("anime-6b", loudness, False), 4),
        id="esrgan",
        marks=[needs_package, pytest.mark.slow],
    ),
    pytest.param(
        lambda loudness: (of_descriptor("animevideov3", loudness, True), 4),
        id="realesrgan",
        marks=[needs_package, needs_realesrgan, pytest.mark.slow],
    ),
]


@pytest.mark.parametrize("scale", [2, 3])  # as the network gives it, or reduced, and resized
@pytest.mark.parametrize("maker", MAKERS)
def test_an_enlargement_that_overflows_is_that_of_single_precision(
    maker: Callable[[float], tuple[Make, int]], scale: int
) -> None:
    make, _own = maker(LOUD)
    overflow = Overflow()
    tiles = np.stack([sketch(72, 80), sketch(72, 80, seed=5)])
    expected, made = make(Overflow(), False)(tiles, scale), make(overflow, True)(tiles, scale)
    assert np.array_equal(expected, made)
    assert overflow.tiles == 2 and "half precision" in overflow.take_note() and overflow.take_note() == ""


@pytest.mark.parametrize("maker", MAKERS)
def test_an_enlargement_that_half_precision_holds_is_left_to_it(
    maker: Callable[[float], tuple[Make, int]],
) -> None:
    make, own = maker(1)
    overflow = Overflow()
    tiles = sketch(72, 80)[None]
    expected, made = make(Overflow(), False)(tiles, own), make(overflow, True)(tiles, own)
    assert np.abs(expected.astype(int) - made).max() <= 2
    assert overflow.tiles == 0


@pytest.mark.parametrize("half", [False, True])
def test_an_enlargement_without_numbers_fails_the_page(half: bool) -> None:
    make = of_compact(float("nan"))
    with pytest.raises(PageError, match="super-resolution gives no numbers"):
        make(Overflow(), half)(sketch(72, 80)[None], 2)
