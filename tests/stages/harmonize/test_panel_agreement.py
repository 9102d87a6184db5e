"""In a panel what is alike comes to one colour, and other things keep theirs."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.arrays import F64, Mask
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import AREA, COLUMNS, TONE, UNIT, ZERO, SegmentFeatures

BLUE, BEIGE, RED = (20.0, -15.0), (-12.0, 10.0), (-5.0, 30.0)
POINT = 8
PARAMS = Params().panels
HAIR, SKIRT = 0, 1


def chapter(things: list[int], windows: list[int], embedded: bool = True) -> ChapterSegments:
    """Segments of things that look nothing like each other."""
    count = len(things)
    rows = np.zeros((count, len(COLUMNS) + POINT), np.uint8)
    rows[:, [TONE, AREA]] = 150, 100
    rows[:, len(COLUMNS) :] = np.rint(ZERO + UNIT * np.eye(POINT)[things])
    order, window = np.arange(count), np.array(windows)
    sizes = tuple(np.bincount(window).tolist())
    boxes, page = ((0, 0, 100, 100),) * len(sizes), np.zeros(count, np.int64)
    told = boxes, (sizes,), np.zeros((0, 2)), embedded, order, np.zeros(count, np.uint8)
    return ChapterSegments(SegmentFeatures(rows), page, window, order, *told)


def settle(segments: ChapterSegments, colours: list[tuple[float, float]], held: Mask | None = None) -> F64:
    nobody = np.zeros(len(segments), np.bool_)
    return Panels.of(segments, PARAMS).settle(np.array(colours), nobody if held is None else held, PARAMS)


def apart(one: F64, other: F64) -> float:
    return float(np.hypot(*(one - other)))


def test_what_is_alike_in_a_panel_comes_together_and_other_things_stay() -> None:
    segments = chapter([HAIR, HAIR, HAIR, SKIRT], [0] * 4)
    before = [BEIGE, BEIGE, RED, BLUE]
    after = settle(segments, before)
    assert apart(after[0], after[2]) < 0.2 * apart(np.array(BEIGE), np.array(RED))
    assert after[3] == pytest.approx(BLUE, abs=1)


def test_nothing_is_asked_of_other_panels_nor_without_an_embedding() -> None:
    colours = [BEIGE, RED]
    assert settle(chapter([HAIR, HAIR], [0, 1]), colours) == pytest.approx(np.array(colours))
    bare = chapter([HAIR, HAIR], [0, 0], embedded=False)
    assert settle(bare, colours) == pytest.approx(np.array(colours))


def test_opposite_colours_hardly_draw_each_other_and_none_goes_grey() -> None:
    after = settle(chapter([HAIR, HAIR], [0, 0]), [(-30.0, 40.0), (40.0, -30.0)])
    assert np.hypot(*after.T).min() > 45
    assert apart(*after) > 80


def test_who_is_held_stays_and_draws_others() -> None:
    after = settle(chapter([HAIR, HAIR], [0, 0]), [RED, BEIGE], np.array([True, False]))
    assert after[0] == pytest.approx(RED)
    assert apart(after[1], np.array(RED)) < 0.5 * apart(np.array(BEIGE), np.array(RED))


def test_some_of_the_segments_keep_their_links() -> None:
    panels = Panels.of(chapter([SKIRT, HAIR, HAIR], [0] * 3), PARAMS).take(np.array([1, 2]))
    after = panels.settle(np.array([BEIGE, RED]), np.zeros(2, np.bool_), PARAMS)
    assert apart(after[0], after[1]) < 0.2 * apart(np.array(BEIGE), np.array(RED))
