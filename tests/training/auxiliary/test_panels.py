"""Made-up pages for the panel network: what is labelled is what was drawn, and weights come back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.polygons import area
from mangacolor.training.auxiliary.panels import COMICS, PanelCorpus, cut_out, take_panel_pictures
from mangacolor.training.pages.figures import Figure
from mangacolor.training.pages.layouts import KINDS, LayoutStyle, draw_layout_style, lay_out, run_off
from mangacolor.training.pages.panels import draw_with_panels, make_panel_page
from mangacolor.training.pages.turned import turn

PLAIN = LayoutStyle((20, 20, 20, 20), across=16, down=8, frame=2, paper=255, ink=0, slanted=0.0)


def picture(seed: int) -> Image:
    noise = np.random.default_rng(seed).integers(0, 255, (9, 7, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (420, 540), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("seed", range(6))
def test_layouts_fill_the_page_within_its_margins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hand = replace(PLAIN, across=0, down=0, slanted=float(seed % 2))
    parts = lay_out(400, 600, hand, rng)
    assert sum(area(part) for part in parts) == pytest.approx(360 * 560)
    corners = np.concatenate(parts)
    assert corners.min() >= 20 - 1e-6 and (corners.max(0) <= (380 + 1e-6, 580 + 1e-6)).all()


@pytest.mark.parametrize("seed", range(3))
def test_panels_that_turn_round_a_middle_one_leave_only_gutters(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mangacolor.training.pages.layouts.PINWHEELS", 1.0)
    parts = lay_out(400, 600, replace(PLAIN, across=0, down=0), np.random.default_rng(seed))
    assert len(parts) == 5
    assert sum(area(part) for part in parts) == pytest.approx(360 * 560)
    for axis, extent in ((0, 400), (1, 600)):  # no straight cut parts them
        ends = [(part[:, axis].min(), part[:, axis].max()) for part in parts]
        for at in np.arange(40.5, extent - 40):
            assert any(low < at < high for low, high in ends)


def test_a_panel_runs_off_the_sides_at_its_margins_only() -> None:
    hand = replace(PLAIN, across=0, down=0, run_off=1.0)
    parts = [np.array([(20, 20), (200, 20), (200, 580), (20, 580)], np.float64)]
    (grown,) = run_off(parts, (400, 600), hand, np.random.default_rng(0))
    assert grown.tolist() == [[0, 0], [200, 0], [200, 600], [0, 600]]
    assert run_off(parts, (400, 600), PLAIN, np.random.default_rng(0))[0].tolist() == parts[0].tolist()


def test_hands_have_what_their_kind_needs() -> None:
    hands = [draw_layout_style(np.random.default_rng(seed)) for seed in range(300)]
    assert len(KINDS) == 6
    papers = [hand for hand in hands if hand.newspaper]
    assert papers and all(not hand.across and not hand.down and min(hand.margins) > 0 for hand in papers)
    # A panel without a frame beside one without a gutter would have a border that nobody sees.
    assert all(hand.across and hand.down for hand in hands if hand.open)
    assert any(hand.dim < 1 and hand.paper == 0 for hand in hands)


@pytest.mark.parametrize("seed", range(6))
def test_a_page_askew_has_its_labels_with_it(seed: int) -> None:
    page = np.full((300, 200), 255, np.uint8)
    border, outside = np.zeros_like(page), np.full_like(page, 255)
    cv2.rectangle(border, (0, 40), (150, 250), 255, 7)
    outside[40:250, :150] = 0
    page[40:250, :150] = 90
    seen, label, beside, matrix = turn(page, border, outside, 7, np.random.default_rng(seed))
    corners = np.array([(150, 40), (150, 250)]) @ matrix[:, :2].T + matrix[:, 2]
    for x, y in np.linspace(corners[0], corners[1], 9).round().astype(int):
        if 0 <= x < 200 and 0 <= y < 300:
            assert label[y, x] == 255
    beside[[0, -1]], beside[:, [0, -1]] = 255, 255  # half a pixel of the ground may show at the page's edge
    inner = cv2.erode((beside == 0).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert inner.any() and (np.abs(seen[inner].astype(int) - 90) < 3).all()


def test_panels_of_a_page_have_its_border_label_along_their_sides() -> None:
    """Also askew, and where insets lie over others; what runs off the page has no border there."""
    for seed in range(5):
        page, panels = draw_with_panels([picture(1)], [], np.random.default_rng(seed), 480)
        height, width = page.luma.shape
        last = panels[-1]
        for start, end in zip(last, np.roll(last, -1, axis=0), strict=True):
            middle = (start + end) / 2
            x, y = middle.round().astype(int)
            if 8 < x < width - 8 and 8 < y < height - 8:
                assert page.label[y - 3 : y + 4, x - 3 : x + 4].any()


def test_labels_are_borders_and_what_lies_outside() -> None:
    figure = Figure(picture(9), np.full((540, 420), 255, np.uint8))
    for seed in range(4):
        page = make_panel_page([picture(i) for i in range(3)], [figure], np.random.default_rng(seed), 320)
        assert page.luma.shape == page.label.shape == page.strokes.shape
        assert set(np.unique(page.label)) <= {0, 255} and set(np.unique(page.strokes)) <= {0, 255}
        # A border divides inside from outside: wherever the second mask changes, the first is set.
        change = np.abs(np.diff(page.strokes.astype(int), axis=1)) > 0
        near = cv2.dilate(page.label, np.ones((3, 3), np.uint8))[:, 1:] > 0
        assert near[change].all()


def test_the_same_generator_makes_the_same_page() -> None:
    pages = [make_panel_page([picture(0)], [], np.random.default_rng(3), 320) for _ in range(2)]
    assert np.array_equal(pages[0].luma, pages[1].luma)
    assert draw_layout_style(np.random.default_rng(1)) == draw_layout_style(np.random.default_rng(1))


def test_figures_are_cut_out_of_white_and_panels_out_of_comics() -> None:
    standing = np.full((300, 120, 3), 255, np.uint8)
    standing[60:280, 30:90] = 90
    figure = cut_out(standing)
    assert figure is not None
    assert np.array_equal(figure.cover > 0, (standing < 255).any(axis=2))
    assert cut_out(picture(1)) is None
    page = np.full((1100, 800, 3), 255, np.uint8)
    for seed, (x, y) in enumerate(((40, 40), (40, 560))):
        page[y : y + 490, x : x + 720] = cv2.resize(picture(seed), (720, 490))
        cv2.rectangle(page, (x, y), (x + 719, y + 489), (0, 0, 0), 4)
    shapes = [panel.shape for panel in take_panel_pictures(page)]
    assert len(shapes) == 2 and all(420 < h < 490 and 640 < w < 720 for h, w, _ in shapes)


def test_a_comic_page_with_white_margins_is_no_figure(tmp_path: Path) -> None:
    """Its panels would lie on made-up pages, and the network be taught that their borders are none."""
    page = np.full((420, 300, 3), 255, np.uint8)
    for y in (30, 220):
        cv2.rectangle(page, (30, y), (270, y + 170), (60, 120, 160), -1)
    for name in (COMICS, "figures"):
        (tmp_path / name).mkdir()
        assert cv2.imwrite(str(tmp_path / name / "page.webp"), page)
    corpus = PanelCorpus.load(tmp_path, 5, np.random.default_rng(0), print)
    assert len(corpus.figures) == 1
    (tmp_path / "figures" / "page.webp").unlink()
    assert PanelCorpus.load(tmp_path, 5, np.random.default_rng(0), print).figures == []
