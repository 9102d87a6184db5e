"""Pages that lay askew in the scanner."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from mangacolor.core.arrays import F64
from mangacolor.core.types import Image
from mangacolor.stages.panels.cutting.polygons import page_polygon

MOST = 2.2  # degrees
GROUNDS = (255, 255, 235, 0)  # luma of what the scanner saw beside the page


def turn(
    page: Image, border: Image, outside: Image, thickness: int, rng: np.random.Generator
) -> tuple[Image, Image, Image, F64]:
    """The page and its two labels (all H×W uint8), turned by up to ``MOST`` degrees, and its 2×3 matrix.

    Half of the time the scan was cropped to the page. Otherwise the scanner's ground shows in wedges, and a
    panel that ran off the page has a border there, labelled ``thickness`` pixels wide.
    """
    height, width = page.shape
    angle = float(rng.uniform(-MOST, MOST))
    cropped = rng.random() < 0.5
    sine = abs(np.sin(np.radians(angle)))
    zoom = 1 + sine * max(height / width, width / height) if cropped else 1.0
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, zoom)

    def turned(picture: Image, ground: int, method: int) -> Image:
        sides: dict[str, Any] = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": ground}
        return np.asarray(cv2.warpAffine(picture, matrix, (width, height), flags=method, **sides), np.uint8)

    seen = turned(page, int(rng.choice(GROUNDS)), cv2.INTER_LINEAR)
    label = turned(border, 0, cv2.INTER_NEAREST)
    beside = turned(outside, 255, cv2.INTER_NEAREST)
    if not cropped:
        corners = page_polygon(width, height) @ matrix[:, :2].T + matrix[:, 2]
        edge = np.zeros_like(label)
        cv2.polylines(edge, [np.rint(corners).astype(np.int32)], True, 255, thickness)
        inside = np.where(beside == 0, np.uint8(255), np.uint8(0))
        inside = np.asarray(cv2.dilate(inside, np.ones((thickness, thickness), np.uint8)), np.uint8)
        label = np.maximum(label, np.minimum(edge, inside))
    return seen, label, beside, np.asarray(matrix, np.float64)
