"""A head that chooses colours from a palette instead of averaging them.

Regression answers "red or blue?" with brown. Here every pixel at half resolution gets a distribution
over fixed chroma values, trained by cross-entropy with rare colours weighted up, and read out as an
annealed mean (Zhang, Isola & Efros, "Colorful Image Colorization", 2016).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.colour import LUMA_SHARES, TO_RGB
from mangacolor.models.colour.prediction import VOTE_CHANNELS, VOTE_SLOPE

# Rec. 601, on the scale of pictures in [-1, 1].
_TO_CHROMA = ((-0.168736, -0.331264, 0.5), (0.5, -0.418688, -0.081312))


class PaletteHead(nn.Module):
    """Feature maps, coarse to fine, to logits N×K×h×w at the finest; ``centres`` holds the K chroma
    values (Cb and Cr in [-1, 1]).

    Every map votes at its own scale and the votes are added up (as in fully convolutional networks,
    Long, Shelhamer & Darrell 2015). Read off the finest map alone, colour learns many times slower:
    what a thing is stands in the coarse maps, and would have to squeeze through the last few channels.
    """

    centres: Tensor

    def __init__(self, in_channels: Sequence[int], colours: int, temperature: float) -> None:
        super().__init__()
        self.temperature = temperature
        self.votes = vote_layers(in_channels, colours)
        self.register_buffer("centres", torch.zeros(colours, 2))

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        return add_votes(self.votes, maps)

    def chroma(self, logits: Tensor) -> Tensor:
        """The annealed mean: N×2×h×w, Cb and Cr in [-1, 1]."""
        shares = torch.softmax(logits.float() / self.temperature, dim=1)
        return torch.einsum("nkhw,kc->nchw", shares, self.centres.float())


def vote_layers(in_channels: Sequence[int], colours: int) -> nn.ModuleList:
    """What votes for ``colours`` from maps of so many channels, coarse to fine."""
    return nn.ModuleList(
        nn.Sequential(
            nn.Conv2d(channels, VOTE_CHANNELS, 1),
            nn.LeakyReLU(VOTE_SLOPE),
            nn.Conv2d(VOTE_CHANNELS, colours, 1),
        )
        for channels in in_channels
    )


def add_votes(votes: nn.ModuleList, maps: Sequence[Tensor]) -> Tensor:
    """The votes from all maps, each twice the size of the one before, at the size of the last."""
    logits: Tensor = votes[0](maps[0])
    for vote, features in zip(votes[1:], maps[1:], strict=True):
        coarse = functional.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)
        logits = coarse + vote(features)
    return logits


def to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    """RGB N×3×H×W in [-1, 1] of luma N×1×H×W and chroma N×2×h×w, which is enlarged if smaller."""
    if chroma.shape[2:] != luma.shape[2:]:
        chroma = functional.interpolate(chroma, luma.shape[2:], mode="bilinear", align_corners=False)
    matrix = torch.tensor(TO_RGB, dtype=luma.dtype, device=luma.device)
    return (luma + torch.einsum("oc,nchw->nohw", matrix, chroma.to(luma.dtype))).clamp(-1, 1)


def luma_of(rgb: Tensor) -> Tensor:
    """N×3×H×W to N×1×H×W, same range."""
    weights = torch.tensor(LUMA_SHARES, dtype=rgb.dtype, device=rgb.device)
    return torch.einsum("c,nchw->nhw", weights, rgb)[:, None]


def chroma_of(rgb: Tensor) -> Tensor:
    """Cb and Cr, N×2×H×W in [-1, 1], of RGB N×3×H×W in [-1, 1]."""
    matrix = torch.tensor(_TO_CHROMA, dtype=rgb.dtype, device=rgb.device)
    return torch.einsum("oc,nchw->nohw", matrix, rgb)
