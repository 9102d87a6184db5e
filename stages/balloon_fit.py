"""From the network's soft answer to regions that end where the balloon's own paper ends."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.nouns import Image
from mangacolor.stages.balloon_kinds import Region

SURE, MAYBE = 150, 56  # chance in levels of 255: a balloon needs some of the first, ends at the second
SLACK = 44  # levels that a balloon's paper may differ from its commonest tone
GROWTH = 1.35  # a closed region of paper may be this much larger than what the network saw of it
SMALLEST = 120  # pixels at working scale

Mask = npt.NDArray[np.bool_]


def fit_regions(luma: Image, chance: Image, ground: Image | None) -> list[Region]:
    """Balloons from ``chance`` (H×W uint8, 255 = sure), each fitted to the ink of ``luma`` around it.

    ``ground`` (255 = paper outside panels) bounds growth beyond what the network saw.
    """
    count, labels, stats, _centres = cv2.connectedComponentsWithStats((chance > MAYBE).astype(np.uint8))
    regions = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < SMALLEST:
            continue
        margin = 4 + max(w, h) // 6
        x0, y0 = max(x - margin, 0), max(y - margin, 0)
        window = np.s_[y0 : y + h + margin, x0 : x + w + margin]
        seen = labels[window] == index
        sure = seen & (chance[window] > SURE)
        if np.count_nonzero(sure) < SMALLEST // 2:
            continue
        shut = None if ground is None else ground[window] > 0
        tone = _tone(luma[window][sure])
        mask = _fitted(luma[window], seen, sure, tone, shut)
        bx, by, bw, bh = cv2.boundingRect(mask)
        if bw * bh < SMALLEST:
            continue
        inside = mask > 0
        confidence = float(chance[window][inside].mean()) / 255
        cropped = np.ascontiguousarray(mask[by : by + bh, bx : bx + bw])
        regions.append(Region((x0 + bx, y0 + by, bw, bh), cropped, confidence, tone))
    return regions


def _tone(values: Image) -> int:
    """The commonest tone: a balloon's paper outweighs its lettering."""
    counts = np.bincount(values, minlength=256).astype(np.float32)
    return int(np.argmax(np.convolve(counts, np.ones(9), mode="same")))


def _fitted(view: Image, seen: Mask, sure: Mask, tone: int, shut: Mask | None) -> Image:
    paper = np.abs(view.astype(np.int16) - tone) <= SLACK
    if shut is not None:
        paper &= ~shut | seen
    whole = _connected(paper, sure)
    if not _bounded(whole) or np.count_nonzero(whole) > GROWTH * np.count_nonzero(seen):
        whole = _connected(paper & seen, sure)
    filled = _filled(whole | (sure & _eroded(sure, 5)))
    return cv2.morphologyEx(filled, cv2.MORPH_OPEN, _disc(3)).astype(np.uint8)


def _connected(paper: Mask, sure: Mask) -> Mask:
    """Components of ``paper`` that the network is sure of for the most part, or a good deal."""
    count, labels = cv2.connectedComponents(paper.astype(np.uint8), connectivity=4)
    total = np.bincount(labels.ravel(), minlength=count)
    certain = np.bincount(labels[sure], minlength=count)
    keep = certain > 0.4 * total
    keep[0] = False
    return np.asarray(keep[labels])


def _bounded(region: Mask) -> bool:
    edges = (region[0], region[-1], region[:, 0], region[:, -1])
    return not any(edge.any() for edge in edges)


def _filled(region: Mask) -> Image:
    contours, _tree = cv2.findContours(region.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = np.zeros(region.shape, np.uint8)
    cv2.drawContours(filled, contours, -1, 255, -1)
    return filled


def _eroded(region: Mask, size: int) -> Mask:
    return np.asarray(cv2.erode(region.astype(np.uint8), _disc(size)) > 0)


def _disc(size: int) -> Image:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
