"""Perceptual losses: right in the corrected form, wrong in the notebook's own way in the faithful one."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models import AnimeLoss, PerceptualLoss
from mangacolor.models.encoders.extractor import create_extractor
from mangacolor.models.encoders.stand_in import blank_resnet

State = dict[str, Tensor]
MEAN = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)


@pytest.fixture(scope="module")
def vgg() -> State:
    """Random numbers in the layout of torchvision's VGG-16, as far as the loss reads it."""
    from torchvision.models.vgg import cfgs, make_layers

    torch.manual_seed(0)
    layers = make_layers(cfgs["D"])
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.normal_(layer.bias, std=0.1)  # type: ignore[arg-type]
    return {f"features.{key}": value for key, value in layers.state_dict().items()}


@pytest.fixture(scope="module")
def resnet() -> State:
    torch.manual_seed(1)
    return dict(blank_resnet("resnet18"))


@pytest.fixture
def pictures() -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return (torch.rand(2, 3, 32, 32) * 2 - 1).requires_grad_(), torch.rand(2, 3, 32, 32) * 2 - 1


def vgg_maps(state: State, x: Tensor) -> list[Tensor]:
    """What leaves layers 3, 8 and 15 of VGG-16, by torchvision's own layers."""
    from torchvision.models.vgg import cfgs, make_layers

    layers = make_layers(cfgs["D"])
    layers.load_state_dict({key.removeprefix("features."): value for key, value in state.items()})
    maps: list[Tensor] = []
    for number, layer in enumerate(layers[:16]):
        x = layer(x)
        if number in (3, 8, 15):
            maps.append(x.clone())
    return maps


@pytest.mark.parametrize("faithful", [False, True])
def test_vgg_maps_are_compared_after_three_layers(
    vgg: State, pictures: tuple[Tensor, Tensor], faithful: bool
) -> None:
    fake, real = pictures
    prepared = [((x if faithful else (x + 1) / 2) - MEAN) / STD for x in pictures]
    with torch.no_grad():
        expected = sum(F.mse_loss(a, b) for a, b in zip(*(vgg_maps(vgg, x) for x in prepared), strict=True))
        found = PerceptualLoss(vgg, faithful=faithful)(fake, real)
    torch.testing.assert_close(found, torch.as_tensor(expected), rtol=1e-5, atol=1e-6)


def test_the_corrected_range_is_that_of_imagenet(vgg: State) -> None:
    # A picture of ImageNet's mean colour, in [-1, 1], must reach the network as zeros.
    loss = PerceptualLoss(vgg)
    seen: list[Tensor] = []
    loss.stages[0].register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    mean_colour = (MEAN * 2 - 1).expand(1, 3, 16, 16)
    loss(mean_colour, mean_colour)
    torch.testing.assert_close(seen[0], torch.zeros(1, 3, 16, 16), rtol=0, atol=1e-6)


def test_the_perceptual_loss_teaches_the_generator(vgg: State, pictures: tuple[Tensor, Tensor]) -> None:
    fake, real = pictures
    loss = PerceptualLoss(vgg)
    loss(fake, real).backward()
    assert fake.grad is not None
    assert bool((fake.grad != 0).any())
    assert all(p.grad is None for p in loss.parameters())
    assert loss(real, real) == 0


@pytest.mark.parametrize("faithful", [False, True])
def test_the_anime_term_has_a_gradient_only_when_corrected(
    resnet: State, pictures: tuple[Tensor, Tensor], faithful: bool
) -> None:
    fake, real = pictures
    loss = AnimeLoss(resnet, None, anime=1.0, vgg=0.0, faithful=faithful)(fake, real)
    assert loss > 0
    assert loss.requires_grad != faithful
    if not faithful:
        loss.backward()
        assert fake.grad is not None
        assert bool((fake.grad != 0).any())


@pytest.mark.parametrize("faithful", [False, True])
def test_anime_100_trained_the_same_as_l1(
    resnet: State, pictures: tuple[Tensor, Tensor], faithful: bool
) -> None:
    fake, real = pictures
    l1 = F.l1_loss(fake, real)
    with_anime = l1 + 0.1 * AnimeLoss(resnet, None, anime=1.0, vgg=0.0, faithful=faithful)(fake, real)
    (of_l1,) = torch.autograd.grad(l1, fake, retain_graph=True)
    (of_both,) = torch.autograd.grad(with_anime, fake)
    assert torch.equal(of_l1, of_both) == faithful


def test_weights_are_told_by_name(resnet: State, vgg: State, pictures: tuple[Tensor, Tensor]) -> None:
    fake, real = pictures
    with torch.no_grad():
        extractor = create_extractor(resnet)
        anime = F.mse_loss(extractor((fake + 1) / 2), extractor((real + 1) / 2))
        perceptual = PerceptualLoss(vgg)(fake, real)
        found = AnimeLoss(resnet, vgg)(fake, real)
        other = AnimeLoss(resnet, vgg, anime=0.25, vgg=2.0)(fake, real)
    torch.testing.assert_close(found, 0.1 * anime + 0.9 * perceptual)
    torch.testing.assert_close(other, 0.25 * anime + 2.0 * perceptual)
    assert abs(anime - perceptual) > 1e-3  # else the weights could be swapped unseen


def test_a_part_without_weight_is_not_loaded(resnet: State, vgg: State, tmp_path: Path) -> None:
    absent = tmp_path / "absent.pth"
    assert AnimeLoss(absent, vgg, anime=0.0, vgg=1.0).extractor is None
    assert AnimeLoss(resnet, absent, anime=1.0, vgg=0.0).perceptual is None
    for of_anime, of_vgg in ((0.0, 0.0), (-1.0, 1.0)):
        with pytest.raises(UsageError):
            AnimeLoss(resnet, vgg, anime=of_anime, vgg=of_vgg)


def test_statistics_do_not_drift(resnet: State, pictures: tuple[Tensor, Tensor]) -> None:
    fake, real = pictures
    loss = AnimeLoss(resnet, resnet)  # a ResNet has BatchNorm in both parts
    before = {name: buffer.clone() for name, buffer in loss.named_buffers()}
    nn.ModuleList([loss]).train()
    loss(fake, real).backward()
    assert all(torch.equal(before[name], buffer) for name, buffer in loss.named_buffers())


def test_weights_come_from_files(vgg: State, pictures: tuple[Tensor, Tensor], tmp_path: Path) -> None:
    path = tmp_path / "vgg16-397923af.pth"
    torch.save(vgg, path)
    fake, real = pictures
    assert PerceptualLoss(path)(fake, real) == PerceptualLoss(vgg)(fake, real)
    torch.save({key: value for key, value in vgg.items() if key != "features.14.bias"}, path)
    with pytest.raises(SetupError, match="VGG-16") as caught:
        PerceptualLoss(path)
    assert str(path) in caught.value.message


def test_absent_weights_are_told_with_a_way_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", offline)
    for build, file, way_on in (
        (lambda: PerceptualLoss(None), "vgg16-397923af.pth", "preset l1"),
        (lambda: AnimeLoss(None, None), "resnet50-13306192.pth", "preset l1 or perceptual"),
    ):
        with pytest.raises(SetupError) as caught:
            build()
        told = str(caught.value)
        assert file in told
        assert "https://" in told
        assert way_on in told
