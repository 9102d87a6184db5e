"""Draw a page's panels for the eye: numbered polygons, the ground tinted, parts that somebody has marked."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from mangacolor.core.types import Image, Panel
from mangacolor.stages.panels.marked_parts import MarkedParts

_DETECTED = (230, 60, 30)
_RESIDUAL = (150, 80, 220)
_LEFT_OUT = (30, 110, 200)
_COLOURED = (20, 150, 70)
_GROUND = np.array((120, 190, 235), np.float32)


def draw_panels(page: Image, panels: Sequence[Panel], ground: Image, marked: MarkedParts) -> Image:
    """The page (H×W×3, RGB) with panels outlined and numbered from 1 in reading order.

    Residual panels are violet; ground (H×W, 255 = ground) is tinted blue. Parts that are left out are
    outlined in blue, parts that are coloured in green.
    """
    picture = page.copy()
    levels = np.arange(256, dtype=np.float32)[:, None]
    tinted = (0.55 * levels + 0.45 * _GROUND).astype(np.uint8)[None]
    cv2.copyTo(cv2.LUT(picture, tinted), (ground > 0).view(np.uint8), picture)
    thickness = max(1, round(min(page.shape[:2]) / 250))
    for parts, colour in ((marked.left_out, _LEFT_OUT), (marked.coloured, _COLOURED)):
        for part in parts:
            cv2.polylines(picture, [np.array(part, np.int32)], True, colour, thickness, cv2.LINE_AA)
    for number, panel in enumerate(panels, 1):
        colour = _RESIDUAL if panel.residual else _DETECTED
        corners = np.array(panel.polygon, np.int32)
        cv2.polylines(picture, [corners], True, colour, thickness, cv2.LINE_AA)
        _write(picture, f"{number}", panel, colour, thickness)
    return picture


def _write(picture: Image, text: str, panel: Panel, colour: tuple[int, int, int], thickness: int) -> None:
    x, y, width, height = panel.box
    scale = max(0.3, min(thickness * 0.5, min(width, height) / 60))
    (wide, high), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
    at = x + (width - wide) // 2, y + (height + high) // 2
    for ink, weight in (((255, 255, 255), 3 * thickness), (colour, thickness)):
        cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, weight, cv2.LINE_AA)
