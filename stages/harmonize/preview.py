"""The groups over the page: each with its number and a colour of its own, for ``inspect``."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import find_objects

from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.stages.reassemble.recolour import GROUP, moves_of
from mangacolor.stages.windows.preview import Size, lay_out, window_picture

LABELLED = 260  # pixels of a surface, at the preview's size, from which its number is written


def draw_groups(artifact: Artifact, inputs: Inputs) -> Image:
    """The network's picture of each window, its surfaces tinted by group. RGB, at most 1024 pixels a side."""
    colorize = inputs["colorize"]

    def draw(number: int, size: Size) -> Image:
        full = colorize.images[f"surfaces-{number:03d}"]
        labels = np.asarray(cv2.resize(full, size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
        ids = np.append(-1, moves_of(artifact.data["windows"][number])[:, GROUP]).astype(int)
        return _numbered(_tinted(window_picture(colorize, number, size), labels, ids), labels, ids)

    return lay_out(colorize, draw)


def _tinted(picture: Image, labels: Image, ids: npt.NDArray[np.int_]) -> Image:
    # Steps of the golden angle keep neighbouring numbers apart in hue.
    hue = (np.maximum(ids, 0) * 0.61803 % 1 * 179).astype(np.uint8)
    colours = np.stack([hue, np.full_like(hue, 170), np.full_like(hue, 230)], axis=1)[None]
    table = cv2.cvtColor(colours, cv2.COLOR_HSV2RGB)[0]
    blended = cv2.addWeighted(picture, 0.45, table[labels], 0.55, 0)
    grouped = (ids >= 0).astype(np.uint8)[labels]
    return np.asarray(cv2.copyTo(blended, grouped, picture.copy()), dtype=np.uint8)


def _numbered(picture: Image, labels: Image, ids: npt.NDArray[np.int_]) -> Image:
    for label, place in enumerate(find_objects(labels, len(ids) - 1), start=1):
        if ids[label] < 0 or place is None:
            continue
        inside = np.pad((labels[place] == label).astype(np.uint8), 1)
        if int(inside.sum()) < LABELLED:
            continue
        room = cv2.distanceTransform(inside, cv2.DIST_L2, 3)  # where the number has most room
        _, _, _, (x, y) = cv2.minMaxLoc(room)
        at = (place[1].start + x - 8, place[0].start + y + 4)
        for colour, thick in (((255, 255, 255), 3), ((20, 20, 20), 1)):
            cv2.putText(
                picture, str(ids[label]), at, cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, thick, cv2.LINE_AA
            )
    return picture
