"""3×3 convolutions of a super-resolution network by Winograd's method, in torch alone.

On x86 torch carries NNPACK (Facebook, BSD-2), which needs 2.25 to 5 times fewer multiplications for them than
the direct method of oneDNN (Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). torch
takes it by itself only for batches of 16 pictures, which would not stay in a core's cache.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.models.upscale.luma_networks import LumaCompact


@cache
def has_winograd() -> bool:
    """Whether this torch, on this processor, computes 3×3 convolutions by NNPACK."""
    try:
        if not torch._nnpack_available():  # this also prepares it: without, it fails
            return False
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # at its first call NNPACK starts that many threads, to be shared by all
        try:
            _winograd(torch.zeros(1, 16, 8, 8), torch.zeros(16, 16, 3, 3), torch.zeros(16))
        finally:
            torch.set_num_threads(threads)
    except (AttributeError, RuntimeError):  # no promise of torch's: one without it computes directly
        return False
    return True


def _winograd(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch._nnpack_spatial_convolution(x, weight, bias, [0, 0], [1, 1])


def _bend(x: Tensor, slopes: Tensor) -> None:
    """PReLU in place, which torch does not have: a channel at a time, in half the time of a new tensor."""
    for picture in x:
        for channel, slope in zip(picture.unbind(), slopes.tolist(), strict=True):
            F.leaky_relu_(channel, slope)


class WinogradCompact(nn.Module):
    """A ``LumaCompact`` whose convolutions go to NNPACK: the same to within a hundredth of a level."""

    def __init__(self, network: LumaCompact) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.contiguous_format)

    def forward(self, x: Tensor) -> Tensor:
        out = x
        for layer in self.network.body:
            if isinstance(layer, nn.PReLU):
                _bend(out, layer.weight)
            elif isinstance(layer, nn.Conv2d) and layer.bias is not None and layer.in_channels > 1:
                out = _winograd(out, layer.weight, layer.bias)
            else:  # of a single channel there is nothing to save
                out = layer(out)
        return self.network.finished(out, x)
