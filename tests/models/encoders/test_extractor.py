"""The danbooru extractor: its layout, its 512 features, what it is fed, and that it stays frozen."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mangacolor.core.errors import SetupError
from mangacolor.models.colour.factory import create_generator
from mangacolor.models.colour.unet import ColorizationUNet
from mangacolor.models.encoders.extractor import MEAN, STD, create_extractor, danbooru_network
from mangacolor.models.encoders.stand_in import blank_resnet

State = dict[str, Tensor]


def random_danbooru_state() -> State:
    """Random numbers in the published checkpoint's layout, scaled so that features stay of order 1."""
    torch.manual_seed(0)
    with torch.device("meta"):
        shapes = {key: value.shape for key, value in danbooru_network().state_dict().items()}
    state: State = {}
    for key, shape in shapes.items():
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(7)
        elif len(shape) == 4:
            state[key] = torch.randn(shape) * (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        elif len(shape) == 2:
            state[key] = torch.randn(shape) / (4 * shape[1] ** 0.5)
        elif key.endswith("running_var") or key.endswith("weight"):
            state[key] = torch.rand(shape) + 0.5
            if key.endswith("bn3.weight"):
                state[key] *= 0.1  # sixteen blocks add up
        else:
            state[key] = torch.randn(shape) * 0.1
    return state


@pytest.fixture(scope="module")
def danbooru() -> State:
    return random_danbooru_state()


@pytest.fixture(scope="module")
def small() -> State:
    torch.manual_seed(1)
    return dict(blank_resnet("resnet18"))


def features(state: State, x: Tensor) -> Tensor:
    """The 512 features by torch's functions alone, from the description of the network."""

    def norm(x: Tensor, name: str) -> Tensor:
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, var, weight, bias = (state[f"{name}.{part}"] for part in parts)
        return F.batch_norm(x, mean, var, weight, bias)

    def convolve(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = state[f"{name}.weight"]
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[2] // 2)

    x = F.relu(norm(convolve(x, "0.0", 2), "0.1"))
    x = F.max_pool2d(x, 3, stride=2, padding=1)
    for layer, blocks in ((4, 3), (5, 4), (6, 6), (7, 3)):
        for block in range(blocks):
            name = f"0.{layer}.{block}"
            stride = 2 if layer > 4 and block == 0 else 1
            y = F.relu(norm(convolve(x, f"{name}.conv1"), f"{name}.bn1"))
            y = F.relu(norm(convolve(y, f"{name}.conv2", stride), f"{name}.bn2"))
            y = norm(convolve(y, f"{name}.conv3"), f"{name}.bn3")
            if block == 0:
                x = norm(convolve(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")
            x = F.relu(x + y)
    x = torch.cat([x.amax(dim=(2, 3)), x.mean(dim=(2, 3))], dim=1)
    return F.linear(norm(x, "1.2"), state["1.4.weight"], state["1.4.bias"])


def normalised(rgb: Tensor) -> Tensor:
    return (rgb - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)


def test_the_tagger_has_the_published_layout() -> None:
    with torch.device("meta"):
        network = danbooru_network()
    state = network.state_dict()
    assert len(state) == 332
    assert sum(p.numel() for p in network.parameters()) == 28_692_912
    named = {"0.0.weight", "0.1.running_var", "0.4.0.conv1.weight", "0.7.2.bn3.bias"}
    assert named | {"1.2.weight", "1.4.bias", "1.6.running_mean", "1.8.weight"} <= state.keys()
    assert state["1.4.weight"].shape == (512, 4096)
    assert state["1.8.weight"].shape == (6000, 512)


def test_512_features_equal_an_independent_rebuild(danbooru: State, tmp_path: Path) -> None:
    path = tmp_path / "resnet50-13306192.pth"
    torch.save(danbooru, path)
    extractor = create_extractor(path)
    rgb = torch.rand(2, 3, 360, 360)  # of the network's own size, so that nothing is resized
    with torch.no_grad():
        expected = features(danbooru, normalised(rgb))
        found = extractor(rgb)
        assert found.shape == (2, 512)
        assert 0.1 < expected.std() < 3
        assert expected.min() < 0  # before the ReLU
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        alone = extractor(rgb[1:])
        torch.testing.assert_close(alone, found[1:], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("faithful", "seen"), [(True, (360, 360)), (False, (360, 720))])
def test_only_the_notebook_squashes_a_picture(small: State, faithful: bool, seen: tuple[int, int]) -> None:
    extractor = create_extractor(small, faithful=faithful).eval()
    sizes: list[tuple[int, ...]] = []
    extractor.body.register_forward_pre_hook(lambda _, args: sizes.append(tuple(args[0].shape[2:])))
    assert extractor(torch.rand(1, 3, 128, 256)).shape == (1, 512)
    assert sizes == [seen]


def test_the_generator_hands_over_grey_as_three_channels_from_0_to_1(small: State) -> None:
    generator = create_generator("unet-extractor", width=2, size=64, extractor_weights=small).eval()
    assert isinstance(generator, ColorizationUNet) and generator.context is not None
    seen: list[Tensor] = []
    generator.context.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    grey = torch.linspace(-1, 1, 64 * 64).view(1, 1, 64, 64)
    generator(grey)
    expected = torch.linspace(0, 1, 64 * 64).view(1, 1, 64, 64).expand(1, 3, 64, 64)
    torch.testing.assert_close(seen[0], expected)


def test_the_extractor_is_frozen_for_good(small: State) -> None:
    extractor = create_extractor(small)
    before = {name: buffer.clone() for name, buffer in extractor.named_buffers()}
    extractor.train()
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    extractor(picture).square().sum().backward()
    assert not any(module.training for module in extractor.modules())
    assert all(torch.equal(before[name], buffer) for name, buffer in extractor.named_buffers())
    assert all(not p.requires_grad and p.grad is None for p in extractor.parameters())
    assert picture.grad is not None
    assert bool((picture.grad != 0).any())  # gradients pass through it, to the picture
    assert not extractor.state_dict()


def test_a_resnet_stands_in_with_its_pooled_features(small: State) -> None:
    from torchvision.models import resnet18

    network = resnet18(weights=None).eval()
    network.load_state_dict(small)
    network.fc = torch.nn.Identity()
    rgb = torch.rand(1, 3, 360, 360)
    mean, std = torch.tensor((0.485, 0.456, 0.406)), torch.tensor((0.229, 0.224, 0.225))
    with torch.no_grad():
        expected = network((rgb - mean.view(3, 1, 1)) / std.view(3, 1, 1))
        torch.testing.assert_close(create_extractor(small)(rgb), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("damage", ["shape", "missing", "resnet"])
def test_weights_of_another_network_are_refused(
    danbooru: State, small: State, tmp_path: Path, damage: str
) -> None:
    state = dict(small) if damage == "resnet" else dict(danbooru)
    if damage == "shape":
        state["1.4.weight"] = torch.zeros(10, 10)
    elif damage == "missing":
        del state["0.7.2.bn3.bias"]
    else:
        del state["layer4.0.conv1.weight"]
    path = tmp_path / "other.pth"
    torch.save(state, path)
    with pytest.raises(SetupError, match=r"other\.pth") as caught:
        create_extractor(path)
    assert caught.value.remedy
