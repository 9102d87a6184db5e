"""The generator on EfficientNet-Lite: layout of the published encoders, shapes, forms, saving, refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models import create_generator
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.models.encoders.efficientnet import EfficientNetLite, published_weights
from mangacolor.models.files.reading import read_tensors
from mangacolor.models.runtime.backends import CpuBackend


def network(width: int = 8, **settings: Any) -> EfficientUNet:
    torch.manual_seed(0)
    made = create_generator("efficient-palette", width, **settings)
    assert isinstance(made, EfficientUNet)
    assert made.palette is not None
    made.palette.centres.copy_(torch.rand(made.config.palette, 2) - 0.5)
    return made


# Of the published files: repeats and channels of each group, and how many tensors they hold.
LAYOUTS = {
    "lite0": ((1, 2, 2, 3, 3, 4, 1), (16, 24, 40, 80, 112, 192, 320), 296),
    "lite2": ((1, 3, 3, 4, 4, 5, 1), (16, 24, 48, 88, 120, 208, 352), 386),
}


def published_layout(size: str) -> dict[str, torch.Tensor]:
    """A state dict with the names and shapes of the published file, made by hand from its description."""
    repeats, channels_of, _ = LAYOUTS[size]
    shapes: dict[str, tuple[int, ...]] = {"_conv_stem.weight": (32, 3, 3, 3)}

    def norm(name: str, channels: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (channels,)
        shapes[f"{name}.num_batches_tracked"] = ()

    norm("_bn0", 32)
    kernels = [
        kernel for kernel, times in zip((3, 3, 5, 3, 5, 5, 3), repeats, strict=True) for _ in range(times)
    ]
    outputs = [wide for wide, times in zip(channels_of, repeats, strict=True) for _ in range(times)]
    inputs = 32
    for number, (kernel, channels) in enumerate(zip(kernels, outputs, strict=True)):
        block, wide = f"_blocks.{number}", inputs * (6 if number else 1)
        if number:
            shapes[f"{block}._expand_conv.weight"] = (wide, inputs, 1, 1)
            norm(f"{block}._bn0", wide)
        shapes[f"{block}._depthwise_conv.weight"] = (wide, 1, kernel, kernel)
        norm(f"{block}._bn1", wide)
        shapes[f"{block}._project_conv.weight"] = (channels, wide, 1, 1)
        norm(f"{block}._bn2", channels)
        inputs = channels
    shapes |= {"_conv_head.weight": (1280, inputs, 1, 1), "_fc.weight": (1000, 1280), "_fc.bias": (1000,)}
    norm("_bn1", 1280)
    return {name: torch.rand(shape) if shape else torch.tensor(7) for name, shape in shapes.items()}


@pytest.mark.parametrize("size", LAYOUTS)
def test_the_encoder_has_the_published_layout_and_takes_its_weights(size: str) -> None:
    state, count = published_layout(size), LAYOUTS[size][2]
    assert len(state) == count
    made = network(encoder=size)
    made.load_encoder(state)
    mine = made.encoder.state_dict()
    assert len(mine) == count - 8  # all but the classifier and the head
    assert all(torch.equal(value, state[name]) for name, value in mine.items())
    del state["_blocks.3._bn1.weight"]
    with pytest.raises(SetupError, match=f"EfficientNet-{size.capitalize()}"):
        network(encoder=size).load_encoder(state)


@pytest.mark.parametrize(
    ("size", "channels", "blocks"),
    [
        ("lite1", (16, 24, 40, 112, 320), 21),
        ("lite3", (24, 32, 48, 136, 384), 24),
        ("lite4", (24, 32, 56, 160, 448), 30),
    ],
)
def test_other_sizes_are_scaled_as_published(size: str, channels: tuple[int, ...], blocks: int) -> None:
    with torch.device("meta"):
        encoder = EfficientNetLite(size)
    assert encoder.channels == channels
    assert len(list(encoder.blocks())) == blocks
    assert encoder.taps[-1] == blocks - 1


FORMS = [
    "torch",
    pytest.param("ncnn", marks=pytest.mark.skipif(not find_spec("ncnn"), reason="needs mangacolor[fast]")),
]


@pytest.mark.parametrize("backend", FORMS)
@pytest.mark.parametrize("level", [0, 4, 3])
def test_attention_and_a_larger_encoder_run_in_every_form(
    tmp_path: Path, level: int, backend: CpuBackend
) -> None:
    made = network(encoder="lite2", attention=level, temperature=0.9).eval()
    for norm in (module for module in made.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    assert (made.attn is None) == (level == 0)
    if made.attn is not None:
        torch.nn.init.constant_(made.attn.gamma, 2.0)
        for layer in (made.attn.query_conv, made.attn.key_conv):
            torch.nn.init.normal_(layer.weight)
    path = tmp_path / "lite2.safetensors"
    save_generator(path, made, made.config, {}, half=False)
    runner = load_colour_runner(path, backend=backend)
    assert runner.backend == backend
    for size in ((64, 96), (96, 32)):
        grey = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
        with torch.inference_mode():
            given = torch.from_numpy(grey.astype(np.float32) / 127.5 - 1)[None, None]
            expected = made(given)[0].permute(1, 2, 0).numpy()
        (coloured,) = runner.run([grey], runner.feature_maps)
        assert np.abs(coloured.picture - expected).max() < 1e-3


def test_attention_changes_what_is_answered() -> None:
    made = network(attention=4).eval()
    grey = torch.rand(1, 1, 64, 64) * 2 - 1
    with torch.inference_mode():
        before = made(grey)
        assert made.attn is not None
        made.attn.gamma.fill_(2.0)
        assert (made(grey) - before).abs().max() > 1e-3


@pytest.mark.parametrize("settings", [{"encoder": "lite9"}, {"encoder": 2}, {"attention": 5}])
def test_an_encoder_or_attention_that_is_not_there_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        network(**settings)
    assert caught.value.remedy


def test_a_file_of_an_unknown_encoder_is_refused(tmp_path: Path) -> None:
    made, path = network(), tmp_path / "e.safetensors"
    save_generator(path, made, replace(made.config, encoder="lite9"), {})
    with pytest.raises(SetupError, match="lite9"):
        load_generator(path)


def test_a_file_that_names_no_encoder_has_the_smallest(tmp_path: Path) -> None:
    made, path = network(), tmp_path / "e.safetensors"
    save_generator(path, made, made.config, {})
    tensors, header = read_tensors(path)
    config = {key: value for key, value in json.loads(header["config"]).items() if key != "encoder"}
    save_file(tensors, path, header | {"config": json.dumps(config)})
    assert load_generator(path).config == made.config


def test_maps_halve_and_strides_look_where_tensorflow_looks() -> None:
    encoder = EfficientNetLite().eval()
    maps = encoder(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (channels, 64 >> level, 96 >> level) for level, channels in enumerate((16, 24, 40, 112, 320), start=1)
    ]
    stem = encoder._conv_stem
    torch.nn.init.zeros_(stem.weight)
    stem.weight.data[0, 0, 0, 0] = 1.0  # the kernel's top left tap
    picture = torch.arange(16.0).reshape(1, 1, 4, 4).expand(1, 3, 4, 4)
    assert stem(picture)[0, 0].tolist() == [[0.0, 2.0], [8.0, 10.0]]  # "same" with stride 2: no pixel before


def test_shapes_ranges_and_one_picture_alone() -> None:
    made = network().eval()
    grey = torch.rand(2, 1, 64, 96) * 2 - 1
    with torch.inference_mode():
        colour, logits = made.colour_and_logits(grey)
        alone = made(grey[:1])
    assert colour.shape == (2, 3, 64, 96)
    assert logits.shape == (2, 64, 32, 48)
    assert colour.abs().max() <= 1
    assert torch.allclose(alone[0], colour[0], atol=1e-5)
    with pytest.raises(UsageError, match="multiples of 32"):
        made(torch.zeros(1, 1, 48, 64))


def test_every_part_learns_from_colour_and_from_tone() -> None:
    made = network().train()
    grey = torch.rand(2, 1, 64, 64) * 2 - 1
    colour, logits = made.colour_and_logits(grey)
    torch.autograd.backward(colour.abs().mean() + logits.logsumexp(1).mean() - logits[:, 3].mean())
    silent = [
        name for name, weight in made.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
    assert not silent


def test_it_is_rebuilt_from_its_file(tmp_path: Path) -> None:
    made = network().eval()
    save_generator(tmp_path / "e.safetensors", made, made.config, {})
    again = load_generator(tmp_path / "e.safetensors")
    assert again.config == made.config
    grey = torch.rand(1, 1, 64, 64) * 2 - 1
    with torch.inference_mode():
        assert (again(grey) - made(grey)).abs().max() < 0.02  # half precision


def test_missing_or_foreign_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(b"nothing")
    with pytest.raises(SetupError, match="no weights of EfficientNet"):
        published_weights(tmp_path / "x.pth", "lite0")
