"""A group has the colour of the most of its members, and who agreed on another keeps that."""

from __future__ import annotations

import numpy as np

from mangacolor.stages.harmonize.group_colours import ChapterColours, choose_group_colours, nearness
from mangacolor.stages.harmonize.params import Params

SKIN, SKY = (-16.0, 14.0), (2.0, -12.0)
AGREED = np.array([SKY] * 6 + [(4.0, -14.0)] + [SKIN] * 2)
MEMBERS, LAST = len(AGREED), 7


def colours(*, as_they_are: bool = False) -> ChapterColours:
    """Of one group that looks alike: the most have the colour of a sky, and two that of skin."""
    params = Params()
    return choose_group_colours(
        AGREED,
        AGREED,
        np.ones(MEMBERS),
        np.zeros(MEMBERS, np.int64),
        params.group_colours,
        params.smoothing,
        np.array([as_they_are]),
    )


def test_who_agreed_on_another_colour_than_the_group_hardly_takes_part_in_it() -> None:
    found = colours()
    assert np.abs(found.groups[0] - SKY).max() < 3  # hardly drawn to skin
    assert found.near[:LAST].min() > 0.9 and found.near[LAST:].max() < 0.1


def test_what_a_guest_or_somebody_decided_holds_for_all_members() -> None:
    assert colours(as_they_are=True).near.tolist() == [1.0] * MEMBERS
    merged = np.arange(MEMBERS) == LAST
    assert colours().with_one_colour(merged).near[LAST] == 1.0
    assert colours().with_one_colour(merged).near[LAST + 1] < 0.1


def test_nearness_falls_with_the_distance_by_a_gaussian() -> None:
    params = Params().group_colours
    away = np.array([0.0, params.bandwidth, 3 * params.bandwidth])
    group = np.stack([away, np.zeros(3)], axis=1)
    assert np.allclose(nearness(np.zeros((3, 2)), group, params), np.exp([0.0, -0.5, -4.5]))
