"""Building blocks of the notebook's U-Net and PatchGAN (pix2pix, Isola et al. 2017), and self-attention.

Their parts are called as in the notebook's checkpoints: ``conv`` or ``deconv``, and ``bn``.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.models.colour.config import query_channels

Norm = Literal["batch", "layer"]


def _norm(kind: Norm, channels: int) -> nn.Module:
    # One group over all channels works on a single value a channel, where BatchNorm cannot; it has
    # the same two learnt vectors, so parameter counts do not change.
    return nn.BatchNorm2d(channels) if kind == "batch" else nn.GroupNorm(1, channels)


class ConvBlock(nn.Module):
    """N×Cin×H×W to N×Cout×H/2×W/2: convolution 4×4 of stride 2, norm, LeakyReLU 0.2.

    ``norm="layer"`` normalises each sample over channels and positions together: for maps that may
    be 1×1, where BatchNorm fails on a batch of one and is noise on a batch of two.
    """

    def __init__(self, in_channels: int, out_channels: int, norm: Norm = "batch") -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1)
        self.bn = _norm(norm, out_channels)

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(self.bn(self.conv(x)), 0.2)


class DeconvBlock(nn.Module):
    """N×Cin×H×W to N×Cout×2H×2W: transposed convolution 4×4 of stride 2, BatchNorm, ReLU, dropout."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1)
        self.bn = nn.BatchNorm2d(out_channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(F.relu(self.bn(self.deconv(x))))
        return out


class SelfAttention(nn.Module):
    """Over the positions of a map, N×C×H×W to the same shape: ``gamma · attended + x`` (Zhang et al. 2019).

    Query and key are 1×1 convolutions to C/8 channels, value keeps C. ``gamma`` is learnt from 0, so
    that the block starts as the identity; query and key get their first gradient once it has moved.
    On a 1×1 map the softmax over one position is always 1 and query and key can never learn.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = query_channels(channels)
        self.query_conv = nn.Conv2d(channels, inner, kernel_size=1)
        self.key_conv = nn.Conv2d(channels, inner, kernel_size=1)
        self.value_conv = nn.Conv2d(channels, channels, kernel_size=1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            layer(x).flatten(2).transpose(1, 2) for layer in (self.query_conv, self.key_conv, self.value_conv)
        )
        # SAGAN does not divide by the square root of the channels; a checkpoint depends on it.
        attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)
        return self.gamma * attended.transpose(1, 2).reshape(x.shape) + x
