"""The building blocks of the notebook's U-Net and PatchGAN (after pix2pix, Isola et al. 2017)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

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
        self.conv = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1),
            _norm(norm, out_channels),
            nn.LeakyReLU(0.2),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class DeconvBlock(nn.Module):
    """N×Cin×H×W to N×Cout×2H×2W: transposed convolution 4×4 of stride 2, BatchNorm, ReLU, dropout."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = [
            nn.ConvTranspose2d(in_channels, out_channels, kernel_size=4, stride=2, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        ]
        if dropout > 0:
            layers.append(nn.Dropout(dropout))
        self.deconv = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.deconv(x)
        return out
