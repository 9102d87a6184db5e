"""Which segment each pixel of a page shows, at whatever size the page is looked at."""

from __future__ import annotations

from typing import TypeVar, cast

import cv2
import numpy as np

from mangacolor.core.arrays import I64, AnyArray
from mangacolor.core.types import Box, Image, Inputs
from mangacolor.stages.balloons import BalloonLayout
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.names import BALLOONS, PANELS
from mangacolor.stages.panels import PanelLayout
from mangacolor.stages.spreads.halves import half_of
from mangacolor.stages.windows.artifact import WindowColours
from mangacolor.stages.windows.assign import assign_windows
from mangacolor.stages.windows.scale import scale_box

Values = TypeVar("Values", bound=AnyArray)


def map_segments(inputs: Inputs, size: tuple[int, int]) -> I64:
    """H×W at ``size`` (width, height): 1 and up for the rows of the page's segments, those of all windows
    counted through; 0 where the page shows none: paper, balloons.

    Half of a spread shows its part of the drawing's segments.
    """
    colours = coloured_page(inputs)
    layout = PanelLayout.from_artifact(inputs[PANELS])
    windows = assign_windows(layout.panels, layout.ground).labels
    balloons = BalloonLayout.from_artifact(inputs[BALLOONS]).mask
    half, boxes = half_of(inputs[PANELS].data), colours.boxes
    if half is not None:
        windows, balloons = half.cut_windows(windows), half.cut_mask(balloons)
        boxes = tuple(half.to_page(box) for box in boxes)
    scale = size[0] / windows.shape[1]
    painting = cv2.resize(windows, size, interpolation=cv2.INTER_NEAREST)
    shown = np.zeros(painting.shape, np.int64)
    first = 0
    for number, (window, box) in enumerate(zip(colours.windows, boxes, strict=True)):
        _lay(shown, window, box, scale, painting == number, first)
        first += window.segments
    shown[cv2.resize(balloons, size, interpolation=cv2.INTER_AREA) >= 128] = 0
    return shown


def _lay(shown: I64, window: WindowColours, box: Box, scale: float, own: Image, first: int) -> None:
    """Write the segments of a window where it is the one that paints (``own``, H×W bool)."""
    height, width = shown.shape
    left, top, wide, high = scale_box(box, scale)
    large = cv2.resize(window.labels, (wide, high), interpolation=cv2.INTER_NEAREST)
    rows, columns = slice(max(0, top), min(height, top + high)), slice(max(0, left), min(width, left + wide))
    part = large[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left].astype(
        np.int64
    )
    where = own[rows, columns] & (part > 0)
    shown[rows, columns][where] = part[where] + first


def spread_values(values: Values, shown: I64) -> Values:
    """A value for each segment of a page (N or N×C) where it is shown: H×W or H×W×C; 0 elsewhere."""
    nothing = np.zeros((1, *values.shape[1:]), values.dtype)
    return cast(Values, np.concatenate([nothing, values])[shown])
