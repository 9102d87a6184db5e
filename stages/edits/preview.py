"""The edits of a page: its edited segments in their colours, for ``inspect``."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.colour import luma, to_rgb
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.stages.edits.page_edits import PageEdits
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.windows.preview import Size, lay_out, resize_picture


def draw_edits(artifact: Artifact, inputs: Inputs) -> Image:
    """The network's picture of each window in grey, with edited segments in their colours. RGB, at most 1024
    pixels a side."""
    windows = coloured_page(inputs).windows
    edits = PageEdits.from_artifact(artifact)

    def draw(number: int, size: Size) -> Image:
        light = luma(resize_picture(windows[number], size)).astype(np.float32)
        chroma = np.zeros((windows[number].segments + 1, 2), np.float32)
        own = edits.of_window(number)
        if own is not None:
            chroma[1:][own.chosen] = own.chroma[own.chosen]
        labels = cv2.resize(windows[number].labels, size, interpolation=cv2.INTER_NEAREST)
        cb, cr = np.moveaxis(chroma[labels], 2, 0)
        return to_rgb(light, cb, cr)

    return lay_out(windows, draw)
