"""Moving the colours of a window's surfaces: smooth inside each, ending at the ink around it."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Image
from mangacolor.stages.colour_space import chroma, luma, to_rgb
from mangacolor.stages.surface_table import CB, CR
from mangacolor.stages.surfaces import barrier
from mangacolor.stages.transfer import DARKEST, INK

Floats = npt.NDArray[np.float32]

EVEN = 0.5  # share of a surface's own blotches that is taken away
WISHED = 0.9  # the same where somebody has chosen the colour
LIFTS = (0.25, 3.9)  # by what a tone may be multiplied for a wish
CRISP, SOFT = (
    0.8,
    5.0,
)  # sigma at which surfaces meet, in working-scale pixels: at ink, and where there is none
INK_LOW, INK_HIGH = 8.0, 28.0  # barrier from which two surfaces begin to meet crisply, and wholly do


def corrected(colorize: Artifact, number: int, grey: Image, harmonize: Artifact | None) -> Image:
    """A window's small picture (H×W×3 RGB uint8), its surfaces moved, at the same luma.

    ``number``: of the window. ``grey``: the scan at the same size, H×W. Without a correction for the
    window it is the network's picture itself.
    """
    picture = colorize.images[f"panel-{number:03d}"]
    windows = harmonize.data["windows"] if harmonize else []
    if not windows or not windows[number]:
        return picture
    labels = colorize.images[f"surfaces-{number:03d}"]
    first = sum(panel["surfaces"] for panel in colorize.data["panels"][:number])
    table = colorize.images["surfaces"][first:]
    moves = moves_of(windows[number])
    # What is in no group keeps its colour, blotches and all: it is a balloon.
    even = np.select([moves[:, 0] < 0, moves[:, 3] >= 0], [0.0, WISHED], EVEN).astype(np.float32)
    own = table[: len(moves), (CB, CR)].astype(np.float32) - 128
    rows = np.concatenate([moves[:, 1:3] + even[:, None] * own, even[:, None]], axis=1)
    field = np.concatenate([np.zeros((1, 3), np.float32), rows])[labels]
    field = _settled(field, grey, labels)
    cb, cr = (
        plane * (1 - field[..., 2]) + field[..., channel] for channel, plane in enumerate(chroma(picture))
    )
    return to_rgb(luma(picture).astype(np.float32), cb, cr)


def moves_of(window: Sequence[int]) -> Floats:
    """A window's part of the ``harmonize`` artifact: a row of group, Cb, Cr and luma for each surface."""
    return np.array(window, np.float32).reshape(-1, 4)


def lift(labels: Image, grey: Image, plan: Image, window: Sequence[int]) -> Floats:
    """By what to multiply the plan's tones so that surfaces have the mean luma they are to have, H×W.

    ``plan``: the window's, as of ``small_plan``. Undoes ``paint``'s mapping of luma for the mean of the
    surface's pixels that are no ink.
    """
    wished = moves_of(window)[:, 3]
    factor = np.ones(len(wished) + 1, np.float32)
    shade = plan[..., 2].astype(np.float32) * ((1 - DARKEST) / 255) + DARKEST
    above = np.maximum(grey.astype(np.float32) - INK, 0)
    for row in np.nonzero(wished >= 0)[0]:
        inside = (labels == row + 1) & (above > 0)
        if inside.any():
            light, shaded = float(above[inside].mean()), float((above * shade)[inside].mean())
            factor[row + 1] = ((wished[row] - INK) * (255 - INK) + INK * light) / (255 * shaded)
    return np.clip(factor, *LIFTS)[labels]


def _settled(field: Floats, grey: Image, labels: Image) -> Floats:
    """The field of moves (H×W×3), softened where no ink divides two surfaces. Ground stays without."""
    inside = (labels > 0).astype(np.float32)
    soft = _open_borders(labels, barrier(grey))[..., None]
    blurred = []
    for sigma in (CRISP, SOFT):
        share = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None]
        blurred.append(cv2.GaussianBlur(field, (0, 0), sigma) / np.maximum(share, 1e-3))
    return np.asarray(((1 - soft) * blurred[0] + soft * blurred[1]) * inside[..., None], dtype=np.float32)


def _open_borders(labels: Image, walls: Floats) -> Floats:
    """1 around borders that nothing marks, falling to 0 where there is ink and away from borders, H×W."""
    kernel = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel)) & (labels > 0)
    crest = cv2.dilate(walls, np.ones((5, 5), np.uint8))
    open_here = np.where(border, 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1), 0)
    reach = 2 * round(2 * SOFT) + 1
    near = cv2.dilate(open_here.astype(np.float32), np.ones((reach, reach), np.uint8))
    # Not beyond the next line: the soft field has come through it.
    near *= 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1)
    return np.asarray(cv2.GaussianBlur(near, (0, 0), SOFT / 2), dtype=np.float32)
