"""What looks like a border and is none: sills, white between figures, lines without an end, strips."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import cpu_backend
from mangacolor.stages.panels import find_panels
from mangacolor.stages.panels.cutting.border_net import SecondLook
from mangacolor.stages.panels.cutting.candidates import Cut
from mangacolor.stages.panels.cutting.gutters import UNSEEN, GutterEvidence, flaw_of
from mangacolor.stages.panels.cutting.polygons import Line
from mangacolor.stages.panels.cutting.shared_lines.finding import surer_end
from mangacolor.stages.panels.cutting.style import Style
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, assert_boxes, draw_page, texture

UPPER, LOWER = (100.0, 0.1), (120.0, 0.1)


def band(kind: str, width: float, ends: float, probability: float | None = 0.9) -> Cut:
    evidence = GutterEvidence(1.0, 1.0, 1.0, ends, width, probability, 0.0, 0.0)
    return Cut(kind, False, UPPER, LOWER, 1.1, evidence)  # type: ignore[arg-type]


def with_sill(frames: int, sill: tuple[Line, Line]) -> Image:
    """Two tiers with a gutter of ``frames`` between them; through the lower one runs a black band."""
    page = draw_page([(30, 30, 540, 300), (30, 350, 540, 460)], paper=frames, frame=255 - frames)
    xs = np.array([33, 566])
    sides = [np.rint(offset + slope * xs).astype(int) for offset, slope in sill]
    corners = [(33, sides[0][0]), (566, sides[0][1]), (566, sides[1][1]), (33, sides[1][0])]
    page[:] = np.where(page == 0, page, page // 2 + 120) if frames == 255 else page
    cv2.rectangle(page, (30, 350), (569, 809), 0, 3)
    cv2.fillPoly(page, [np.array(corners)], 0)
    return page


def test_a_dark_band_that_ends_at_a_frame_is_no_gutter_among_white_ones() -> None:
    found = find_panels(with_sill(255, ((560.0, 0.1), (582.0, 0.1)))).detected
    assert len(found) == 2, [panel.box for panel in found]


def test_where_gutters_are_dark_a_dark_band_may_be_one() -> None:
    dark, white = Style(), Style().with_cut(band("white gutter", 20, 2), DEFAULTS)
    assert white.white and white.across and not white.down
    for style, kind, width, ends, sill in (
        (white, "black gutter", 20, 1, True),
        (white, "black gutter", 20, 2, False),  # it runs on through both frames
        (white, "black gutter", 4, 0, False),  # a frame that two panels share
        (white, "white gutter", 20, 1, False),
        (dark, "black gutter", 20, 1, False),
    ):
        cut = band(kind, width, ends)
        assert style.is_sill(cut, DEFAULTS) == sill
        assert style.sides_of_sills([cut], DEFAULTS) == ({(False, UPPER), (False, LOWER)} if sill else set())


def test_an_unsure_gutter_tells_nothing_of_the_style() -> None:
    assert Style().with_cut(replace(band("white gutter", 20, 2), score=0.8), DEFAULTS) == Style()


@pytest.mark.parametrize(
    ("width", "probability", "painted", "flaw"),
    [
        (30, 0.05, False, UNSEEN),
        (30, 0.2, False, ""),
        (8, 0.05, False, ""),
        (30, 0.05, True, ""),
        (30, None, False, ""),
    ],
)
def test_white_between_figures_is_no_gutter(
    width: float, probability: float | None, painted: bool, flaw: str
) -> None:
    evidence = band("white gutter", width, 2, probability).evidence
    assert isinstance(evidence, GutterEvidence)
    assert flaw_of(evidence, painted, DEFAULTS.gutter) == flaw


def test_a_line_may_run_on_through_the_margin() -> None:
    """Where the region is the whole page, a border ends before its edge, and nothing is seen there."""
    page = draw_page([(80, 80, 440, 340), (80, 420, 440, 340)])
    assert len(find_panels(page).detected) == 2


def test_one_end_of_a_line_is_enough() -> None:
    line = np.zeros(200, np.uint8)
    assert surer_end(line, 4, 16) == 0
    line[:4], line[20:180] = 255, 255  # the border that it meets, and its middle
    assert surer_end(line, 4, 16) == 0
    line[-16:] = 200
    assert surer_end(line, 4, 16) == 200
    assert surer_end(np.full(20, 90, np.uint8), 4, 16) == 90


def test_a_strip_is_no_panel() -> None:
    """Something drawn between two tiers that is thinner than any panel."""
    boxes = [(30, 30, 540, 330), (30, 430, 540, 380)]
    page = draw_page([*boxes, (30, 375, 540, 40)])
    assert_boxes(list(find_panels(page).detected), boxes)


def test_a_band_that_is_turned_is_seen_where_it_lies() -> None:
    page = np.full((HEIGHT, WIDTH), 255, np.uint8)
    page[40:350, 60:540], page[460:780, 60:540] = texture(310, 480, 1), texture(320, 480, 2)
    cv2.line(page, (0, 350), (WIDTH, 450), 0, 2, cv2.LINE_AA)
    xs, line = np.arange(30.0, WIDTH - 30, 2), (350.0, 100 / WIDTH)
    page[300:500, 400:] = texture(200, 200, 3)  # hides one end
    look = SecondLook(page, cpu_backend(), 3)
    ways = [look.along(line, xs, DEFAULTS.second_look, turned=turned) for turned in (False, True)]
    for seen in ways:
        assert seen.shape == xs.shape and seen[:150].mean() > seen[-60:].mean() + 60
    assert not np.array_equal(ways[0], ways[1])
