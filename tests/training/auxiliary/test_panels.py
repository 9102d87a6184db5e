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
from mangacolor.training.pages.panels import LayoutStyle, draw_layout_style, lay_out, make_panel_page

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
    corpus = PanelCorpus.load(tmp_path, 5, np.random.default_rng(0))
    assert len(corpus.figures) == 1
    (tmp_path / "figures" / "page.webp").unlink()
    assert PanelCorpus.load(tmp_path, 5, np.random.default_rng(0)).figures == []
