"""Which page of one edition is which of another: by what is drawn, one to one, and by order only in doubt.

Pages that nothing else looks like are paired first. The others (a title page that every chapter repeats, a
page of which little agrees) are paired by agreement and by whether they lie between the pages paired first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import MATCHING, MatchingParams
from mangacolor.stages.registration.partners import Likeness, compare_looks
from mangacolor.stages.registration.shortlist import make_pool, shortlist

Why = Literal["empty", "unlike", "unsure", "taken"]


@dataclass(frozen=True, slots=True)
class Match:
    """Two pages, as indices, that show one drawing."""

    ours: int
    theirs: int
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Alone:
    """A page of ours without a partner.

    ``why``: next to nothing is drawn on it (``empty``), no page of theirs is like it (``unlike``), the
    ``nearest`` is too little like it (``unsure``), or goes with another page of ours (``taken``).
    """

    ours: int
    why: Why
    nearest: int | None = None


@dataclass(frozen=True, slots=True)
class Matches:
    """``pairs`` and ``alone`` by our page; ``left``: pages of theirs that go with none of ours."""

    pairs: tuple[Match, ...]
    alone: tuple[Alone, ...]
    left: tuple[int, ...]


def match_pages(
    ours: Sequence[PageLook],
    theirs: Sequence[PageLook],
    progress: Callable[[int], None] = lambda done: None,
    params: MatchingParams = MATCHING,
) -> Matches:
    """Pair the pages of two editions. ``progress`` is told after each page of ours how many are done."""
    candidates = _find_candidates(ours, theirs, progress, params)
    taken = _pair_clear(candidates, params)
    _pair_doubtful(candidates, taken, params)
    pairs = tuple(taken[index] for index in sorted(taken))
    gone = {match.theirs for match in pairs}
    alone = tuple(
        _say_why(index, look, [c for c in candidates if c.ours == index], params)
        for index, look in enumerate(ours)
        if index not in taken
    )
    return Matches(pairs, alone, tuple(index for index in range(len(theirs)) if index not in gone))


def _find_candidates(
    ours: Sequence[PageLook],
    theirs: Sequence[PageLook],
    progress: Callable[[int], None],
    params: MatchingParams,
) -> list[Match]:
    """Pairs that agree at all, the best first."""
    pool, found = make_pool(theirs), list[Match]()
    for index, look in enumerate(ours):
        for other in shortlist(look, pool):
            likeness = compare_looks(look, theirs[other])
            if likeness.overlap and likeness.agreement >= params.least:
                found.append(Match(index, other, likeness))
        progress(index + 1)
    return sorted(found, key=lambda match: (-match.likeness.agreement, match.ours, match.theirs))


def _pair_clear(candidates: Sequence[Match], params: MatchingParams) -> dict[int, Match]:
    """Those that are the same drawing, and much more alike than either page is to any other."""
    taken: dict[int, Match] = {}
    for match in candidates:
        rivals = [
            other.likeness.agreement
            for other in candidates
            if other is not match and (other.ours == match.ours or other.theirs == match.theirs)
        ]
        clear = match.likeness.agreement - max(rivals, default=0.0) >= params.clear_by
        if match.likeness.same and clear:
            taken[match.ours] = match
    return taken


def _pair_doubtful(candidates: Sequence[Match], taken: dict[int, Match], params: MatchingParams) -> None:
    """Pair what is left, into ``taken``: among equals what lies in order, and what agrees little only so."""
    clear = dict(taken)
    gone = {match.theirs for match in clear.values()}

    def promise(match: Match) -> tuple[float, int, int]:
        bonus = params.order_worth if _in_order(match, clear) else 0.0
        return -match.likeness.agreement - bonus, match.ours, match.theirs

    for match in sorted(candidates, key=promise):
        if match.ours in taken or match.theirs in gone:
            continue
        if match.likeness.same or (len(clear) >= params.order_needs and _in_order(match, clear)):
            taken[match.ours] = match
            gone.add(match.theirs)


def _in_order(match: Match, clear: dict[int, Match]) -> bool:
    """Whether it lies in theirs between the partners of the pages around it in ours."""
    before = max((index for index in clear if index < match.ours), default=None)
    after = min((index for index in clear if index > match.ours), default=None)
    later = before is None or clear[before].theirs < match.theirs
    return later and (after is None or match.theirs < clear[after].theirs)


def _say_why(index: int, look: PageLook, candidates: Sequence[Match], params: MatchingParams) -> Alone:
    if len(look.points.places) < params.least_points:
        return Alone(index, "empty")
    if not candidates:
        return Alone(index, "unlike")
    best = candidates[0]
    return Alone(index, "taken" if best.likeness.same else "unsure", best.theirs)
