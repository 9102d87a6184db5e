"""Training the embeddings of a colour network's segments: ``mangacolor train --network segments``, or
``identity``.

Chapters are made up (``chapters``) and coloured, and their segments gathered in a folder, from where a
stopped run goes on, and which both embeddings can learn from. An embedding then learns to put segments of one
chapter near each other if their true colours are the same and no two figures have them (``contrastive``). It
is written beside the weights of its colour network.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from mangacolor.core.atomic import write_atomic
from mangacolor.core.errors import UsageError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.wording import counted
from mangacolor.models.colour.checkpoints import load_generator
from mangacolor.models.colour.efficient_layout import MAPS
from mangacolor.models.colour.prediction import VOTES
from mangacolor.models.colour.runner import ColourRunner, colour_runner
from mangacolor.models.colour.segment_embedding import (
    IDENTITY,
    SAME_COLOUR,
    EmbeddingKind,
    embedding_bytes,
    embedding_path,
    load_embedding,
)
from mangacolor.models.colour.series.weights import open_weights
from mangacolor.models.files.reading import DESCREENER, weights_path
from mangacolor.training.auxiliary.contrastive import (
    ChapterTensors,
    EmbeddingNetwork,
    EmbeddingRecipe,
    IdentityRecipe,
    compute_similarity,
    contrastive_loss,
    create_network,
    prepare_chapter,
)
from mangacolor.training.auxiliary.library import make_library
from mangacolor.training.auxiliary.loop import choose_recipe, run_task
from mangacolor.training.auxiliary.segment_cohort import CohortDraw
from mangacolor.training.auxiliary.segment_rows import ROWS_VERSION, gather_chapters, note_origin
from mangacolor.training.data.sources import load_pictures
from mangacolor.training.networks import TrainOutcome, TrainRequest
from mangacolor.training.run_folder import GO_ON, LICENCE

# Pixels of the short side of pictures, at most (times a surplus): windows are drawn at drawing scale.
PICTURE_SIZE = 512


@dataclass(slots=True)
class EmbeddingTask:
    """The contrastive loss of a random part of a random chapter."""

    network: nn.Module
    chapters: list[ChapterTensors]
    recipe: EmbeddingRecipe
    name: str = SAME_COLOUR.network
    unit: float = 1.0

    def loss(self, _step: int, rng: np.random.Generator, device: torch.device) -> Tensor:
        chapter = self.chapters[int(rng.integers(len(self.chapters)))].draw(self.recipe.batch, device)
        similarity = compute_similarity(self.network(chapter.inputs), chapter, self.recipe)
        return contrastive_loss(similarity, chapter, self.recipe)

    def save(self, network: nn.Module, step: int, run: Path) -> None:
        """Nothing: an embedding that is not finished must not lie beside its weights."""


def make_task(
    chapters: list[ChapterTensors], recipe: EmbeddingRecipe, name: str = SAME_COLOUR.network
) -> EmbeddingTask:
    """A fresh network and what it is to learn from."""
    torch.manual_seed(recipe.seed)
    return EmbeddingTask(create_network(chapters, recipe), chapters, recipe, name)


def train(request: TrainRequest) -> TrainOutcome:
    """Train what ``harmonize`` compares by, for ``request.weights``, on the pictures of ``request.data``."""
    return _train(request, SAME_COLOUR, EmbeddingRecipe())


def train_identity(request: TrainRequest) -> TrainOutcome:
    """Train what edits reach by, likewise. The weights must have the other embedding, of the features that
    are shown to this one. Raises ``UsageError``, or ``SetupError`` where that cannot be read."""
    return _train(request, IDENTITY, IdentityRecipe())


def _train(request: TrainRequest, kind: EmbeddingKind, default: EmbeddingRecipe) -> TrainOutcome:
    _check_weights(request.weights)
    recipe = choose_recipe(request, kind.network, default)
    runner = _runner(request.weights)
    if kind is IDENTITY:
        _check_beside(request.weights, runner)
    sources, pictures = load_pictures(request.data, request.say, request.sources, PICTURE_SIZE)
    library = make_library(sources, pictures)
    # Other weights see other things, and another descreener leads to other segments.
    files = (weights_path(request.weights), DESCREENER)
    key = "-".join((*(sha256_of(file)[:12] for file in files), ROWS_VERSION))
    folder = (request.rows or request.run / "rows") / key
    votes = len(runner.palette)
    shares = {source.folder: source.weight for source in sources}
    counts = Counter(picture.source for picture in pictures)
    note_origin(folder, {"seed": recipe.seed, "shares": shares, "pictures": counts}, request.say)
    gathered = gather_chapters(folder, library, runner, recipe.chapters, recipe.seed, request.say)
    draw = CohortDraw(recipe.chapters, recipe.seed)
    chapters = [prepare_chapter(segments, votes) for segments in draw.watch(gathered)]
    request.say(counted(sum(len(chapter) for chapter in chapters), "segment"))
    trained = run_task(make_task(chapters, recipe, kind.network), recipe, request)
    outcome = trained.outcome()
    if trained.signal:
        return replace(outcome, message=f"{outcome.message}; {GO_ON}")
    embedding = cast(EmbeddingNetwork, trained.network).export(runner.feature_maps)
    path = embedding_path(request.weights, kind)
    write_atomic(path, embedding_bytes(embedding, request.weights, LICENCE, kind))
    if kind is IDENTITY:
        draw.write(request.weights, votes, LICENCE)
    return replace(outcome, message=f"{outcome.message}: {path}")


def _check_weights(weights: str) -> None:
    """Raise ``UsageError`` for a series' file: the network that it was learnt on tells surfaces apart."""
    series = open_weights(weights).series
    if series is not None:
        raise UsageError(
            f"--weights {weights} is a series' file, and has the embedding of its own network, {series.base}",
            f"Train that network's: --weights {series.base}; then learn the series again.",
        )


def _check_beside(weights: str, runner: ColourRunner) -> None:
    """Raise ``UsageError`` where the weights lack the embedding that an identity embedding goes with, or it
    takes in other features than ``runner`` shows; ``SetupError`` where it cannot be read."""
    beside = load_embedding(weights)
    if beside is None or beside.maps != tuple(runner.feature_maps):
        why = "is not there" if beside is None else "takes in other features"
        raise UsageError(
            f"{embedding_path(weights)} {why}, and the identity embedding goes with it",
            f"Train that first: mangacolor train --network {SAME_COLOUR.network}.",
        )


def _runner(weights: str) -> ColourRunner:
    """The colour network, which shows all that it can of what it sees."""
    runner = colour_runner(load_generator(weights))
    if VOTES in runner.feature_maps:  # the others have no more maps than these
        return replace(runner, feature_maps=(*MAPS[1:], VOTES))
    return runner
