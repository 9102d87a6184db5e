"""Somebody who wants one thing of a chapter in another colour, and clicks on the worst error until it is so.

The thing is anchored at one of its segments. Then, click by click, what weighs most among what is missed
becomes a further anchor, and what weighs most among what is wrongly covered one that is not meant, whichever
is worse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask

CLICKS = 5


@dataclass(frozen=True, slots=True)
class Click:
    """A segment by its index, and whether it is meant."""

    segment: int
    meant: bool = True


# Which of N segments an edit covers after these clicks, in their order: N bool.
Cover = Callable[[Sequence[Click]], Mask]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a chapter's N segments is wanted.

    ``right``: N, the weight in each of the thing that is meant. ``wrong``: N, of everything else. ``size``:
    N, of the segments: of two errors that weigh the same, the one that is seen better is clicked on.
    ``lost`` and ``safe``: the weight of the thing, and of everything else, that lies in no segment.
    """

    right: F64
    wrong: F64
    size: F64
    lost: float = 0.0
    safe: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """``precision``: of what is covered, the share that is right; 1 where nothing is. ``recall``: of what is
    right, the share that is covered. ``spilled``: of what is wrong, the share that is covered."""

    precision: float
    recall: float
    spilled: float


def play(wanted: Wanted, first: int, cover: Cover) -> tuple[list[Score], list[Click]]:
    """Scores after the first anchor and after each further click, and what was clicked on. Where there is
    nothing left to click on, the last score stays."""
    done = [Click(first)]
    covered = cover(done)
    scores = [score(wanted, covered)]
    for _ in range(CLICKS):
        click = _worst(wanted, covered, done)
        if click is not None:
            done.append(click)
            covered = cover(done)
        scores.append(score(wanted, covered))
    return scores, done


def score(wanted: Wanted, covered: Mask) -> Score:
    right, wrong = float(wanted.right[covered].sum()), float(wanted.wrong[covered].sum())
    return Score(
        right / (right + wrong) if right + wrong else 1.0,
        right / max(float(wanted.right.sum()) + wanted.lost, 1e-9),
        wrong / max(float(wanted.wrong.sum()) + wanted.safe, 1e-9),
    )


def _worst(wanted: Wanted, covered: Mask, done: Sequence[Click]) -> Click | None:
    """The segment that is worst to have, or to miss, as it is: none where clicking can only do harm."""
    gain = np.where(covered, wanted.wrong - wanted.right, wanted.right - wanted.wrong)
    gain[[click.segment for click in done]] = 0.0
    # What differs by less than a hundredth of the worst is as bad.
    worst: I64 = np.nonzero(gain >= 0.99 * gain.max())[0]
    if gain.max() <= 0:
        return None
    segment = int(worst[wanted.size[worst].argmax()])
    return Click(segment, not bool(covered[segment]))
