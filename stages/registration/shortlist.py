"""Which pages of a pool are worth a closer look: those that hold points like the ones of a page.

Each point speaks for the pages that hold one like it, by how much more it looks like that than like what the
rest of the pool holds (local naive Bayes nearest neighbour, McCann & Lowe 2012). Crops do not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mangacolor.core.arrays import F32
from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import SEARCH, SearchParams


def shortlist(look: PageLook, pool: Sequence[PageLook], params: SearchParams = SEARCH) -> list[int]:
    """Indices into the pool, the most promising first, at most ``params.closer``."""
    votes = count_votes(look, pool, params)
    order = np.argsort(-votes, kind="stable")
    return [int(index) for index in order[: params.closer] if votes[index] > 0]


def count_votes(look: PageLook, pool: Sequence[PageLook], params: SearchParams = SEARCH) -> F32:
    """For each page of the pool how much speaks for it."""
    ours = look.points.looks[: params.points].astype(np.float32)
    best = np.zeros((len(pool) + 1, len(ours)), np.float32)  # one page more, of which nothing is known
    for index, page in enumerate(pool):
        theirs = page.points.looks[: params.points].astype(np.float32)
        if len(theirs):
            best[index] = (ours @ theirs.T).max(axis=1, initial=0.0)
    rank = min(params.rivals, len(pool))
    beaten = -np.partition(-best, rank, axis=0)[rank]
    return np.asarray(np.maximum(best - beaten, 0.0).sum(axis=1)[:-1], np.float32)
