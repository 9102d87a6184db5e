"""Which pages of a pool are worth a closer look: those that hold points like the ones of a page.

Each point speaks for the pages that hold one like it, by how much more it looks like that than like what the
rest of the pool holds (local naive Bayes nearest neighbour, McCann & Lowe 2012). Crops do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, I64
from mangacolor.core.types import Image
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import SEARCH, SearchParams

# Points of a pool that are compared at a time: with the 300 of a page that takes 20 MB, whatever its size.
BLOCK_POINTS = 2**14


@dataclass(frozen=True, slots=True)
class Pool:
    """The strongest points of ``size`` pages, 38 KB a page. ``looks``: N×128 uint8.

    ``starts``: where each of ``pages``, those that have points, begins in them.
    """

    looks: Image
    starts: I64
    pages: I64
    size: int


def make_pool(pages: Sequence[PageLook], params: SearchParams = SEARCH) -> Pool:
    """What is kept of a pool to look for many pages in it."""
    return pool_points([strongest_points(page, params) for page in pages])


def strongest_points(page: PageLook, params: SearchParams = SEARCH) -> Image:
    """What is kept of a page in a pool: the looks of its strongest points, N×128 uint8."""
    return page.points.looks[: params.points].copy()


def pool_points(strongest: Sequence[Image]) -> Pool:
    """The pool of pages of which these are the ``strongest_points``."""
    counts = np.array([len(looks) for looks in strongest], np.int64)
    looks = np.concatenate([*strongest, np.zeros((0, 128), np.uint8)])
    starts = np.cumsum(counts) - counts
    return Pool(looks, starts[counts > 0], np.flatnonzero(counts), len(strongest))


def shortlist(look: PageLook, pool: Pool, params: SearchParams = SEARCH) -> list[int]:
    """Indices into the pool, the most promising first, at most ``params.closer``."""
    votes = count_votes(look, pool, params)
    order = np.argsort(-votes, kind="stable")
    return [int(index) for index in order[: params.closer] if votes[index] > 0]


def count_votes(look: PageLook, pool: Pool, params: SearchParams = SEARCH) -> F32:
    """For each page of the pool how much speaks for it."""
    votes = np.zeros(pool.size, np.float32)
    ours = look.points.looks[: params.points].astype(np.float32)
    if len(ours) and len(pool.pages):
        # One page more, of which nothing is known: a pool of few pages has no rank to be beaten.
        best = np.concatenate([_find_best(ours, pool), np.zeros((1, len(ours)), np.float32)])
        rank = min(params.rivals, len(best) - 1)
        beaten = -np.partition(-best, rank, axis=0)[rank]
        votes[pool.pages] = np.maximum(best - beaten, 0.0).sum(axis=1)[:-1]
    return votes


def _find_best(ours: F32, pool: Pool) -> F32:
    """For each page of the pool that has points how like its likest point is to each of ours: P×N."""
    ends = np.append(pool.starts[1:], len(pool.looks))
    best = np.zeros((len(pool.starts), len(ours)), np.float32)
    first = 0
    while first < len(ends):
        begin = pool.starts[first]
        last = max(first + 1, int(np.searchsorted(ends, begin + BLOCK_POINTS, side="right")))
        theirs = pool.looks[begin : ends[last - 1]].astype(np.float32)
        best[first:last] = np.maximum.reduceat(theirs @ ours.T, pool.starts[first:last] - begin, axis=0)
        first = last
    return best
