"""Groups that hold two colours are divided, so that a group of the palette is one thing in one colour.

What looks alike and is linked step by step may have agreed on two colours: pale grounds and faces. Segments
take their group's colour as far as that is near and they surely belong there, so the others stay what they
are. These leave.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.stages.harmonize.clustering import Groups, divide_large
from mangacolor.stages.harmonize.louvain import find_communities
from mangacolor.stages.harmonize.params import ClusteringParams
from mangacolor.stages.segments.links import Links


def divide_by_colour(
    groups: Groups, links: Links, find_apart: Callable[[Groups], Mask], area: F64, params: ClusteringParams
) -> Groups:
    """The groups of N segments without members of clearly another colour, as ``find_apart`` finds them.

    Those that are linked to enough of their kind are groups with these. Who is left alone keeps the number of
    its group and is no member (membership 0). ``links``: between the segments. ``area``: N.
    """
    number, left = groups.number, np.zeros(len(groups.number), np.bool_)
    divided = groups
    for _ in range(params.colour_rounds):
        apart = find_apart(divided) & divided.find_sure(params)
        if not apart.any():
            break
        left |= apart
        number = divide_large(_leave(number, apart, links, params), links, area / area.sum(), params)
        divided = Groups.linked(_close_gaps(number), links, params)
    company = np.bincount(divided.number, weights=divided.find_sure(params)) >= params.min_company
    alone = left & ~company[divided.number]
    divided = Groups.linked(_close_gaps(np.where(alone, groups.number, number)), links, params)
    stays = ~alone & ~find_apart(divided)
    return Groups(divided.number, np.where(stays, divided.membership, 0.0))


def _leave(number: I64, apart: Mask, links: Links, params: ClusteringParams) -> I64:
    """The groups (N) once those that are ``apart`` have left them for communities of their own."""
    among = links.among(apart)
    # Communities are to be as large among these as they are in the chapter.
    resolution = params.resolution * among.data.sum() / links.data.sum()
    numbers = number.copy()
    numbers[apart] = number.max() + 1 + find_communities(among, resolution)
    return numbers


def _close_gaps(number: I64) -> I64:
    """The same groups, numbered from 0."""
    return np.asarray(np.unique(number, return_inverse=True)[1], dtype=np.int64)
