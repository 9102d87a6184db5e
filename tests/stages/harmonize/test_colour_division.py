"""A group that looks alike and holds two colours is divided; who is left alone is in none."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeAlias

import numpy as np

from mangacolor.core.arrays import F64, I64
from mangacolor.stages.harmonize.clustering import Groups, link_agreeing
from mangacolor.stages.harmonize.colour_division import divide_by_colour
from mangacolor.stages.harmonize.group_colours import Members
from mangacolor.stages.harmonize.guidance.guided import Guided
from mangacolor.stages.harmonize.neighbours import KnnGraph
from mangacolor.stages.harmonize.panels.agreement import Panels
from mangacolor.stages.harmonize.panels.neutrals import Neutrals
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.segments.links import Links

SKY, SKIN, LEAF, BEIGE = (2.0, -12.0), (-16.0, 14.0), (-20.0, -20.0), (-6.0, 6.0)
NEIGHBOURS = 5
Colours: TypeAlias = tuple[tuple[float, float], int]
# As for a chapter of a few things.
PARAMS = replace(Params(), clustering=replace(Params().clustering, resolution=1.0))
COMPANY = PARAMS.clustering.min_company


def members_of(agreed: F64, held: I64 | None = None) -> Members:
    """Segments of one size; those ``held`` have a guest's colour."""
    guided = Guided.nobody(len(agreed))
    if held is not None:
        guided = Guided(np.isin(np.arange(len(agreed)), held), agreed)
    ones = np.ones(len(agreed))
    panels = Panels.nothing(len(agreed))
    return Members.of(agreed, agreed, ones, ones, guided, panels, Neutrals(0 * ones, 0 * ones), Params())


def ring(agreed: F64, params: Params) -> Links:
    """Everybody looks just like the next ones of a ring, whatever their colours."""
    count = len(agreed)
    near = (np.arange(count)[:, None] + 1 + np.arange(NEIGHBOURS)) % count
    return link_agreeing(KnnGraph(near, np.ones(near.shape)), agreed, params.clustering)


def divide(*colours: Colours, held: I64 | None = None) -> Groups:
    """One group of segments, so many of each colour, divided."""
    agreed = spread_out(*colours)
    return divide_groups(np.zeros(len(agreed), np.int64), agreed, np.ones(len(agreed)), PARAMS, held)


def divide_groups(number: I64, agreed: F64, area: F64, params: Params, held: I64 | None = None) -> Groups:
    links, members = ring(agreed, params), members_of(agreed, held)
    found = Groups.linked(number, links, params.clustering)
    return divide_by_colour(
        found, links, lambda groups: members.find_apart(groups, params), area, params.clustering
    )


def spread_out(*colours: Colours) -> F64:
    return np.array([colour for colour, count in colours for _ in range(count)])


def test_two_colours_are_two_groups() -> None:
    groups = divide((SKY, 12), (SKIN, 8))
    assert groups.number.tolist() == [0] * 12 + [1] * 8
    assert not groups.find_stray(PARAMS.clustering).any()


def test_three_colours_are_three_groups() -> None:
    groups = divide((SKY, 12), (SKIN, 8), (LEAF, 6))
    assert len(np.unique(groups.number[:12])) == len(np.unique(groups.number[12:20])) == 1
    assert len(np.unique(groups.number)) == 3 == len(np.unique(groups.number[[0, 12, 20]]))


def test_shades_of_one_colour_stay_together() -> None:
    assert not divide((SKIN, 12), (BEIGE, 8)).number.any()


def test_who_is_alone_with_a_colour_is_in_no_group_and_keeps_the_colour() -> None:
    few = COMPANY - 1
    groups = divide((SKY, 12), (SKIN, few))
    assert not groups.number.any() and not groups.membership[12:].any()
    assert groups.find_stray(PARAMS.clustering).tolist() == [False] * 12 + [True] * few
    assert divide((SKY, 12), (SKIN, few + 1)).number.tolist() == [0] * 12 + [1] * (few + 1)


def test_what_a_guest_says_of_a_group_holds_for_it() -> None:
    assert not divide((SKY, 12), (SKIN, 8), held=np.arange(12)).number.any()
    everybody = divide((SKY, 12), (SKIN, 8), held=np.arange(20))  # and of each member by itself before that
    assert everybody.number.tolist() == [0] * 12 + [1] * 8


def test_those_that_leave_several_groups_are_one_but_no_crowd() -> None:
    agreed = spread_out((SKY, 12), (SKIN, 20), (LEAF, 12), ((60.0, 60.0), 1))
    number, area = np.repeat([0, 1, 2], [22, 22, 1]), np.repeat([1.0, 3.0, 1.0, 516.0], [12, 20, 12, 1])
    for max_few, groups_of_skin in ((20, 1), (19, 2)):  # skin is a tenth of the area
        params = replace(PARAMS, clustering=replace(PARAMS.clustering, max_few=max_few))
        divided = divide_groups(number, agreed, area, params).number
        assert len(np.unique(divided[12:32])) == groups_of_skin
        assert not np.isin(divided[12:32], divided[[0, 32, 44]]).any()
