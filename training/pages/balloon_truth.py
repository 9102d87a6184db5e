"""Exact balloon masks from a lettered page and the same page without lettering."""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.colour import luma as luma_of
from mangacolor.core.types import Image
from mangacolor.training.pages.balloons import UNKNOWN

CHANGED = 24  # levels: above WebP's noise, below the palest balloon


def find_balloon_truth(lettered: Image, art: Image) -> Image:
    """The label of a lettered page: 255 balloon with its lettering, 0 none, 128 unknown.

    ``lettered`` and ``art`` are the same page, H×W×3 uint8. A changed region is a balloon when it is
    broad, mostly of one tone, and holds strokes; what else changed is lettering without a balloon of its
    own (sound effects, signs, credits, balloons that the art page already had): unknown, with a margin.
    """
    changed = (cv2.absdiff(lettered, art).max(axis=2) > CHANGED).astype(np.uint8)
    changed = np.asarray(cv2.morphologyEx(changed, cv2.MORPH_CLOSE, _disc(5)), np.uint8)
    inked = changed.copy()
    contours, _tree = cv2.findContours(changed, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(changed, contours, -1, 1, -1)
    broad = cv2.morphologyEx(changed, cv2.MORPH_OPEN, _disc(15))
    inner = inked & cv2.erode(changed, _disc(9))
    luma = luma_of(lettered)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(changed)
    balloons, others = np.zeros_like(changed), np.zeros_like(changed)
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < 60:
            continue
        window = np.s_[y : y + h, x : x + w]
        member = labels[window] == index
        values = luma[window][member].astype(int)
        tone = int(np.bincount(values // 8).argmax()) * 8 + 4
        flat = np.mean(np.abs(values - tone) < 16)
        contrast = (np.abs(values - tone) > 60) & (inner[window][member] > 0)
        lettered = np.mean(contrast) > 0.008  # a fat sound effect has a rim at most, no strokes within
        balloon = lettered and broad[window][member].mean() > 0.55 and flat > 0.45
        (balloons if balloon else others)[window][member] = 255
    unsure = cv2.dilate(others, _disc(25)) > 0
    return np.where(balloons > 0, 255, np.where(unsure, UNKNOWN, 0)).astype(np.uint8)


def _disc(size: int) -> Image:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
