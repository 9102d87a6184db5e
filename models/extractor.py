"""The feature extractor: ResNet-50 trained on Danbooru tags (RF5/danbooru-pretrained, M. Baas, MIT).

``Sequential(body, head)``, where the 512 features are the output of ``head[:5]``, before its ReLU.
The code here is ours; the layout and the numbers of the normalisation are those of the weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MEAN = (0.7137, 0.6628, 0.6519)
STD = (0.2970, 0.3017, 0.2979)
SIDE = 360  # pixels of the shorter side that the network was trained on
FEATURES = 512
TAGS = 6000


class ConcatPool(nn.Module):
    """N×C×H×W to N×2C×1×1: adaptive max pooling, then adaptive average pooling."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([F.adaptive_max_pool2d(x, 1), F.adaptive_avg_pool2d(x, 1)], dim=1)


def danbooru_network() -> nn.Sequential:
    """The tagger as published: N×3×H×W, normalised, to N×6000 logits; 332 state-dict entries."""
    from torchvision.models import resnet50

    body = nn.Sequential(*list(resnet50(weights=None).children())[:-2])
    head = nn.Sequential(
        ConcatPool(),
        nn.Flatten(),
        nn.BatchNorm1d(2 * 2048),
        nn.Dropout(0.25),
        nn.Linear(2 * 2048, FEATURES),
        nn.ReLU(),
        nn.BatchNorm1d(FEATURES),
        nn.Dropout(0.5),
        nn.Linear(FEATURES, TAGS),
    )
    return nn.Sequential(body, head)


class FeatureExtractor(nn.Module):
    """RGB N×3×H×W in [0, 1] to N×512 features; its weights take no gradient.

    Corrected: always in eval mode, absent from ``state_dict``, pictures keep their shape (shorter
    side 360). ``faithful=True``: follows ``train()``, so that its statistics drift, is written into
    every checkpoint, and squashes pictures to 360×360; all as in the notebook.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Sequential, faithful: bool = False) -> None:
        body, head = network[0], network[1]
        assert isinstance(head, nn.Sequential)
        super().__init__()
        self.body, self.head = body, head[:5]
        self.faithful = faithful
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.requires_grad_(False)
        if not faithful:
            self.eval()
            self.register_state_dict_post_hook(_leave_out)  # type: ignore[no-untyped-call]
            self.register_load_state_dict_post_hook(_not_missed)  # type: ignore[no-untyped-call]

    def train(self, mode: bool = True) -> Self:
        return super().train(mode and self.faithful)

    def forward(self, rgb: Tensor) -> Tensor:
        x = (self._resize(rgb) - self.mean) / self.std
        features: Tensor = self.head(self.body(x))
        return features

    def _resize(self, rgb: Tensor) -> Tensor:
        if self.faithful:
            return F.interpolate(rgb, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        height, width = rgb.shape[2:]
        scale = SIDE / min(height, width)
        size = (max(SIDE, round(height * scale)), max(SIDE, round(width * scale)))
        return F.interpolate(rgb, size=size, mode="bilinear", align_corners=False, antialias=True)


def _leave_out(_module: nn.Module, state: dict[str, Any], prefix: str, _local: dict[str, Any]) -> None:
    for key in [key for key in state if key.startswith(prefix)]:
        del state[key]


def _not_missed(module: nn.Module, incompatible: Any) -> None:
    own = {name for name, _ in (*module.named_parameters(), *module.named_buffers())}
    missing = incompatible.missing_keys
    missing[:] = [key for key in missing if not (".context." in f".{key}" and _tail(key) in own)]


def _tail(key: str) -> str:
    return key.rpartition("context.")[2]


def create_extractor(weights: str | Path | None = None, faithful: bool = False) -> FeatureExtractor:
    """A frozen extractor; ``weights`` is a file of the danbooru layout (None: random features)."""
    network = danbooru_network()
    if weights is not None:
        raise NotImplementedError
    return FeatureExtractor(network, faithful)
