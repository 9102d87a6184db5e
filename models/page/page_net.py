"""The page network: a small feature pyramid that answers two questions about every pixel of a page.

With one file of weights: is it a balloon's, and a stroke of its lettering? With another: does a panel's
border run here, and is it outside of all panels? About 280 thousand parameters. It looks at luma only,
at a working scale where lettering is still legible, and answers at half that scale; the caller fits the
answer to the ink.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from mangacolor.core.cpu import one_core
from mangacolor.core.types import Image
from mangacolor.models.files.reading import fill_bundled
from mangacolor.models.page.layout import (
    ANSWERS,
    NORM_EPS,
    PAGE_STRIDE,
    WIDTH,
    BlockLayout,
    JoinLayout,
    page_joins,
    page_levels,
)


class _Block(nn.Sequential):
    def __init__(self, layout: BlockLayout) -> None:
        inputs, outputs, kernel = layout.inputs, layout.outputs, layout.kernel
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, layout.stride, layout.padding, layout.dilation, bias=False),
            nn.BatchNorm2d(outputs, eps=NORM_EPS),
            nn.ReLU(inplace=True),
        )


class _Join(nn.Sequential):
    def __init__(self, layout: JoinLayout) -> None:
        mix = nn.Conv2d(layout.fine + layout.coarse, layout.outputs, 1)
        super().__init__(mix, _Block(layout.block))


class PageNet(nn.Module):
    """Luma N×1×H×W in [0, 1] → logits N×2×H/2×W/2. H and W are multiples of 32.

    The second channel is a helper task: to know lettering is what tells a balloon from a face.
    """

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        levels, joins = page_levels(width), page_joins(width)
        self.at2 = nn.Sequential(*map(_Block, levels["at2"]))
        self.at4 = nn.Sequential(*map(_Block, levels["at4"]))
        self.at8 = nn.Sequential(*map(_Block, levels["at8"]))
        self.at16 = nn.Sequential(*map(_Block, levels["at16"]))
        self.at32 = nn.Sequential(*map(_Block, levels["at32"]))
        self.join16, self.join8 = _Join(joins["join16"]), _Join(joins["join8"])
        self.join4, self.join2 = _Join(joins["join4"]), _Join(joins["join2"])
        self.head = nn.Conv2d(width, ANSWERS, 1)

    def forward(self, luma: Tensor) -> Tensor:
        half = self.at2(luma)
        quarter = self.at4(half)
        eighth = self.at8(quarter)
        sixteenth = self.at16(eighth)
        up = _joined(self.join16, sixteenth, self.at32(sixteenth))
        up = _joined(self.join8, eighth, up)
        up = _joined(self.join4, quarter, up)
        up = _joined(self.join2, half, up)
        logits: Tensor = self.head(up)
        return logits


def _joined(join: _Join, fine: Tensor, coarse: Tensor) -> Tensor:
    """``join`` of fine features and of coarse ones at twice their size.

    Its first layer sees one pixel at a time, so that the coarse part can go through before it is enlarged.
    """
    mix, own = cast(nn.Conv2d, join[0]), fine.shape[1]
    mixed = F.conv2d(fine, mix.weight[:, :own], mix.bias)
    mixed = mixed + F.interpolate(F.conv2d(coarse, mix.weight[:, own:]), scale_factor=2.0, mode="nearest")
    features: Tensor = join[1](mixed)
    return features


def load_page_net(path: Path) -> PageNet:
    """The network with the weights of a safetensors file, float32, for inference only, on the CPU.

    Raises ``SetupError`` if the file is missing, damaged or of another network.
    """
    network = PageNet()
    fill_bundled(network, path, "the page network")
    network.eval()
    for block in network.modules():
        if isinstance(block, _Block):  # what normalises becomes part of the convolution before it
            convolution, norm = cast(nn.Conv2d, block[0]), cast(nn.BatchNorm2d, block[1])
            block[0], block[1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()
    return network.to(memory_format=torch.channels_last)


@one_core()
@torch.inference_mode()
def page_probabilities(network: PageNet, luma: Image) -> tuple[Image, Image]:
    """How likely the network says yes to either question: two H×W uint8, 255 = sure.

    ``luma`` is H×W uint8 of any size. Quantised, so that what follows does not hang on the last bit.
    """
    rows, columns = luma.shape
    inputs = torch.from_numpy(np.ascontiguousarray(luma)).to(network.head.weight.device)
    inputs = inputs.float().div_(255)[None, None]
    padding = (0, -columns % PAGE_STRIDE, 0, -rows % PAGE_STRIDE)
    inputs = F.pad(inputs, padding, mode="replicate").contiguous(memory_format=torch.channels_last)
    logits = F.interpolate(network(inputs), scale_factor=2.0, mode="bilinear", align_corners=False)
    probability = torch.sigmoid(logits[0, :, :rows, :columns]).mul_(255).round_().to(torch.uint8)
    first, second = probability.cpu().numpy()
    return first, second
