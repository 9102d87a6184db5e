"""Made-up newspaper pages and strips: the same for a seed, with their panels where they are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mangacolor.benchmarks.quality.made_page import MadePage
from mangacolor.benchmarks.quality.newspapers import make_newspaper
from mangacolor.benchmarks.quality.score_made_pages import Row, draw_worst, f1_of, table
from mangacolor.benchmarks.quality.score_panels import matched
from mangacolor.benchmarks.quality.web_strips import make_web_strip
from mangacolor.core.types import Box


def colourful() -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.kron(rng.integers(0, 255, (6, 6, 3)), np.ones((40, 40, 1))).astype(np.uint8)


@pytest.mark.parametrize("seed", range(12))
def test_strips_are_the_same_for_a_seed(seed: int) -> None:
    page, again = make_web_strip(seed), make_web_strip(seed)
    assert np.array_equal(page.picture, again.picture) and page.panels == again.panels
    height, width = page.picture.shape[:2]
    for x, y, w, h in page.panels:
        assert min(x, y) >= 0 and x + w <= width and y + h <= height and min(w, h) > 40


def test_the_panels_of_strips_are_where_their_frames_are() -> None:
    framed = 0
    for seed in range(12):
        page = make_web_strip(seed)
        luma = page.picture.mean(2)
        for x, y, w, h in page.panels:
            rows = np.arange(y + 10, y + h - 10)
            shares = []
            for side in (x, x + w - 1):
                near = luma[rows, max(0, side - 4) : side + 5]
                shares.append(float((near.min(1) < near.max(1) - 60).mean()))
            framed += min(shares) > 0.8
    assert framed > 36  # of 45; some have none


def test_the_panels_of_a_newspaper_page_are_where_its_black_lines_are() -> None:
    page = make_newspaper([colourful()], 4)
    assert np.array_equal(page.picture, make_newspaper([colourful()], 4).picture)
    luma = page.picture.mean(2)
    x, y, _w, h = page.panels[0]
    middle = y + h // 2
    assert luma[middle - 40 : middle + 40, x - 6 : x + 7].min(1).mean() < 110
    assert luma[middle - 40 : middle + 40, x - 14 : x - 6].min(1).mean() > 110  # the margin beside it


def test_tables_tell_each_difficulty_and_the_worst_page_comes_first(tmp_path: Path) -> None:
    picture = np.full((60, 60, 3), 255, np.uint8)
    boxes: tuple[Box, ...] = ((0, 0, 30, 60), (30, 0, 30, 60))
    rows = []
    for number, found in enumerate((list(boxes), [(0, 0, 60, 60)])):
        page = MadePage(picture, boxes, ("grey",) if number else ("black",))
        rows.append(Row(number, page, found, matched(found, boxes), 0.1))
    assert [row.perfect for row in rows] == [True, False]
    assert f1_of(rows, 0.7) == pytest.approx(2 * 2 / 7)
    told = {line.split()[0]: line.split()[2:] for line in table(rows).splitlines()[1:-1]}
    assert told == {
        "all": ["0.571", "0.571", "0.50"],
        "black": ["1.000", "1.000", "1.00"],
        "grey": ["0.000", "0.000", "0.00"],
    }
    draw_worst(rows, tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["00-1.png", "01-0.png"]
