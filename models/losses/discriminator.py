"""The PatchGAN discriminator (Isola et al. 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mangacolor.models.colour.blocks import ConvBlock


class PatchDiscriminator(nn.Module):
    """Real or fake, for each overlapping patch of 70×70 pixels that it sees.

    Called with ``grey`` N×1×H×W and ``colour`` N×3×H×W, both in [-1, 1]; returns logits,
    N×1×15×15 at 256×256 (side / 16 - 1), positive for real.
    """

    def __init__(self, in_channels: int = 1 + 3, width: int = 64) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.Conv2d(in_channels, width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            ConvBlock(width, 2 * width),
            ConvBlock(2 * width, 4 * width),
            ConvBlock(4 * width, 8 * width),
            nn.Conv2d(8 * width, 1, kernel_size=4, stride=1, padding=1),
        )

    def forward(self, grey: Tensor, colour: Tensor) -> Tensor:
        logits: Tensor = self.model(torch.cat([grey, colour], dim=1))
        return logits
