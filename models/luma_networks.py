"""Super-resolution networks for RGB, run on luma: the same result, less work.

A grey page is fed to an RGB network as three equal channels, and of its result only the luma is
kept. The first convolution folds: its kernels are summed over the input channels. The last does
not, though it looks as if it did: pipelines clamp each channel to [0, 1] before weighting, and on
black lines the channels of these networks differ, so that a folded luma is off by up to 38 levels.

All networks here take N×1×(h+2c)×(w+2c) in [0, 1], where c is their ``context``, and give
N×1×(h·s)×(w·s) in [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from torch import Tensor, nn
from torch.nn import functional as F

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor

REC_601 = (0.299, 0.587, 0.114)


def weigh_colours(channels: Tensor, colours: int) -> Tensor:
    """The luma of N×(colours·k)×h×w, colour by colour in blocks of k channels, as N×k×h×w.

    Colours are clamped to [0, 1] first, in place. Three colours are weighted with Rec. 601's
    coefficients, one is returned as it is.
    """
    parts = channels.clamp_(0, 1).chunk(colours, dim=1)
    if colours == 1:
        return parts[0]
    total = parts[0] * REC_601[0]
    for part, share in zip(parts[1:], REC_601[1:], strict=True):
        total.add_(part, alpha=share)
    return total


def sum_inputs(convolution: nn.Conv2d, padding: int) -> nn.Conv2d:
    """A convolution of one channel equal to ``convolution`` on copies of that channel."""
    return _convolution(convolution.weight.data.sum(dim=1, keepdim=True), convolution, padding)


def _convolution(weight: Tensor, like: nn.Conv2d, padding: int) -> nn.Conv2d:
    outputs, inputs, kernel, _ = weight.shape
    made = nn.Conv2d(inputs, outputs, kernel, padding=padding)
    made.weight.data = weight
    assert like.bias is not None and made.bias is not None
    made.bias.data = like.bias.data
    return made


class LumaCompact(nn.Module):
    """SRVGGNetCompact (Real-ESRGAN) on luma.

    Its convolutions run without padding: each layer works on one pixel less on every side, so the
    result is exactly that of the whole page, wherever a tile is cut, and little is computed twice.
    ``reduction`` averages squares of the result before they are laid out: x2 from a x4 network.
    """

    def __init__(self, body: Iterable[nn.Module], scale: int, reduction: int, colours: int) -> None:
        super().__init__()
        first, *rest = body
        assert isinstance(first, nn.Conv2d)
        self.body = nn.Sequential(sum_inputs(first, 0), *(self._unpadded(layer) for layer in rest))
        self.scale = scale
        self.reduction = reduction
        self.colours = colours
        self.context = sum(isinstance(layer, nn.Conv2d) for layer in self.body)

    @staticmethod
    def _unpadded(layer: nn.Module) -> nn.Module:
        return _convolution(layer.weight.data, layer, 0) if isinstance(layer, nn.Conv2d) else layer

    def forward(self, x: Tensor) -> Tensor:
        c, side = self.context, self.scale // self.reduction
        # Before the pixel shuffle, the nearest-neighbour enlargement of x is x in every channel.
        blocks = weigh_colours(self.body(x).add_(x[:, :, c:-c, c:-c]), self.colours)
        if self.reduction > 1:
            count, _, height, width = blocks.shape
            squares = blocks.reshape(count, side, self.reduction, side, self.reduction, height, width)
            blocks = squares.mean(dim=(2, 4)).flatten(1, 2)
        return F.pixel_shuffle(blocks, side)


class LumaESRGAN(nn.Module):
    """RRDBNet (ESRGAN, Real-ESRGAN) on luma.

    The trunk sees the whole tile with its context; before the enlargement, where a pixel costs
    four and sixteen times as much, all but ``MARGIN`` pixels of the context are cut away: as far
    as the remaining convolutions reach.
    """

    MARGIN = 2

    def __init__(
        self, model: Iterable[nn.Module], scale: int, reduction: int, colours: int, context: int
    ) -> None:
        super().__init__()
        first, trunk, *head = model
        assert isinstance(first, nn.Conv2d)
        self.trunk = nn.Sequential(sum_inputs(first, 1), trunk)
        self.head = nn.Sequential(*head)
        self.scale = scale
        self.reduction = reduction
        self.colours = colours
        self.context = context

    def forward(self, x: Tensor) -> Tensor:
        cut = self.context - self.MARGIN
        features = self.trunk(x)[:, :, cut:-cut, cut:-cut]
        rim = self.MARGIN * self.scale
        large = weigh_colours(self.head(features)[:, :, rim:-rim, rim:-rim], self.colours)
        return F.avg_pool2d(large, self.reduction)


class AnyOnLuma(nn.Module):
    """Any network of spandrel on luma: grey goes in as its channels, the luma of its result comes out."""

    def __init__(self, descriptor: ImageModelDescriptor[nn.Module], context: int) -> None:
        super().__init__()
        self.network = descriptor.model
        self.descriptor = descriptor
        self.context = context

    def forward(self, x: Tensor) -> Tensor:
        # The descriptor pads to the sizes that the network can take, and crops again.
        large = self.descriptor(x.expand(-1, self.descriptor.input_channels, -1, -1))
        rim = self.context * self.descriptor.scale
        return weigh_colours(large[:, :, rim:-rim, rim:-rim], self.descriptor.output_channels)
