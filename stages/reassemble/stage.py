"""The finished page: the scan's ink and paper, the network's colour, at the output's size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import luma
from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Box, Chapter, Image, Inputs
from mangacolor.stages.base import Stage, StageContext
from mangacolor.stages.colorize.stage import shrink
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.reassemble.ink_transfer import LIFT_STEPS, paint, small_plan, with_lift
from mangacolor.stages.reassemble.recolour import LIGHT, corrected, lift, moves_of, rows_of
from mangacolor.stages.reassemble.segment_fields import open_borders
from mangacolor.stages.reassemble.segment_tone import evened
from mangacolor.stages.windows.assign import Labels, Windows, assign_windows

Picture = TypeVar("Picture", bound=npt.NDArray[Any])

BAND = 512  # rows painted at once: bounds memory on long strips and large scales


@dataclass(frozen=True, slots=True)
class Config:
    saturation: float = 1.0


def configure(options: Options, _chapter: Chapter) -> Config:
    return Config(options.saturation)


def run(context: StageContext, inputs: Inputs) -> Artifact:
    """The page in colour, H'×W'×3 RGB, at the scale of the ``upscale`` artifact."""
    page = inputs["decode"].images["main"]
    light = inputs["upscale"].images["main"]
    layout = PanelLayout.from_artifact(inputs["panels"])
    windows = assign_windows(layout.panels, layout.ground)
    plans = _plans(inputs["colorize"], inputs.get("harmonize"), luma(page), windows)
    keep = _paper(windows, inputs["balloons"].images["main"])
    grey_source = bool((page[..., 0] == page[..., 1]).all() and (page[..., 1] == page[..., 2]).all())
    result = np.empty((*light.shape, 3), np.uint8)
    scale = light.shape[0] / page.shape[0]
    for top, bottom in _bands(light.shape[0]):
        context.check_cancelled()
        size = light.shape[1], bottom - top
        rows = _Rows(top, bottom, scale, page.shape[0])
        labels = rows.take(windows.labels, size, cv2.INTER_NEAREST)
        tint = None if grey_source else rows.take(page, size, cv2.INTER_CUBIC)
        guard = rows.take(keep, size, cv2.INTER_LINEAR)
        plan = _compose(plans, windows, labels, top, light.shape[1], scale)
        band = paint(light[top:bottom], plan, guard, tint, context.config.saturation)
        if scale == 1:  # paper comes through to the bit
            untouched = keep[top:bottom] == 255
            band[untouched] = page[top:bottom][untouched]
        result[top:bottom] = band
    return Artifact({"size": [result.shape[1], result.shape[0]]}, {"main": result})


def _plans(colorize: Artifact, harmonize: Artifact | None, grey: Image, windows: Windows) -> list[Image]:
    plans = []
    moves = harmonize.data["windows"] if harmonize else []
    wished = any((moves_of(window)[:, LIGHT] >= 0).any() for window in moves)
    for number, box in enumerate(windows.boxes):
        high, wide = colorize.images[f"panel-{number:03d}"].shape[:2]
        small = shrink(grey, box, (wide, high))
        labels = colorize.images[f"surfaces-{number:03d}"]
        borders = open_borders(labels, colorize.images[f"descreened-{number:03d}"])
        plan = small_plan(corrected(colorize, number, borders, harmonize), small)
        plan = evened(plan, labels, borders, rows_of(colorize, number))
        if wished:
            plan = with_lift(plan, lift(labels, small, plan, moves[number]))
        plans.append(plan)
    return plans


def _paper(windows: Windows, balloons: Image) -> Image:
    """H×W uint8, 255 where nothing is coloured: ground, and balloons up to the middle of their outline."""
    reach = max(1, round(max(balloons.shape) / 1000))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    keep = cv2.dilate(balloons, kernel)
    keep[windows.labels < 0] = 255
    return np.asarray(keep, dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class _Rows:
    """A band of output rows and the rows of the source page under it."""

    top: int
    bottom: int
    scale: float
    height: int

    def take(self, picture: Picture, size: tuple[int, int], method: int) -> Picture:
        """The band of a source-size picture, at output size (width, height)."""
        if self.scale == 1:
            return cast(Picture, picture[self.top : self.bottom])
        # Two rows more on either side, so that interpolation sees its neighbours across bands.
        extra = 2
        factor = round(self.scale)
        first = max(0, self.top // factor - extra)
        last = min(self.height, -(-self.bottom // factor) + extra)
        large = cv2.resize(picture[first:last], (size[0], (last - first) * factor), interpolation=method)
        offset = self.top - first * factor
        return cast(Picture, np.asarray(large[offset : offset + size[1]], dtype=picture.dtype))


def _bands(height: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, BAND):
        yield top, min(height, top + BAND)


def _compose(
    plans: list[Image], windows: Windows, labels: Labels, top: int, width: int, scale: float
) -> Image:
    """The plans of all windows, each where its label is, for a band that begins at row ``top``."""
    height = labels.shape[0]
    blank = (128, 128, 255, round(LIFT_STEPS))[: plans[0].shape[2]] if plans else (128, 128, 255)
    band = np.full((height, width, len(blank)), blank, np.uint8)
    for number, (plan, box) in enumerate(zip(plans, windows.boxes, strict=True)):
        left, upper, wide, high = _output_box(box, scale)
        first, last = max(top, upper), min(top + height, upper + high)
        if first >= last:
            continue
        rows, columns = slice(first - top, last - top), slice(left, left + wide)
        mine = (labels[rows, columns] == number).view(np.uint8)
        if mine.any():
            made = _enlarged(plan, (wide, high), first - upper, last - upper)
            cv2.copyTo(made, mine, band[rows, columns])
    return band


def _output_box(box: Box, scale: float) -> Box:
    left, top, width, height = (round(value * scale) for value in box)
    return left, top, width, height


def _enlarged(plan: Image, size: tuple[int, int], first: int, last: int) -> Image:
    """Rows ``first`` to ``last`` of a plan enlarged to ``size``, without making the other rows."""
    wide, high = size
    across, down = wide / plan.shape[1], high / plan.shape[0]
    # warpAffine samples at pixel centres like resize does, and can start at any row.
    matrix = np.array([[1 / across, 0, 0.5 / across - 0.5], [0, 1 / down, (first + 0.5) / down - 0.5]])
    return np.asarray(
        cv2.warpAffine(
            plan,
            matrix,
            (wide, last - first),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


STAGE = Stage(
    name="reassemble",
    run=run,
    configure=configure,
    needs=("decode", "panels", "balloons", "colorize", "harmonize", "upscale"),
    version=6,
    keep="asked",
)
