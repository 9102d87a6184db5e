"""Which segment got which colour from the guest, for people."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, Mask
from mangacolor.core.colour import to_rgb
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.stages.guest.surfaces import GuestColours, PageGuest
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.preview import Size, lay_out

# Levels of luma by which lines are darker that hatch what has no colour of the guest's.
HATCH_DEPTH = 60.0
# Pixels from one line of the hatching to the next, and how wide a line is.
HATCH_STEP = 9
HATCH_WIDTH = 2


def draw_guest(artifact: Artifact, inputs: Inputs) -> Image:
    """Each window's luma in the guest's colours, a flat one a segment; what has none is hatched. RGB."""
    guest = PageGuest.from_artifact(artifact)
    windows = guest.refine(PageColours.from_artifact(inputs["colorize"])).windows

    def draw(number: int, size: Size) -> Image:
        window = windows[number]
        grey = cv2.resize(window.descreened, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        labels = cv2.resize(window.labels, size, interpolation=cv2.INTER_NEAREST)
        chroma, given = (
            np.zeros((window.segments + 1, 2), np.float32),
            np.zeros(window.segments + 1, np.bool_),
        )
        if guest.windows:
            colours = GuestColours.of(guest.windows[number].rows)
            chroma[1:], given[1:] = colours.chroma, colours.cover > 0
        light = np.where(given[labels] | ~_hatching(grey), grey, np.maximum(grey - HATCH_DEPTH, 0))
        cb, cr = (plane[labels] for plane in chroma.T)
        return to_rgb(light.astype(np.float32), cb, cr)

    return lay_out(windows, draw)


def _hatching(plane: F32) -> Mask:
    """Where slanted lines run over a picture as large as this one, H×W."""
    rows, columns = np.indices(plane.shape)
    return np.asarray((rows + columns) % HATCH_STEP < HATCH_WIDTH)
