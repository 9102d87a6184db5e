"""Generators in the form in which they colour: the same function, less work, no way back to training.

Every BatchNorm is folded into the convolution before it, and activations work in place. A 3×3 convolution of
an enlargement (each pixel repeated 2×2) becomes a transposed 4×4 one of the small map: nine
multiplications become four. Checkpoints and the networks in ``efficient_unet.py`` stay as they are.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mangacolor.models.colour.efficient_layout import MAPS, UP_LEVELS, VOTERS
from mangacolor.models.colour.efficient_unet import EfficientUNet, Partner, Up
from mangacolor.models.colour.prediction import VOTES, Output
from mangacolor.models.encoders.efficientnet import Block, EfficientNetLite
from mangacolor.models.encoders.efficientnet_layout import same_padding
from mangacolor.models.runtime.half import mark_infinite


def fold_norm(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of one convolution that does what ``conv`` and then ``norm`` (in eval mode) do."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    device = conv.weight.device
    factor = _exact(norm.weight) / torch.sqrt(_exact(norm.running_var) + norm.eps)
    bias = _exact(norm.bias) - _exact(norm.running_mean) * factor
    if conv.bias is not None:
        bias += _exact(conv.bias) * factor
    weight = _exact(conv.weight) * factor[:, None, None, None]
    return weight.float().to(device), bias.float().to(device)


def _exact(tensor: Tensor) -> Tensor:
    """In double precision, on the processor: Apple's GPUs have none, and every device gets the same bits."""
    return tensor.cpu().double()


class _Conv(nn.Module):
    """A convolution with folded norm, TensorFlow's "same" padding, and a clamp to [0, ``most``]."""

    def __init__(self, conv: nn.Conv2d, norm: nn.BatchNorm2d, most: float | None = None) -> None:
        super().__init__()
        weight, bias = fold_norm(conv, norm)
        self.weight, self.bias = nn.Parameter(weight, False), nn.Parameter(bias, False)
        self.stride, self.groups, self.most = conv.stride, conv.groups, most
        self.before, self.after = same_padding(conv.kernel_size[0], conv.stride[0])

    def forward(self, x: Tensor) -> Tensor:
        padding = self.before
        if self.before != self.after:
            x = F.pad(x, (self.before, self.after, self.before, self.after))
            padding = 0
        out = F.conv2d(x, self.weight, self.bias, self.stride, padding, groups=self.groups)
        return out if self.most is None else out.clamp_(0, self.most)


class _FoldedBlock(nn.Module):
    def __init__(self, block: Block) -> None:
        super().__init__()
        steps = [_Conv(block._expand_conv, block._bn0, 6)] if block.expands else []
        steps.append(_Conv(block._depthwise_conv, block._bn1, 6))
        self.body = nn.Sequential(*steps, _Conv(block._project_conv, block._bn2))
        self.residual = block.residual

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.body(x)
        return out.add_(x) if self.residual else out


class _FoldedUp(nn.Module):
    def __init__(self, up: Up) -> None:
        super().__init__()
        weight, bias = fold_norm(up.conv, up.norm)
        coarse = weight.shape[1] - up.skip
        self.large = nn.Parameter(_for_repeated(weight[:, :coarse]), False)
        self.skip = nn.Parameter(weight[:, coarse:].contiguous(), False)
        self.bias = nn.Parameter(bias, False)

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        out = F.conv2d(skip, self.skip, self.bias, padding=1)
        return out.add_(F.conv_transpose2d(x, self.large, stride=2, padding=1)).relu_()


def _for_repeated(weight: Tensor) -> Tensor:
    """Kernels (Cin×Cout×4×4) whose transposed convolution, stride 2 and padding 1, equals convolving with
    ``weight`` (Cout×Cin×3×3, padding 1) after each pixel has been repeated 2×2."""
    spread = torch.zeros(4, 3, dtype=weight.dtype, device=weight.device)
    for tap in range(3):
        for phase in range(2):
            source = (phase + tap - 1) // 2  # the small map's pixel under this tap, from the output's own
            spread[phase - 2 * source + 1, tap] = 1
    return torch.einsum("Yy,Xx,oiyx->ioYX", spread, spread, weight).contiguous()


class _FoldedEncoder(nn.Module):
    """N×1×H×W grey to the encoder's maps."""

    def __init__(self, encoder: EfficientNetLite) -> None:
        super().__init__()
        self.stem = _Conv(encoder._conv_stem, encoder._bn0, 6)
        # The encoder sees grey as three equal channels.
        self.stem.weight = nn.Parameter(self.stem.weight.sum(dim=1, keepdim=True), False)
        self.taps = encoder.taps
        self.blocks = nn.ModuleList(_FoldedBlock(block) for block in encoder.blocks())

    def forward(self, grey: Tensor) -> list[Tensor]:
        out: Tensor = self.stem(grey)
        features: list[Tensor] = []
        for number, block in enumerate(self.blocks):
            out = block(out)
            if number in self.taps:
                features.append(out)
        return features


class _FoldedPartner(nn.Module):
    """N×1×H×W grey to the maps of its encoder and its votes."""

    def __init__(self, partner: Partner, temperature: float) -> None:
        super().__init__()
        self.encoder = _FoldedEncoder(partner.encoder)
        self.ups = nn.ModuleList(_FoldedUp(up) for up in (partner.up1, partner.up2, partner.up3))
        self.votes = _divided(partner.votes, temperature)

    def forward(self, grey: Tensor) -> tuple[list[Tensor], Tensor]:
        features = self.encoder(grey)
        *skips, out = features
        logits = self.votes[0](out)
        for up, skip, vote in zip(self.ups, reversed(skips), self.votes[1:], strict=False):
            out = up(out, skip)
            logits = _enlarged(logits).add_(vote(out))
        return features, logits


def _divided(votes: nn.ModuleList, temperature: float) -> nn.ModuleList:
    """A copy of what votes, whose votes are divided by ``temperature``."""
    copied = copy.deepcopy(votes)
    for vote in copied:
        assert isinstance(vote, nn.Sequential)
        _, bend, last = vote
        assert isinstance(bend, nn.LeakyReLU)
        bend.inplace = True
        for parameter in last.parameters():
            parameter.data /= temperature
    return copied


def _enlarged(logits: Tensor) -> Tensor:
    return F.interpolate(logits, scale_factor=2.0, mode="bilinear", align_corners=False)


class FoldedEfficientUNet(nn.Module):
    """``EfficientUNet`` for inference: N×1×H×W in [-1, 1] to an ``Output``.

    Its maps are its partner's, if it has one: for those its embedding of segments was trained.
    """

    centres: Tensor

    def __init__(self, network: EfficientUNet) -> None:
        super().__init__()
        self.encoder = _FoldedEncoder(network.encoder)
        self.ups = nn.ModuleList(_FoldedUp(up) for up in (*network.ups(), network.up5))
        self.attention_level, self.attention = network.config.attention, copy.deepcopy(network.attn)
        self.narrow, self.tone = copy.deepcopy(network.narrow), copy.deepcopy(network.tone)
        temperature, self.partner = network.palette.temperature, None
        if network.partner is not None:
            temperature *= VOTERS
            self.partner = _FoldedPartner(network.partner, temperature)
        self.votes = _divided(network.palette.votes, temperature)
        self.register_buffer("centres", network.palette.centres.float().clone())

    def forward(self, grey: Tensor) -> Output:
        features = self.encoder(grey)
        *skips, out = features
        logits = self.votes[0](out)
        for level, up, skip, vote in zip(
            UP_LEVELS, self.ups[:-1], reversed(skips), self.votes[1:], strict=True
        ):
            if self.partner is not None and level == UP_LEVELS[-1]:
                features, others = self.partner(grey)
                logits = logits.add_(others)
            out = up(out, skip)
            if self.attention is not None and level == self.attention_level:
                out = self.attention(out)
            logits = _enlarged(logits).add_(vote(out))
        luma = torch.tanh(mark_infinite(self.tone(self.ups[-1](self.narrow(out), grey))))
        # Channels last: a pixel's votes lie side by side, where softmax and product are quick.
        shares = torch.softmax(logits.permute(0, 2, 3, 1).float(), dim=-1)
        chroma = (shares @ self.centres.float()).permute(0, 3, 1, 2)
        maps = dict(zip(MAPS, features, strict=True)) | {VOTES: F.avg_pool2d(logits, 2)}
        return Output(luma, chroma, maps)
