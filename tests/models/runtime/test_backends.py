"""What runs the networks on a CPU: torch in its inference form, and ncnn. All give the slow path's pixels."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from mangacolor.cli import cli
from mangacolor.core.errors import SetupError
from mangacolor.core.installed import install_command
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, Image
from mangacolor.models import create_generator
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.efficient_layout import MAPS
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.folded import FoldedEfficientUNet
from mangacolor.models.colour.generator import Generator
from mangacolor.models.colour.interface import SizeRequirements
from mangacolor.models.colour.prediction import VOTES, assemble
from mangacolor.models.colour.runner import ColourRunner, colour_runner
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.models.upscale import torch_form, winograd
from mangacolor.models.upscale.loader import Upscaler, load_upscaler
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.stages.colorize.tiling import tiles_of
from mangacolor.stages.registry import built_in_stages
from mangacolor.stages.windows.scale import working_size

needs_ncnn = pytest.mark.skipif(not importlib.util.find_spec("ncnn"), reason="needs ncnn")
BACKENDS: list[Any] = [
    "torch",
    pytest.param(
        "ncnn",
        marks=pytest.mark.skipif(not importlib.util.find_spec("ncnn"), reason="needs ncnn"),
    ),
]


@pytest.fixture(scope="module")
def bundled() -> Generator:
    return load_generator("default")


def sketch(height: int, width: int) -> Image:
    """Strokes, tones and paper."""
    rng = np.random.default_rng(height * width)
    y, x = np.mgrid[:height, :width]
    page = 150 + 60 * np.sin(x / 37) * np.cos(y / 23) + rng.normal(0, 6, (height, width))
    page[(x + y) % 61 < 3] = 10
    page[: height // 4] = 250
    return np.asarray(page.clip(0, 255), np.uint8)


def slow(network: Generator, grey: Image) -> np.ndarray:
    """The network as it was trained, eager, NCHW."""
    with torch.inference_mode():
        given = torch.from_numpy(grey.astype(np.float32) / 127.5 - 1)[None, None]
        made: torch.Tensor = network(given)
    return made[0].permute(1, 2, 0).numpy()


def levels(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() * 127.5)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("size", [(256, 256), (96, 416)])
def test_the_bundled_network_gives_the_slow_path_s_pixels(
    bundled: Generator, backend: CpuBackend, size: tuple[int, int]
) -> None:
    grey = sketch(*size)
    runner = colour_runner(bundled, backend)
    assert runner.backend == backend
    (made,) = runner.run([grey], ())
    assert made.picture.shape == (*size, 3)
    assert levels(made.picture, slow(bundled, grey)) < 0.1  # two are allowed


@pytest.mark.parametrize("name", ["unet", "unet-attention", "unet-palette", "unet-faithful"])
def test_other_networks_give_the_slow_path_s_pixels(name: str) -> None:
    torch.manual_seed(1)
    network = create_generator(name, 8).eval()
    for norm in (module for module in network.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.uniform_(-0.2, 0.2)  # as fresh, folding would have nothing to do
        norm.running_var.uniform_(0.5, 2)
    grey = sketch(256, 256)
    before = slow(network, grey)
    (made,) = colour_runner(network, "ncnn").run([grey], ())
    assert np.ptp(before) > 0.01
    assert levels(made.picture, before) < 0.1
    assert levels(slow(network, grey), before) == 0  # and the network stays as it was


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_the_encoder_saw_comes_from_the_same_pass(bundled: Generator, backend: CpuBackend) -> None:
    grey = sketch(96, 128)
    assert isinstance(bundled, EfficientUNet) and bundled.partner is not None
    with torch.inference_mode():
        given = torch.from_numpy(grey.astype(np.float32) / 127.5 - 1)[None, None]
        seen = dict(zip(MAPS, bundled.partner.encoder(given.expand(-1, 3, -1, -1)), strict=True))
    (plain,) = colour_runner(bundled, backend).run([grey], ())
    (made,) = colour_runner(bundled, backend).run([grey], ("eighth", "sixteenth"))
    assert list(made.maps) == ["eighth", "sixteenth"]
    for name, found in made.maps.items():
        np.testing.assert_allclose(found, seen[name][0].numpy(), atol=2e-3)
    assert np.array_equal(plain.picture, made.picture)


@pytest.mark.parametrize("backend", BACKENDS)
def test_votes_are_the_palette_s_logits(bundled: Generator, backend: CpuBackend) -> None:
    grey = sketch(96, 128)
    assert isinstance(bundled, EfficientUNet)
    with torch.inference_mode():
        given = torch.from_numpy(grey.astype(np.float32) / 127.5 - 1)[None, None]
        logits = bundled.colour_and_logits(given)[1] / bundled.palette.temperature
        expected = torch.nn.functional.avg_pool2d(logits, 2)[0].numpy()
    (made,) = colour_runner(bundled, backend).run([grey], (VOTES,))
    np.testing.assert_allclose(made.maps[VOTES], expected, atol=5e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_bytes_do_not_depend_on_batches_or_company(bundled: Generator, backend: CpuBackend) -> None:
    runner = colour_runner(bundled, backend)
    pictures = [sketch(90, 130), sketch(256, 300), sketch(64, 64), sketch(90, 130)]
    together = colorize_pictures(runner, pictures, 16)
    for number, picture in enumerate(pictures):
        assert np.array_equal(colorize_pictures(runner, [picture], 1)[0], together[number])


def test_half_precision_stays_within_two_levels(bundled: Generator) -> None:
    """What a GPU computes, computed here: the arithmetic, if not the card."""
    assert isinstance(bundled, EfficientUNet)
    grey = sketch(64, 96)
    given = torch.from_numpy(grey.astype(np.float32) / 127.5 - 1)[None, None]
    with torch.inference_mode():
        made = FoldedEfficientUNet(bundled).half()(given.half())
    luma, chroma = made.picture[0, 0].float().numpy(), made.chroma[0].permute(1, 2, 0).float().numpy()
    assert levels(assemble(luma, np.ascontiguousarray(chroma)), slow(bundled, grey)) <= 2


@needs_ncnn
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_ncnn_enlarges_as_torch_does(scale: int) -> None:
    ours = load_upscaler("animevideov3", kernels="ncnn")
    theirs = load_upscaler("animevideov3", kernels="torch")
    assert ours.kernels == "ncnn" != theirs.kernels
    tiles = np.stack([sketch(100, 84), 255 - sketch(100, 84)])
    one, other = ours.enlarge(tiles, scale), theirs.enlarge(tiles, scale)
    assert one.shape == other.shape == (2, 64 * scale, 48 * scale)
    assert np.abs(one.astype(int) - other).max() <= 2


def direct(monkeypatch: pytest.MonkeyPatch) -> Upscaler:
    """animevideov3 without NNPACK."""
    monkeypatch.setattr(torch_form, "has_winograd", lambda: False)
    return load_upscaler("animevideov3")


@pytest.mark.skipif(not winograd.has_winograd(), reason="this torch has no NNPACK")
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_winograd_enlarges_as_the_direct_method_does(monkeypatch: pytest.MonkeyPatch, scale: int) -> None:
    ours = load_upscaler("animevideov3")
    theirs = direct(monkeypatch)
    assert (ours.kernels, theirs.kernels) == ("nnpack", "torch")
    tiles = np.stack([sketch(60, 116), 255 - sketch(60, 116)])
    expected = theirs.enlarge(tiles, scale)
    assert np.ptp(expected) > 200
    # Several threads at once, as in a run: what NNPACK works in must be each thread's own.
    for made in parallel_map(lambda _: ours.enlarge(tiles, scale), range(4)):
        assert made.shape == expected.shape
        assert np.abs(made.astype(int) - expected).max() <= 1


def test_a_torch_without_nnpack_computes_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch, "_nnpack_available")
    assert not winograd.has_winograd.__wrapped__()  # what it found at first is kept
    upscaler = direct(monkeypatch)
    assert upscaler.enlarge(sketch(50, 60)[None], 2).shape == (1, 28, 48)


def test_a_small_picture_is_padded_to_the_grain_and_a_large_one_cut() -> None:
    assert [(t.width, t.height) for t in tiles_of((250, 190), 256, 32)] == [(192, 256)]
    assert [(t.x, t.width, t.height) for t in tiles_of((256, 400), 256, 32)] == [
        (0, 256, 256),
        (144, 256, 256),
    ]
    assert len(tiles_of((271, 411), 256, 256)) == 4


def test_a_window_hardly_wider_than_its_panel_fits_a_tile() -> None:
    assert working_size((0, 0, 544, 800), 512) == (256, 376)
    assert working_size((0, 0, 700, 800), 512) == (350, 400)  # much sticks out: the panel's scale counts
    assert working_size((0, 0, 512, 800), 512) == (256, 400)


def test_the_choice_of_a_back_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: object())
    assert [cpu_backend(choice) for choice in ("auto", "ncnn", "torch")] == ["ncnn", "ncnn", "torch"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ncnn" else object())
    assert [cpu_backend(choice) for choice in ("auto", "torch")] == ["torch", "torch"]
    with pytest.raises(SetupError, match="ncnn is not installed"):
        cpu_backend("ncnn")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    assert [cpu_backend(choice) for choice in ("auto", "ncnn")] == ["ncnn", "ncnn"]
    with pytest.raises(SetupError, match="(?s)needs torch.*" + re.escape(install_command("torch"))):
        cpu_backend("torch")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(SetupError, match="neither ncnn nor torch"):
        cpu_backend("auto")


def test_the_back_end_is_part_of_what_networks_leave() -> None:
    stages = {stage.name: stage for stage in built_in_stages()}
    for name in ("panels", "balloons", "colorize", "upscale"):
        configs = {
            backend: stages[name].configure(Options(cpu_backend=backend), Chapter("", ()))
            for backend in ("auto", "torch")
        }
        assert configs["torch"] != replace(configs["torch"], cpu_backend="ncnn")  # type: ignore[type-var]
        assert (configs["auto"] != configs["torch"]) == bool(importlib.util.find_spec("ncnn"))


def test_doctor_names_the_back_end() -> None:
    found = CliRunner().invoke(cli, ["doctor", "--cpu-backend", "torch"])
    assert "on a CPU   torch" in found.output


def test_a_runner_says_what_it_wants() -> None:
    runner: ColourRunner = colour_runner(create_generator("unet", 4).eval())
    assert runner.size == SizeRequirements(multiple_of=256, tile=256)
