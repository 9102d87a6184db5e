"""classify: is this page black and white, in colour already, or blank? The last two are copied.

Where there is colour and parts of the page have none, that is doubtful: the page goes on to the stage
``kinds``, which decides by its panels.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.colour import luma as luma_of
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs, Page
from mangacolor.stages.base import CAME_COLOURED, WHY_COPIED, Stage, StageContext, Summary
from mangacolor.stages.classify.doubt import DOUBT, DoubtParams, colourless_share
from mangacolor.stages.classify.page_class import Guess, PageClass
from mangacolor.stages.classify.reduced import ReducedPage
from mangacolor.stages.classify.tint import TINT, TintParams, unexplained_chroma
from mangacolor.stages.demand import Demand, PageSize


@dataclass(frozen=True, slots=True)
class Config:
    """What makes a page coloured, or blank."""

    force_color: bool
    tint: TintParams = TINT
    doubt: DoubtParams = DOUBT
    blank_contrast: float = 24.0  # levels a pixel must differ from the page's median to be drawn
    drawn: float = 0.0005  # share of drawn pixels below which a page is blank


def configure(options: Options, _chapter: Chapter) -> Config:
    """Take what forces colour from the options."""
    return Config(force_color=options.force_color)


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """Measure ``decode``'s picture, and leave its ``PageClass``.

    ``outcome`` is ``copy`` for blank pages, and for those that are surely in colour throughout unless the
    user forces colour; what the user said of the page goes before both, but for pages in doubt, of which
    ``kinds`` sees to it.
    """
    config = context.config
    pixels = inputs["decode"].images["main"]
    drawn = drawn_share(pixels, config.blank_contrast)
    chroma = 0.0 if inputs["decode"].data["grey"] else unexplained_chroma(pixels, config.tint)
    kind: Guess = "colour" if chroma > 1 else "blank" if drawn < config.drawn else "manga"
    colourless = 0.0
    if kind == "colour":
        colourless = colourless_share(ReducedPage.of(pixels, config.doubt.reduced), config.doubt)
    doubtful = colourless >= config.doubt.least
    wanted = context.page.wanted
    copied = kind == "blank" or (kind == "colour" and not config.force_color)
    copied = (wanted == "copy" if wanted else copied) and not doubtful
    forced = kind == "colour" and (wanted == "colour" or (config.force_color and not wanted))
    return PageClass(kind, chroma, drawn, colourless, doubtful, forced, wanted, copied).to_artifact()


def drawn_share(pixels: Image, contrast: float) -> float:
    """Share of the pixels (at half size) whose luma differs from the median's by ``contrast`` levels."""
    luma = luma_of(pixels)
    half = (max(1, luma.shape[1] // 2), max(1, luma.shape[0] // 2))
    luma = np.asarray(cv2.resize(luma, half, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return float(np.mean(np.abs(luma.astype(np.int16) - int(np.median(luma))) >= contrast))


def fingerprint_of_wish(page: Page) -> str:
    """What the user said of a page belongs to its cache key, and to no other's."""
    return page.wanted or ""


def summary(artifact: Artifact) -> Summary:
    """Whether the page came in colour, and why it is copied, if it is."""
    found = PageClass.from_artifact(artifact)
    named = "in colour already" if found.kind == "colour" else found.kind
    why = "as asked" if found.wanted == "copy" else named
    return {
        CAME_COLOURED: found.kind == "colour" and not found.doubtful,
        WHY_COPIED: why if found.copied else "",
    }


def demand(_config: Config, size: PageSize) -> Demand:
    """All but the luma is small."""
    return Demand(0.01 + 0.01 * size.megapixels, working=4 * size.pixels)


STAGE = Stage(
    "classify",
    run,
    configure,
    needs=("decode",),
    version=8,
    decides=True,
    page_fingerprint=fingerprint_of_wish,
    summary=summary,
    demand=demand,
)
