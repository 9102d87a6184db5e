"""Perceptual losses: VGG-16 and danbooru features, corrected, and faithful to the notebook's defects.

The terms that need no pretrained network (L1, adversarial) are in ``training/colour/objectives.py``, and the
weights of all terms, by preset, in ``training/colour/config.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.core.errors import SetupError, UsageError
from mangacolor.models.encoders import stand_in
from mangacolor.models.encoders.extractor import DANBOORU, create_extractor
from mangacolor.models.files.pretrained import Pretrained, WeightsSource, read_pretrained

VGG = "vgg16"  # its name in the weights table
# Channels of VGG-16's convolutions up to layer 15; 0 is a 2×2 max pooling.
_VGG_PLAN = (64, 64, 0, 128, 128, 0, 256, 256, 256)
_TAPS = (3, 8, 15)  # layers whose outputs are compared: the last ReLU before each pooling


class PerceptualLoss(nn.Module):
    """Sum of the mean squared differences of three feature maps (Johnson et al. 2016).

    ``weights`` is a file or state dict of torchvision's VGG-16 (or of its ResNet-18 or -34, as a
    stand-in); None fetches VGG-16 by hash. Called with generated and true colour, N×3×H×W RGB in
    [-1, 1], sides of at least 4 pixels; returns a scalar whose gradient reaches the generated picture.
    ``faithful=True`` applies ImageNet's mean and deviation to [-1, 1] as the notebook did, instead of
    to [0, 1]. Raises ``SetupError`` for weights that cannot be had or are of another network.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, weights: WeightsSource = None, faithful: bool = False) -> None:
        super().__init__()
        self.faithful = faithful
        self.stages = nn.ModuleList(_stages(read_pretrained(weights, VGG)))
        self.register_buffer("mean", torch.tensor(stand_in.MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(stand_in.STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        self.eval()

    def train(self, mode: bool = True) -> Self:
        return super().train(False)  # a stand-in has BatchNorm; its statistics must not drift

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        x, y = self._normalise(fake), self._normalise(real)
        total = torch.zeros((), dtype=x.dtype, device=x.device)
        for stage in self.stages:
            x, y = stage(x), stage(y)
            total = total + F.mse_loss(x, y)
        return total

    def _normalise(self, colour: Tensor) -> Tensor:
        picture = colour if self.faithful else (colour + 1) / 2
        return (picture - self.mean) / self.std


def _stages(pretrained: Pretrained) -> list[nn.Sequential]:
    layout = stand_in.resnet_layout(pretrained.state)
    if layout is None:
        return _vgg_stages(pretrained.state, pretrained.source)
    return stand_in.resnet_stages(pretrained.state, layout, pretrained.source)[:3]


def _vgg_stages(state: Mapping[str, Tensor], source: str) -> list[nn.Sequential]:
    layers: list[nn.Module] = []
    channels = 3
    for width in _VGG_PLAN:
        if width:
            layers += [nn.Conv2d(channels, width, kernel_size=3, padding=1), nn.ReLU()]
            channels = width
        else:
            layers.append(nn.MaxPool2d(2))
    network = nn.Sequential(*layers)
    wanted = {f"features.{key}" for key in network.state_dict()}
    try:
        network.load_state_dict({key.removeprefix("features."): state[key] for key in wanted})
    except (KeyError, RuntimeError) as error:
        raise SetupError(
            f"{source} is not torchvision's VGG-16: {str(error).splitlines()[-1].strip()}",
            "Give vgg16-397923af.pth, or a torchvision ResNet-18 or -34 as a stand-in.",
        ) from error
    starts = (0, *(tap + 1 for tap in _TAPS))
    return [network[start:end] for start, end in pairwise(starts)]


class AnimeLoss(nn.Module):
    """``anime`` times the difference of danbooru features plus ``vgg`` times the perceptual loss.

    The first is the mean squared difference of the extractor's 512 features. Weights are named,
    because the notebook's one number ``a`` weighed the VGG part in its text and the danbooru part in
    its code. A part of weight 0 is not loaded. Called with generated and true colour, N×3×H×W RGB in
    [-1, 1]; returns a scalar. ``faithful=True`` computes the danbooru features without gradient, as
    the notebook did: the term then trains nothing. Raises ``SetupError`` as its parts do.
    """

    def __init__(
        self,
        weights: WeightsSource = None,
        vgg_weights: WeightsSource = None,
        anime: float = 0.1,
        vgg: float = 0.9,
        faithful: bool = False,
    ) -> None:
        super().__init__()
        if anime < 0 or vgg < 0 or anime + vgg == 0:
            raise UsageError(
                f"loss weights anime={anime} and vgg={vgg}", "Give two weights of 0 or more, not both 0."
            )
        self.anime, self.vgg, self.faithful = anime, vgg, faithful
        self.extractor = (
            create_extractor(DANBOORU if weights is None else weights, faithful) if anime else None
        )
        self.perceptual = PerceptualLoss(vgg_weights, faithful) if vgg else None
        self.eval()

    def train(self, mode: bool = True) -> Self:
        return super().train(False)

    def forward(self, fake: Tensor, real: Tensor) -> Tensor:
        total = torch.zeros((), dtype=fake.dtype, device=fake.device)
        if self.extractor is not None:
            with torch.set_grad_enabled(torch.is_grad_enabled() and not self.faithful):
                features = self.extractor((fake + 1) / 2)
            with torch.no_grad():
                wanted = self.extractor((real + 1) / 2)
            total = total + self.anime * F.mse_loss(features, wanted)
        if self.perceptual is not None:
            total = total + self.vgg * self.perceptual(fake, real)
        return total
