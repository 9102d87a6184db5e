"""kinds: which panels came in colour, where ``classify`` is in doubt; a page all of which did is copied.

Of a page with panels of both kinds those in colour stay as they came, and the others are coloured.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs, Point
from mangacolor.stages.base import CAME_COLOURED, PANEL_COUNT, WHY_COPIED, Stage, StageContext, Summary
from mangacolor.stages.classify import PageClass
from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.kinds.deciding import decide
from mangacolor.stages.kinds.judging import JudgedPanel, judge_panels, map_panels
from mangacolor.stages.kinds.page_kinds import KIND_IN_WORDS, PageKinds
from mangacolor.stages.kinds.params import KINDS, KindParams
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.panels.cutting.polygons import Polygon


@dataclass(frozen=True, slots=True)
class Config:
    """The numbers of the method."""

    params: KindParams = KINDS


def configure(_options: Options, _chapter: Chapter) -> Config:
    return Config()


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """The page's ``PageKinds``. ``outcome`` is ``copy`` for one that turns out to be in colour throughout, or
    to have a second ink throughout, unless the user forces colour, and where the user said so."""
    guess = PageClass.from_artifact(inputs["classify"])
    if not guess.doubtful:
        return PageKinds(guess.kind).to_artifact(copied=False)
    layout = PanelLayout.from_artifact(inputs["panels"])
    found = look(ReducedPage.of(inputs["decode"].images["main"]), layout, context.config.params)
    asked = guess.wanted == "copy"
    copied = asked or (found.kind != "mixed" and not guess.forced)
    kept = found.kind == "mixed" and not (guess.forced or copied)
    return replace(found, kept=kept, asked=asked).to_artifact(copied)


def look(page: ReducedPage, layout: PanelLayout, params: KindParams = KINDS) -> PageKinds:
    """What a page with colour on it is, by its panels; of a mixed one, what is in colour is to stay."""
    own = map_panels(page.luma.shape, layout.panels, layout.size)
    decision, panels = decide(page, judge_panels(page, layout.panels, own, layout.size, params), params)
    kinds = tuple(panel.kind for panel in panels)
    if decision != "mixed":
        return PageKinds(decision, kinds)
    scale = layout.size[0] / page.luma.shape[1], layout.size[1] / page.luma.shape[0]
    parts = [
        (number, polygon)
        for number, panel in enumerate(panels)
        if panel.kind == "both"
        for polygon in _coloured_parts(panel, scale)
    ]
    outside = own < 0
    coloured = page.chroma[outside] > params.part.coloured_chroma
    loose = bool(outside.any() and coloured.mean() > params.part.spot_share)
    return PageKinds("mixed", kinds, tuple(parts), loose, kept=True)


def _coloured_parts(panel: JudgedPanel, scale: tuple[float, float]) -> list[tuple[Point, ...]]:
    """The parts that are no grey ones, in pixels of the page."""
    return [_to_points(part.polygon * scale) for part in panel.parts if part.kind != "grey"]


def _to_points(polygon: Polygon) -> tuple[Point, ...]:
    return tuple((int(x), int(y)) for x, y in np.rint(polygon))


def summary(artifact: Artifact) -> Summary:
    """Whether the page came in colour; then it is copied, and its panels are nobody's."""
    if artifact.outcome != "copy":
        return {}
    found = PageKinds.from_artifact(artifact)
    named = KIND_IN_WORDS["spot"] if found.kind == "spot" else f"{KIND_IN_WORDS['colour']} already"
    why = "as asked" if found.asked else named
    return {CAME_COLOURED: found.kind == "colour", WHY_COPIED: why, PANEL_COUNT: 0}


def demand(_config: Config, size: PageSize) -> Demand:
    """All but the layout's ground is small."""
    return Demand(0.01, working=2 * size.pixels)


STAGE = Stage(
    "kinds",
    run,
    configure,
    needs=("decode", "classify", "panels"),
    decides=True,
    summary=summary,
    demand=demand,
)
