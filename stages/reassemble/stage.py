"""The finished page: the scan's ink and paper, the network's colour, at the output's size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from mangacolor.core.displays import saturation_of
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Inputs
from mangacolor.formats.pixels import is_grey
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.reassemble.compose import BAND_ROWS, compose_band, cut_bands
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import PageSegments
from mangacolor.stages.reassemble.page_part import BORDER
from mangacolor.stages.reassemble.params import PARAMS, Params
from mangacolor.stages.reassemble.traced_page import TracedPage
from mangacolor.stages.spreads.halves import half_of, page_of

# Bytes that a pixel of a band takes while it is painted.
BAND_PIXEL = 60


@dataclass(frozen=True, slots=True)
class Config:
    """How strong colours are, and the numbers of the method."""

    saturation: float = 1.0
    params: Params = PARAMS


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(saturation_of(options))


def run(context: StageContext[Config], inputs: Inputs) -> Artifact:
    """The page in colour, H'×W'×3 RGB, at the scale of the ``upscale`` artifact.

    Half of a spread takes its part of the whole drawing's colours.
    """
    config = context.config
    page, half = page_of(inputs["decode"]), half_of(inputs["decode"].data)
    light = inputs["upscale"].images["main"]
    traced = TracedPage.from_artifact(inputs["trace"])
    edits = PageEdits.from_artifact(inputs.get("recolor"))
    layers = traced.layers(edits, config.params)
    segments, areas = PageSegments.of(layers), traced.areas(edits, config.params)
    keep = traced.keep if half is None else half.cut_mask(traced.keep)
    tint = None if is_grey(page) else page
    look = replace(edits.look, saturation=edits.look.saturation * config.saturation)
    result = np.empty((*light.shape, 3), np.uint8)
    scale = light.shape[0] / page.shape[0]
    for band in cut_bands(light.shape[1], light.shape[0], scale, page.shape[0]):
        context.check_cancelled()
        layer = compose_band(traced, layers, segments, band, half, areas)
        guard = band.enlarge(keep, cv2.INTER_LINEAR)
        own = None if tint is None else band.enlarge(tint, cv2.INTER_CUBIC)
        painted = paint(light[band.rows], layer, guard, own, look)
        if scale == 1:  # paper comes through to the bit
            untouched = (keep[band.rows] == 255).view(np.uint8)
            cv2.copyTo(page[band.rows], untouched, painted)
        result[band.rows] = painted
    return Artifact({"size": [result.shape[1], result.shape[0]]}, {"main": result})


def demand(_config: Config, size: PageSize) -> Demand:
    """The result, and a band with its segments."""
    result, band = 3 * size.output_pixels, BAND_PIXEL * size.width * (BAND_ROWS + 2 * BORDER)
    return Demand(0.01 + 0.06 * size.output_pixels / 1e6, result, result + band)


STAGE = Stage(
    name="reassemble",
    run=run,
    configure=configure,
    needs=("decode", "trace", "recolor", "upscale"),
    version=10,
    keep="asked",
    demand=demand,
)
