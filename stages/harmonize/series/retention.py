"""Which segments of a series stay remembered: a table that does not grow with the pages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mangacolor.core.arrays import F32, F64, I64, Mask
from mangacolor.stages.harmonize.params import RetentionParams
from mangacolor.stages.harmonize.series.remembered import PageNumbers, Remembered

# Keeps the logarithm of a draw finite.
TINY = 1e-12


def retain(table: Remembered, params: RetentionParams) -> Remembered:
    """At most ``max_segments`` of a table, spread fairly over its groups.

    Groups that were seen on several pages are what the series is about; those of a single page share what
    they leave. Within each kind a group has as many segments as any other, or all of its own (max-min
    fairness). Of a group those of the highest ``priority`` stay: a weighted sample of all that ever came
    (Efraimidis & Spirakis 2006), in which each page counts the same, the first and the last.
    """
    if len(table) <= params.max_segments:
        return table
    group = table.group_rows
    recurring = _page_counts(table, group) > 1
    often = recurring[group]
    room = params.max_segments - min(int((~often).sum()), params.max_single)
    kept = np.zeros(len(table), np.bool_)
    kept[_fair_share(table, group, often, room)] = True
    kept[_fair_share(table, group, ~often, params.max_segments - int(kept.sum()))] = True
    return table.take(kept)


def draw_priorities(weight: F64, pages: Sequence[I64], numbers: PageNumbers) -> F32:
    """The priority of each of N segments: by chance, the higher the more it weighs (``weight``, N).

    ``pages``: for each page its segments; its number (``numbers``) draws, so that a page draws the same
    always.
    """
    chance = np.zeros(len(weight))
    for where, number in zip(pages, numbers, strict=True):
        chance[where] = np.random.default_rng(int(number)).random(len(where))
    return np.asarray(np.log(np.maximum(chance, TINY)) / weight, dtype=np.float32)


def _page_counts(table: Remembered, group: I64) -> I64:
    """On how many pages each group was seen."""
    pairs = np.unique(np.stack([group.astype(np.uint64), table.page], axis=1), axis=0)
    return np.bincount(pairs[:, 0].astype(np.int64), minlength=len(table.groups))


def _fair_share(table: Remembered, group: I64, those: Mask, room: int) -> I64:
    """Which of those segments stay: at most ``room``, as many of each group as of any other."""
    where = np.nonzero(those)[0]
    order = where[np.lexsort((-table.priority[where], group[where]))]
    groups = group[order]
    rank = np.arange(len(order)) - np.searchsorted(groups, groups)  # of each within its group, best first
    # The best of each group come first, then the second best, and so on.
    return order[np.lexsort((-table.priority[order], rank))][:room]
