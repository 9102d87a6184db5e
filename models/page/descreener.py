"""The descreener: what a window would look like had its tones been printed as greys and not in dots.

About 56 thousand parameters, on luma at the colour network's working scale. Segments are sought in what it
gives, for dots cut a sky into patches. The colour network itself sees the scan: it has learnt to read dots.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.core.cpu import one_core
from mangacolor.core.types import Image
from mangacolor.models.files.reading import fill_bundled
from mangacolor.models.page.layout import COARSE, DESCREEN_STRIDE, DILATIONS, FINE


def _layer(inputs: int, outputs: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation, padding_mode="replicate")


class Descreener(nn.Module):
    """Luma N×1×H×W in [0, 1] → the same without halftone. H and W are multiples of 4.

    Pixels are folded into channels and unfolded again, for convolutions of a whole picture cost most.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(_layer(4, FINE), nn.ReLU(), _layer(FINE, FINE), nn.ReLU())
        self.down = nn.Conv2d(4 * FINE, COARSE, 1)
        self.inner = nn.Sequential(
            *(part for dilation in DILATIONS for part in (_layer(COARSE, COARSE, dilation), nn.ReLU()))
        )
        self.up = nn.Conv2d(COARSE, 4 * FINE, 1)
        self.last = nn.Sequential(_layer(FINE, FINE), nn.ReLU(), _layer(FINE, 4))

    def forward(self, luma: Tensor) -> Tensor:
        fine = self.first(F.pixel_unshuffle(luma, 2))
        coarse = F.relu(self.down(F.pixel_unshuffle(fine, 2)))
        coarse = coarse + self.inner(coarse)
        return luma + F.pixel_shuffle(self.last(fine + F.pixel_shuffle(self.up(coarse), 2)), 2)


def load_descreener(path: Path) -> Descreener:
    """The network with the weights of a safetensors file, float32, for inference only, on the CPU.

    Raises ``SetupError`` if the file is missing, damaged or of another network.
    """
    network = Descreener()
    fill_bundled(network, path, "the descreener")
    return network.eval().to(memory_format=torch.channels_last)


@one_core()
@torch.inference_mode()
def descreen(network: Descreener, grey: Image) -> Image:
    """A picture (H×W uint8 luma at working scale) without its halftone, H×W uint8."""
    rows, columns = grey.shape
    values = torch.from_numpy(np.ascontiguousarray(grey)).to(network.down.weight.device)
    values = values.float().div_(255)[None, None]
    values = F.pad(values, (0, -columns % DESCREEN_STRIDE, 0, -rows % DESCREEN_STRIDE), mode="replicate")
    plain = network(values.contiguous(memory_format=torch.channels_last))[0, 0, :rows, :columns]
    return np.asarray(plain.mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu().numpy())
