"""The chapters that an embedding learns from: what they are drawn from, their windows, and their segments."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.models.colour.runner import load_colour_runner
from mangacolor.stages.segments.features import COLUMNS
from mangacolor.stages.windows.scale import SHORT_SIDE
from mangacolor.training.auxiliary import segment_rows
from mangacolor.training.auxiliary.chapters import (
    NOBODY,
    SCALES,
    UNKNOWN,
    WINDOWS,
    Scene,
    Window,
    draw_chapter,
)
from mangacolor.training.auxiliary.library import make_library, tell_apart, work_of
from mangacolor.training.auxiliary.panels import cut_out
from mangacolor.training.auxiliary.segment_rows import (
    LabelledSegments,
    gather_chapters,
    label_segments,
    note_origin,
)
from mangacolor.training.data.pictures import Picture, Source
from mangacolor.training.pages.figures import Figure


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


def test_figures_that_are_called_alike_are_one_only_in_the_same_colours() -> None:
    def posed(*colours: tuple[int, int, int]) -> Figure:
        picture = np.concatenate([np.full((50, 60, 3), colour, np.uint8) for colour in colours])
        return Figure(picture, np.full(picture.shape[:2], 255, np.uint8))

    red, blue, green = (200, 40, 40), (40, 40, 200), (40, 200, 40)
    group = [posed(red, blue), posed(red, green), posed(blue, red)]
    assert tell_apart(group) == [[group[0], group[2]], [group[1]]]


def test_a_share_goes_to_figures_as_far_as_a_sources_pictures_are_some() -> None:
    _, (anna, sad, bert, *scenes) = library_pictures()
    mixed = [replace(picture, source="both", name=f"both/{picture.name}") for picture in (anna, sad, bert)]
    works = [replace(picture, source="both", name=f"both/ep/{n}") for n, picture in enumerate(scenes[:3])]
    library = make_library([Source("both", weight=0.6)], [*mixed, *works])
    assert sorted(share for share, _ in library.figures) == pytest.approx([0.1, 0.2])
    assert [share for share, _ in library.works] == pytest.approx([0.3])


def test_pictures_in_which_nothing_comes_twice_teach_nothing() -> None:
    sources, pictures = library_pictures()
    comic = [picture for picture in pictures if picture.source == "comic"]
    with pytest.raises(InputError, match="no work"):
        make_library(sources, comic[:2])


@pytest.mark.parametrize("seed", range(4))
def test_a_chapter_is_the_same_for_a_seed_and_black_and_white_beside_colour(seed: int) -> None:
    library = make_library(*library_pictures())
    drawn = list(draw_chapter(library, np.random.default_rng(seed)))
    again = list(draw_chapter(library, np.random.default_rng(seed)))
    assert len(drawn) == WINDOWS
    for one, other in zip(drawn, again, strict=True):
        assert one.grey.dtype == np.uint8 and one.scene.colour.shape == (*one.grey.shape, 3)
        assert one.lettered.shape == one.grey.shape and np.array_equal(one.grey, other.grey)


def test_windows_are_drawn_at_drawing_scale_and_known_at_working_scale() -> None:
    library = make_library(*library_pictures())
    scales = []
    for window in draw_chapter(library, np.random.default_rng(2)):
        high, wide = window.grey.shape
        assert min(window.scene.working) == SHORT_SIDE
        scales.append(wide / window.scene.working[0])
        assert high / window.scene.working[1] == pytest.approx(scales[-1], abs=0.01)
    assert min(scales) == 1 and SCALES[1] / 1.5 < max(scales) <= SCALES[1] + 0.01


def test_windows_say_whose_each_pixel_is() -> None:
    sources, pictures = library_pictures()
    comic = make_library(sources, [picture for picture in pictures if picture.source == "comic"])
    alone = make_library(sources, [picture for picture in pictures if picture.source == "figures"])
    assert all((w.scene.owners == UNKNOWN).all() for w in draw_chapter(comic, np.random.default_rng(0)))
    for window in draw_chapter(alone, np.random.default_rng(4)):
        colour, owners = window.scene.colour.astype(int), window.scene.owners
        red, blue = (colour[..., plane] - colour[..., 2 - plane] > 100 for plane in (0, 2))
        assert len(np.unique(owners[red | blue])) <= 2  # one figure, and the grounds of like colour
        assert (owners[red & (owners != NOBODY)] != NOBODY).all() and (owners >= NOBODY).all()


def test_gathering_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def fake(_library: object, _runner: object, rng: np.random.Generator) -> LabelledSegments:
        made.append(int(rng.integers(1000)))
        count = np.arange(made[-1] % 7 + 1)
        return LabelledSegments(
            np.zeros((len(count), 20), np.uint8),
            np.zeros((len(count), 3), np.float32),
            count.astype(np.float32),
            count.astype(np.int32),
            count.astype(np.int16),
        )

    monkeypatch.setattr(segment_rows, "gather_chapter", fake)
    library = make_library(*library_pictures())
    runner = load_colour_runner("default")
    first = list(gather_chapters(tmp_path, library, runner, 2, seed=1))
    second = list(gather_chapters(tmp_path, library, runner, 3, seed=1))
    assert len(made) == 3 and len(second) == 3
    assert all(np.array_equal(a.owner, b.owner) for a, b in zip(first, second, strict=False))


def test_segments_know_their_colour_and_their_figure_and_balloons_take_no_part() -> None:
    labels = np.repeat([[1, 2, 3]], 4, axis=0).repeat(4, axis=1).astype(np.uint16)
    colour = np.full((4, 12, 3), 255, np.uint8)
    colour[:, :4] = (255, 0, 0)
    owners = np.zeros((4, 12), np.int16)
    owners[:3, :4], owners[:1, 8:] = 2, 1
    lettered = np.zeros((4, 12), np.bool_)
    lettered[:3, 4:8] = True
    window = Window(Scene(colour, owners, (12, 4)), np.zeros((4, 12), np.uint8), lettered)
    table = np.arange(3, dtype=np.uint8)[:, None]
    found = label_segments(window, labels, table, 5)
    assert found.features.ravel().tolist() == [0, 2] and found.owner.tolist() == [2, NOBODY]
    assert found.lab[0, 1] > 70 and abs(found.lab[1, 1]) < 1 and found.window.tolist() == [5, 5]


def test_gathered_surfaces_know_their_true_colours(tmp_path: Path) -> None:
    runner = load_colour_runner("default")
    sources, pictures = library_pictures()
    library = make_library(sources, [picture for picture in pictures if picture.source == "figures"])
    library = replace(library, grounds=[])
    (some,) = gather_chapters(tmp_path, library, runner, 1, seed=3)
    assert len(some.features) == len(some.lab) == len(some.deviation) == len(some.window) == len(some.owner)
    assert some.features.shape[1] == embedding_width(runner.feature_maps, len(runner.palette))
    red_or_blue = (np.abs(some.lab[:, 1:]) > 30).any(axis=1)
    assert red_or_blue.any() and not red_or_blue.all()


def embedding_width(maps: tuple[str, ...], votes: int) -> int:
    channels = {"half": 16, "quarter": 24, "eighth": 40, "sixteenth": 112, "deepest": 320, "votes": votes}
    return len(COLUMNS) + sum(channels[name] for name in maps)


def test_chapters_that_were_drawn_from_something_else_are_told_of(tmp_path: Path) -> None:
    said: list[str] = []
    origin = {"seed": 77, "pictures": {"a": 3}}
    note_origin(tmp_path / "rows", origin, said.append)
    (tmp_path / "rows" / "00000.npz").touch()
    note_origin(tmp_path / "rows", dict(reversed(origin.items())), said.append)
    assert not said
    note_origin(tmp_path / "rows", origin | {"seed": 5}, said.append)
    assert len(said) == 1 and "with another seed" in said[0] and "--rows" in said[0]
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "00000.npz").touch()  # by a version that kept no origin
    note_origin(tmp_path / "old", origin, said.append)
    assert len(said) == 1 and not (tmp_path / "old" / "origin.json").exists()
