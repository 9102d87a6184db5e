"""Yellowed paper, floors within framed panels, black panels: what newspapers and strips of the web have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.models.page import networks
from mangacolor.stages.panels.blank import find_blank
from mangacolor.stages.panels.cutting.border_net import WEIGHTS, YELLOWED_WEIGHTS, border_probability
from mangacolor.stages.panels.cutting.line_fit import detect_segments
from mangacolor.stages.panels.cutting.lines import make_view
from mangacolor.stages.panels.cutting.page import on_white_paper
from mangacolor.stages.panels.cutting.polygons import Polygon, page_polygon
from mangacolor.stages.panels.cutting.snap import fit_sides, is_closed
from mangacolor.stages.panels.detect import is_painted
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import assert_boxes, detected, draw_page, texture

BROWN = np.array([215, 185, 140]) / 215
MARGIN: Polygon = np.array([(15.0, 230.0), (385.0, 230.0), (385.0, 290.0), (15.0, 290.0)])


def on_paper(level: int, ink: int) -> Image:
    page = np.full((400, 300), level, np.uint8)
    page[50:350, 40:140] = ink
    return page


def test_yellowed_paper_is_shown_white_and_its_ink_black() -> None:
    shown, yellowed = on_white_paper(on_paper(190, 40), DEFAULTS)
    assert yellowed and shown.max() == 255 and shown.min() == 0
    assert (shown > 128).sum() == (on_paper(190, 40) > 128).sum()


def toned_with_gutters() -> Image:
    """A night: all of it toned but for the white of two thin gutters, less than a twentieth of the page."""
    page = on_paper(190, 40)
    page[:, 150:153] = page[200:202] = 255
    return page


def test_white_paper_pictures_without_paper_and_tones_are_shown_as_they_are() -> None:
    for page in (
        on_paper(245, 40),
        np.tile(np.linspace(0, 220, 300).astype(np.uint8), (400, 1)),
        on_paper(90, 0),
        toned_with_gutters(),
    ):
        shown, yellowed = on_white_paper(page, DEFAULTS)
        assert shown is page and not yellowed


def test_yellowed_pages_are_shown_larger_to_a_network_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Image] = []
    asked: list[Path] = []

    def see(weights: Path, _backend: object, **_how: bool) -> Callable[[Image], tuple[Image, Image]]:
        asked.append(weights)

        def read(luma: Image) -> tuple[Image, Image]:
            shown.append(luma)
            return luma, luma

        return read

    monkeypatch.setattr(networks, "page_reader", see)
    page = np.full((1000, 700), 200, np.uint8)
    seen = [border_probability(page, "torch", yellowed=yellowed) for yellowed in (False, True)]
    assert all(one.shape == page.shape for one in seen)
    assert shown[1].size > 1.5 * shown[0].size
    assert asked == [WEIGHTS, YELLOWED_WEIGHTS] and WEIGHTS.read_bytes() != YELLOWED_WEIGHTS.read_bytes()


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_brown_paper_is_no_paint(share: float) -> None:
    """Black ink on it has its hue, too; a page with red and blue fields is in colour on any paper."""
    luma = texture(400, 300, 1).astype(np.float64) + 55
    luma[:150] = 215
    page = luma[..., None] * BROWN
    page[400 - round(400 * share) :] *= (1.0, 0.35, 0.3)
    assert is_painted(np.asarray(np.clip(page, 0, 255), np.uint8), DEFAULTS) == bool(share)


def test_a_black_page_with_red_on_it_is_in_colour() -> None:
    page = np.zeros((400, 300, 3), np.uint8)
    page[:100] = (200, 20, 20)
    assert is_painted(page, DEFAULTS)


def with_floor(lowest: int) -> Image:
    """A framed panel with a floor at 230 from side to side; its side frames end at ``lowest``."""
    page = np.full((300, 400), 255, np.uint8)
    page[60:160, 100:300] = texture(100, 200, 1)
    cv2.line(page, (15, 230), (385, 230), 0, 3)
    cv2.line(page, (15, 30), (385, 30), 0, 3)
    for x in (15, 385):
        cv2.line(page, (x, 30), (x, lowest), 0, 3)
    return page


def pulled_to(page: Image) -> float:
    """The lower side of a region that takes the whole page, once it is fitted to its frame."""
    masks = find_blank(page, DEFAULTS.blank)
    segments = detect_segments(page, DEFAULTS.line)
    view = make_view(page, masks, segments, None, DEFAULTS.line)
    turned = find_blank(np.ascontiguousarray(page.T), DEFAULTS.blank)
    flipped = make_view(np.ascontiguousarray(page.T), turned, segments[:, [1, 0, 3, 2]], None, DEFAULTS.line)
    height, width = page.shape
    assert is_closed(flipped, MARGIN, DEFAULTS.snap) == bool(page[260, 15] == 0)
    return float(fit_sides((view, flipped), page_polygon(width, height), DEFAULTS.snap)[:, 1].max())


def test_a_panel_ends_at_its_frame_and_not_at_a_floor_above_it() -> None:
    """Without a lower frame to be seen, as where it wobbles, the frames at the sides still run on."""
    assert pulled_to(with_floor(290)) > 285
    assert pulled_to(with_floor(230)) == pytest.approx(230, abs=4)


def test_a_black_panel_between_white_gutters_is_one() -> None:
    boxes = [(30, 30, 160, 300), (206, 30, 160, 300), (382, 30, 188, 300), (30, 350, 540, 460)]
    page = draw_page(boxes)
    page[30:330, 206:366] = 0
    assert_boxes(detected(page, "ltr"), boxes)


def test_the_black_edge_of_a_scan_is_no_panel() -> None:
    boxes = [(100, 30, 220, 300), (340, 30, 230, 300), (100, 350, 470, 460)]
    page = draw_page(boxes)
    page[:, 8:52] = 0
    assert_boxes(detected(page, "ltr"), boxes)
