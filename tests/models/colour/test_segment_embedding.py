"""The embedding of surfaces: what it computes, its file, what it learns, and the chapters it learns from."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mangacolor.core.errors import InputError, SetupError
from mangacolor.core.hashing import sha256_of
from mangacolor.core.types import Image
from mangacolor.models.colour.efficient_layout import MAPS
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.models.colour.segment_embedding import (
    SegmentEmbedding,
    embedding_bytes,
    embedding_fingerprint,
    embedding_path,
    load_embedding,
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
from mangacolor.training.auxiliary.chapters import WINDOWS, draw_chapter, make_library, work_of
from mangacolor.training.auxiliary.contrastive import (
    ChapterTensors,
    EmbeddingNetwork,
    EmbeddingRecipe,
    contrastive_loss,
    prepare_chapter,
)
from mangacolor.training.auxiliary.panels import cut_out
from mangacolor.training.auxiliary.segment_embedding import learn_embedding
from mangacolor.training.auxiliary.segment_rows import LabelledSegments, gather_chapters
from mangacolor.training.data.pictures import Picture, Source

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
    return LabelledSegments(table, lab, np.zeros(len(kind), np.float32), window)


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
    after = learn_embedding(chapters, TOY).export(())
    assert nearest_is_same(before, fresh) < 0.8
    assert nearest_is_same(after, fresh) > 0.95


def test_the_loss_wants_one_colour_together_and_others_apart() -> None:
    some = prepare_chapter(rows(0), VOTES)

    def loss(points: torch.Tensor, chapter: ChapterTensors = some) -> float:
        found = contrastive_loss(points @ points.T, chapter.lab, chapter.window, chapter.weight, TOY)
        return float(found)

    told = torch.eye(4).repeat(10, 1)  # each kind its own place
    assert loss(told) < 0.2 < loss(torch.ones(40, 4) / 2) < loss(told[torch.randperm(40)])


def test_the_loss_of_a_window_alone_is_none() -> None:
    some = prepare_chapter(rows(0, windows=1), VOTES)
    points = torch.nn.functional.normalize(torch.randn(4, 4), dim=1)
    assert float(contrastive_loss(points @ points.T, some.lab, some.window, some.weight, TOY)) == 0


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
    with pytest.raises(SetupError, match="do not fit"):
        load_embedding(weights)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    weights = copied(tmp_path)
    embedding_path(weights).write_bytes(content)
    with pytest.raises(SetupError, match=r"mine\.surfaces\.safetensors"):
        load_embedding(weights)


def test_the_bundled_weights_have_theirs() -> None:
    runner = load_colour_runner("default")
    assert runner.embedding is not None and runner.feature_maps == runner.embedding.maps
    assert set(runner.feature_maps) <= {*MAPS, "votes"}
    size = len(runner.embedding.tensors["mean"])
    made = runner.embedding(np.random.default_rng(0).random((3, size)))
    assert made.shape == (3, runner.embedding.size)


def figure(colour: tuple[int, int, int]) -> Image:
    picture = np.full((300, 150, 3), 255, np.uint8)
    picture[40:280, 30:120] = colour
    return picture


def library_pictures() -> tuple[list[Source], list[Picture]]:
    rng = np.random.default_rng(0)
    scene = [np.asarray(rng.integers(60, 200, (280, 400, 3)), np.uint8) for _ in range(4)]
    sources = [Source("figures", weight=0.5), Source("comic", "pages", 0.5)]
    pictures = [
        Picture("figures/anna happy.webp#0", "figures", figure((200, 40, 40))),
        Picture("figures/anna sad.webp#0", "figures", figure((200, 40, 40))),
        Picture("figures/bert.webp#0", "figures", figure((40, 40, 200))),
        *(Picture(f"comic/ep01/p{n}.webp#0", "comic", pixels) for n, pixels in enumerate(scene)),
        Picture("comic/ep01/p9.webp#0", "comic", figure((90, 90, 90))),
    ]
    return sources, pictures


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("taisei/cirno_variant_defeated__angry.webp#0", "taisei/cirno"),
        ("renpy/sylvie blue smile.webp#0", "renpy/sylvie blue"),
        ("african_storybook/0006_02.webp#0", "african_storybook/0006"),
        ("open_bible_stories/obs-en-1-12.webp#0", "open_bible_stories/obs-en-1"),
        ("peppercarrot_art/ep01/E01P02.webp#2", "peppercarrot_art/ep01"),
        ("alone.png#0", "./alone"),
    ],
)
def test_names_say_what_belongs_together(name: str, work: str) -> None:
    assert work_of(name) == work


def test_figures_are_cut_out_and_a_panel_with_its_gutter_is_none() -> None:
    library = make_library(*library_pictures())
    assert sorted(len(poses) for _, poses in library.figures) == [1, 2]
    assert [(share, [len(work) for work in works]) for share, works in library.works] == [(0.5, [5])]
    assert cut_out(figure((90, 90, 90))) is not None  # it is the layout that says what a panel is


def test_pictures_in_which_nothing_comes_twice_teach_nothing() -> None:
    sources, pictures = library_pictures()
    comic = [picture for picture in pictures if picture.source == "comic"]
    with pytest.raises(InputError, match="no work"):
        make_library(sources, comic[:2])


@pytest.mark.parametrize("seed", range(8))
def test_a_chapter_is_the_same_for_a_seed_and_black_and_white_beside_colour(seed: int) -> None:
    library = make_library(*library_pictures())
    pairs = list(draw_chapter(library, np.random.default_rng(seed)))
    again = list(draw_chapter(library, np.random.default_rng(seed)))
    assert len(pairs) == WINDOWS
    for (grey, colour), (grey_again, _) in zip(pairs, again, strict=True):
        assert grey.dtype == colour.dtype == np.uint8 and colour.shape == (*grey.shape, 3)
        assert min(grey.shape) >= 200 and np.array_equal(grey, grey_again)


def test_gathering_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mangacolor.training.auxiliary import segment_rows

    made: list[int] = []

    def fake(_library: object, _runner: object, rng: np.random.Generator) -> LabelledSegments:
        made.append(int(rng.integers(1000)))
        return rows(made[-1])

    monkeypatch.setattr(segment_rows, "gather_chapter", fake)
    library = make_library(*library_pictures())
    runner = load_colour_runner("default")
    first = list(gather_chapters(tmp_path, library, runner, 2, seed=1))
    second = list(gather_chapters(tmp_path, library, runner, 3, seed=1))
    assert len(made) == 3 and len(second) == 3
    assert all(np.array_equal(a.features, b.features) for a, b in zip(first, second, strict=False))


def test_gathered_surfaces_know_their_true_colours(tmp_path: Path) -> None:
    runner = load_colour_runner("default")
    sources, pictures = library_pictures()
    library = make_library(sources, [picture for picture in pictures if picture.source == "figures"])
    library = replace(library, grounds=[])
    (some,) = gather_chapters(tmp_path, library, runner, 1, seed=3)
    assert len(some.features) == len(some.lab) == len(some.deviation) == len(some.window)
    assert some.features.shape[1] == embedding_width(runner.feature_maps, len(runner.palette))
    red_or_blue = (np.abs(some.lab[:, 1:]) > 30).any(axis=1)
    assert red_or_blue.any() and not red_or_blue.all()


def embedding_width(maps: tuple[str, ...], votes: int) -> int:
    channels = {"half": 16, "quarter": 24, "eighth": 40, "sixteenth": 112, "deepest": 320, "votes": votes}
    return len(COLUMNS) + sum(channels[name] for name in maps)
