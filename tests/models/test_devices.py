"""No network makes a tensor on the wrong device: every path of each runs on pretended cards."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from mangacolor.models.colour.factory import create_generator
from mangacolor.models.colour.interface import ARCHITECTURES, TILE
from mangacolor.models.colour.prediction import VOTES, Coloured
from mangacolor.models.colour.runner import ColourRunner, colour_runner, load_colour_runner
from mangacolor.models.encoders.stand_in import blank_resnet
from mangacolor.models.files.reading import BUNDLED
from mangacolor.models.losses.perceptual import AnimeLoss
from mangacolor.models.page.descreener import descreen, load_descreener
from mangacolor.models.page.page_net import load_page_net, page_probabilities
from mangacolor.models.upscale.known import NETWORKS
from mangacolor.models.upscale.loader import Backend, load_upscaler
from mangacolor.models.upscale.sources import package_folder
from mangacolor.tests.helpers.pretended_device import pretended_devices
from mangacolor.tests.helpers.training import draw_batches
from mangacolor.training.colour.config import PRESETS, override
from mangacolor.training.colour.materials import Materials
from mangacolor.training.colour.samples import draw_sample_sheet
from mangacolor.training.colour.trainer import Trainer
from mangacolor.training.data.pictures import Picture, Source

PAGE = np.full((96, 80), 200, np.uint8)
needs_package = pytest.mark.skipif(package_folder() is None, reason="the weights package is not installed")
needs_realesrgan = pytest.mark.skipif(
    importlib.util.find_spec("realesrgan") is None, reason="realesrgan cannot be installed on this Python"
)


@pytest.fixture
def device() -> Iterator[str]:
    """The second card: what is made on "cuda", without a number, is on the first."""
    with pretended_devices():
        yield "cuda:1"


@pytest.fixture(scope="module")
def bundled() -> ColourRunner:
    """The bundled network on the second card, read from its file: in half precision."""
    with pretended_devices():
        return load_colour_runner("default", "cuda:1")


def check_colour(runner: ColourRunner, size: int = TILE) -> None:
    """Two tiles go through together, and their pictures and maps come back."""
    tile = np.full((size, size), 128, np.uint8)
    for coloured in runner.run([tile, tile], runner.feature_maps):
        assert coloured.picture.shape == (size, size, 3)
        assert list(coloured.maps) == list(runner.feature_maps)


# The pretence itself


def test_a_tensor_on_the_processor_does_not_mix_with_one_on_a_card(device: str) -> None:
    there, here = torch.zeros(2, 3, device=device), torch.zeros(2, 3)
    assert there.device == torch.device(device)
    assert (there + here.to(device)).cpu().numpy().shape == (2, 3)
    mixes: list[Callable[[], Tensor]] = [
        lambda: there + here,
        lambda: torch.einsum("ab,cb->ac", there, here),
        lambda: there @ here.T,
    ]
    for mix in mixes:
        with pytest.raises(RuntimeError, match="same device"):
            mix()
    with pytest.raises(TypeError, match="copy it to the processor"):
        there.numpy()


def test_a_constant_that_folding_makes_on_the_processor_is_noticed(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_processor = torch.zeros
    network = create_generator("efficient-palette", 8).eval().to(device)
    monkeypatch.setattr(torch, "zeros", lambda *sizes, **_: on_processor(*sizes))
    with pytest.raises(RuntimeError, match="same device"):
        colour_runner(network)


# Colour


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_colour_network_in_the_form_in_which_it_runs(name: str, device: str) -> None:
    network = create_generator(name, 8).eval().to(device)
    check_colour(colour_runner(network))


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_colour_network_in_the_form_in_which_it_is_trained(name: str, device: str) -> None:
    network = create_generator(name, 8).to(device)
    colour, logits = network.colour_and_logits(torch.zeros(2, 1, TILE, TILE, device=device))
    assert colour.device == torch.device(device)
    assert (logits is None) == (network.palette is None)
    torch.autograd.backward(colour.sum())
    assert all(weight.grad is None or weight.grad.device == colour.device for weight in network.parameters())


@pytest.mark.parametrize(("size", "attention"), [("lite0", 4), ("lite2", 0), ("lite4", 4)])
def test_larger_encoders_and_attention(size: str, attention: int, device: str) -> None:
    network = create_generator("efficient-palette", 8, encoder=size, attention=attention)
    check_colour(colour_runner(network.eval().to(device)), 64)


@pytest.mark.usefixtures("device")
def test_the_bundled_colour_network_from_its_file(bundled: ColourRunner) -> None:
    assert VOTES in bundled.feature_maps and bundled.embedding is not None
    check_colour(bundled)


@pytest.mark.usefixtures("device")
def test_what_half_precision_does_not_hold_is_computed_again_on_the_card(
    bundled: ColourRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pretended tensors hold no numbers, so it is only said that they are none."""
    monkeypatch.setattr(Coloured, "is_finite", lambda _coloured: False)
    before = bundled.overflow.tiles
    check_colour(bundled)
    assert bundled.overflow.tiles == before + 2


@pytest.mark.usefixtures("device")
def test_what_goes_to_the_card_is_pinned_as_it_goes(
    bundled: ColourRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is rounded on the way is copied to memory that is not pinned, and the card waits for it."""
    pinned: list[Tensor] = []
    moved: list[tuple[torch.dtype, torch.dtype]] = []
    to = Tensor.to

    def pin(tensor: Tensor) -> Tensor:
        pinned.append(tensor)
        return tensor

    def move(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        there = to(tensor, *args, **kwargs)
        if tensor.device.type == "cpu" and there.device.type == "cuda":
            moved.append((tensor.dtype, there.dtype))
        return there

    monkeypatch.setattr(Tensor, "pin_memory", pin)
    monkeypatch.setattr(Tensor, "to", move)
    check_colour(bundled)
    assert [tensor.dtype for tensor in pinned] == [torch.float16]
    assert moved == [(torch.float16, torch.float16)]


# Pages


@pytest.mark.parametrize(
    "file", ["balloons.safetensors", "panels.safetensors", "panels.newspaper.safetensors"]
)
def test_the_page_network_for_balloons_and_for_panels(file: str, device: str) -> None:
    network = load_page_net(BUNDLED / file).to(device)
    first, second = page_probabilities(network, PAGE)
    assert first.shape == second.shape == PAGE.shape


def test_the_descreener(device: str) -> None:
    assert descreen(load_descreener(BUNDLED / "descreen.safetensors").to(device), PAGE).shape == PAGE.shape


@pytest.mark.usefixtures("device")
def test_the_embedding_of_segments_computes_on_no_card(bundled: ColourRunner) -> None:
    """It takes and gives arrays: what the colour network's maps have become by then."""
    embedding = bundled.embedding
    assert embedding is not None
    points = embedding(np.zeros((3, len(embedding.tensors["mean"]))))
    assert points.shape == (3, embedding.size)


# Enlargement


@pytest.fixture
def no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def check_upscaler(name: str, device: str, backend: Backend = "spandrel") -> None:
    """The scales of the network, half of it and twice: each resizes in its own way."""
    upscaler = load_upscaler(name, device, backend, kernels="ncnn")
    assert (upscaler.kernels, upscaler.parallel) == ("torch", False)  # Winograd and ncnn are a processor's
    side = 16 + 2 * upscaler.halo
    for scale in {max(1, upscaler.scale // 2), upscaler.scale, 2 * upscaler.scale}:
        large = upscaler.enlarge(np.full((2, side, side), 128, np.uint8), scale)
        assert large.shape == (2, 16 * scale, 16 * scale)


@pytest.mark.usefixtures("no_cache")
@pytest.mark.parametrize(
    "name", [pytest.param(n.name, marks=[] if n.bundled else [needs_package]) for n in NETWORKS]
)
def test_every_network_of_the_table_of_upscalers(name: str, device: str) -> None:
    check_upscaler(name, device)


@needs_package
@needs_realesrgan
@pytest.mark.usefixtures("no_cache")
@pytest.mark.parametrize("name", ["animevideov3", "anime-6b"])
def test_the_other_back_end_for_upscaling(name: str, device: str) -> None:
    check_upscaler(name, device, "realesrgan")


def user_networks() -> dict[str, torch.nn.Module]:
    """Small networks of three kinds: the two that have a form for luma here, and one that runs as it is."""
    arches = {kind: f"spandrel.architectures.{kind}.__arch." for kind in ("Compact", "ESRGAN", "SPAN")}
    compact = import_module(arches["Compact"] + "SRVGG").SRVGGNetCompact
    esrgan = import_module(arches["ESRGAN"] + "RRDB").RRDBNet
    span = import_module(arches["SPAN"] + "span").SPAN
    return {
        "compact": compact(num_in_ch=3, num_out_ch=3, num_feat=8, num_conv=2, upscale=2),
        "esrgan": esrgan(in_nc=3, out_nc=3, num_filters=8, num_blocks=1, scale=4),
        "span": span(num_in_ch=3, num_out_ch=3, feature_channels=16, upscale=2),
    }


@pytest.mark.parametrize("kind", ["compact", "esrgan", "span"])
@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_users_network_for_upscaling(kind: str, suffix: str, tmp_path: Path) -> None:
    state = {name: weight.contiguous() for name, weight in user_networks()[kind].state_dict().items()}
    path = tmp_path / f"mine{suffix}"
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    with pretended_devices():
        check_upscaler(str(path), "cuda:1")


# Training


def drawn_pictures() -> Materials:
    return Materials([Source("a")], [Picture("a/1", "a", np.full((80, 96, 3), 90, np.uint8))])


@pytest.mark.filterwarnings("ignore:.*pin_memory.*")
@pytest.mark.parametrize(
    ("name", "adversary"),
    [
        ("efficient-palette", "chroma"),
        ("unet-palette", "patch"),
        ("unet-attention", "chroma"),
        ("unet-faithful", "patch"),
    ],
)
def test_a_step_of_training_against_the_discriminator(name: str, adversary: str, tmp_path: Path) -> None:
    losses = {"l1": 1.0, "luma": 1.0, "chroma": 1.0, "palette": 1.0, "adversarial": 0.02}
    settings: dict[str, Any] = {f"losses.{term}": weight for term, weight in losses.items()}
    settings |= {"generator": name, "width": 4, "discriminator_width": 4, "adversarial_from": 0.0}
    settings |= {"pretrained_encoder": False, "mixed_precision": False, "levels": 5, "adversary": adversary}
    config = override(PRESETS["default"], settings)
    with pretended_devices():
        trainer = Trainer(config, drawn_pictures(), tmp_path, "cuda:1", workers=0)
        batches = draw_batches(trainer, 64, 2)
        told = trainer._step([next(batches) for _ in range(2)])
        assert told.keys() >= {"l1", "luma", "chroma", "adversarial", "discriminator"}
        assert draw_sample_sheet(trainer.average, trainer.materials.pictures, trainer.device).width > 0
        assert ("palette" in told) == (trainer.generator.palette is not None)


@pytest.mark.parametrize("faithful", [False, True])
def test_the_perceptual_losses(faithful: bool, device: str) -> None:
    state = blank_resnet("resnet18")
    loss = AnimeLoss(state, state, faithful=faithful).to(device)
    fake = torch.zeros(1, 3, 64, 64, device=device, requires_grad=True)
    total = loss(fake, torch.zeros(1, 3, 64, 64, device=device))
    assert total.device == torch.device(device)
    torch.autograd.backward(total)
    assert fake.grad is not None
