"""Contrastive learning on the segments of a chapter: those of one thing near each other, others apart.

InfoNCE with several positives (Khosla et al., "Supervised contrastive learning", 2020): of each segment,
those of its colour in other windows are told from those of other colours. Where it is known whose segments
are, those of another figure are told from it whatever colour they have: blond hair is not everybody's.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from mangacolor.models.colour.segment_embedding import SegmentEmbedding
from mangacolor.stages.segments.features import AREA, AREA_STEPS, TONE, embedding_inputs
from mangacolor.training.auxiliary.chapters import UNKNOWN
from mangacolor.training.auxiliary.loop import Schedule
from mangacolor.training.auxiliary.segment_rows import LabelledSegments
from mangacolor.training.settings import number

# Two segments are of one colour up to these distances of a and b, and of L, and of two from the others on.
POSITIVE_MAX_CHROMA, NEGATIVE_MIN_CHROMA = 8.0, 14.0
POSITIVE_MAX_LIGHTNESS, NEGATIVE_MIN_LIGHTNESS = 20.0, 40.0
MIN_SPREAD = 0.02  # added to the spread of each input, of which some may hardly vary


@dataclass(frozen=True, slots=True)
class EmbeddingRecipe(Schedule):
    """Everything that decides the embedding, besides the data and the colour network."""

    steps: int = number(3000, at_least=1)  # 5 minutes on one core
    batch: int = number(1200, at_least=2)  # segments of a chapter that a step sees
    rate: float = number(1.5e-3, above=0, at_most=1)
    warm_up: int = number(50, at_least=1)
    floor: float = number(0.01, at_least=0, at_most=1)
    decay: float = number(0.05, at_least=0, at_most=1)
    ema: float = number(0.0, at_least=0, below=1)
    seed: int = number(77, at_least=0, at_most=2**32 - 1)
    chapters: int = number(600, at_least=1)  # 100 minutes on one core
    hidden: int = number(256, at_least=1, at_most=16384)
    size: int = number(64, at_least=1, at_most=16384)  # coordinates of a point
    dropout: float = number(0.2, at_least=0, below=1)
    temperature: float = number(0.1, above=0)  # by which similarities are divided
    tone: float = number(2.4, at_least=0)  # what its full range counts beside a point: it need not be learnt
    # Weight of having any segment of one's colour near, against having all of them near.
    any_positive_weight: float = number(0.6, at_least=0, at_most=1)


class EmbeddingNetwork(nn.Module):
    """What ``SegmentEmbedding`` computes, in training."""

    def __init__(self, mean: Tensor, spread: Tensor, recipe: EmbeddingRecipe) -> None:
        super().__init__()
        self.mean: Tensor
        self.spread: Tensor
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.first = nn.Linear(len(mean), recipe.hidden)
        self.second = nn.Linear(recipe.hidden, recipe.hidden)
        self.third = nn.Linear(recipe.hidden, recipe.size)
        self.dropout = nn.Dropout(recipe.dropout)

    def forward(self, rows: Tensor) -> Tensor:
        inputs = self.dropout((rows - self.mean) / self.spread)
        hidden = self.dropout(functional.relu(self.first(inputs)))
        hidden = hidden + functional.relu(self.second(hidden))
        return functional.normalize(self.third(hidden), dim=1)

    def export(self, maps: tuple[str, ...]) -> SegmentEmbedding:
        """The embedding as it is used; ``maps``: the colour network's feature maps that go in."""
        tensors = {"mean": self.mean, "spread": self.spread}
        tensors |= dict(self.named_parameters())
        arrays = {name: tensor.detach().cpu().numpy().astype(np.float64) for name, tensor in tensors.items()}
        return SegmentEmbedding(maps, arrays)


@dataclass(frozen=True, slots=True)
class ChapterTensors:
    """``LabelledSegments``, ready for the network: N rows each. ``weight``: what a segment counts."""

    inputs: Tensor
    tone: Tensor
    lab: Tensor
    window: Tensor
    weight: Tensor
    owner: Tensor

    def __len__(self) -> int:
        return len(self.tone)

    def draw(self, count: int, device: torch.device) -> ChapterTensors:
        """So many of the segments at random, on a device."""
        some = torch.randperm(len(self))[:count]
        return ChapterTensors(*(getattr(self, field.name)[some].to(device) for field in fields(self)))


def prepare_chapter(segments: LabelledSegments, votes: int) -> ChapterTensors:
    """What the network takes in of a chapter; ``votes``: colours of the palette, the last features."""
    area = np.exp2(segments.features[:, AREA] / AREA_STEPS)
    pure = 1 / (1 + (segments.deviation / POSITIVE_MAX_CHROMA) ** 2)  # what holds two colours is of neither
    return ChapterTensors(
        torch.from_numpy(embedding_inputs(segments.features, votes).astype(np.float32)),
        torch.from_numpy(segments.features[:, TONE] / np.float32(255)),
        torch.from_numpy(segments.lab),
        torch.from_numpy(segments.window),
        torch.from_numpy((area**0.25 * pure).astype(np.float32)),
        torch.from_numpy(segments.owner.astype(np.int64)),
    )


def create_network(chapters: list[ChapterTensors], recipe: EmbeddingRecipe) -> EmbeddingNetwork:
    """A fresh network that knows the mean and the spread of what it will take in."""
    some = torch.cat([chapter.inputs for chapter in chapters[:200]])
    return EmbeddingNetwork(some.mean(dim=0), some.std(dim=0) + MIN_SPREAD, recipe)


def compute_similarity(points: Tensor, tone: Tensor, tone_weight: float) -> Tensor:
    """N×N: the cosines of points (N×D), less half the squared distance of their tones (N, from 0 to 1)."""
    apart = tone_weight * (tone[:, None] - tone)
    return points @ points.T - apart**2 / 2


def contrastive_loss(similarity: Tensor, chapter: ChapterTensors, recipe: EmbeddingRecipe) -> Tensor:
    """The loss of N segments of a chapter; ``similarity``: N×N."""
    positive, negative = tell_pairs(chapter)
    similarity = similarity / recipe.temperature
    never = torch.finfo(similarity.dtype).min / 4
    negatives = torch.logsumexp(torch.where(negative, similarity, never), dim=1)
    positives = torch.logsumexp(torch.where(positive, similarity, never), dim=1)
    any_near = functional.softplus(negatives - positives)
    each = torch.where(positive, functional.softplus(negatives[:, None] - similarity), 0.0)
    all_near = each.sum(dim=1) / positive.sum(dim=1).clamp(min=1)
    share = recipe.any_positive_weight
    loss = share * any_near + (1 - share) * all_near
    weight = chapter.weight * positive.any(dim=1)
    return (loss * weight).sum() / weight.sum().clamp(min=1e-6)


def tell_pairs(chapter: ChapterTensors) -> tuple[Tensor, Tensor]:
    """Which pairs of N segments in different windows are one thing, and which surely are not: N×N each.

    What is of one colour to the eye and neither alike nor unlike enough is in neither.
    """
    lab, owner = chapter.lab, chapter.owner
    chroma, lightness = torch.cdist(lab[:, 1:], lab[:, 1:]), (lab[:, None, 0] - lab[:, 0]).abs()
    elsewhere = chapter.window[:, None] != chapter.window
    apart = (owner[:, None] != owner) & (owner[:, None] != UNKNOWN) & (owner != UNKNOWN)
    alike = (chroma < POSITIVE_MAX_CHROMA) & (lightness < POSITIVE_MAX_LIGHTNESS)
    unlike = (chroma > NEGATIVE_MIN_CHROMA) | (lightness > NEGATIVE_MIN_LIGHTNESS)
    return alike & ~apart & elsewhere, (unlike | apart) & elsewhere
