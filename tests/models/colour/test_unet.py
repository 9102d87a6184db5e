"""The colour networks: the notebook's exactly, and what the corrected form does better."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mangacolor.core.errors import UsageError
from mangacolor.models import PatchDiscriminator, create_generator
from mangacolor.models.colour.blocks import DeconvBlock, SelfAttention
from mangacolor.models.colour.interface import ARCHITECTURES
from mangacolor.models.colour.palette_head import chroma_of, luma_of
from mangacolor.models.colour.unet import ColorizationUNet
from mangacolor.models.encoders.stand_in import blank_resnet

UNETS = [name for name in ARCHITECTURES if name.startswith("unet")]  # others have files of their own
FROZEN = 25_613_888
BATCH_NORM = ("running_mean", "running_var", "weight", "bias")
COUNTS = {
    "unet-faithful": (54_418_563, 0),
    "unet-attention-faithful": (54_746_884, 0),
    "unet-extractor-faithful": (58_612_867, FROZEN),
    "unet-attention-extractor-faithful": (59_924_868, FROZEN),
}


@pytest.fixture(scope="module")
def extractor_weights() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return dict(blank_resnet("resnet18"))


def numbers(network: nn.Module) -> tuple[int, int]:
    trained = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return trained, sum(p.numel() for p in network.parameters()) - trained


@pytest.mark.parametrize("name", COUNTS)
def test_a_faithful_network_has_the_notebooks_parameters(name: str) -> None:
    with torch.device("meta"):
        generator = create_generator(name)
    assert numbers(generator) == COUNTS[name]


def test_a_tile_costs_the_plain_network_12_gflop() -> None:
    generator = create_generator("unet-faithful").eval()
    with torch.no_grad(), FlopCounterMode(display=False) as counted:
        assert generator(torch.zeros(1, 1, 256, 256)).shape == (1, 3, 256, 256)
    assert counted.get_total_flops() == pytest.approx(12.03e9, rel=1e-3)


def notebook(state: dict[str, Tensor], grey: Tensor, features: Tensor | None) -> Tensor:
    """The notebook's forward pass in eval mode, written down from its description alone."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var, weight, bias = (state[f"{name}.bn.{part}"] for part in BATCH_NORM)
        return F.batch_norm(x, mean, var, weight, bias)

    maps = [grey]
    for level in range(1, 9):
        name = f"down{level}"
        x = F.conv2d(maps[-1], state[f"{name}.conv.weight"], state[f"{name}.conv.bias"], stride=2, padding=1)
        maps.append(F.leaky_relu(norm(x, name), 0.2))
    x = maps[8]
    if features is not None:
        x = torch.cat([x, features.view(len(x), 512, 1, 1)], dim=1)
    if "attn.gamma" in state:  # over one position, attention is the value itself
        value = F.conv2d(x, state["attn.value_conv.weight"], state["attn.value_conv.bias"])
        x = state["attn.gamma"] * value + x
    for number in range(1, 9):
        kernel = "up8" if number == 8 else f"up{number}.deconv"
        x = F.conv_transpose2d(x, state[f"{kernel}.weight"], state[f"{kernel}.bias"], stride=2, padding=1)
        if number < 8:
            x = torch.cat([F.relu(norm(x, f"up{number}")), maps[8 - number]], dim=1)
    return torch.tanh(x)


@pytest.mark.parametrize("name", COUNTS)
def test_a_faithful_network_is_wired_as_the_notebook_says(
    name: str, extractor_weights: dict[str, Tensor]
) -> None:
    torch.manual_seed(1)
    generator = create_generator(name, width=4, extractor_weights=extractor_weights)
    with torch.no_grad():
        for key, value in generator.state_dict().items():
            if not key.startswith("context.") and value.is_floating_point():
                value.uniform_(0.5, 1.5) if key.endswith("running_var") else value.normal_(0, 0.3)
    generator.eval()
    assert isinstance(generator, ColorizationUNet)
    grey = torch.rand(2, 1, 256, 256) * 2 - 1
    features = None
    if generator.context is not None:
        features = generator.context((grey.repeat(1, 3, 1, 1) + 1) / 2)
    with torch.no_grad():
        expected = notebook(generator.state_dict(), grey, features)
        assert expected.std() > 0.05
        torch.testing.assert_close(generator(grey), expected, rtol=1e-4, atol=1e-5)


def test_dropout_stands_in_the_first_three_blocks_on_the_way_up() -> None:
    with torch.device("meta"):
        generator = create_generator("unet-faithful", width=2)
    blocks = [generator.get_submodule(f"up{number}") for number in range(1, 8)]
    rates = [block.dropout.p for block in blocks if isinstance(block, DeconvBlock)]
    assert rates == [0.5, 0.5, 0.5, 0, 0, 0, 0]


@pytest.mark.parametrize("name", UNETS)
def test_a_variant_has_the_parts_that_its_name_says(name: str) -> None:
    with torch.device("meta"):
        generator = create_generator(name, width=2)
    assert (generator.attn is not None) == ("attention" in name or name == "unet-palette")
    assert (generator.context is not None) == ("extractor" in name)
    assert (generator.palette is not None) == (name == "unet-palette")
    assert generator.config.faithful == name.endswith("-faithful")
    first = generator.get_submodule("up1")
    assert isinstance(first, DeconvBlock)
    added = first.deconv.in_channels - generator.config.channels(8)
    assert added == (512 if "extractor" in name else 0)


@pytest.mark.parametrize(
    ("overrides", "height", "width"),
    [({}, 256, 512), ({"size": 128}, 128, 384), ({"levels": 6}, 128, 64), ({"levels": 3}, 40, 24)],
)
def test_a_working_size_decides_levels_and_sides(overrides: dict[str, Any], height: int, width: int) -> None:
    generator = create_generator("unet-attention", width=4, **overrides).train()
    grey = torch.rand(1, 1, height, width) * 2 - 1
    before = grey.clone()
    out = generator(grey)
    assert out.shape == (1, 3, height, width)
    assert out.abs().max() <= 1
    assert torch.equal(grey, before)
    with pytest.raises(UsageError, match="multiples of"):
        generator(grey[:, :, :-1])


@pytest.mark.parametrize(("name", "learns"), [("unet-attention", True), ("unet-attention-faithful", False)])
def test_query_and_key_learn_where_there_is_something_to_attend_to(name: str, learns: bool) -> None:
    torch.manual_seed(2)
    generator = create_generator(name, width=4).train()
    attention = generator.attn
    assert isinstance(attention, SelfAttention)
    nn.init.constant_(attention.gamma, 0.5)
    seen: list[torch.Size] = []
    attention.register_forward_pre_hook(lambda _, args: seen.append(args[0].shape[2:]))
    generator(torch.rand(2, 1, 256, 256) * 2 - 1).square().mean().backward()
    assert seen == [(16, 16) if learns else (1, 1)]
    for layer in (attention.query_conv, attention.key_conv):
        assert layer.weight.grad is not None
        assert bool((layer.weight.grad != 0).any()) == learns
    assert attention.value_conv.weight.grad is not None
    assert bool((attention.value_conv.weight.grad != 0).any())


@pytest.mark.parametrize("size", [128, 256])
def test_a_batch_of_one_trains(size: int) -> None:
    generator = create_generator("unet-attention", width=4, size=size).train()
    generator(torch.rand(1, 1, size, size)).mean().backward()
    gradients = [p.grad for name, p in generator.named_parameters() if name.startswith("down")]
    assert all(g is not None and bool(g.isfinite().all()) for g in gradients)


def test_the_notebooks_network_fails_on_a_batch_of_one() -> None:
    generator = create_generator("unet-faithful", width=2).train()
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        generator(torch.rand(1, 1, 256, 256))


@pytest.mark.parametrize("faithful", [False, True])
def test_training_leaves_the_corrected_extractor_alone(
    faithful: bool, extractor_weights: dict[str, Tensor]
) -> None:
    name = "unet-attention-extractor" + "-faithful" * faithful
    torch.manual_seed(3)
    generator = create_generator(name, width=2, extractor_weights=extractor_weights)
    assert isinstance(generator, ColorizationUNet)
    context = generator.context
    assert context is not None
    before = {key: value.clone() for key, value in (*context.named_parameters(), *context.named_buffers())}
    optimiser = torch.optim.Adam(generator.parameters(), lr=1e-2)
    generator.train()
    generator(torch.rand(2, 1, 256, 256) * 2 - 1).square().mean().backward()
    optimiser.step()
    after = {key: value.clone() for key, value in (*context.named_parameters(), *context.named_buffers())}
    drifted = {key.rpartition(".")[2] for key in after if not torch.equal(after[key], before[key])}
    saved = [key for key in generator.state_dict() if key.startswith("context.")]
    if faithful:
        assert drifted == {"running_mean", "running_var", "num_batches_tracked"}
        assert saved
    else:
        assert not drifted
        assert not saved
    # A checkpoint must go back in, with or without the extractor in it.
    generator.load_state_dict(generator.state_dict())
    nn.ModuleDict({"inner": generator}).load_state_dict(
        {f"inner.{k}": v for k, v in generator.state_dict().items()}
    )


def test_a_palette_network_answers_with_colours_of_its_palette() -> None:
    torch.manual_seed(6)
    generator = create_generator("unet-palette", width=4, size=64, palette=3, temperature=0.01).eval()
    palette = generator.palette
    assert palette is not None
    palette.centres.copy_(torch.tensor([[0.2, 0.1], [-0.2, 0.1], [0.0, -0.2]]))
    finest = f"palette.votes.{len(palette.votes) - 1}.2.weight"
    nn.init.normal_(generator.get_parameter(finest), std=30.0)
    nn.init.constant_(generator.get_parameter("up6.bias"), -0.3)  # mid grey, where chroma is not clipped
    with torch.no_grad():
        colour, logits = generator.colour_and_logits(torch.rand(1, 1, 64, 64) * 2 - 1)
    assert logits is not None
    assert logits.shape == (1, 3, 32, 32)
    assert luma_of(colour).std() > 0.001
    # Bilinear enlarging mixes neighbours; where a block agrees, the colour is the chosen one.
    chosen = palette.centres[logits.argmax(dim=1)].permute(0, 3, 1, 2)
    found = F.avg_pool2d(chroma_of(colour), 2)
    alike = (found - chosen).abs().amax(dim=1) < 0.02
    assert alike.float().mean() > 0.3
    hull = palette.centres.amin(dim=0), palette.centres.amax(dim=0)
    assert bool((found.amin(dim=(0, 2, 3)) >= hull[0] - 1e-3).all())
    assert bool((found.amax(dim=(0, 2, 3)) <= hull[1] + 1e-3).all())


def test_a_picture_gets_the_same_colours_alone_and_in_a_batch() -> None:
    torch.manual_seed(4)
    generator = create_generator("unet-attention", width=8, size=64).eval()
    greys = torch.rand(3, 1, 64, 64) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(generator(greys)[1:2], generator(greys[1:2]), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("unet-faithfully", {}),
        ("resnet", {}),
        ("unet", {"depth": 3}),
        ("unet", {"levels": 0}),
        ("unet", {"levels": 8, "size": 128}),
        ("unet-attention", {"attention": 9}),
        ("unet", {"width": 0}),
        ("unet", {"dropout": "much"}),
        ("unet-palette", {"palette": -1}),
        ("unet-palette", {"temperature": 0.0}),
    ],
)
def test_a_network_that_cannot_be_is_refused(name: str, overrides: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        create_generator(name, **{"width": 2} | overrides)
    assert caught.value.remedy


def test_a_configuration_can_be_sent_to_another_process() -> None:
    config = create_generator("unet-attention", width=2).config
    assert pickle.loads(pickle.dumps(config)) == config


def test_the_discriminator_judges_patches_of_both_pictures() -> None:
    torch.manual_seed(5)
    discriminator = PatchDiscriminator()
    assert numbers(discriminator) == (4_160 + 131_456 + 525_056 + 2_098_688 + 8_193, 0)
    small = PatchDiscriminator(width=4).eval()
    grey, colour = torch.rand(2, 1, 256, 256), torch.rand(2, 3, 256, 256)
    logits = small(grey, colour)
    assert logits.shape == (2, 1, 15, 15)
    assert not torch.equal(logits, small(grey.flip(3), colour))
    assert not torch.equal(logits, small(grey, colour.flip(3)))
    # One corner pixel reaches only the patches that hold it: 70 pixels, a step of 16.
    colour[:, :, 0, 0] += 1
    moved = (small(grey, colour) != logits).any(dim=0)[0].nonzero()
    assert moved.max() <= 2
