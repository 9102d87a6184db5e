"""What a line can score at most is no less than what it scores, and most lines are out of the question."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from mangacolor.core.types import Image
from mangacolor.stages.panels.blank import count_levels, find_blank
from mangacolor.stages.panels.cutting.line_fit import detect_segments
from mangacolor.stages.panels.cutting.lines import View, make_view
from mangacolor.stages.panels.cutting.polygons import page_polygon
from mangacolor.stages.panels.cutting.score_bounds import most_of_shared_lines
from mangacolor.stages.panels.cutting.shared_lines.finding import find_shared_lines
from mangacolor.stages.panels.cutting.shared_lines.hidden import find_pieces, may_be_hidden
from mangacolor.stages.panels.params import DEFAULTS
from mangacolor.tests.stages.panels.test_detect import HEIGHT, WIDTH, texture

# Lines of which the middle is hidden have a bound of their own.
WHOLE = replace(DEFAULTS, hidden=replace(DEFAULTS.hidden, most_hidden=0.0))


def crossed(seed: int) -> tuple[View, Image]:
    """A page of lines, level and slanted, some half hidden, and of the network's answer to them."""
    rng = np.random.default_rng(seed)
    page, border = np.full((HEIGHT, WIDTH), 240, np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    for _ in range(14):
        first, slope = rng.uniform(40, HEIGHT - 40), rng.choice([0.0, 0.03, 0.2]) * rng.choice([-1, 1])
        ends = (0, round(first)), (WIDTH, round(first + slope * WIDTH))
        cv2.line(page, *ends, 0, 2, cv2.LINE_AA)
        cv2.line(border, *ends, int(rng.integers(0, 256)), 5)
        x = int(rng.integers(0, WIDTH - 200))
        page[:, x : x + 60] = np.minimum(page[:, x : x + 60], 250)
    hidden = np.s_[200:500, 150:380]
    page[hidden] = texture(300, 230, seed)
    border[hidden] //= 2
    segments = detect_segments(page, DEFAULTS.line)
    return make_view(page, find_blank(page, DEFAULTS.blank), segments, border, DEFAULTS.line), page


@pytest.mark.parametrize("seed", range(6))
def test_no_line_scores_more_than_its_bound(seed: int) -> None:
    view, _page = crossed(seed)
    region = page_polygon(WIDTH, HEIGHT)
    region[1, 1] += 30  # not a rectangle
    support, spans = view.lines.through(region, DEFAULTS.line.least_span)
    tried = np.flatnonzero(support.max(0) >= DEFAULTS.shared.least_edge)
    most = most_of_shared_lines(view.lines, support, spans, tried, WHOLE)
    cuts = find_shared_lines(view, region, False, WHOLE, -1.0)
    assert len(cuts) == len(tried) > 5
    scores = np.array([cut.score for cut in cuts])
    assert (scores <= most).all()
    assert (most - scores).min() < 0.05  # it is no idle bound
    floor = float(np.median(scores))
    kept = find_shared_lines(view, region, False, WHOLE, floor)
    assert [cut for cut in kept if cut.score >= floor] == [cut for cut in cuts if cut.score >= floor]
    assert len(kept) < len(cuts)


@pytest.mark.parametrize("seed", range(6))
def test_no_hidden_line_is_left_out_unseen(seed: int) -> None:
    view, _page = crossed(seed)
    region = page_polygon(WIDTH, HEIGHT)
    support, spans = view.lines.support(region)
    tried = np.flatnonzero(support.max(0) >= DEFAULTS.shared.least_edge)
    kept = tried[may_be_hidden(view.lines, spans, tried, DEFAULTS.hidden)]
    assert len(kept) < len(tried)
    for index in tried:
        inside = slice(*spans[index])
        border, edge = view.lines.border[index, inside], view.lines.edges(index, inside)
        assert find_pieces(border, edge, False, DEFAULTS.hidden) is None or index in kept


def test_levels_are_counted_in_a_mask_as_on_the_whole_page() -> None:
    page = np.random.default_rng(0).integers(0, 256, (90, 70), np.uint8)
    where = np.random.default_rng(1).random(page.shape) < 0.4
    np.testing.assert_array_equal(count_levels(page, where), np.bincount(page[where], minlength=256))
    np.testing.assert_array_equal(count_levels(page), np.bincount(page.ravel(), minlength=256))
