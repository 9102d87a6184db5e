"""trace: where the segments of the page end at its own resolution, and what they are before any edit.

What no edit changes is found here and kept, so that an edited page is only painted again.
"""

from __future__ import annotations

from dataclasses import dataclass

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.stages.base import PANEL_COUNT, Stage, StageContext, Summary
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.reassemble.borders.fading import FADED_PIXEL, FADED_ROWS, rows_beside
from mangacolor.stages.reassemble.drawing import ReadyDrawing
from mangacolor.stages.reassemble.page_part import BORDER
from mangacolor.stages.reassemble.params import PARAMS, Params
from mangacolor.stages.reassemble.traced_page import TRACED_ROWS, TracedPage, panels_of

# Bytes that a pixel of the rows traced at once takes.
TRACED_PIXEL = 40


@dataclass(frozen=True, slots=True)
class Config:
    """The numbers of the method."""

    params: Params = PARAMS


def configure(_options: Options, _chapter: Chapter) -> Config:
    return Config()


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """The ``TracedPage``; of half of a spread, of the whole drawing."""
    ready = ReadyDrawing.of(inputs)
    context.check_cancelled()
    params = context.config.params
    windows = ready.ready_windows(params)
    panels = len(PanelLayout.from_artifact(inputs["panels"]).detected)
    traced = TracedPage.of(windows, ready.windows, ready.grey, ready.keep, ready.decided, panels, params)
    return traced.to_artifact()


def summary(artifact: Artifact) -> Summary:
    """How many panels the page has."""
    return {PANEL_COUNT: panels_of(artifact)}


def demand(_config: Config, size: PageSize) -> Demand:
    """Labels and masks of the page, what they are made of, and the rows traced, or faded, at once."""
    beside = rows_beside(min(size.width, size.height), PARAMS.fade)
    band = size.width * max(
        TRACED_PIXEL * (TRACED_ROWS + 2 * BORDER), FADED_PIXEL * (FADED_ROWS + 2 * beside)
    )
    return Demand(0.2 + 0.05 * size.megapixels, 4 * size.pixels, 6 * size.pixels + band)


STAGE = Stage(
    name="trace",
    run=run,
    configure=configure,
    needs=("decode", "panels", "kinds", "balloons", "colorize", "harmonize"),
    version=8,
    summary=summary,
    demand=demand,
)
