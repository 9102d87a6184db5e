"""Train the balloon network: ``python -m mangacolor.training.auxiliary.balloons --data DIR --out FILE``.

DIR holds ``peppercarrot_lettered`` and ``peppercarrot_art`` (the same pages with and without
lettering) and any folders of pictures without lettering, which made-up pages are built from.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mangacolor.core.types import Image
from mangacolor.models.page.page_net import PageNet
from mangacolor.training.colour.trainer import has_bfloat16
from mangacolor.training.pages.balloon_truth import balloon_truth
from mangacolor.training.pages.balloons import UNKNOWN, LabelledPage, lettered_page, made_up_page

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights, besides the data and the machine's speed."""

    minutes: float = 30.0
    crop: int = 256  # pixels at working scale, a multiple of 32
    batch: int = 8
    side: int = 1024  # long side of a page as drawn, in pixels
    scale: float = 0.75  # from there to the working scale, on average
    rate: float = 3e-3
    lettered: float = 0.4  # share of real lettered pages in the pool
    pool: int = 48  # pages held ready; one is new every fourth step
    lettering: float = 0.3  # weight of the helper task
    seed: int = 7


def read(path: Path, longest: int) -> Image:
    """A picture as RGB on white, shrunk to ``longest``."""
    raw = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if raw is None or raw.ndim != 3:
        raise ValueError(f"{path} is no colour picture")
    picture: npt.NDArray[Any] = raw[..., 2::-1].astype(np.float32)
    if raw.shape[2] == 4:
        cover = raw[..., 3:].astype(np.float32) / 255
        picture = picture * cover + 255 * (1 - cover)
    scale = min(1.0, longest / max(raw.shape[:2]))
    size = (max(1, round(raw.shape[1] * scale)), max(1, round(raw.shape[0] * scale)))
    return np.ascontiguousarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA).round(), np.uint8)


def read_sources(
    data: Path, leave_out: str, each: int, rng: np.random.Generator
) -> Iterator[tuple[str, list[Image]]]:
    """The folders of ``data`` but for one, by name, with at most ``each`` pictures of each."""
    for folder in sorted(path for path in data.iterdir() if path.is_dir() and path.name != leave_out):
        files = sorted(folder.rglob("*.webp"))
        yield folder.name, [read(files[index], 1400) for index in rng.permutation(len(files))[:each]]


def some_of(pictures: list[list[Image]], rng: np.random.Generator) -> list[Image]:
    """Twelve pictures. Sources take turns, however many files they have: figures on white are rare."""
    picks = rng.choice(len(pictures), 12)
    return [pictures[i][int(rng.integers(len(pictures[i])))] for i in picks]


@dataclass(frozen=True, slots=True)
class Corpus:
    """Pictures without lettering, by source, and triples of art, lettered page and label."""

    pictures: list[list[Image]]
    lettered: list[tuple[Image, Image, Image]]

    @classmethod
    def load(cls, data: Path, side: int, each: int, rng: np.random.Generator) -> Corpus:
        pairs = data / "peppercarrot_lettered"
        sources = [pictures for _, pictures in read_sources(data, pairs.name, each, rng)]
        lettered = []
        for path in sorted(pairs.rglob("*.webp")):
            page, art = read(path, 4000), read(data / "peppercarrot_art" / path.relative_to(pairs), 4000)
            if page.shape != art.shape:
                continue
            label = balloon_truth(page, art)
            size = (round(page.shape[1] * side / page.shape[0]), side)
            lettered.append(
                (
                    np.asarray(cv2.resize(art, size, interpolation=cv2.INTER_AREA), np.uint8),
                    np.asarray(cv2.resize(page, size, interpolation=cv2.INTER_AREA), np.uint8),
                    np.asarray(cv2.resize(label, size, interpolation=cv2.INTER_NEAREST), np.uint8),
                )
            )
        return cls(sources, lettered)

    def page(self, recipe: Recipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page of a random kind."""
        if rng.random() < recipe.lettered:
            return lettered_page(*self.lettered[int(rng.integers(len(self.lettered)))], rng)
        return made_up_page(some_of(self.pictures, rng), rng, recipe.side)


def crop(page: LabelledPage, size: int, scale: float, rng: np.random.Generator) -> tuple[Image, Image, Image]:
    """A square of the page at about ``scale``, half of the time around some balloon."""
    zoom = float(scale * rng.uniform(0.7, 1.4))
    span = min(int(size / zoom), *page.luma.shape)
    limit_y, limit_x = page.luma.shape[0] - span, page.luma.shape[1] - span
    y, x = int(rng.integers(limit_y + 1)), int(rng.integers(limit_x + 1))
    if rng.random() < 0.5:
        rows, columns = np.nonzero(page.label[::8, ::8] == 255)
        if rows.size:
            pick = int(rng.integers(rows.size))
            y = int(np.clip(rows[pick] * 8 - rng.integers(span), 0, limit_y))
            x = int(np.clip(columns[pick] * 8 - rng.integers(span), 0, limit_x))
    window = np.s_[y : y + span, x : x + span]
    luma = cv2.resize(
        page.luma[window], (size, size), interpolation=cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    )
    half = (size // 2, size // 2)
    label = cv2.resize(page.label[window], half, interpolation=cv2.INTER_NEAREST)
    strokes = cv2.resize(page.strokes[window], half, interpolation=cv2.INTER_AREA)
    return np.asarray(luma, np.uint8), np.asarray(label, np.uint8), np.asarray(strokes, np.uint8)


def loss(logits: Tensor, label: Tensor, strokes: Tensor, weight: float) -> Tensor:
    """Cross-entropy and soft Dice for balloons, cross-entropy for their lettering; unknown left out."""
    known = (label != UNKNOWN).float()
    target = (label == 255).float()
    chance = torch.sigmoid(logits[:, 0]) * known
    entropy = F.binary_cross_entropy_with_logits(logits[:, 0], target, weight=known)
    dice = 1 - (2 * (chance * target).sum() + 100) / (chance.sum() + target.sum() + 100)
    helper = F.binary_cross_entropy_with_logits(logits[:, 1], strokes.float() / 255, weight=known)
    return entropy + 0.3 * dice + weight * helper


class Pages(Protocol):
    """Where pages to learn from come from."""

    def page(self, recipe: Recipe, rng: np.random.Generator) -> LabelledPage:
        """A fresh page of a random kind."""


def train(corpus: Pages, recipe: Recipe, out: Path, start: Path | None = None) -> None:
    """Train for ``recipe.minutes`` and write the weights to ``out``, now and then and at the end.

    With ``start`` the network, but for its last layer, begins with the weights of that file.
    """
    rng = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    network = PageNet().to(memory_format=torch.channels_last)
    halves = has_bfloat16(torch.device("cpu"))
    if start is not None:
        known = {name: value for name, value in load_file(start).items() if not name.startswith("head.")}
        network.load_state_dict(known, strict=False)
    averaging = get_ema_multi_avg_fn(0.99)  # type: ignore[no-untyped-call]
    average = AveragedModel(network, multi_avg_fn=averaging, use_buffers=True)
    optimizer = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=1e-4)
    pool = deque((corpus.page(recipe, rng) for _ in range(12)), maxlen=recipe.pool)
    began, step, running = time.monotonic(), 0, 0.0
    while (spent := (time.monotonic() - began) / (60 * recipe.minutes)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, (step + 1) / 30) * (0.5 + 0.5 * float(np.cos(np.pi * spent)))
        if step % 4 == 0:  # drawing a page costs as much as learning from a batch
            pool.append(corpus.page(recipe, rng))
        crops = [
            crop(pool[int(i)], recipe.crop, recipe.scale, rng)
            for i in rng.integers(len(pool), size=recipe.batch)
        ]
        luma, label, strokes = (torch.from_numpy(np.stack(parts)) for parts in zip(*crops, strict=True))
        inputs = (luma[:, None].float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=halves):
            logits = network(inputs)
        value = loss(logits.float(), label, strokes, recipe.lettering)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        average.update_parameters(network)
        step += 1
        running += (float(value.detach()) - running) / min(step, 100)
        if step % 50 == 0:
            sys.stderr.write(f"step {step}  {spent:.0%}  loss {running:.4f}\n")
        if step % 100 == 0:
            save(average.module, recipe, step, out)
    save(average.module, recipe, step, out)


def save(network: Any, recipe: DataclassInstance, step: int, out: Path) -> None:
    """Half-precision weights; batch statistics stay in single, their small variances need it."""
    state = {
        key: (value.half() if value.is_floating_point() and "running" not in key else value).contiguous()
        for key, value in network.state_dict().items()
        if "num_batches" not in key
    }
    about = {"recipe": json.dumps(asdict(recipe)), "steps": str(step), "licence": "CC-BY-SA-4.0"}
    save_file(state, out, about)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=Recipe().minutes)
    parser.add_argument("--pictures", type=int, default=260, help="at most so many of a folder")
    options = parser.parse_args()
    recipe = Recipe(minutes=options.minutes)
    corpus = Corpus.load(options.data, recipe.side, options.pictures, np.random.default_rng(recipe.seed))
    train(corpus, recipe, options.out)


if __name__ == "__main__":
    main()
