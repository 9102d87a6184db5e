"""Which page of one edition is which of another: by what is drawn, and by order only in doubt.

Pages that nothing else looks like are paired first. The others (a title page that every chapter repeats, a
page of which little agrees) are paired by agreement and by whether they lie between the pages paired first.
No part of a page is paired twice; two pages may be parts of one that is a spread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mangacolor.stages.registration.look import PageLook
from mangacolor.stages.registration.params import MATCHING, SEARCH, MatchingParams
from mangacolor.stages.registration.partners import Likeness, Part, compare_looks
from mangacolor.stages.registration.shortlist import make_pool, shortlist

Why = Literal["empty", "unlike", "unsure", "taken"]


@dataclass(frozen=True, slots=True)
class Match:
    """Two pages, as indices, that show one drawing. ``whole``: and not only a part of either."""

    ours: int
    theirs: int
    likeness: Likeness
    whole: bool

    @property
    def worth(self) -> float:
        """Agreement, less where only a part of a page takes part in it."""
        return self.likeness.agreement * min(area(self.likeness.here), area(self.likeness.there))


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
    candidates = _find_candidates(ours, theirs, range(len(ours)), range(len(theirs)), (), progress, params)
    pairs = _choose(candidates, params)
    # What few points speak for is found among the few pages that are left.
    paired, gone = {match.ours for match in pairs}, {match.theirs for match in pairs}
    rest = [index for index in range(len(ours)) if index not in paired]
    others = [index for index in range(len(theirs)) if index not in gone]
    candidates += _find_candidates(ours, theirs, rest, others, pairs, lambda done: None, params)
    pairs = _choose(candidates, params)
    paired, gone = {match.ours for match in pairs}, {match.theirs for match in pairs}
    alone = tuple(
        _say_why(index, look, [match for match in candidates if match.ours == index], gone, params)
        for index, look in enumerate(ours)
        if index not in paired
    )
    left = tuple(index for index in range(len(theirs)) if index not in gone)
    return Matches(tuple(pairs), alone, left)


def _find_candidates(
    ours: Sequence[PageLook],
    theirs: Sequence[PageLook],
    some: Sequence[int],
    others: Sequence[int],
    pairs: Sequence[Match],
    progress: Callable[[int], None],
    params: MatchingParams,
) -> list[Match]:
    """Pairs of ``some`` of ours with ``others`` of theirs that agree at all.

    Where there are ``pairs`` of other pages already, more are compared, and those that lie between them.
    """
    search = replace(SEARCH, closer=params.closer) if pairs else SEARCH
    pool, found = make_pool([theirs[index] for index in others], search), list[Match]()
    for done, index in enumerate(some, start=1):
        chosen = shortlist(ours[index], pool, search)
        for place in dict.fromkeys([*chosen, *_find_between(index, others, pairs, params)]):
            likeness = compare_looks(ours[index], theirs[others[place]])
            if likeness.overlap and likeness.agreement >= params.least:
                whole = _is_whole(ours[index], likeness.here, params) and _is_whole(
                    theirs[others[place]], likeness.there, params
                )
                found.append(Match(index, others[place], likeness, whole))
        progress(done)
    return found


def _find_between(
    index: int, others: Sequence[int], pairs: Sequence[Match], params: MatchingParams
) -> list[int]:
    """Which of ``others`` lie between the partners of the pages around one of ours, a few of them."""
    if not pairs:
        return []
    before = max((match.theirs for match in pairs if match.ours < index), default=-1)
    after = min((match.theirs for match in pairs if match.ours > index), default=max(others, default=0) + 1)
    return [place for place, other in enumerate(others) if before < other < after][: params.between]


def _is_whole(look: PageLook, part: Part, params: MatchingParams) -> bool:
    """Whether so much of a page lies on the other that it is the page; of a spread it may be one half."""
    spread = look.size[0] > look.size[1]
    return area(part) >= (params.least_of_spread if spread else params.least_of_page)


def _choose(candidates: Sequence[Match], params: MatchingParams) -> list[Match]:
    """The pairs, by our page."""
    clear = [match for match in candidates if _is_clear(match, candidates, params)]
    clear.sort(key=lambda match: match.ours)
    pairs = _with_doubtful(candidates, clear, params)
    return sorted(pairs, key=lambda match: (match.ours, match.theirs))


def _is_clear(match: Match, candidates: Sequence[Match], params: MatchingParams) -> bool:
    """Whether it is the same page, and much more alike than either page is to any other."""
    rivals = [
        other.worth
        for other in candidates
        if other is not match and (other.ours == match.ours or other.theirs == match.theirs)
    ]
    by = match.worth - max(rivals, default=0.0)
    return match.likeness.same and match.whole and by >= params.clear_by


def _with_doubtful(
    candidates: Sequence[Match], clear: Sequence[Match], params: MatchingParams
) -> list[Match]:
    """The clear pairs and what goes together besides.

    Among equals that is what lies in order; what agrees little, or is only a part of a page (a cover that
    shows a panel), is believed only if it does.
    """

    def promise(match: Match) -> tuple[float, int, int]:
        bonus = params.order_worth if _in_order(match, clear) else 0.0
        return -match.worth - bonus, match.ours, match.theirs

    pairs = list(clear)
    for match in sorted(candidates, key=promise):
        ordered = _in_order(match, clear)
        if match.likeness.same:
            sure = match.whole or ordered
        else:
            sure = match.whole and ordered and len(clear) >= params.order_needs
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


def area(part: Part) -> float:
    """The share of its page that a part is, 0 to 1."""
    left, top, right, bottom = part
    return max(0.0, right - left) * max(0.0, bottom - top)


def overlap(one: Part, other: Part) -> float:
    """What two parts of a page have in common, of the smaller one, 0 to 1."""
    common = max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])
    smaller = min(area(one), area(other))
    return area(common) / smaller if smaller > 0 else 0.0


def _in_order(match: Match, clear: Sequence[Match]) -> bool:
    """Whether it lies in theirs between the partners of the pages around it in ours."""
    before = [other.theirs for other in clear if other.ours < match.ours]
    after = [other.theirs for other in clear if other.ours > match.ours]
    return (not before or before[-1] <= match.theirs) and (not after or match.theirs <= after[0])


def _say_why(
    index: int, look: PageLook, candidates: Sequence[Match], gone: set[int], params: MatchingParams
) -> Alone:
    if len(look.points.places) < params.least_points:
        return Alone(index, "empty")
    if not candidates:
        return Alone(index, "unlike")
    best = max(candidates, key=lambda match: match.worth)
    return Alone(index, "taken" if best.likeness.same and best.theirs in gone else "unsure", best.theirs)
