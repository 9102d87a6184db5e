"""The finished page: the scan's ink and paper, the network's colour, at the output's size."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import WindowMap
from mangacolor.core.colour import luma
from mangacolor.core.displays import saturation_of
from mangacolor.core.errors import PageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Chapter, Image, Inputs
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.classify.mixed import coloured_windows
from mangacolor.stages.demand import Demand, PageSize
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.guest.surfaces import page_guest
from mangacolor.stages.harmonize.corrections import Corrections
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.reassemble.compose import BAND_ROWS, BORDER_ROWS, compose_layers, cut_bands
from mangacolor.stages.reassemble.guided import correct_by_guest, guide_windows
from mangacolor.stages.reassemble.ink_transfer import paint
from mangacolor.stages.reassemble.layers import make_layer
from mangacolor.stages.reassemble.params import PARAMS, Params
from mangacolor.stages.spreads.halves import half_of, page_of
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.assign import assign_windows

# The page's long side in pixels over this is how far a balloon's outline reaches into it: half of the ink is
# kept.
OUTLINE_DIVISOR = 1000
# Bytes that a pixel of a band takes while its segments are sought and painted.
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
    drawing = inputs["decode"].images["main"]
    light = inputs["upscale"].images["main"]
    guest = page_guest(inputs)
    colours = guest.refine(PageColours.from_artifact(inputs["colorize"]))
    corrections = Corrections.from_artifact(inputs.get("harmonize"))
    if not corrections.windows:
        corrections = correct_by_guest(colours, guest)
    edits = PageEdits.from_artifact(inputs.get("recolor"))
    windows = map_windows(colours, PanelLayout.from_artifact(inputs["panels"]))
    guided = guide_windows(colours, guest, corrections)
    grey = luma(drawing)
    layers = [
        make_layer(
            window,
            corrections.of_window(number),
            edits.of_window(number),
            guided[number],
            grey,
            config.params,
        )
        for number, window in enumerate(colours.windows)
    ]
    keep = find_paper(windows, inputs["balloons"].images["main"])
    if inputs["classify"].data["kept"]:
        keep[np.isin(windows, coloured_windows(drawing, windows))] = 255
    if half is not None:
        keep = half.cut_mask(keep)
    tint = None if is_grey(page) else page
    result = np.empty((*light.shape, 3), np.uint8)
    scale = light.shape[0] / page.shape[0]
    for band in cut_bands(light.shape[1], light.shape[0], scale, page.shape[0]):
        context.check_cancelled()
        layer = compose_layers(layers, windows, grey, band, half)
        guard = band.enlarge(keep, cv2.INTER_LINEAR)
        own = None if tint is None else band.enlarge(tint, cv2.INTER_CUBIC)
        painted = paint(light[band.rows], layer, guard, own, config.saturation)
        if scale == 1:  # paper comes through to the bit
            untouched = keep[band.rows] == 255
            painted[untouched] = page[band.rows][untouched]
        result[band.rows] = painted
    return Artifact({"size": [result.shape[1], result.shape[0]]}, {"main": result})


def map_windows(colours: PageColours, layout: PanelLayout) -> WindowMap:
    """The window of each pixel of the page, H×W: too large to keep, so it is made again from the panels.

    Raises ``PageError`` if that does not give the windows that were coloured.
    """
    windows = assign_windows(layout.panels, layout.ground)
    if windows.boxes != colours.boxes:
        raise PageError(
            "the windows that were coloured are not those of the page's panels",
            "Colour the page again: add --from panels.",
        )
    return windows.labels


def find_paper(windows: WindowMap, balloons: Image) -> Image:
    """H×W uint8, 255 where nothing is coloured: ground, and balloons up to the middle of their outline."""
    reach = max(1, round(max(balloons.shape) / OUTLINE_DIVISOR))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    keep = cv2.dilate(balloons, kernel)
    keep[windows < 0] = 255
    return np.asarray(keep, dtype=np.uint8)


def is_grey(page: Image) -> bool:
    red, green, blue = page[..., 0], page[..., 1], page[..., 2]
    return bool((red == green).all() and (green == blue).all())


def demand(_config: Config, size: PageSize) -> Demand:
    """The map of windows and masks of the page, the result, and a band with its segments."""
    result, band = 3 * size.output_pixels, BAND_PIXEL * size.width * (BAND_ROWS + 2 * BORDER_ROWS)
    return Demand(0.03 + 0.07 * size.output_pixels / 1e6, result, result + 10 * size.pixels + band)


STAGE = Stage(
    name="reassemble",
    run=run,
    configure=configure,
    needs=("decode", "classify", "panels", "balloons", "colorize", "harmonize", "recolor", "upscale"),
    version=8,
    keep="asked",
    demand=demand,
)
