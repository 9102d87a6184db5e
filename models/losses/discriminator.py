"""Discriminators: the PatchGAN of the notebook (Isola et al. 2017), and one that looks at chroma alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from mangacolor.models.colour.blocks import ConvBlock
from mangacolor.models.colour.palette_head import chroma_of

# Brings chroma, whose spread is a fifth of luma's, to the same: behind spectral norms, which let nothing
# grow, the discriminator would hardly see it.
CHROMA_GAIN = 6.0


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


class ChromaDiscriminator(nn.Module):
    """Real or fake, by the chroma over a drawing, at a half and at a quarter of the picture's size.

    Called as ``PatchDiscriminator``. Of the colour it sees Cb and Cr alone, beside the input: luma, which the
    scan gives, cannot tell a fake. Returns the logits of both scales, N×M. Spectral norms (Miyato et al.
    2018) keep its slope near ``CHROMA_GAIN``; two scales are Wang et al.'s (2018).
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.scales = nn.ModuleList(_judge(width) for _ in range(2))

    def forward(self, grey: Tensor, colour: Tensor) -> Tensor:
        seen = torch.cat([grey, CHROMA_GAIN * chroma_of(colour)], dim=1)
        logits = []
        for judge in self.scales:
            seen = functional.avg_pool2d(seen, 2)
            logits.append(judge(seen).flatten(1))
        return torch.cat(logits, dim=1)


def _judge(width: int) -> nn.Sequential:
    """Three halvings and an answer a patch, without batch norms: a fake must not be told by its batch."""
    layers: list[nn.Module] = []
    channels = 3
    for out in (width, 2 * width, 4 * width):
        layers += [spectral_norm(nn.Conv2d(channels, out, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
        channels = out
    return nn.Sequential(*layers, spectral_norm(nn.Conv2d(channels, 1, 3, padding=1)))
