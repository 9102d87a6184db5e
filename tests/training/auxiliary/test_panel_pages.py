"""Made-up newspapers, storyboards and web strips: labels lie where lines are seen, and nowhere else."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import pytest
import torch

from mangacolor.core.types import Box, Image
from mangacolor.models.page.page_net import PageNet
from mangacolor.training.auxiliary.page_network import (
    BAND,
    PageRecipe,
    PageTask,
    in_bands,
)
from mangacolor.training.pages.balloons import LabelledPage
from mangacolor.training.pages.layouts import draw_pale_style
from mangacolor.training.pages.newspaper_scenes import SceneStyle, draw_scene, draw_scene_style
from mangacolor.training.pages.newspapers import PageStyle, lay_out_tiers, make_newspaper_page
from mangacolor.training.pages.newsprint import WHITE_SIZE, WORKING_PIXELS, prepare
from mangacolor.training.pages.panels import draw_with_panels
from mangacolor.training.pages.web_strips import make_web_strip_page

ONE_LINE = PageStyle(line=3, broken=0.0, wobble=0.0, gutter=0, captions=0.0, within=0.0, talk=0.0, over=0.0)


def picture(seed: int) -> Image:
    noise = np.random.default_rng(seed).integers(0, 255, (9, 7, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (210, 270), interpolation=cv2.INTER_CUBIC), np.uint8)


def common_area(one: Box, other: Box) -> int:
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(np.add(one[:2], one[2:]), np.add(other[:2], other[2:]))
    return int(np.prod(np.maximum(high - low, 0)))


@pytest.mark.parametrize("seed", range(8))
def test_tiers_fill_their_frame(seed: int) -> None:
    panels = lay_out_tiers((30, 50, 900, 1200), ONE_LINE, np.random.default_rng(seed))
    assert sum(w * h for _, _, w, h in panels) == 900 * 1200
    assert not any(common_area(one, other) for one, other in combinations(panels, 2))


def blank(size: tuple[int, int], *_: object) -> tuple[Image, Image]:
    return np.full(size[::-1], 255, np.uint8), np.zeros((3, *size[::-1]), np.uint8)


@pytest.mark.parametrize("seed", range(5))
def test_lines_and_labels_of_a_newspaper_bend_together(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.training.pages.newspapers.draw_scene", blank)
    monkeypatch.setattr("mangacolor.training.pages.newspapers._page_style", lambda *_: ONE_LINE)
    page = make_newspaper_page([picture(0)], [], np.random.default_rng(seed))
    paper = float(np.median(page.luma))
    darkest = cv2.erode(page.luma, np.ones((5, 5), np.uint8))
    line = cv2.erode(page.label, np.ones((5, 5), np.uint8)) > 0  # the middle of the label
    assert line.any() and (darkest[line] < paper - 40).mean() > 0.97
    beside = (cv2.dilate(page.label, np.ones((9, 9), np.uint8)) == 0) & (page.strokes == 0)
    assert (page.luma[beside] > paper - 40).mean() > 0.98


def test_the_title_of_a_newspaper_is_no_border(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.training.pages.newspapers.draw_scene", blank)
    found = 0
    for seed in range(12):
        page = make_newspaper_page([picture(0)], [], np.random.default_rng(seed))
        ink = (page.luma < 100) & (page.strokes > 0)
        above = ink[: int(np.argmax(page.label.any(axis=1)))]
        found += int(np.count_nonzero(above) > 0.002 * page.luma.size)
    assert found >= 3


@pytest.mark.parametrize("colour", [True, False])
def test_dark_fields_are_lighter_than_lines(colour: bool) -> None:
    ground = (250, 250, 250)
    style = SceneStyle(colour, 1.0, 4, 0, 0, dark=1.0, plain=1.0, straight=0.0, ground=ground, common=1.0)
    dark = 0
    for seed in range(12):
        black, inks = draw_scene((160, 120), [picture(1)], [], style, np.random.default_rng(seed))
        assert black.shape == (120, 160) and inks.shape == (3, 120, 160)
        assert colour or not inks[1:].any()
        dark += int((inks.max(axis=0) >= 90).mean() > 0.2 or (black == 0).mean() > 0.2)
    assert dark == 12


def test_scenes_are_of_many_kinds() -> None:
    styles = [draw_scene_style(np.random.default_rng(seed)) for seed in range(40)]
    assert {style.colour for style in styles} == {True, False}
    assert {style.dark for style in styles} == {0.0, 0.3, 0.8}


@pytest.mark.parametrize(("paper", "size"), [(200, 1.0), (250, WHITE_SIZE)])
def test_pages_are_shown_as_the_stage_shows_them(paper: int, size: float) -> None:
    luma = np.full((1500, 1200), paper, np.uint8)
    luma[300:304] = luma[:, 500:504] = 30
    label = np.where(luma == 30, np.uint8(255), np.uint8(0))
    page = prepare(luma, label, 255 - label)
    assert page.luma.size == pytest.approx(WORKING_PIXELS * size**2, rel=0.01)
    assert page.luma.shape == page.label.shape == page.strokes.shape
    assert int(np.median(page.luma)) >= 250  # yellowed or not
    assert page.luma[page.label > 0].mean() < 120


def test_storyboards_are_pale_between_gutters() -> None:
    hands = [draw_pale_style(np.random.default_rng(seed)) for seed in range(60)]
    assert all(hand.across and hand.down and hand.pale[0] < hand.pale[1] < hand.paper for hand in hands)
    assert np.mean([hand.frame == 0 for hand in hands]) > 0.5
    page, panels = draw_with_panels([picture(2)], [], np.random.default_rng(4), 480, draw_pale_style)
    assert panels and page.luma[page.strokes == 0].mean() < 250


def test_frames_of_strips_have_their_labels_along_them() -> None:
    shares = []
    for seed in range(20):
        page = make_web_strip_page([picture(3)], np.random.default_rng(seed))
        assert set(np.unique(page.label)) <= {0, 255} and page.luma.shape == page.label.shape
        ink = cv2.absdiff(page.luma, np.full_like(page.luma, int(np.median(page.luma)))) > 60
        near = cv2.dilate(ink.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
        if page.label.any():
            shares.append(float(near[page.label > 0].mean()))
    assert len(shares) >= 15 and np.median(shares) > 0.95


class OnePage:
    """A corpus of one page."""

    def __init__(self, *, familiar: bool) -> None:
        luma = np.random.default_rng(0).integers(0, 255, (96, 96), np.uint8)
        label = np.zeros_like(luma)
        label[40:50] = 255
        self.page = LabelledPage(luma, label, label, familiar)

    def draw_page(self, recipe: PageRecipe, rng: np.random.Generator) -> LabelledPage:
        return self.page


@pytest.mark.parametrize("familiar", [True, False])
def test_answers_to_familiar_pages_are_kept(familiar: bool) -> None:
    """A network that is as it was has nothing to learn from them, whatever their labels are."""
    torch.manual_seed(1)
    network, before = PageNet(), PageNet()
    before.load_state_dict(network.state_dict())
    before.eval()
    recipe = PageRecipe(crop=64, batch=2, scale=1.0, rehearse=1.0)
    task = PageTask("panels", OnePage(familiar=familiar), recipe, network.train(), before=before)
    means = [buffer.clone() for name, buffer in network.named_buffers() if "running_mean" in name]
    loss = task.loss(0, np.random.default_rng(2), torch.device("cpu"))
    torch.autograd.backward(loss)
    steepest = max(float(p.grad.abs().max()) for p in network.parameters() if p.grad is not None)
    assert (steepest < 1e-4) == familiar
    after = [buffer for name, buffer in network.named_buffers() if "running_mean" in name]
    assert all(torch.equal(one, other) for one, other in zip(means, after, strict=True))


def test_bands_hold_the_rows_of_crops_in_order() -> None:
    crops = torch.arange(2 * 130 * 32, dtype=torch.float32).reshape(2, 1, 130, 32)
    bands = in_bands(crops)
    assert bands.shape == (4, 1, BAND, 32)
    assert torch.equal(bands[1], crops[0, :, BAND : 2 * BAND]) and torch.equal(bands[2], crops[1, :, :BAND])
