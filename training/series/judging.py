"""Whether what was learnt helps: colours of a page kept aside, and of other works, beside the base's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.models.colour.efficient_unet import EfficientUNet
from mangacolor.models.colour.palette_head import chroma_of
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.training.colour.dataset import random_crop, to_tensor
from mangacolor.training.data.synthesis import render
from mangacolor.training.evaluation.samples import KINDS, spread
from mangacolor.training.runs import mixed_precision
from mangacolor.training.series.lessons import WORKING_SIZE, Lesson

MOST_PROBES = 12  # panels that are looked at: a look is to cost seconds
COLOURED = 0.05  # length of a chroma (Cb and Cr in [-1, 1]) from which a pixel has a hue: six levels
WITHIN = float(np.cos(np.deg2rad(30.0)))  # how near a hue must come to the true one
FAINT = 0.01  # a shorter chroma is grey, and misses
TOGETHER = 4  # probes in one call of the network


@dataclass(frozen=True, slots=True)
class Judgement:
    """``error``: mean distance of the chroma from the true one, over that of a grey picture. ``hue``: share
    of coloured pixels whose hue is met within 30 degrees."""

    error: float
    hue: float

    @property
    def loss(self) -> float:
        """One number for both; less is better."""
        return self.error + 1.0 - self.hue


@dataclass(frozen=True, slots=True)
class Probes:
    """Fixed inputs N×1×S×S in [-1, 1] and the true chroma N×2×S/2×S/2; ``fits``: N×1×S/2×S/2, where the two
    go together."""

    grey: Tensor
    chroma: Tensor
    fits: Tensor

    def judge(self, network: EfficientUNet) -> Judgement:
        """How near its colours come."""
        parts = [slice(at, at + TOGETHER) for at in range(0, len(self.grey), TOGETHER)]

        def look(part: slice) -> F64:
            with torch.no_grad(), mixed_precision(self.grey.device):
                _, logits = network.luma_and_logits(self.grey[part])
            return _sums(network.palette.chroma(logits), self.chroma[part], self.fits[part])

        away, length, met, coloured = np.sum(parallel_map(look, parts), axis=0)
        return Judgement(float(away / max(length, 1e-9)), float(met / coloured) if coloured else 1.0)


def _sums(ours: Tensor, true: Tensor, fits: Tensor) -> F64:
    weight = fits[:, 0]
    far, near = true.norm(dim=1), ours.norm(dim=1)
    coloured = (far >= COLOURED) * weight
    cosine = (ours * true).sum(dim=1) / (far * near).clamp(min=1e-9)
    met = coloured * (near >= FAINT) * (cosine >= WITHIN)
    parts = ((ours - true).norm(dim=1) * weight, far * weight, met, coloured)
    return np.array([float(part.sum()) for part in parts])


def probes_of_lessons(lessons: Sequence[Lesson], device: torch.device) -> Probes:
    """Of panels kept aside, evenly spread; of two editions the real black-and-white one is an input, too."""
    cells = []
    for number, lesson in enumerate(lessons[at] for at in spread(len(lessons), MOST_PROBES)):
        colour = _cell(lesson.colour)
        fits = np.full(colour.shape[:2], 255, np.uint8)
        inputs = [render(colour, kind, np.random.default_rng((number, at))) for at, kind in enumerate(KINDS)]
        cells += [(grey, colour, fits) for grey in inputs]
        if lesson.grey is not None:
            where = fits if lesson.fits is None else _cell(lesson.fits.astype(np.uint8) * 255)
            cells.append((_cell(lesson.grey), colour, where))
    return _stacked(cells, device)


def probes_of_pictures(pictures: Sequence[Image], device: torch.device) -> Probes:
    """Of other works, a kind of input each in turn."""
    cells = []
    for number, picture in enumerate(pictures):
        colour = _cell(picture)
        grey = render(colour, KINDS[number % len(KINDS)], np.random.default_rng(number))
        cells.append((grey, colour, np.full(grey.shape, 255, np.uint8)))
    return _stacked(cells, device)


def _cell(picture: Image) -> Image:
    """A square of the picture at working scale, the same one of pictures of one size."""
    return random_crop(picture, WORKING_SIZE, WORKING_SIZE, (1.0, 1.0), np.random.default_rng(0))


def _stacked(cells: Sequence[tuple[Image, Image, Image]], device: torch.device) -> Probes:
    grey, colour, fits = (torch.stack([to_tensor(cell[at]) for cell in cells]).to(device) for at in range(3))
    half = WORKING_SIZE // 2, WORKING_SIZE // 2
    chroma = functional.interpolate(chroma_of(colour), half, mode="area")
    where = functional.interpolate(fits.add(1).div(2), half, mode="area")
    return Probes(grey.contiguous(memory_format=torch.channels_last), chroma, where)
