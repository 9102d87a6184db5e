"""EfficientNet-Lite as a table: which blocks each size has, and which of their maps are handed out. No torch.

Tan & Le, "EfficientNet", 2019; the Lite form (ReLU6, no squeeze-and-excitation) is Google's, 2020.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from mangacolor.core.errors import UsageError


@dataclass(frozen=True, slots=True)
class Scaling:
    """By what the channels and the repeats of Lite0 are multiplied (the paper's compound scaling)."""

    width: float
    depth: float


# Google's five sizes (tensorflow/tpu, efficientnet/lite, 2020).
SCALINGS = {
    "lite0": Scaling(1.0, 1.0),
    "lite1": Scaling(1.0, 1.1),
    "lite2": Scaling(1.1, 1.2),
    "lite3": Scaling(1.2, 1.4),
    "lite4": Scaling(1.4, 1.8),
}


@dataclass(frozen=True, slots=True)
class Group:
    repeats: int
    kernel: int
    stride: int
    expansion: int
    channels: int


STEM = 32  # channels of the first convolution, whatever the size
STEM_KERNEL, STEM_STRIDE = 3, 2
NORM_EPS = 1e-3  # what its norms add to the variance
_CHANNEL_STEP = 8  # channels are multiples of it
_MIN_SHARE = 0.9  # of the channels asked for, that rounding must leave
_LITE0 = (
    Group(1, 3, 1, 1, 16),
    Group(2, 3, 2, 6, 24),
    Group(2, 5, 2, 6, 40),
    Group(3, 3, 2, 6, 80),
    Group(3, 5, 1, 6, 112),
    Group(4, 5, 2, 6, 192),
    Group(1, 3, 1, 6, 320),
)
_LAST_OF_SIZE = (0, 1, 2, 4, 6)  # the groups after which a map is handed out: at 1/2, 1/4, 1/8, 1/16, 1/32


def scaled_groups(size: str) -> tuple[Group, ...]:
    """The groups of blocks of a size of ``SCALINGS``. The first and the last group keep their repeats.

    Raises ``UsageError`` for another size.
    """
    if size not in SCALINGS:
        raise UsageError(f"there is no encoder {size!r}", f"Choose from {', '.join(SCALINGS)}.")
    scaling = SCALINGS[size]
    first, *middle, last = (replace(g, channels=_round(g.channels * scaling.width)) for g in _LITE0)
    deeper = (replace(group, repeats=math.ceil(group.repeats * scaling.depth)) for group in middle)
    return first, *deeper, last


def _round(channels: float) -> int:
    """To the nearest step, and up where that would take more than a tenth away."""
    rounded = max(_CHANNEL_STEP, int(channels + _CHANNEL_STEP / 2) // _CHANNEL_STEP * _CHANNEL_STEP)
    return rounded if rounded >= _MIN_SHARE * channels else rounded + _CHANNEL_STEP


def same_padding(kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's "same" padding before and after: with stride 2, the odd pixel goes below and right."""
    total = kernel - stride if stride > 1 else kernel - 1
    return total // 2, total - total // 2


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """An inverted residual: expand ``inputs`` channels to ``wide``, a depthwise convolution, project to
    ``outputs``."""

    inputs: int
    wide: int
    outputs: int
    kernel: int
    stride: int

    @property
    def expands(self) -> bool:
        return self.wide != self.inputs

    @property
    def residual(self) -> bool:
        """Whether what comes in is added to what goes out."""
        return self.stride == 1 and self.inputs == self.outputs


@dataclass(frozen=True, slots=True)
class EncoderLayout:
    """``taps``: the blocks whose maps are handed out, at a half to a 32nd of the input's size; ``channels``:
    how many each of these has."""

    blocks: tuple[BlockLayout, ...]
    taps: tuple[int, ...]
    channels: tuple[int, ...]


def encoder_layout(size: str) -> EncoderLayout:
    """The encoder of a size of ``SCALINGS``. Raises ``UsageError`` for another."""
    groups = scaled_groups(size)
    blocks: list[BlockLayout] = []
    ends: list[int] = []
    inputs = STEM
    for group in groups:
        for repeat in range(group.repeats):
            stride = group.stride if repeat == 0 else 1
            wide = inputs * group.expansion
            blocks.append(BlockLayout(inputs, wide, group.channels, group.kernel, stride))
            inputs = group.channels
        ends.append(len(blocks) - 1)
    return EncoderLayout(
        tuple(blocks),
        tuple(ends[number] for number in _LAST_OF_SIZE),
        tuple(groups[number].channels for number in _LAST_OF_SIZE),
    )
