"""The feature extractor: ResNet-50 trained on Danbooru tags (RF5/danbooru-pretrained, M. Baas, MIT).

``Sequential(body, head)``, where the 512 features are the output of ``head[:5]``, before its ReLU.
The code here is ours; the layout and the numbers of the normalisation are those of the weights.
"""

from __future__ import annotations

from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.core.errors import SetupError
from mangacolor.models.encoders import stand_in
from mangacolor.models.files.pretrained import Pretrained, WeightsSource, read_pretrained

MEAN = (0.7137, 0.6628, 0.6519)
STD = (0.2970, 0.3017, 0.2979)
SIDE = 360  # pixels of the shorter side that the network was trained on
FEATURES = 512
TAGS = 6000
DANBOORU = "danbooru-resnet50"  # its name in the weights table

Triple = tuple[float, float, float]


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

    def __init__(
        self,
        body: nn.Module,
        head: nn.Module,
        mean: Triple = MEAN,
        std: Triple = STD,
        faithful: bool = False,
    ) -> None:
        super().__init__()
        self.body, self.head = body, head
        self.faithful = faithful
        self.origin: dict[str, str] | None = None  # which file its weights are from, for checkpoints
        self.mean, self.std = mean, std
        self.requires_grad_(False)
        if not faithful:
            self.eval()
            self.register_state_dict_post_hook(_leave_out)  # type: ignore[no-untyped-call]
            self.register_load_state_dict_post_hook(_not_missed)  # type: ignore[no-untyped-call]

    def train(self, mode: bool = True) -> Self:
        return super().train(mode and self.faithful)

    def forward(self, rgb: Tensor) -> Tensor:
        mean, std = (rgb.new_tensor(values).view(1, 3, 1, 1) for values in (self.mean, self.std))
        features: Tensor = self.head(self.body((self._resize(rgb) - mean) / std))
        return features

    def _resize(self, rgb: Tensor) -> Tensor:
        if self.faithful:
            return F.interpolate(rgb, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
        height, width = rgb.shape[2:]
        scale = SIDE / min(height, width)
        size = (max(SIDE, round(height * scale)), max(SIDE, round(width * scale)))
        # Antialiasing does nothing to a picture that grows; one that shrinks would lose its thin lines.
        return F.interpolate(rgb, size=size, mode="bilinear", align_corners=False, antialias=True)


def _leave_out(_module: nn.Module, state: dict[str, Any], prefix: str, _local: dict[str, Any]) -> None:
    for key in [key for key in state if key.startswith(prefix)]:
        del state[key]


def _not_missed(module: nn.Module, incompatible: Any) -> None:
    own = {name for name, _ in (*module.named_parameters(), *module.named_buffers())}
    incompatible.missing_keys[:] = [key for key in incompatible.missing_keys if own.isdisjoint(_tails(key))]


def _tails(key: str) -> list[str]:
    """A key as seen from each module on the way to it: ``a.b.c`` gives ``a.b.c``, ``b.c``, ``c``."""
    parts = key.split(".")
    return [".".join(parts[start:]) for start in range(len(parts))]


def create_extractor(weights: WeightsSource = None, faithful: bool = False) -> FeatureExtractor:
    """A frozen extractor.

    ``weights``: ``"danbooru-resnet50"`` (fetched once, by hash), a file or state dict of that layout,
    or of a torchvision ResNet-18 or -34 as a stand-in. None leaves the danbooru network's features
    random: for counting and tests. Raises ``SetupError`` for weights that cannot be had or are of
    another layout.
    """
    if weights is None:
        return _danbooru_extractor(danbooru_network(), faithful)
    pretrained = read_pretrained(weights, DANBOORU)
    layout = stand_in.resnet_layout(pretrained.state)
    if layout is None:
        extractor = _load_danbooru(pretrained, faithful)
    else:
        stages = stand_in.resnet_stages(pretrained.state, layout, pretrained.source)
        head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        body = nn.Sequential(*stages)
        extractor = FeatureExtractor(body, head, stand_in.MEAN, stand_in.STD, faithful)
    extractor.origin = pretrained.origin(layout or DANBOORU)
    return extractor


def _load_danbooru(pretrained: Pretrained, faithful: bool) -> FeatureExtractor:
    with torch.device("meta"):
        network = danbooru_network()
    try:
        network.load_state_dict({key: _own(value) for key, value in pretrained.state.items()}, assign=True)
    except RuntimeError as error:
        detail = str(error).splitlines()[1].strip()[:200]
        raise SetupError(
            f"{pretrained.source} is not the danbooru ResNet-50: {detail}",
            "Give resnet50-13306192.pth, or a torchvision ResNet-18 or -34 as a stand-in.",
        ) from error
    return _danbooru_extractor(network, faithful)


def _own(value: Tensor) -> Tensor:
    """A copy, in float32 if it is a floating number: the faithful form's statistics drift in place."""
    return value.to(torch.float32, copy=True) if value.is_floating_point() else value.clone()


def _danbooru_extractor(network: nn.Sequential, faithful: bool) -> FeatureExtractor:
    body, head = network
    assert isinstance(head, nn.Sequential)
    return FeatureExtractor(body, head[:5], faithful=faithful)
