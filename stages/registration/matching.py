"""Which page of one edition is which of another: by what is drawn, and by order only in doubt.

Pages that nothing else looks like are paired first. The others (a title page that every chapter repeats, a
page of which little agrees) are paired by agreement and by whether they lie between the pages paired first.
No part of a page is paired twice; two pages may be parts of one that is a spread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import MATCHING, MatchingParams
from mangacolor.stages.registration.partners import Likeness, Part, compare_looks
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
    clear = [match for match in candidates if _is_clear(match, candidates, params)]
    clear.sort(key=lambda match: match.ours)
    pairs = sorted(_with_doubtful(candidates, clear, params), key=lambda match: (match.ours, match.theirs))
    paired, gone = {match.ours for match in pairs}, {match.theirs for match in pairs}
    alone = tuple(
        _say_why(index, look, [match for match in candidates if match.ours == index], params)
        for index, look in enumerate(ours)
        if index not in paired
    )
    left = tuple(index for index in range(len(theirs)) if index not in gone)
    return Matches(tuple(pairs), alone, left)


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


def _is_clear(match: Match, candidates: Sequence[Match], params: MatchingParams) -> bool:
    """Whether it is the same drawing, and much more alike than either page is to any other."""
    rivals = [
        other.likeness.agreement
        for other in candidates
        if other is not match and (other.ours == match.ours or other.theirs == match.theirs)
    ]
    by = match.likeness.agreement - max(rivals, default=0.0)
    return match.likeness.same and by >= params.clear_by


def _with_doubtful(
    candidates: Sequence[Match], clear: Sequence[Match], params: MatchingParams
) -> list[Match]:
    """The clear pairs and what goes together besides.

    Among equals that is what lies in order; what agrees little is believed only if it does.
    """

    def promise(match: Match) -> tuple[float, int, int]:
        bonus = params.order_worth if _in_order(match, clear) else 0.0
        return -match.likeness.agreement - bonus, match.ours, match.theirs

    pairs = list(clear)
    for match in sorted(candidates, key=promise):
        sure = match.likeness.same or (len(clear) >= params.order_needs and _in_order(match, clear))
        if sure and all(_goes_beside(match, other, params) for other in pairs):
            pairs.append(match)
    return pairs


def _goes_beside(match: Match, other: Match, params: MatchingParams) -> bool:
    """Whether the two use no part of a page twice."""
    clashes = [
        (match.ours == other.ours, match.likeness.here, other.likeness.here),
        (match.theirs == other.theirs, match.likeness.there, other.likeness.there),
    ]
    return not any(one_page and overlap(a, b) > params.most_shared for one_page, a, b in clashes)


def overlap(one: Part, other: Part) -> float:
    """What two parts of a page have in common, of the smaller one, 0 to 1."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    smaller = min((right - left) * (bottom - top) for left, top, right, bottom in (one, other))
    return max(0.0, width) * max(0.0, height) / smaller if smaller > 0 else 0.0


def _in_order(match: Match, clear: Sequence[Match]) -> bool:
    """Whether it lies in theirs between the partners of the pages around it in ours."""
    before = [other.theirs for other in clear if other.ours < match.ours]
    after = [other.theirs for other in clear if other.ours > match.ours]
    return (not before or before[-1] <= match.theirs) and (not after or match.theirs <= after[0])


def _say_why(index: int, look: PageLook, candidates: Sequence[Match], params: MatchingParams) -> Alone:
    if len(look.points.places) < params.least_points:
        return Alone(index, "empty")
    if not candidates:
        return Alone(index, "unlike")
    best = candidates[0]
    return Alone(index, "taken" if best.likeness.same else "unsure", best.theirs)
