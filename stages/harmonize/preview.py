"""The groups over the page: each with its number and a colour of its own, for ``inspect``."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import I64, SegmentMap
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.harmonize.corrections import NO_GROUP, Corrections
from mangacolor.stages.nearest import depth_within
from mangacolor.stages.segments.pixels import pixels_by_segment
from mangacolor.stages.windows.preview import Size, lay_out, resize_picture

# Pixels of a segment, at the preview's size, from which its number is written.
MIN_NUMBERED_AREA = 260
# Of a turn of hue from one group to the next: steps of the golden angle keep neighbouring numbers apart.
GOLDEN_TURN = 0.61803
# Share of the group's colour over the network's picture.
TINT = 0.55


def draw_groups(artifact: Artifact, inputs: Inputs) -> Image:
    """The network's picture of each window, its segments tinted by group. RGB, at most 1024 pixels a side."""
    windows = coloured_page(inputs).windows
    corrections = Corrections.from_artifact(artifact)

    def draw(number: int, size: Size) -> Image:
        full = windows[number].labels
        labels = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint16)
        ids = np.append(NO_GROUP, corrections.windows[number].group)
        return _write_numbers(_tint(resize_picture(windows[number], size), labels, ids), labels, ids)

    return lay_out(windows, draw)


def _tint(picture: Image, labels: SegmentMap, ids: I64) -> Image:
    """``ids``: the group of each label, from label 0 on."""
    hue = (np.maximum(ids, 0) * GOLDEN_TURN % 1 * 179).astype(np.uint8)
    colours = np.stack([hue, np.full_like(hue, 170), np.full_like(hue, 230)], axis=1)[None]
    palette = cv2.cvtColor(colours, cv2.COLOR_HSV2RGB)[0]
    blended = cv2.addWeighted(picture, 1 - TINT, palette[labels], TINT, 0)
    grouped = (ids >= 0).astype(np.uint8)[labels]
    return np.asarray(cv2.copyTo(blended, grouped, picture.copy()), dtype=np.uint8)


def _write_numbers(picture: Image, labels: SegmentMap, ids: I64) -> Image:
    width = labels.shape[1]
    for label, pixels in enumerate(pixels_by_segment(labels, len(ids) - 1), 1):
        if ids[label] < 0 or len(pixels) < MIN_NUMBERED_AREA:
            continue
        top, bottom = int(pixels[0]) // width, int(pixels[-1]) // width + 1
        columns = pixels % width
        left, right = int(columns.min()), int(columns.max()) + 1
        room = depth_within((labels[top:bottom, left:right] == label).view(np.uint8))
        _, _, _, (x, y) = cv2.minMaxLoc(room)  # where the number has most room
        at = (left + x - 7, top + y + 5)
        for colour, thick in (((255, 255, 255), 3), ((20, 20, 20), 1)):
            cv2.putText(
                picture, str(ids[label]), at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, thick, cv2.LINE_AA
            )
    return picture
