"""Made-up pages in ink: scenes are full of lines, none of them labelled, and pictures are inked once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from mangacolor.core.errors import SetupError
from mangacolor.core.types import Image
from mangacolor.models.page.page_net import PageNet
from mangacolor.training.auxiliary.page_network import PageRecipe, PageTask, mirror, start_from
from mangacolor.training.auxiliary.panels import PanelCorpus
from mangacolor.training.data.synthesis import INKED
from mangacolor.training.pages import panels as pages
from mangacolor.training.pages.balloons import LabelledPage
from mangacolor.training.pages.drawn_scenes import EMPTY, draw_scene
from mangacolor.training.pages.effects import draw_blade
from mangacolor.training.pages.figures import Figure, bare_panel
from mangacolor.training.pages.inked import crop_inked, ink_figure, ink_picture


def picture(seed: int, shape: tuple[int, int] = (90, 120)) -> Image:
    noise = np.random.default_rng(seed).integers(0, 255, (7, 9, 3), np.uint8)
    return np.asarray(cv2.resize(noise, shape[::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def test_most_panels_get_a_scene_that_leaves_white() -> None:
    drawn = []
    for seed in range(80):
        inside = np.full((150, 200), 255, np.uint8)
        draw_scene(inside, np.random.default_rng(seed), seed % 2 == 0)
        drawn.append(np.count_nonzero(inside < 200) / inside.size)
    share = np.mean(np.array(drawn) > 0)
    assert 1 - EMPTY - 0.15 < share < 1.0
    assert 0.02 < np.mean(drawn) < 0.5


def test_a_line_that_is_alone_stops_short_unless_panels_have_gutters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else it could not be told from a border that two panels share."""
    monkeypatch.setattr("mangacolor.training.pages.drawn_scenes.EMPTY", 0.0)
    monkeypatch.setattr("mangacolor.training.pages.drawn_scenes.SCENES", {"boards": 1.0})
    through = {False: 0, True: 0}
    for seed in range(40):
        for gutters in through:
            inside = np.full((150, 200), 255, np.uint8)
            draw_scene(inside, np.random.default_rng(seed), gutters)
            upper = inside[: int(np.flatnonzero((inside < 200).any(1))[0]) + 22]
            through[gutters] += bool((upper < 200).any(0).mean() > 0.99)
    assert through[True] > 30 and through[False] < 12


def test_a_blade_lies_within_its_panel() -> None:
    for seed in range(10):
        page = np.full((200, 300), 128, np.uint8)
        draw_blade(page, (50, 40, 200, 120), np.random.default_rng(seed))
        assert (page != 128).any()
        page[40:160, 50:250] = 128
        assert (page == 128).all()


def test_pictures_and_figures_are_inked_once_and_fill_their_panels() -> None:
    inked = ink_picture(picture(0), np.random.default_rng(0))
    assert inked.ndim == 2 and 800 <= max(inked.shape) < 1500
    assert inked.shape[1] / inked.shape[0] == pytest.approx(4 / 3, abs=0.01)
    part = crop_inked([inked], (310, 470), np.random.default_rng(1))
    assert part.shape == (470, 310) and part.dtype == np.uint8
    figure = Figure(picture(1, (120, 60)), np.full((120, 60), 255, np.uint8))
    ready = ink_figure(figure, np.random.default_rng(2))
    assert ready.inked is not None and ready.cover is figure.cover
    marked = Figure(figure.picture, figure.cover, np.full((300, 150), 77, np.uint8))
    shown = [bare_panel((160, 200), [marked], INKED, np.random.default_rng(seed)) for seed in range(6)]
    assert sum(np.count_nonzero(panel == 77) > 1000 for panel in shown) >= 3
    other = [bare_panel((160, 200), [marked], "grey", np.random.default_rng(seed)) for seed in range(6)]
    assert sum(np.count_nonzero(panel == 77) > 1000 for panel in other) == 0


def test_lines_of_scenes_are_no_borders(monkeypatch: pytest.MonkeyPatch) -> None:
    """The label of a page is the same whatever is drawn in its panels."""
    monkeypatch.setattr(pages, "INKED_PAGES", 1.0)
    cover = np.full((540, 420), 255, np.uint8)
    figure = Figure(picture(9, (540, 420)), cover, np.full((540, 420), 200, np.uint8))
    inked = [np.full((900, 900), 255, np.uint8)]
    for seed in range(5):
        page = pages.make_panel_page([picture(0)], [figure], np.random.default_rng(seed), 320, inked)
        assert page.luma.shape == page.label.shape
        change = np.abs(np.diff(page.strokes.astype(int), axis=1)) > 0
        near = cv2.dilate(page.label, np.ones((3, 3), np.uint8))[:, 1:] > 0
        assert near[change].all()
        assert (page.label > 0).mean() < 0.3


def test_the_corpus_inks_as_many_as_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    for seed in range(3):
        assert cv2.imwrite(str(tmp_path / "some" / f"{seed}.webp"), picture(seed))
    corpus = PanelCorpus.load(tmp_path, 5, np.random.default_rng(0), inked=2)
    assert len(corpus.inked) == 2 and all(drawn.ndim == 2 for drawn in corpus.inked)
    assert PanelCorpus.load(tmp_path, 5, np.random.default_rng(0)).inked == []


def test_a_mirrored_crop_has_its_labels_with_it() -> None:
    parts = tuple(np.random.default_rng(seed).integers(0, 255, (8, 6), np.uint8) for seed in range(3))
    for part, turned in zip(parts, mirror((parts[0], parts[1], parts[2])), strict=True):
        np.testing.assert_array_equal(turned, part[:, ::-1])


class OnePage:
    """A corpus of one blank page with a border across."""

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        label = np.zeros((96, 96), np.uint8)
        label[40:47] = 255
        return LabelledPage(np.full((96, 96), 255, np.uint8), label, np.zeros_like(label))


@pytest.mark.parametrize("whole", [False, True])
def test_a_whole_start_keeps_the_last_layer_and_the_statistics_of_norms(tmp_path: Path, whole: bool) -> None:
    torch.manual_seed(1)
    known = PageNet().state_dict()
    known["head.bias"] += 3
    save_file(known, tmp_path / "known.safetensors")
    torch.manual_seed(2)
    recipe = PageRecipe(steps=1, minutes=0, crop=64, batch=2, scale=1.0, whole=whole)
    task = PageTask("pages", OnePage(), recipe)
    start_from(task.network, tmp_path / "known.safetensors", recipe.whole)
    network = task.network.state_dict()
    assert torch.equal(network["head.bias"], known["head.bias"]) == whole
    assert torch.equal(network["at2.0.0.weight"], known["at2.0.0.weight"])
    task.network.train()
    task.loss(0, np.random.default_rng(0), torch.device("cpu"))
    after = task.network.state_dict()["at2.0.1.running_mean"]
    assert torch.equal(after, known["at2.0.1.running_mean"]) == whole


def test_a_whole_start_refuses_a_file_without_its_last_layer(tmp_path: Path) -> None:
    weights = {name: value for name, value in PageNet().state_dict().items() if not name.startswith("head.")}
    save_file(weights, tmp_path / "headless.safetensors")
    start_from(PageNet(), tmp_path / "headless.safetensors")
    with pytest.raises(SetupError, match="another network"):
        start_from(PageNet(), tmp_path / "headless.safetensors", whole=True)
