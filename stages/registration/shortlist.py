"""Which pages of a pool are worth a closer look: those that hold points like the ones of a page.

Each point speaks for the pages that hold one like it, by how much more it looks like that than like what the
rest of the pool holds (local naive Bayes nearest neighbour, McCann & Lowe 2012). Crops do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F32, I64
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import SEARCH, SearchParams


@dataclass(frozen=True, slots=True)
class Pool:
    """The strongest points of ``size`` pages. ``looks``: N×128 float32.

    ``starts``: where each of ``pages``, those that have points, begins in them.
    """

    looks: F32
    starts: I64
    pages: I64
    size: int


def make_pool(pages: Sequence[PageLook], params: SearchParams = SEARCH) -> Pool:
    """What is kept of a pool to look for many pages in it."""
    strongest = [page.points.looks[: params.points] for page in pages]
    counts = np.array([len(looks) for looks in strongest], np.int64)
    looks = np.concatenate(strongest or [np.zeros((0, 128), np.uint8)]).astype(np.float32)
    starts = np.cumsum(counts) - counts
    return Pool(looks, starts[counts > 0], np.flatnonzero(counts), len(pages))


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
        best = np.maximum.reduceat(pool.looks @ ours.T, pool.starts, axis=0)
        # One page more, of which nothing is known: a pool of few pages has no rank to be beaten.
        best = np.concatenate([best, np.zeros((1, len(ours)), np.float32)])
        rank = min(params.rivals, len(best) - 1)
        beaten = -np.partition(-best, rank, axis=0)[rank]
        votes[pool.pages] = np.maximum(best - beaten, 0.0).sum(axis=1)[:-1]
    return votes
