"""Black hair has no orange ends: what lies among solid ink loses warm colours, faces and nights do not."""

from __future__ import annotations

import numpy as np
import pytest

from mangacolor.core.arrays import F64
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.neutrals import Neutrals
from mangacolor.stages.harmonize.panels.sheen import dull, find_sheen
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.describing import SOLID, measure_ink
from mangacolor.stages.segments.features import AREA, COLUMNS, UNIT, ZERO, SegmentFeatures

ORANGE, PINK, YELLOW, BLUE, GREEN = (-24.0, 21.0), (2.0, 18.0), (-30.0, 4.0), (24.0, -12.0), (-14.0, -18.0)
PARAMS = Params().sheen
POINT = 8


def segments_of(ink: list[int], kinds: list[int], coarse: list[int] | None = None) -> ChapterSegments:
    """Segments of one panel that are alike if their kinds are."""
    count = len(ink)
    rows = np.zeros((count, len(COLUMNS) + POINT), np.uint8)
    rows[:, AREA] = 100
    rows[:, len(COLUMNS) :] = np.rint(ZERO + UNIT * np.eye(POINT)[kinds])
    order, nothing = np.arange(count), np.zeros(count, np.int64)
    parts = order if coarse is None else np.array(coarse)
    told = ((0, 0, 9, 9),), ((count,),), np.zeros((0, 2)), True, parts, np.array(ink, np.uint8)
    return ChapterSegments(SegmentFeatures(rows), nothing, nothing, order, *told)


def sheen(segments: ChapterSegments, no_skin: list[float]) -> F64:
    return find_sheen(segments, np.array(no_skin), Panels.of(segments, Params().panels), PARAMS)


def test_ink_is_measured_by_segment() -> None:
    labels = np.zeros((10, 10), np.uint16)
    labels[:, :4], labels[:, 4:8] = 1, 2
    grey = np.full((10, 10), 255, np.uint8)
    grey[:, 2:4], grey[:, 4:8], grey[:, 8:] = SOLID - 1, SOLID, 0
    assert measure_ink(labels, grey).tolist() == [128, 0]
    assert measure_ink(np.zeros((4, 4), np.uint16), grey[:4, :4]).shape == (0,)


def test_a_light_end_of_black_hair_is_sheen_and_a_blank_wall_is_not() -> None:
    of_one_head = segments_of([150, 5, 5], [0, 1, 2], coarse=[0, 0, 1])
    assert sheen(of_one_head, [1, 1, 1]) == pytest.approx([1, 1, 0], abs=0.01)
    alike = segments_of([150, 5, 5], [0, 0, 2], coarse=[0, 1, 2])
    assert sheen(alike, [1, 1, 1]) == pytest.approx([1, 1, 0], abs=0.01)


def test_a_face_in_shadow_stays_skin() -> None:
    face = segments_of([60, 60], [0, 1])
    assert sheen(face, [0.1, 1.0]) == pytest.approx([0.1, 1], abs=0.01)


def test_nothing_is_sheen_without_ink() -> None:
    assert sheen(segments_of([0], [0]), [1.0]).tolist() == [0]
    assert sheen(segments_of([], []), []).tolist() == []


def test_only_warm_colours_are_dulled() -> None:
    colours = np.array([ORANGE, PINK, YELLOW, BLUE, GREEN, ORANGE])
    after = dull(colours, np.array([1.0, 1, 1, 1, 1, 0]), PARAMS)
    left = np.hypot(*after.T) / np.hypot(*colours.T)
    assert left[:3] == pytest.approx(1 - PARAMS.amount, abs=0.1)
    assert left[3:] == pytest.approx(1, abs=0.05)


def test_what_is_held_keeps_its_colour() -> None:
    both = Neutrals(np.zeros(2), np.ones(2)).but_for(np.array([True, False]))
    after = both.draw(np.array([ORANGE, ORANGE]), Params())
    left = np.hypot(*after.T) / np.hypot(*ORANGE)
    assert left == pytest.approx([1, 1 - PARAMS.amount], abs=0.01)
