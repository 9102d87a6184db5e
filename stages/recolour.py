"""Moving the colours of a window's surfaces: smooth inside each, ending at the ink around it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Artifact, Image
from mangacolor.stages.colour_space import chroma, luma, to_rgb
from mangacolor.stages.surface_table import CB, CR
from mangacolor.stages.surfaces import barrier

Floats = npt.NDArray[np.float32]

EVEN = 0.5  # share of a surface's own blotches that is taken away
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
    moves = np.array(windows[number], np.float32).reshape(-1, 3)
    # What is in no group keeps its colour, blotches and all: it is a balloon.
    even = np.where(moves[:, 0] >= 0, np.float32(EVEN), np.float32(0))
    own = table[: len(moves), (CB, CR)].astype(np.float32) - 128
    rows = np.concatenate([moves[:, 1:] + even[:, None] * own, even[:, None]], axis=1)
    field = np.concatenate([np.zeros((1, 3), np.float32), rows])[labels]
    field = _settled(field, grey, labels > 0)
    cb, cr = (
        plane * (1 - field[..., 2]) + field[..., channel] for channel, plane in enumerate(chroma(picture))
    )
    return to_rgb(luma(picture).astype(np.float32), cb, cr)


def _settled(field: Floats, grey: Image, inside: npt.NDArray[np.bool_]) -> Floats:
    """The field of moves (H×W×3), softened where no ink divides two surfaces. Ground stays without."""
    walls = cv2.dilate(barrier(grey), np.ones((5, 5), np.uint8))
    crisp = np.clip((walls - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1)
    crisp = cv2.GaussianBlur(crisp, (0, 0), 1.5)[..., None]
    weight = inside.astype(np.float32)
    blurred = []
    for sigma in (CRISP, SOFT):
        share = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
        blurred.append(cv2.GaussianBlur(field, (0, 0), sigma) / np.maximum(share, 1e-3))
    return np.asarray((crisp * blurred[0] + (1 - crisp) * blurred[1]) * weight[..., None], dtype=np.float32)
