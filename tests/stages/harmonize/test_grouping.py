"""Segments are smoothed among those that are alike, and who has hardly any keeps a colour of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.series.grouping import group_segments
from mangacolor.stages.harmonize.series.remembered import Remembered
from mangacolor.stages.segments.chapter import ChapterSegments
from mangacolor.stages.segments.features import (
    AREA,
    CB,
    COLUMNS,
    CR,
    LUMA,
    TONE,
    UNIT,
    ZERO,
    SegmentFeatures,
)

BROWN, GREEN = (-15.0, 15.0), (-20.0, -20.0)
PALETTE = np.array([BROWN, GREEN, (20.0, -10.0), (0.0, 0.0)])
MANY, POINT = 16, 8


def segments(angle: float) -> ChapterSegments:
    """A thing that is brown in as many windows as ``MANY``, and last one that is green and looks like it but
    for this ``angle`` (radians) between their points. The network is sure of neither."""
    rows = np.zeros((MANY + 1, len(COLUMNS) + POINT + len(PALETTE)), np.uint8)
    rows[:, [TONE, LUMA, AREA]] = 150, 150, 100
    points = np.zeros((MANY + 1, POINT))
    points[:, 0] = 1
    points[-1, :2] = np.cos(angle), np.sin(angle)
    rows[:, len(COLUMNS) : -len(PALETTE)] = np.rint(ZERO + UNIT * points)
    chosen = np.array([0] * MANY + [1])
    votes = np.full((MANY + 1, len(PALETTE)), 0.2)
    votes[np.arange(MANY + 1), chosen] = 0.4
    rows[:, -len(PALETTE) :] = np.rint(255 * np.sqrt(votes))
    rows[:, [CB, CR]] = PALETTE[chosen] + 128
    order, none = np.arange(MANY + 1), np.zeros(MANY + 1, np.int64)
    boxes, counts = ((0, 0, 100, 100),) * (MANY + 1), ((1,),) * (MANY + 1)
    features = SegmentFeatures(rows, len(PALETTE))
    ink = none.astype(np.uint8)
    return ChapterSegments(features, order, order, none, boxes, counts, PALETTE, True, none, ink)


def smoothed(angle: float, own_weight: float) -> F64:
    """The colour that the green one comes to, Cb and Cr."""
    chapter = segments(angle)
    params = Params()
    params = replace(params, smoothing=replace(params.smoothing, own_weight=own_weight))
    nobody = Remembered.nothing(chapter.features.rows.shape[1], len(PALETTE))
    space = make_space(chapter.features, chapter.embedded, params.descriptors)
    found = group_segments(chapter, nobody, space, params).smoothed
    return np.asarray(found[-1], dtype=np.float64)


def test_who_is_hardly_like_others_keeps_more_of_ones_own_hue() -> None:
    own_weight = Params().smoothing.own_weight
    lost, kept = smoothed(0.87, 0.0), smoothed(0.87, own_weight)
    assert lost[1] > kept[1] + 3  # Cr, of which brown has much and green less than none
    assert kept[1] < -5
    assert np.hypot(*kept) > np.hypot(*lost) + 2


def test_who_is_like_many_goes_with_them() -> None:
    lost, kept = smoothed(0.0, 0.0), smoothed(0.0, Params().smoothing.own_weight)
    assert np.abs(kept - lost).max() < 0.5


def test_members_have_their_groups_colour() -> None:
    """Of a group that may not even hold one colour nobody is a member."""
    chapter, params = segments(0.0), Params()
    params = replace(params, clustering=replace(params.clustering, resolution=1.0))
    strict = replace(params, group_colours=replace(params.group_colours, most_apart=-1.0))
    nobody = Remembered.nothing(chapter.features.rows.shape[1], len(PALETTE))
    space = make_space(chapter.features, chapter.embedded, params.descriptors)
    found, divided = (
        group_segments(chapter, nobody, space, each).groups.membership for each in (params, strict)
    )
    assert found.any() and not divided.any()
