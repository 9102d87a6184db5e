"""In a panel what is alike comes to one colour, other things keep theirs, and a sure hue is not lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mangacolor.core.arrays import F64, Mask
from mangacolor.stages.harmonize.panel_agreement import Panels
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import AREA, COLUMNS, TONE, UNIT, ZERO, SegmentFeatures

BLUE, BEIGE, RED, PALE_BLUE, GREY = (20.0, -15.0), (-12.0, 10.0), (-5.0, 30.0), (3.0, -2.0), (1.0, 0.0)
PALETTE = np.array([BLUE, BEIGE, RED, GREY])
POINT = 8
PARAMS = Params().panels
HAIR, SKIRT = 0, 1


def chapter(
    things: list[int], windows: list[int], votes: list[int], sure: float = 0.25, embedded: bool = True
) -> ChapterSegments:
    """Segments of things that look nothing like each other; each votes for one colour of the palette with
    this probability, and evenly for the others."""
    count = len(things)
    rows = np.zeros((count, len(COLUMNS) + POINT + len(PALETTE)), np.uint8)
    rows[:, [TONE, AREA]] = 150, 100
    rows[:, len(COLUMNS) : -len(PALETTE)] = np.rint(ZERO + UNIT * np.eye(POINT)[things])
    probability = np.full((count, len(PALETTE)), (1 - sure) / (len(PALETTE) - 1))
    probability[np.arange(count), votes] = sure
    rows[:, -len(PALETTE) :] = np.rint(255 * np.sqrt(probability))
    order, window = np.arange(count), np.array(windows)
    sizes = tuple(np.bincount(window).tolist())
    boxes, page = ((0, 0, 100, 100),) * len(sizes), np.zeros(count, np.int64)
    features = SegmentFeatures(rows, len(PALETTE))
    return ChapterSegments(features, page, window, order, boxes, (sizes,), PALETTE, embedded)


def settle(segments: ChapterSegments, colours: list[tuple[float, float]], held: Mask | None = None) -> F64:
    nobody = np.zeros(len(segments), np.bool_)
    return Panels.of(segments, PARAMS).settle(np.array(colours), nobody if held is None else held, PARAMS)


def apart(one: F64, other: F64) -> float:
    return float(np.hypot(*(one - other)))


def test_what_is_alike_in_a_panel_comes_together_and_other_things_stay() -> None:
    segments = chapter([HAIR, HAIR, HAIR, SKIRT], [0] * 4, [1] * 4)
    before = [BEIGE, BEIGE, RED, BLUE]
    after = settle(segments, before)
    assert apart(after[0], after[2]) < 0.2 * apart(np.array(BEIGE), np.array(RED))
    assert after[3] == pytest.approx(BLUE, abs=1)


def test_nothing_is_asked_of_other_panels_nor_without_an_embedding() -> None:
    colours = [BEIGE, RED]
    assert settle(chapter([HAIR, HAIR], [0, 1], [1, 1]), colours) == pytest.approx(np.array(colours))
    bare = chapter([HAIR, HAIR], [0, 0], [1, 1], embedded=False)
    assert settle(bare, colours) == pytest.approx(np.array(colours))


def test_opposite_colours_hardly_draw_each_other_and_none_goes_grey() -> None:
    after = settle(chapter([HAIR, HAIR], [0, 0], [1, 1]), [(-30.0, 40.0), (40.0, -30.0)])
    assert np.hypot(*after.T).min() > 45
    assert apart(*after) > 80


def test_who_is_held_stays_and_draws_others() -> None:
    after = settle(chapter([HAIR, HAIR], [0, 0], [1, 1]), [RED, BEIGE], np.array([True, False]))
    assert after[0] == pytest.approx(RED)
    assert apart(after[1], np.array(RED)) < 0.5 * apart(np.array(BEIGE), np.array(RED))


def test_a_hue_that_votes_are_sure_of_is_given_back() -> None:
    sure = chapter([HAIR], [0], [0], 0.97)
    read = Panels.of(sure, PARAMS).read[0]
    assert settle(sure, [PALE_BLUE])[0] @ read > 0.7 * read @ read
    assert settle(sure, [BEIGE])[0] @ read > 0.9 * read @ read
    assert settle(sure, [tuple(1.2 * read)])[0] == pytest.approx(1.2 * read)  # nothing of it is lost
    assert settle(chapter([HAIR], [0], [0], 0.3), [BEIGE])[0] == pytest.approx(BEIGE)


def test_a_hue_is_as_sure_as_the_votes_of_the_whole_thing() -> None:
    alone = chapter([HAIR], [0], [0], 0.6)
    doubted = chapter([HAIR, HAIR, HAIR], [0] * 3, [0, 1, 1], 0.6)
    sure, unsure = (Panels.of(segments, PARAMS).sure[0] for segments in (alone, doubted))
    assert sure > 0.1 and unsure < 0.5 * sure


def test_where_colours_are_shown_no_hue_of_the_network_is_kept() -> None:
    panels = Panels.of(chapter([HAIR], [0], [0], 0.97), PARAMS).without_votes()
    assert panels.settle(np.array([BEIGE]), np.zeros(1, np.bool_), PARAMS)[0] == pytest.approx(BEIGE)


def test_some_of_the_segments_keep_their_links() -> None:
    panels = Panels.of(chapter([SKIRT, HAIR, HAIR], [0] * 3, [1] * 3), PARAMS).take(np.array([1, 2]))
    after = panels.settle(np.array([BEIGE, RED]), np.zeros(2, np.bool_), PARAMS)
    assert apart(after[0], after[1]) < 0.2 * apart(np.array(BEIGE), np.array(RED))


def test_a_network_without_votes_keeps_no_hue() -> None:
    segments = chapter([HAIR], [0], [0], 0.97)
    silent = replace(segments, features=SegmentFeatures(segments.features.rows, 0), embedded=False)
    assert settle(silent, [BEIGE])[0] == pytest.approx(BEIGE)


def test_a_panel_says_the_same_in_a_chapter_of_any_length() -> None:
    """To the bit, though a product of matrices does not."""
    rng = np.random.default_rng(5)
    count, colours = 801, 97
    rows = rng.integers(0, 256, (count, len(COLUMNS) + POINT + colours)).astype(np.uint8)
    palette, order = rng.normal(0, 30, (colours, 2)), np.arange(count)
    alone = order // 9

    def panels(some: int) -> Panels:
        features, none = SegmentFeatures(rows[:some], colours), np.zeros(some, np.int64)
        boxes = ((0, 0, 100, 100),) * (alone[some - 1] + 1)
        sizes = tuple(np.bincount(alone[:some]).tolist())
        chosen = none, alone[:some], order[:some]
        return Panels.of(ChapterSegments(features, *chosen, boxes, (sizes,), palette, True), PARAMS)

    whole = panels(count)
    for some in (9, 90, 450):
        few = panels(some)
        assert np.array_equal(few.read, whole.read[:some])
        assert np.array_equal(few.sure, whole.sure[:some])
