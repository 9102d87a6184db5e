"""Train the embedding of a colour network's surfaces.

    python -m mangacolor.training.auxiliary.segment_embedding --data PACK --rows FOLDER [--weights NAME|FILE]

Chapters are made up (``surface_chapters``) and coloured, and their surfaces gathered in FOLDER, from where a
stopped run goes on. The embedding then learns to put surfaces of one chapter near each other if their true
colours are the same: of each surface, those of its colour in other windows are told from those of other
colours (InfoNCE with several positives: Khosla et al., "Supervised contrastive learning", 2020).
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.core.atomic import write_atomic
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.folded import MAPS
from mangacolor.models.colour.prediction import VOTES
from mangacolor.models.colour.runner import colour_runner
from mangacolor.models.colour.segment_embedding import SegmentEmbedding, embedding_bytes, embedding_path
from mangacolor.models.files.reading import DESCREENER, sha256_of, weights_path
from mangacolor.stages.segments.features import AREA, AREA_STEPS, TONE, embedding_inputs
from mangacolor.training.auxiliary.chapters import make_library
from mangacolor.training.auxiliary.segment_rows import Rows, gathered
from mangacolor.training.data.pack import read_pack

# Distances of a and b, and of L, up to which two surfaces are of one colour, and from which they are not.
SAME, OTHER = 8.0, 14.0
SAME_LIGHT, OTHER_LIGHT = 20.0, 40.0


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the embedding, besides the data and the colour network."""

    chapters: int = 600  # 30 minutes on one core
    steps: int = 3000  # 5 minutes
    surfaces: int = 1200  # of a chapter that a step sees
    hidden: int = 256
    size: int = 64
    dropout: float = 0.2
    warmth: float = 0.1  # by which likenesses are divided
    tone: float = 2.4  # what its full range counts beside a point: it need not be learnt
    nearest: float = 0.6  # weight of having any surface of one's colour near, against having all of them near
    rate: float = 1.5e-3
    decay: float = 0.05
    seed: int = 77


class Network(nn.Module):
    """What ``SegmentEmbedding`` computes, in training."""

    def __init__(self, mean: Tensor, spread: Tensor, recipe: Recipe) -> None:
        super().__init__()
        self.mean, self.spread = mean, spread
        self.first = nn.Linear(len(mean), recipe.hidden)
        self.second = nn.Linear(recipe.hidden, recipe.hidden)
        self.third = nn.Linear(recipe.hidden, recipe.size)
        self.dropout = nn.Dropout(recipe.dropout)

    def forward(self, rows: Tensor) -> Tensor:
        given = self.dropout((rows - self.mean) / self.spread)
        hidden = self.dropout(functional.relu(self.first(given)))
        hidden = hidden + functional.relu(self.second(hidden))
        return functional.normalize(self.third(hidden), dim=1)

    def finished(self, maps: tuple[str, ...]) -> SegmentEmbedding:
        tensors = {"mean": self.mean, "spread": self.spread}
        tensors |= dict(self.named_parameters())
        arrays = {name: tensor.detach().numpy().astype(np.float64) for name, tensor in tensors.items()}
        return SegmentEmbedding(maps, arrays)


def likenesses(points: Tensor, tone: Tensor, recipe: Recipe) -> Tensor:
    """N×N: the cosines of points (N×D), less half the squared distance of their tones (N, from 0 to 1)."""
    apart = recipe.tone * (tone[:, None] - tone)
    return points @ points.T - apart**2 / 2


def contrast(likeness: Tensor, lab: Tensor, window: Tensor, weight: Tensor, recipe: Recipe) -> Tensor:
    """The loss of a chapter: ``likeness`` N×N, true ``lab`` N×3, ``window`` and ``weight`` N."""
    chroma, light = torch.cdist(lab[:, 1:], lab[:, 1:]), (lab[:, None, 0] - lab[:, 0]).abs()
    elsewhere = window[:, None] != window
    same = (chroma < SAME) & (light < SAME_LIGHT) & elsewhere
    other = ((chroma > OTHER) | (light > OTHER_LIGHT)) & elsewhere
    likeness = likeness / recipe.warmth
    never = torch.finfo(likeness.dtype).min / 4
    rivals = torch.logsumexp(torch.where(other, likeness, never), dim=1)
    friends = torch.logsumexp(torch.where(same, likeness, never), dim=1)
    any_near = functional.softplus(rivals - friends)
    each = torch.where(same, functional.softplus(rivals[:, None] - likeness), 0.0)
    all_near = each.sum(dim=1) / same.sum(dim=1).clamp(min=1)
    value = recipe.nearest * any_near + (1 - recipe.nearest) * all_near
    weight = weight * same.any(dim=1)
    return (value * weight).sum() / weight.sum().clamp(min=1e-6)


@dataclass(frozen=True, slots=True)
class Chapter:
    """The same as ``Rows``, ready for the network. ``weight``: what a surface counts."""

    inputs: Tensor
    tone: Tensor
    lab: Tensor
    window: Tensor
    weight: Tensor


def ready(rows: Rows, votes: int) -> Chapter:
    area = np.exp2(rows.table[:, AREA] / AREA_STEPS)
    pure = 1 / (1 + (rows.stray / SAME) ** 2)  # what holds two colours is of neither
    return Chapter(
        torch.from_numpy(embedding_inputs(rows.table, votes).astype(np.float32)),
        torch.from_numpy(rows.table[:, TONE] / np.float32(255)),
        torch.from_numpy(rows.lab),
        torch.from_numpy(rows.window),
        torch.from_numpy((area**0.25 * pure).astype(np.float32)),
    )


def train(chapters: list[Chapter], recipe: Recipe) -> Network:
    """An embedding that learnt from these chapters."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    some = torch.cat([one.inputs for one in chapters[:200]])
    network = Network(some.mean(dim=0), some.std(dim=0) + 0.02, recipe)
    optimizer = torch.optim.AdamW(network.parameters(), recipe.rate, weight_decay=recipe.decay)
    running = 0.0
    for step in range(1, recipe.steps + 1):
        fall = 0.51 + 0.5 * float(np.cos(np.pi * step / recipe.steps))
        for group in optimizer.param_groups:
            group["lr"] = recipe.rate * min(1.0, step / 50) * fall
        one = chapters[int(rng.integers(len(chapters)))]
        some = torch.randperm(len(one.tone))[: recipe.surfaces]
        likeness = likenesses(network(one.inputs[some]), one.tone[some], recipe)
        value = contrast(likeness, one.lab[some], one.window[some], one.weight[some], recipe)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        running += (float(value.detach()) - running) / min(step, 200)
        if step % 100 == 0:
            sys.stderr.write(f"step {step}  loss {running:.3f}\n")
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="a data pack")
    parser.add_argument("--rows", type=Path, required=True, help="where gathered surfaces are kept")
    parser.add_argument("--weights", default="default", help="of the colour network")
    parser.add_argument("--out", type=Path, help="beside the weights by default")
    parser.add_argument("--chapters", type=int, default=Recipe().chapters)
    parser.add_argument("--steps", type=int, default=Recipe().steps)
    options = parser.parse_args()
    recipe = Recipe(chapters=options.chapters, steps=options.steps)
    runner = colour_runner(load_generator(options.weights))
    if VOTES in runner.feature_maps:  # the others have no more maps than these
        runner = replace(runner, feature_maps=(*MAPS[1:], VOTES))
    library = make_library(*read_pack(options.data))
    votes = len(runner.palette)
    # Other weights see other things, and another descreener leads to other surfaces.
    files = (weights_path(options.weights), DESCREENER)
    folder = options.rows / "-".join(sha256_of(file)[:12] for file in files)
    rows = gathered(folder, library, runner, recipe.chapters, recipe.seed)
    chapters = [ready(one, votes) for one in rows]
    sys.stderr.write(f"{sum(len(one.tone) for one in chapters)} surfaces\n")
    embedding = train(chapters, recipe).finished(runner.feature_maps)
    out = options.out or embedding_path(options.weights)
    write_atomic(out, embedding_bytes(embedding, options.weights, "CC-BY-SA-4.0"))


if __name__ == "__main__":
    main()
