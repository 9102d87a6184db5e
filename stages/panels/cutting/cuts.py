"""Cut a page into convex regions along its gutters and frame lines.

The best candidate of a region is taken first, and the two parts are cut again, until none is good enough.
"""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.stages.panels.cutting.candidates import Cut, Judgement
from mangacolor.stages.panels.cutting.frameless import find_bare_bands, trim_margins
from mangacolor.stages.panels.cutting.gutters import find_framed_cuts
from mangacolor.stages.panels.cutting.lines import View
from mangacolor.stages.panels.cutting.polygons import Polygon, area, clip, swap
from mangacolor.stages.panels.cutting.record import Recorder
from mangacolor.stages.panels.cutting.snap import fit_sides
from mangacolor.stages.panels.params import CutParams, Params

Style = tuple[bool, bool]  # whether sure gutters have been found around a region: across, down the page


@dataclass(frozen=True, slots=True)
class Region:
    """A leaf of the cutting: a convex polygon, and the lowest score of the cuts around it."""

    polygon: Polygon
    support: float
    number: int  # the recorder's


def cut_region(
    views: tuple[View, View],
    polygon: Polygon,
    params: Params,
    recorder: Recorder | None = None,
    support: float = 1.0,
    style: Style = (False, False),
) -> list[Region]:
    """The regions of a convex polygon of the page; at least one. ``recorder`` is told every candidate."""
    polygon = fit_sides(views, polygon, params.snap)
    floor = params.cut.least_score if recorder is None else recorder.floor
    cuts = _find_cuts(views, polygon, params, floor)
    judgements = _judge(cuts, views[0].white.size, polygon, style, params.cut, thorough=recorder is not None)
    number = 0 if recorder is None else recorder.add_cuts(polygon, judgements)
    best = next((judgement for judgement in judgements if judgement.chosen), None)
    if best is None:
        return [Region(trim_margins(views, polygon, params.frameless), support, number)]
    if not best.cut.shared and best.cut.score >= params.cut.sure_score:
        style = (style[0], True) if best.cut.down else (True, style[1])
    regions: list[Region] = []
    for part in split(polygon, best.cut):
        regions += cut_region(views, part, params, recorder, min(support, best.cut.score), style)
    return regions


def _find_cuts(views: tuple[View, View], polygon: Polygon, params: Params, floor: float) -> list[Cut]:
    cuts = []
    for down, turned in ((False, polygon), (True, swap(polygon))):
        cuts += find_framed_cuts(views[down], turned, down, params, floor)
        cuts += find_bare_bands(views[down], turned, down, params)
    return cuts


def _judge(
    cuts: list[Cut], page_area: int, polygon: Polygon, style: Style, params: CutParams, *, thorough: bool
) -> list[Judgement]:
    """All candidates, best first. The first that is good enough and leaves enough on both sides is chosen.

    ``thorough``: what the others would leave is looked at, too, though nothing hangs on it.
    """
    costs = [cut.shared * _style_cost(cut, style, params) for cut in cuts]
    scores = [cut.score - cost for cut, cost in zip(cuts, costs, strict=True)]
    smallest = params.smallest * page_area
    judgements: list[Judgement] = []
    taken = False
    for index in sorted(range(len(cuts)), key=lambda index: -scores[index]):
        cut, reason, own_side = cuts[index], "", False
        if cut.flaw:
            reason = cut.flaw
        elif scores[index] < params.least_score:
            reason = f"scores less than {params.least_score}"
        elif (thorough or not taken) and min(area(part) for part in split(polygon, cut)) < smallest:
            reason = f"leaves a part smaller than {100 * params.smallest:.2g} % of the page"
            own_side = True
        elif taken:
            reason = "another cut of the region scores higher"
        taken = taken or not reason
        judgements.append(Judgement(cut, scores[index], costs[index], not reason, reason, own_side))
    return judgements


def _style_cost(cut: Cut, style: Style, params: CutParams) -> float:
    """What a shared line costs beside gutters."""
    same, other = style[cut.down], style[not cut.down]
    return params.same_way_cost * same + params.other_way_cost * other


def split(polygon: Polygon, cut: Cut) -> tuple[Polygon, Polygon]:
    """What lies above and below a cut."""
    turned = swap(polygon) if cut.down else polygon
    parts = clip(turned, *cut.upper, above=True), clip(turned, *cut.lower, above=False)
    return (swap(parts[0]), swap(parts[1])) if cut.down else parts
