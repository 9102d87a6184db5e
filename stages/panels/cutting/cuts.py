"""Cut a page into convex regions along its gutters and frame lines.

The best candidate of a region is taken first, and the two parts are cut again, until none is good enough.
What is left together like that, though it was nearly cut, is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.frameless import find_bare_bands
from mangacolor.stages.panels.cutting.gutters import find_gutters
from mangacolor.stages.panels.cutting.lines import View
from mangacolor.stages.panels.cutting.pinwheels import Pinwheel, ends_loose, find_pinwheel
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap
from mangacolor.stages.panels.cutting.shared_lines.finding import find_shared_lines
from mangacolor.stages.panels.cutting.snap import fit_sides
from mangacolor.stages.panels.cutting.style import DARK_BAND, UNTOLD, Style
from mangacolor.stages.panels.params import CutParams, Params


@dataclass(frozen=True, slots=True)
class Node:
    """A region of the page, a convex polygon, and its candidates, best first.

    ``best``: the number of the one that parts it into ``parts``, two of them, or of the weakest of four that
    make a pinwheel of five; None of a leaf. ``doubted``: of a leaf, the number of the one that would have
    parted it with a little more of a score.
    """

    polygon: Polygon
    judgements: tuple[Judgement, ...]
    best: int | None = None
    parts: tuple[Node, ...] = ()
    doubted: int | None = None

    @property
    def weighed(self) -> Judgement | None:
        """The candidate that parts the region, or nearly did; None where there is none."""
        index = self.doubted if self.best is None else self.best
        return None if index is None else self.judgements[index]

    def walk(self) -> Iterator[Node]:
        """The node and all below it, from the root down and from left to right."""
        yield self
        for part in self.parts:
            yield from part.walk()


def cut_region(
    views: tuple[View, View],
    polygon: Polygon,
    params: Params,
    floor: float,
    *,
    thorough: bool = False,
    style: Style = UNTOLD,
) -> Node:
    """The tree of cuts of a convex polygon of the page. ``floor``: least score worth finding, of gutters and
    lines that panels share.

    ``thorough``: everything is found out about candidates that are not taken, too.
    """
    polygon = fit_sides(views, polygon, params.snap)
    smallest = params.cut.smallest * views[0].white.size
    cuts = _find_cuts(views, polygon, params, floor, smallest, thorough=thorough)
    judgements = tuple(_judge(cuts, smallest, polygon, style, params, thorough=thorough))
    best = next((index for index, judgement in enumerate(judgements) if judgement.chosen), None)
    if best is None or _is_loose(views, polygon, judgements[best].cut, params):
        wheel = find_pinwheel(views, polygon, params)
        if wheel is not None:
            return _turn_round(
                views, polygon, wheel, judgements, params, floor, thorough=thorough, style=style
            )
    if best is None:
        return Node(polygon, judgements, doubted=_find_doubted(judgements, polygon, smallest, params.cut))
    cut = judgements[best].cut
    within = style.with_cut(cut, params)
    parts = (
        cut_region(views, part, params, floor, thorough=thorough, style=within)
        for part in split(polygon, cut)
    )
    return Node(polygon, judgements, best, tuple(parts))


def _is_loose(views: tuple[View, View], polygon: Polygon, cut: Cut, params: Params) -> bool:
    """Whether a cut may go on from where its border ends."""
    return ends_loose(views[cut.down], polygon, cut, params.pinwheel)


def _turn_round(
    views: tuple[View, View],
    polygon: Polygon,
    wheel: Pinwheel,
    others: Sequence[Judgement],
    params: Params,
    floor: float,
    *,
    thorough: bool,
    style: Style,
) -> Node:
    """A region that a pinwheel parts into five; ``others``: its straight cuts, of which none is taken."""
    turned = [Judgement(cut, cut.score, 0.0, True, "") for cut in wheel.cuts]
    reason = "a pinwheel of half cuts is taken"
    beside = [replace(other, chosen=False, reason=reason) if other.chosen else other for other in others]
    weakest = min(range(len(turned)), key=lambda index: turned[index].score)
    parts = (cut_region(views, part, params, floor, thorough=thorough, style=style) for part in wheel.parts)
    return Node(polygon, (*turned, *beside), weakest, tuple(parts))


def _find_doubted(
    judgements: Sequence[Judgement], polygon: Polygon, smallest: float, params: CutParams
) -> int | None:
    """The number of the best candidate of a region that is not cut, if it scores only a little too low."""
    for index, judgement in enumerate(judgements):
        near = params.least_doubted <= judgement.score < params.least_score and not judgement.cut.flaw
        if near and min(area(part) for part in split(polygon, judgement.cut)) >= smallest:
            return index
    return None


def _find_cuts(
    views: tuple[View, View],
    polygon: Polygon,
    params: Params,
    floor: float,
    smallest: float,
    *,
    thorough: bool,
) -> list[Cut]:
    """Gutters, bands and lines that panels share. ``smallest``: as for ``_judge``.

    Where a gutter is so sure that no line could be surer, lines are only looked for to be told of, and a
    second look is left to regions that need it.
    """
    both = ((False, polygon), (True, swap(polygon)))
    bands = [
        find_gutters(views[down], turned, down, params, floor)
        + find_bare_bands(views[down], turned, down, params)
        for down, turned in both
    ]
    sure = any(
        not cut.flaw
        and cut.score >= max(params.shared.top_score, params.drawn.most, params.cut.least_score)
        and min(area(part) for part in split(polygon, cut)) >= smallest
        for cut in (*bands[0], *bands[1])
    )
    cuts = []
    for (down, turned), others in zip(both, bands, strict=True):
        if thorough or not sure:
            cuts += find_shared_lines(views[down], turned, down, params, floor, look=not sure)
        cuts += others
    return cuts


def _judge(
    cuts: list[Cut], smallest: float, polygon: Polygon, style: Style, params: Params, *, thorough: bool
) -> list[Judgement]:
    """All candidates, best first. The first that is good enough and leaves enough on both sides is chosen.

    ``smallest``: area of the smallest part, in square pixels.
    ``thorough``: what the others would leave is looked at, too, though nothing hangs on it.
    """
    costs, least = [style.cost(cut, params) for cut in cuts], params.cut.least_score
    sides = style.sides_of_sills(cuts, params)
    scores = [cut.score - cost for cut, cost in zip(cuts, costs, strict=True)]
    judgements: list[Judgement] = []
    taken = False
    for index in sorted(range(len(cuts)), key=lambda index: -scores[index]):
        cut, reason, own_side = cuts[index], "", False
        if cut.flaw:
            reason = cut.flaw
        elif style.is_sill(cut, params) or (cut.shared and (cut.down, cut.upper) in sides):
            reason = DARK_BAND
        elif scores[index] < least:
            reason = f"scores less than {least}"
        elif (thorough or not taken) and min(area(part) for part in split(polygon, cut)) < smallest:
            reason = f"leaves a part smaller than {100 * params.cut.smallest:.2g} % of the page"
            own_side = True
        elif taken:
            reason = "another cut of the region scores higher"
        taken = taken or not reason
        judgements.append(Judgement(cut, scores[index], costs[index], not reason, reason, own_side))
    return judgements


def split(polygon: Polygon, cut: Cut) -> tuple[Polygon, Polygon]:
    """What lies above and below a cut."""
    turned = swap(polygon) if cut.down else polygon
    parts = clip(turned, *cut.upper, above=True), clip(turned, *cut.lower, above=False)
    return (swap(parts[0]), swap(parts[1])) if cut.down else parts
