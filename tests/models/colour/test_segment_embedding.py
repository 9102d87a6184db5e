"""The embedding of surfaces: what it computes, its file, what it learns, and the chapters it learns from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mangacolor.core.errors import SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.models.colour.efficient_layout import MAPS
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.models.colour.segment_embedding import (
    IDENTITY,
    SegmentEmbedding,
    embedding_bytes,
    embedding_fingerprint,
    embedding_fingerprints,
    embedding_path,
    load_embedding,
    load_embeddings,
)
from mangacolor.models.files.reading import weights_path
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.params import DescriptorParams
from mangacolor.stages.segments.features import (
    AREA,
    AREA_STEPS,
    COLUMNS,
    TONE,
    SegmentFeatures,
    embed_features,
    embedding_inputs,
)
from mangacolor.training.auxiliary.chapters import NOBODY, UNKNOWN
from mangacolor.training.auxiliary.contrastive import (
    ChapterTensors,
    EmbeddingNetwork,
    EmbeddingRecipe,
    IdentityRecipe,
    compute_similarity,
    contrastive_loss,
    prepare_chapter,
    tell_pairs,
)
from mangacolor.training.auxiliary.loop import Loop
from mangacolor.training.auxiliary.segment_embedding import make_task
from mangacolor.training.auxiliary.segment_rows import LabelledSegments

FEATURES, VOTES = 12, 5
TOY = EmbeddingRecipe(steps=150, hidden=16, size=4, dropout=0.0, rate=5e-3)


def rows(seed: int, kinds: int = 4, windows: int = 10) -> LabelledSegments:
    """Each kind once a window. Half of the features say what a surface is, the louder half says nothing."""
    rng = np.random.default_rng(seed)
    kind = np.tile(np.arange(kinds), windows)
    looks = np.random.default_rng(9).normal(0, 15, (kinds, FEATURES // 2))[kind]
    noise = rng.normal(0, 45, (len(kind), FEATURES - FEATURES // 2))
    table = np.zeros((len(kind), len(COLUMNS) + FEATURES + VOTES), np.uint8)
    table[:, len(COLUMNS) : -VOTES] = np.clip(128 + np.concatenate([looks, noise], axis=1), 0, 255)
    table[:, TONE], table[:, AREA] = 150, round(AREA_STEPS * 10)
    lab = np.array([[60, 40 * np.cos(k), 40 * np.sin(k)] for k in kind], np.float32)
    window = np.repeat(np.arange(windows, dtype=np.int32), kinds)
    owner = np.full(len(kind), UNKNOWN, np.int16)
    return LabelledSegments(table, lab, np.zeros(len(kind), np.float32), window, owner)


def toy_network(seed: int = 0) -> EmbeddingNetwork:
    torch.manual_seed(seed)
    size = FEATURES + VOTES + 8
    return EmbeddingNetwork(torch.rand(size), torch.rand(size) + 0.5, TOY).eval()


def nearest_is_same(embedding: SegmentEmbedding, some: LabelledSegments) -> float:
    """Share of surfaces whose nearest one in another window is of their colour."""
    points = embedding(embedding_inputs(some.features, VOTES))
    likeness = points @ points.T
    likeness[some.window[:, None] == some.window] = -2
    return float((some.lab[likeness.argmax(axis=1)] == some.lab).all(axis=1).mean())


def copied(tmp_path: Path) -> Path:
    """The default weights, alone, where something can be put beside them."""
    return Path(shutil.copy(weights_path("default"), tmp_path / "mine.safetensors"))


def fingerprint(weights: Path) -> str:
    return embedding_fingerprint(weights, sha256_of(weights))


def fingerprints(weights: Path) -> tuple[str, str]:
    return embedding_fingerprints(weights, sha256_of(weights))


def test_it_computes_what_was_trained() -> None:
    network, some = toy_network(), rows(0)
    inputs = embedding_inputs(some.features, VOTES)
    points = network.export(())(inputs)
    with torch.no_grad():
        wanted = network(torch.from_numpy(inputs.astype(np.float32))).numpy()
    np.testing.assert_allclose(points, wanted, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1, atol=1e-9)


def test_a_surface_is_where_it_is_whatever_else_is_there() -> None:
    embedding, some = toy_network().export(()), rows(0)
    whole = embed_features(some.features, VOTES, embedding)
    assert whole.shape == (len(some.features), len(COLUMNS) + TOY.size + VOTES)
    assert np.array_equal(whole[7:9], embed_features(some.features[7:9], VOTES, embedding))
    assert np.array_equal(whole[:, -VOTES:], some.features[:, -VOTES:])


def test_descriptors_keep_the_distances_of_points() -> None:
    embedding, some = toy_network().export(()), rows(0)
    table = embed_features(some.features, VOTES, embedding)
    segments = SegmentFeatures(table, VOTES)
    space = make_space(segments, True, DescriptorParams())
    places = space.place(segments, np.zeros(len(table), np.int64))
    points = embedding(embedding_inputs(some.features, VOTES)) * space.weights.features
    wanted = np.linalg.norm(points[:, None] - points, axis=2)
    np.testing.assert_allclose(np.linalg.norm(places[:, None] - places, axis=2), wanted, atol=0.06)


def test_it_learns_what_tells_colours_apart_from_what_is_merely_loud() -> None:
    chapters = [prepare_chapter(rows(seed), VOTES) for seed in range(6)]
    fresh = rows(100)
    inputs = torch.cat([one.inputs for one in chapters])
    torch.manual_seed(1)
    before = EmbeddingNetwork(inputs.mean(dim=0), inputs.std(dim=0) + 0.02, TOY).export(())
    learnt = Loop(make_task(chapters, TOY), TOY).train().network
    assert isinstance(learnt, EmbeddingNetwork)
    after = learnt.export(())
    assert nearest_is_same(before, fresh) < 0.8
    assert nearest_is_same(after, fresh) > 0.95


def test_the_loss_wants_one_colour_together_and_others_apart() -> None:
    some = prepare_chapter(rows(0), VOTES)

    def loss(points: torch.Tensor, chapter: ChapterTensors = some) -> float:
        found = contrastive_loss(points @ points.T, chapter, TOY)
        return float(found)

    told = torch.eye(4).repeat(10, 1)  # each kind its own place
    assert loss(told) < 0.2 < loss(torch.ones(40, 4) / 2) < loss(told[torch.randperm(40)])


def test_pairs_are_of_one_colour_and_of_one_figure() -> None:
    some = replace(rows(0, kinds=1, windows=5), owner=np.array([1, 1, 2, NOBODY, UNKNOWN], np.int16))
    positive, negative, elsewhere = tell_pairs(prepare_chapter(some, VOTES))
    assert elsewhere.sum() == 20
    assert positive.int().tolist() == [
        [0, 1, 0, 0, 1],
        [1, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 1],
        [1, 1, 1, 1, 0],
    ]
    assert torch.equal(negative, ~positive & ~torch.eye(5, dtype=torch.bool))


def test_the_loss_of_a_window_alone_is_none() -> None:
    some = prepare_chapter(rows(0, windows=1), VOTES)
    points = torch.nn.functional.normalize(torch.randn(4, 4), dim=1)
    assert float(contrastive_loss(points @ points.T, some, TOY)) == 0


def test_identity_is_learnt_within_a_window_too() -> None:
    twice = rows(0, windows=2)
    some = prepare_chapter(replace(twice, window=np.zeros(len(twice.window), np.int32)), VOTES)
    recipe = IdentityRecipe(size=4)

    def loss(points: torch.Tensor) -> float:
        return float(contrastive_loss(points @ points.T, some, recipe))

    assert loss(torch.eye(4).repeat(2, 1)) < loss(torch.ones(8, 4) / 2)


def test_identity_is_learnt_with_votes_and_tone_beside_the_point() -> None:
    known = rows(0)
    rng = np.random.default_rng(3)
    known.features[:, -VOTES:] = rng.integers(1, 200, (len(known.features), VOTES))
    known.features[:, TONE] = rng.integers(0, 255, len(known.features))
    some, recipe = prepare_chapter(known, VOTES), IdentityRecipe(size=4)
    points = torch.nn.functional.normalize(torch.randn(len(some), 4), dim=1)
    votes = (
        known.features[:, -VOTES:] / np.linalg.norm(known.features[:, -VOTES:].astype(float), axis=1)[:, None]
    )
    tone = known.features[:, TONE, None] / 255
    place = np.concatenate([points.numpy(), recipe.votes * votes, recipe.tone * tone], axis=1)
    squares = ((place[:, None] - place) ** 2).sum(axis=2)
    similarity = compute_similarity(points, some, recipe).numpy()
    np.testing.assert_allclose(1 - squares / 2, similarity, atol=1e-4)


def test_its_file_belongs_to_one_file_of_weights(tmp_path: Path) -> None:
    weights = copied(tmp_path)
    assert load_embedding(weights) is None and fingerprint(weights) == ""
    embedding = toy_network().export(("eighth",))
    embedding_path(weights).write_bytes(embedding_bytes(embedding, weights, "CC-BY-SA-4.0"))
    read = load_embedding(weights)
    assert read is not None and read.maps == ("eighth",) and fingerprint(weights)
    inputs = embedding_inputs(rows(0).features, VOTES)
    np.testing.assert_allclose(read(inputs), embedding(inputs), atol=0.01)
    weights.write_bytes(weights.read_bytes()[:-1] + b"\0")
    for asked in (load_embedding, fingerprint):  # the latter before any page is touched
        with pytest.raises(SetupError, match="trained on other weights"):
            asked(weights)


def test_layers_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    weights, embedding = copied(tmp_path), toy_network().export(("eighth",))
    odd = replace(embedding, tensors=embedding.tensors | {"second.weight": np.ones((16, 3))})
    embedding_path(weights).write_bytes(embedding_bytes(odd, weights, "CC-BY-SA-4.0"))
    for refuse in (load_embedding, fingerprint):
        with pytest.raises(SetupError, match="do not fit"):
            refuse(weights)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    weights = copied(tmp_path)
    embedding_path(weights).write_bytes(content)
    with pytest.raises(SetupError, match=r"mine\.surfaces\.safetensors"):
        load_embedding(weights)


def test_one_kind_of_embedding_is_not_taken_for_the_other(tmp_path: Path) -> None:
    weights, embedding = copied(tmp_path), toy_network().export(("eighth",))
    embedding_path(weights, IDENTITY).write_bytes(embedding_bytes(embedding, weights, "CC-BY-SA-4.0"))
    with pytest.raises(SetupError, match=r"mine\.identity\.safetensors holds no embedding") as refused:
        load_embedding(weights, IDENTITY)
    assert "--network identity" in refused.value.remedy


def test_the_identity_embedding_sees_what_the_other_sees(tmp_path: Path) -> None:
    weights, embedding = copied(tmp_path), toy_network().export(("eighth",))
    own = embedding_bytes(embedding, weights, "CC-BY-SA-4.0", IDENTITY)
    embedding_path(weights, IDENTITY).write_bytes(own)
    for refuse in (load_embeddings, fingerprints):
        with pytest.raises(SetupError, match=r"mine\.surfaces\.safetensors, which is not there"):
            refuse(weights)
    other = replace(embedding, maps=("deepest",))
    embedding_path(weights).write_bytes(embedding_bytes(other, weights, "CC-BY-SA-4.0"))
    for refuse in (load_embeddings, fingerprints):
        with pytest.raises(SetupError, match="takes in other features"):
            refuse(weights)
    embedding_path(weights).write_bytes(embedding_bytes(embedding, weights, "CC-BY-SA-4.0"))
    assert all(found is not None for found in load_embeddings(weights)) and all(fingerprints(weights))


def test_the_bundled_weights_have_theirs() -> None:
    runner = load_colour_runner("default")
    assert runner.embedding is not None and runner.feature_maps == runner.embedding.maps
    assert runner.identity is not None and runner.identity.maps == runner.embedding.maps
    assert set(runner.feature_maps) <= {*MAPS, "votes"}
    size = len(runner.embedding.tensors["mean"])
    made = runner.embedding(np.random.default_rng(0).random((3, size)))
    assert made.shape == (3, runner.embedding.size)
