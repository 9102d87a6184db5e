"""The generator on EfficientNet-Lite0: layout of the published encoder, shapes, saving, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models import create_generator
from mangacolor.models.colour.checkpoints import load_generator, save_generator
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.encoders.efficientnet import CHANNELS, EfficientNetLite0, published_weights


def network(width: int = 8) -> EfficientUNet:
    torch.manual_seed(0)
    made = create_generator("efficient-palette", width)
    assert isinstance(made, EfficientUNet)
    assert made.palette is not None
    made.palette.centres.copy_(torch.rand(made.config.palette, 2) - 0.5)
    return made


def published_layout() -> dict[str, torch.Tensor]:
    """A state dict with the names and shapes of the published file, made by hand from its description."""
    shapes: dict[str, tuple[int, ...]] = {"_conv_stem.weight": (32, 3, 3, 3)}

    def norm(name: str, channels: int) -> None:
        for part in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"{name}.{part}"] = (channels,)
        shapes[f"{name}.num_batches_tracked"] = ()

    norm("_bn0", 32)
    kernels = [3] + [3] * 2 + [5] * 2 + [3] * 3 + [5] * 3 + [5] * 4 + [3]
    outputs = [16] + [24] * 2 + [40] * 2 + [80] * 3 + [112] * 3 + [192] * 4 + [320]
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
    shapes |= {"_conv_head.weight": (1280, 320, 1, 1), "_fc.weight": (1000, 1280), "_fc.bias": (1000,)}
    norm("_bn1", 1280)
    return {name: torch.rand(shape) if shape else torch.tensor(7) for name, shape in shapes.items()}


def test_the_encoder_has_the_published_layout_and_takes_its_weights() -> None:
    state = published_layout()
    assert len(state) == 296
    made = network()
    made.load_encoder(state)
    mine = made.encoder.state_dict()
    assert len(mine) == 296 - 8  # all but the classifier and the head
    assert all(torch.equal(value, state[name]) for name, value in mine.items())
    del state["_blocks.3._bn1.weight"]
    with pytest.raises(SetupError, match="EfficientNet-Lite0"):
        network().load_encoder(state)


def test_maps_halve_and_strides_look_where_tensorflow_looks() -> None:
    encoder = EfficientNetLite0().eval()
    maps = encoder(torch.zeros(1, 3, 64, 96))
    assert [tuple(m.shape[1:]) for m in maps] == [
        (channels, 64 >> level, 96 >> level) for level, channels in enumerate(CHANNELS, start=1)
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
        published_weights(tmp_path / "x.pth")
