"""Contrastive learning on the segments of a chapter: those of one thing near each other, others apart.

InfoNCE with several positives (Khosla et al., "Supervised contrastive learning", 2020): of each segment,
those of its colour in other windows are told from those of other colours. Where it is known whose segments
are, those of another figure are told from it whatever colour they have: blond hair is not everybody's.

``EmbeddingRecipe`` is for what ``harmonize`` compares by. ``IdentityRecipe`` is for what edits reach by: it
has votes and tone beside the point, as edits do, so that it learns what these do not say; and pairs in one
window count, since an edit is to reach the rest of a thing in its own panel.
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
    votes: float = number(0.0, at_least=0)  # what their direction counts beside a point
    # Weight of having those of one's own window near, against those of others; 0: no pair in a window counts.
    own_window: float = number(0.0, at_least=0)


@dataclass(frozen=True, slots=True)
class IdentityRecipe(EmbeddingRecipe):
    """The same for the identity embedding."""

    steps: int = number(1300, at_least=1)  # 3 minutes on one core
    chapters: int = number(120, at_least=1)  # 20 minutes on one core
    votes: float = number(0.9, at_least=0)
    tone: float = number(5.0, at_least=0)
    own_window: float = number(1.0, at_least=0)


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
    """``LabelledSegments``, ready for the network: N rows each. ``votes``: their directions, of length 1.
    ``weight``: what a segment counts."""

    inputs: Tensor
    tone: Tensor
    votes: Tensor
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
    told = torch.from_numpy(segments.features[:, segments.features.shape[1] - votes :].astype(np.float32))
    pure = 1 / (1 + (segments.deviation / POSITIVE_MAX_CHROMA) ** 2)  # what holds two colours is of neither
    return ChapterTensors(
        torch.from_numpy(embedding_inputs(segments.features, votes).astype(np.float32)),
        torch.from_numpy(segments.features[:, TONE] / np.float32(255)),
        functional.normalize(told, dim=1),
        torch.from_numpy(segments.lab),
        torch.from_numpy(segments.window),
        torch.from_numpy((area**0.25 * pure).astype(np.float32)),
        torch.from_numpy(segments.owner.astype(np.int64)),
    )


def create_network(chapters: list[ChapterTensors], recipe: EmbeddingRecipe) -> EmbeddingNetwork:
    """A fresh network that knows the mean and the spread of what it will take in."""
    some = torch.cat([chapter.inputs for chapter in chapters[:200]])
    return EmbeddingNetwork(some.mean(dim=0), some.std(dim=0) + MIN_SPREAD, recipe)


def compute_similarity(points: Tensor, chapter: ChapterTensors, recipe: EmbeddingRecipe) -> Tensor:
    """N×N: the cosines of points (N×D), less half the squared distances of tones and of votes."""
    apart = recipe.tone * (chapter.tone[:, None] - chapter.tone)
    similarity = points @ points.T - apart**2 / 2
    if not recipe.votes:
        return similarity
    return similarity + recipe.votes**2 * (chapter.votes @ chapter.votes.T - 1)


def contrastive_loss(similarity: Tensor, chapter: ChapterTensors, recipe: EmbeddingRecipe) -> Tensor:
    """The loss of N segments of a chapter; ``similarity``: N×N."""
    positive, negative, elsewhere = tell_pairs(chapter)
    if not recipe.own_window:
        negative = negative & elsewhere
    similarity = similarity / recipe.temperature
    negatives = _log_sum(similarity, negative)
    total = weights = torch.zeros((), device=similarity.device)
    for own, share in ((positive & elsewhere, 1.0), (positive & ~elsewhere, recipe.own_window)):
        if share:
            loss = _loss_of(similarity, negatives, own, recipe)
            weight = share * chapter.weight * own.any(dim=1)
            total, weights = total + (loss * weight).sum(), weights + weight.sum()
    return total / weights.clamp(min=1e-6)


def _loss_of(similarity: Tensor, negatives: Tensor, positive: Tensor, recipe: EmbeddingRecipe) -> Tensor:
    """Of each of N segments, against its ``negatives`` (N): that any positive is near, and that all are."""
    any_near = functional.softplus(negatives - _log_sum(similarity, positive))
    each = torch.where(positive, functional.softplus(negatives[:, None] - similarity), 0.0)
    all_near = each.sum(dim=1) / positive.sum(dim=1).clamp(min=1)
    return recipe.any_positive_weight * any_near + (1 - recipe.any_positive_weight) * all_near


def _log_sum(similarity: Tensor, pairs: Tensor) -> Tensor:
    """The logarithm of the sum over some pairs of N×N, of each row."""
    never = torch.finfo(similarity.dtype).min / 4
    return torch.logsumexp(torch.where(pairs, similarity, never), dim=1)


def tell_pairs(chapter: ChapterTensors) -> tuple[Tensor, Tensor, Tensor]:
    """Which pairs of N segments are one thing, surely are not, and lie in different windows: N×N each.

    What is of one colour to the eye and neither alike nor unlike enough is in neither of the first two, nor
    is a segment with itself.
    """
    lab, owner = chapter.lab, chapter.owner
    chroma, lightness = torch.cdist(lab[:, 1:], lab[:, 1:]), (lab[:, None, 0] - lab[:, 0]).abs()
    others = ~torch.eye(len(lab), dtype=torch.bool, device=lab.device)
    elsewhere = chapter.window[:, None] != chapter.window
    apart = (owner[:, None] != owner) & (owner[:, None] != UNKNOWN) & (owner != UNKNOWN)
    alike = (chroma < POSITIVE_MAX_CHROMA) & (lightness < POSITIVE_MAX_LIGHTNESS)
    unlike = (chroma > NEGATIVE_MIN_CHROMA) | (lightness > NEGATIVE_MIN_LIGHTNESS)
    return alike & ~apart & others, unlike | apart, elsewhere
