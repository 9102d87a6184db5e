"""Super-resolution networks for RGB, run on luma: the same result, less work.

A grey page is fed to an RGB network as three equal channels, and of its result only the luma is
kept. The first convolution folds: its kernels are summed over the input channels. The last does
not, though it looks as if it did: pipelines clamp each channel to [0, 1] before weighting, and on
black lines the channels of these networks differ, so that a folded luma is off by up to 38 levels.

All networks here take N×1×(h+2c)×(w+2c) in [0, 1], where c is their ``halo``, and give
N×1×(h·s)×(w·s) in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.models.runtime.half import mark_infinite
from mangacolor.models.upscale.compact import CompactNetwork, block_weights, luma_shares

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor


def weigh_colours(colours: int) -> Tensor:
    """Shares of the channels in the luma."""
    return torch.from_numpy(luma_shares(colours))


def weigh_blocks(colours: int, block: int, reduction: int) -> nn.Conv2d:
    """``block_weights`` as a layer."""
    weight = torch.from_numpy(block_weights(colours, block, reduction))
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 1, bias=False)
    layer.weight.data = weight
    return layer


def _convolution(weight: Tensor, bias: Tensor, padding: int = 0) -> nn.Conv2d:
    outputs, inputs, kernel, _ = weight.shape
    layer = nn.Conv2d(inputs, outputs, kernel, padding=padding)
    layer.weight.data = weight
    assert layer.bias is not None
    layer.bias.data = bias
    return layer


def _prelu(slopes: Tensor) -> nn.PReLU:
    layer = nn.PReLU(len(slopes))
    layer.weight.data = slopes
    return layer


class LumaCompact(nn.Module):
    """SRVGGNetCompact (Real-ESRGAN) on luma.

    Its convolutions run without padding: each layer works on one pixel less on every side, so the
    result is exactly that of the whole page, wherever a tile is cut, and little is computed twice.
    ``reduction`` averages squares of the result before they are laid out: x2 from a x4 network.
    """

    def __init__(self, network: CompactNetwork, reduction: int) -> None:
        super().__init__()
        first, *rest = map(torch.tensor, network.weights)
        weights = [first.sum(dim=1, keepdim=True), *rest]
        layers: list[nn.Module] = []
        for number, (weight, bias) in enumerate(zip(weights, network.biases, strict=True)):
            layers.append(_convolution(weight, torch.tensor(bias)))
            layers += [_prelu(torch.tensor(slopes)) for slopes in network.slopes[number : number + 1]]
        self.body = nn.Sequential(*layers)
        self.weigh = weigh_blocks(network.channels, network.scale, reduction)
        self.output_scale = network.scale // reduction
        self.halo = network.halo

    def forward(self, x: Tensor) -> Tensor:
        return self.finished(self.body(x), x)

    def finished(self, residual: Tensor, x: Tensor) -> Tensor:
        """The result for ``x`` from what ``body`` layer of it, which is overwritten."""
        c = self.halo
        # Before the pixel shuffle, the nearest-neighbour enlargement of x is x in every channel.
        blocks = mark_infinite(residual.add_(x[:, :, c:-c, c:-c])).clamp_(0, 1)
        return F.pixel_shuffle(self.weigh(blocks), self.output_scale)


class LumaESRGAN(nn.Module):
    """RRDBNet (ESRGAN, Real-ESRGAN) on luma.

    The trunk sees the whole tile with its halo; before the enlargement, where a pixel costs
    four and sixteen times as much, all but ``MARGIN`` pixels of the halo are cut away: as far
    as the remaining convolutions reach.
    """

    MARGIN = 2
    average: Tensor

    def __init__(
        self, model: Iterable[nn.Module], scale: int, reduction: int, colours: int, halo: int
    ) -> None:
        super().__init__()
        first, trunk, *head = model
        assert isinstance(first, nn.Conv2d) and first.bias is not None
        summed = first.weight.data.sum(dim=1, keepdim=True)  # of copies of one channel
        self.trunk = nn.Sequential(_convolution(summed, first.bias.data, padding=1), trunk)
        self.head = nn.Sequential(*head)
        self.scale = scale
        shares = weigh_colours(colours).view(1, colours, 1, 1) / reduction**2
        self.register_buffer("average", shares.repeat(1, 1, reduction, reduction))
        self.halo = halo

    def forward(self, x: Tensor) -> Tensor:
        cut = self.halo - self.MARGIN
        features = self.trunk(x)[:, :, cut:-cut, cut:-cut]
        rim = self.MARGIN * self.scale
        large = mark_infinite(self.head(features)[:, :, rim:-rim, rim:-rim]).clamp_(0, 1)
        return F.conv2d(large, self.average, stride=self.average.shape[-1])


class AnyOnLuma(nn.Module):
    """Any network of spandrel on luma: grey goes in as its channels, the luma of its result comes out."""

    shares: Tensor

    def __init__(self, descriptor: ImageModelDescriptor[nn.Module], halo: int) -> None:
        super().__init__()
        self.network = descriptor.model
        self.network.register_forward_hook(lambda _network, _given, out: mark_infinite(out))
        self.descriptor = descriptor
        self.register_buffer("shares", weigh_colours(descriptor.output_channels).view(1, -1, 1, 1))
        self.halo = halo

    def forward(self, x: Tensor) -> Tensor:
        # The descriptor pads to the sizes that the network can take, and crops again.
        large = self.descriptor(x.expand(-1, self.descriptor.input_channels, -1, -1))
        rim = self.halo * self.descriptor.scale
        return F.conv2d(large[:, :, rim:-rim, rim:-rim].clamp(0, 1), self.shares)
