"""Crops for training: item ``i`` depends only on the seed and ``i``, so a resumed run goes on exactly."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.colour.distributed import World
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.data.sources import fitting
from mangacolor.training.data.synthesis import Synthesis, synthesize, wanted_enlargement
from mangacolor.training.data.warp import warp_picture
from mangacolor.training.data.whitening import whiten
from mangacolor.training.runs import leave_signals

TensorPair = tuple[torch.Tensor, torch.Tensor]


class PictureMix:
    """Pictures to draw from, each source as often as its weight says. Sources without weight are left out.

    Raises ``InputError`` for a source that has no pictures.
    """

    def __init__(self, sources: Sequence[Source], pictures: Sequence[Picture]) -> None:
        self.groups = [
            (source, [picture for picture in pictures if picture.source == source.folder])
            for source in sources
            if source.weight > 0
        ]
        for source, members in self.groups:
            if not members:
                raise InputError(f"no pictures of {source.folder}", "take it out, or add pictures")
        weights = np.array([source.weight for source, _ in self.groups])
        self.shares = weights / weights.sum()

    def draw(self, rng: np.random.Generator) -> tuple[Source, Picture]:
        source, members = self.groups[int(rng.choice(len(self.groups), p=self.shares))]
        return source, members[int(rng.integers(len(members)))]


class CropDataset(Dataset[TensorPair]):
    """Item ``i``: input 1×S×S and target 3×S×S, uint8, as small as they travel between processes.

    ``working_size``: the short side, in pixels, that a zoom of 1 gives a picture; ``size``: the crop's.
    ``warp``: how far crops are bent (``warp.py``); a crop is bent by anything up to that. ``whitened``: share
    of a source's crops in which a colour becomes white (``whitening.py``), by patterns of its folder.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        pictures: Sequence[Picture],
        size: int,
        length: int,
        seed: int,
        synthesis: Synthesis | None = None,
        kind: str = "mixed",
        working_size: int = 256,
        warp: float = 0.0,
        whitened: Mapping[str, float] | None = None,
    ) -> None:
        self.mix = PictureMix(sources, pictures)
        self.size, self.length, self.seed, self.kind = size, length, seed, kind
        self.working_size, self.warp = working_size, warp
        self.synthesis = synthesis or Synthesis()
        self.whitened = whitened or {}

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> TensorPair:
        grey, colour = self.pair(index)
        return to_bytes(grey), to_bytes(colour)

    def pair(self, index: int) -> tuple[Image, Image]:
        """The pair as pictures: input S×S uint8 and target S×S×3 uint8."""
        # OpenCV's own threads would fight with those of torch and of the other loaders.
        cv2.setNumThreads(0)
        rng = np.random.default_rng((self.seed, index))
        source, picture = self.mix.draw(rng)
        kind = self.synthesis.some_kind(rng) if self.kind == "mixed" else self.kind
        enlarged = wanted_enlargement(kind)
        size, working_size = enlarged * self.size, enlarged * self.working_size
        crop = random_crop(picture.pixels, size, working_size, source.zoom, rng)
        if self.warp:
            crop = warp_picture(crop, self.warp * float(rng.random()), rng)
        if self.whitened and rng.random() < fitting(source.folder, self.whitened, 0.0):
            crop = whiten(crop, rng)
        return synthesize(crop, kind, rng, self.synthesis, enlarged)


def random_crop(
    pixels: Image, size: int, working_size: int, zoom: tuple[float, float], rng: np.random.Generator
) -> Image:
    """A ``size``×``size`` crop at a random scale, mirrored half of the time."""
    height, width = pixels.shape[:2]
    scale = float(np.exp(rng.uniform(*np.log(zoom)))) * working_size / min(height, width)
    side = min(round(size / scale), height, width)
    y, x = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
    crop = pixels[y : y + side, x : x + side]
    method = cv2.INTER_AREA if side > size else cv2.INTER_CUBIC
    scaled = cv2.resize(crop, (size, size), interpolation=method)
    return np.ascontiguousarray(scaled[:, ::-1] if rng.random() < 0.5 else scaled, dtype=np.uint8)


class StepSampler(Sampler[list[int]]):
    """The items of each batch of one process, from item ``start`` on: a step's are shared out among all."""

    def __init__(self, start: int, length: int, batch: int, world: World) -> None:
        self.start, self.length, self.batch, self.world = start, length, batch, world

    def __iter__(self) -> Iterator[list[int]]:
        first = self.start + self.world.rank * self.batch
        for at in range(first, self.length, self.batch * self.world.size):
            yield list(range(at, at + self.batch))


def read_batches(
    dataset: CropDataset, sampler: StepSampler, device: torch.device, workers: int
) -> Generator[TensorPair]:
    """Batches of crops on ``device``: N×1×S×S and N×3×S×S, float32 in [-1, 1], channels last.

    ``workers``: processes that prepare them, until it is closed; 0: this one.
    """
    loader = DataLoader(
        dataset,
        batch_sampler=sampler,
        num_workers=workers,
        pin_memory=device.type == "cuda",
        worker_init_fn=leave_signals,
        generator=torch.Generator(),  # else a number is drawn that dropout would have had
    )
    for grey, colour in loader:
        yield _scaled(grey, device), _scaled(colour, device)


def _scaled(pictures: torch.Tensor, device: torch.device) -> torch.Tensor:
    values = pictures.to(device, non_blocking=True).float().div_(127.5).sub_(1.0)
    return values.contiguous(memory_format=torch.channels_last)


def to_bytes(picture: Image) -> torch.Tensor:
    """H×W or H×W×3 uint8 to C×H×W uint8."""
    array = picture[None] if picture.ndim == 2 else picture.transpose(2, 0, 1)
    return torch.from_numpy(np.ascontiguousarray(array))


def to_tensor(picture: Image) -> torch.Tensor:
    """H×W or H×W×3 uint8 to C×H×W float32 in [-1, 1]."""
    return to_bytes(picture).float().div_(127.5).sub_(1.0)


def to_picture(tensor: torch.Tensor) -> Image:
    """C×H×W in [-1, 1] to H×W×3 uint8; one channel is repeated."""
    array = tensor.detach().float().add(1.0).mul(127.5).round().clamp(0, 255).byte().cpu().numpy()
    if array.shape[0] == 1:
        array = array.repeat(3, axis=0)
    return np.ascontiguousarray(array.transpose(1, 2, 0))
