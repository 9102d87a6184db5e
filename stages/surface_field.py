"""Values of surfaces as fields over a window: constant inside each, and how they meet at their borders."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Image
from mangacolor.stages.surface_table import TEXTURE
from mangacolor.stages.surfaces import barrier

Floats = npt.NDArray[np.float32]

# Sigma at which surfaces meet, in working-scale pixels: at ink, and where there is none.
CRISP, SOFT = 0.8, 5.0
FLAT, ROUGH = 8.0, 40.0  # deviation of the scan's luma within a surface: of flat print, and of a painting
EVEN_FLAT, EVEN_ROUGH = 0.9, 0.3  # share of a surface's own variation of colour that is taken away
INK_LOW, INK_HIGH = 8.0, 28.0  # barrier from which two surfaces begin to meet crisply, and wholly do


def evenness(table: Image) -> Floats:
    """How far each surface (rows of ``surface_table``) is evened out, N in [0, 1]: what is printed flat is to
    be coloured flat, and blotches in it are the network's; a painted surface may well change its colour."""
    rough = (table[:, TEXTURE].astype(np.float32) - FLAT) / (ROUGH - FLAT)
    return np.asarray(EVEN_FLAT + (EVEN_ROUGH - EVEN_FLAT) * np.clip(rough, 0, 1), dtype=np.float32)


def settled(field: Floats, labels: Image, soft: Floats) -> Floats:
    """The field of moves (H×W×C), softened where no ink divides two surfaces. Ground stays without.

    ``soft``: as of ``open_borders``.
    """
    inside = (labels > 0).astype(np.float32)
    soft = soft[..., None]
    blurred = []
    for sigma in (CRISP, SOFT):
        share = cv2.GaussianBlur(inside, (0, 0), sigma)[..., None]
        blurred.append(cv2.GaussianBlur(field, (0, 0), sigma) / np.maximum(share, 1e-3))
    return np.asarray(((1 - soft) * blurred[0] + soft * blurred[1]) * inside[..., None], dtype=np.float32)


def open_borders(labels: Image, grey: Image) -> Floats:
    """1 around borders that nothing marks, falling to 0 where there is ink and away from borders, H×W.

    ``labels``: a window's surfaces, H×W. ``grey``: its scan at the same size.
    """
    walls = barrier(grey)
    kernel = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(labels, kernel) != cv2.erode(labels, kernel)) & (labels > 0)
    crest = cv2.dilate(walls, np.ones((5, 5), np.uint8))
    open_here = np.where(border, 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1), 0)
    reach = 2 * round(2 * SOFT) + 1
    near = cv2.dilate(open_here.astype(np.float32), np.ones((reach, reach), np.uint8))
    # Not beyond the next line: the soft field has come through it.
    near *= 1 - np.clip((crest - INK_LOW) / (INK_HIGH - INK_LOW), 0, 1)
    return np.asarray(cv2.GaussianBlur(near, (0, 0), SOFT / 2), dtype=np.float32)
