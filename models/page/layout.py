"""The page network and the descreener as numbers: their layers, for torch and for ncnn. No torch."""

from __future__ import annotations

from dataclasses import dataclass

PAGE_STRIDE = 32  # sides of the page network's input must be multiples of this
WIDTH = 16  # of the page network as it is bundled
ANSWERS = 2  # of the page network, for each pixel
NORM_EPS = 1e-5  # what its norms add to the variance

DESCREEN_STRIDE = 4  # sides of the descreener's input must be multiples of this
FINE, COARSE = 16, 32  # channels of the descreener at half the size, and at a quarter
DILATIONS = (1, 2, 4, 2, 1)  # of its coarse layers: together they see 40 pixels each way


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """A convolution, a norm and a ReLU."""

    inputs: int
    outputs: int
    stride: int = 1
    dilation: int = 1
    kernel: int = 3

    @property
    def padding(self) -> int:
        return self.dilation * (self.kernel // 2)


@dataclass(frozen=True, slots=True)
class JoinLayout:
    """Maps of two sizes mixed to ``outputs`` channels, and a block of these."""

    fine: int
    coarse: int
    outputs: int

    @property
    def block(self) -> BlockLayout:
        return BlockLayout(self.outputs, self.outputs)


def page_levels(w: int = WIDTH) -> dict[str, tuple[BlockLayout, ...]]:
    """The way down: its levels by name, each half the size of the one before."""
    return {
        "at2": (BlockLayout(1, w, stride=2, kernel=5), BlockLayout(w, w)),
        "at4": (BlockLayout(w, 2 * w, stride=2), BlockLayout(2 * w, 2 * w)),
        "at8": (BlockLayout(2 * w, 3 * w, stride=2), BlockLayout(3 * w, 3 * w)),
        "at16": (BlockLayout(3 * w, 4 * w, stride=2), BlockLayout(4 * w, 4 * w)),
        "at32": (
            BlockLayout(4 * w, 4 * w, stride=2),
            BlockLayout(4 * w, 4 * w),
            BlockLayout(4 * w, 4 * w, dilation=2),
        ),
    }


def page_joins(w: int = WIDTH) -> dict[str, JoinLayout]:
    """The way up, from a 16th of the size to a half."""
    return {
        "join16": JoinLayout(4 * w, 4 * w, 3 * w),
        "join8": JoinLayout(3 * w, 3 * w, 2 * w),
        "join4": JoinLayout(2 * w, 2 * w, 2 * w),
        "join2": JoinLayout(w, 2 * w, w),
    }
