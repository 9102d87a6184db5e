"""Crops to learn from: what step ``n`` sees depends on the seed and ``n`` alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mangacolor.core.types import Image
from mangacolor.training.colour.dataset import random_crop, to_bytes
from mangacolor.training.data.synthesis import damage_scan, synthesize
from mangacolor.training.data.warp import warp_picture
from mangacolor.training.series.dials import Dials
from mangacolor.training.series.lessons import WORKING_SIZE, Lesson

AHEAD = 2  # steps whose crops are made while one computes
HALVES = 2  # of a step, on a core each: the same sums on any number of cores


@dataclass(frozen=True, slots=True)
class Pair:
    """An input (S×S uint8), its target (S×S×3 uint8), and where they go together (S×S uint8, 0 or 255)."""

    grey: Image
    colour: Image
    fits: Image


@dataclass(frozen=True, slots=True)
class Batch:
    """Half a step. ``grey``: N×1×S×S, ``colour``: N×3×S×S, both in [-1, 1]; ``fits``: N×1×S×S, 0 to 1.

    The last ``rehearsed`` are of other works.
    """

    grey: Tensor
    colour: Tensor
    fits: Tensor
    rehearsed: int


@dataclass(frozen=True, slots=True)
class Crops:
    """Draws crops of lessons, and of pictures to rehearse; large panels as often as small ones."""

    lessons: Sequence[Lesson]
    rehearsal: Sequence[Image]
    dials: Dials
    seed: int

    def steps(self, count: int, device: torch.device) -> Iterator[list[Batch]]:
        """The halves of each step, made by another thread a little ahead."""
        with ThreadPoolExecutor(1) as pool:
            coming = [pool.submit(self.pairs, step) for step in range(min(AHEAD, count))]
            for step in range(count):
                halves = coming.pop(0).result()
                if step + AHEAD < count:
                    coming.append(pool.submit(self.pairs, step + AHEAD))
                yield [self._on_device(pairs, device) for pairs in halves]

    def pairs(self, step: int) -> list[list[Pair]]:
        """The pairs of each half of a step; those that are rehearsed come last."""
        size = self.dials.own + self.dials.rehearsed
        return [
            [self._draw(step, half * size + place, own=place < self.dials.own) for place in range(size)]
            for half in range(HALVES)
        ]

    def _draw(self, step: int, number: int, own: bool) -> Pair:
        rng = np.random.default_rng((self.seed, step, number))
        if not own:
            picture = self.rehearsal[int(rng.integers(len(self.rehearsal)))]
            return self._synthesise(self._crop(picture, int(rng.integers(2**32))), rng)
        lesson = self.lessons[int(rng.integers(len(self.lessons)))]
        where = int(rng.integers(2**32))  # the same crop of each of a lesson's pictures
        colour = self._crop(lesson.colour, where)
        if lesson.grey is None or rng.random() >= self.dials.real_pairs:
            return self._synthesise(colour, rng)
        grey = self._crop(lesson.grey, where)
        if rng.random() < self.dials.synthesis.scan_noise:
            grey = damage_scan(grey, rng)
        fits = np.full(grey.shape, 255, np.uint8)
        if lesson.fits is not None:
            fits = self._crop(lesson.fits.astype(np.uint8) * 255, where)
        return Pair(grey, colour, fits)

    def _crop(self, picture: Image, where: int) -> Image:
        rng = np.random.default_rng(where)
        crop = random_crop(picture, self.dials.size, WORKING_SIZE, self.dials.zoom, rng)
        return warp_picture(crop, self.dials.warp * float(rng.random()), rng) if self.dials.warp else crop

    def _synthesise(self, colour: Image, rng: np.random.Generator) -> Pair:
        grey, target = synthesize(colour, "mixed", rng, self.dials.synthesis)
        return Pair(grey, target, np.full(grey.shape, 255, np.uint8))

    def _on_device(self, pairs: Sequence[Pair], device: torch.device) -> Batch:
        def stacked(pictures: Sequence[Image]) -> Tensor:
            stack = torch.stack([to_bytes(picture) for picture in pictures]).to(device).float()
            return stack.contiguous(memory_format=torch.channels_last)

        grey, colour = (
            stacked(pictures).div_(127.5).sub_(1.0)
            for pictures in ([pair.grey for pair in pairs], [pair.colour for pair in pairs])
        )
        fits = stacked([pair.fits for pair in pairs]).div_(255)
        return Batch(grey, colour, fits, self.dials.rehearsed)
