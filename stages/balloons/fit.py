"""From the network's soft answer to regions that end where the balloon's own paper ends."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import DARK, Region, solidity, without_holes

SURE, MAYBE = 150, 56  # chance in levels of 255: a balloon needs some of the first, ends at the second
SLACK = 44  # levels that a balloon's paper may differ from its commonest tone, at the most
NOTCH = 7  # pixels across a notch that lettering can leave
TAIL = 0.08  # of a balloon, that the network may overlook in any case
MISSED, OUTLINED, SOLID = 0.4, 0.92, 0.85  # of a balloon, if its rim is inked and its shape compact
SMALLEST = 250  # pixels at working scale
DOUBTFUL, DOUBTFUL_DARK = 0.72, 0.85  # mean chance below which a region is dropped; hair is dark, too
CONTRAST, STROKES = 60, 20  # levels between paper and lettering, and pixels of it that a balloon needs

Mask = npt.NDArray[np.bool_]


def fit_regions(luma: Image, chance: Image, ground: Image | None) -> list[Region]:
    """Balloons from ``chance`` (H×W uint8, 255 = sure), each fitted to the ink of ``luma`` around it.

    Bare paper without strokes on it is no balloon. ``ground`` (255 = paper around what is drawn) is never
    entered.
    """
    count, labels, stats, _centres = cv2.connectedComponentsWithStats((chance > MAYBE).astype(np.uint8))
    regions = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < SMALLEST:
            continue
        margin = 8 + max(w, h) // 3
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
        contrast = np.abs(luma[window].astype(np.int16) - tone) > CONTRAST
        if np.count_nonzero(contrast & _eroded(inside, 7)) < STROKES:
            continue
        confidence = float(chance[window][inside].mean()) / 255
        if confidence < (DOUBTFUL_DARK if tone < DARK else DOUBTFUL):
            continue
        cropped = np.ascontiguousarray(mask[by : by + bh, bx : bx + bw])
        regions.append(Region((x0 + bx, y0 + by, bw, bh), cropped, confidence, tone))
    return regions


def _tone(values: Image) -> int:
    """The commonest tone: a balloon's paper outweighs its lettering."""
    counts = np.bincount(values, minlength=256).astype(np.float32)
    peak = int(np.argmax(np.convolve(counts, np.ones(9), mode="same")))
    return int(np.median(values[np.abs(values.astype(np.int16) - peak) <= 6]))


def _fitted(view: Image, seen: Mask, sure: Mask, tone: int, shut: Mask | None) -> Image:
    paper = _paper(view, sure, tone)
    if shut is not None:
        paper &= ~shut
        sure = sure & ~shut
    whole = _connected(paper, sure)
    if not _credible(whole, paper, seen, sure, np.abs(view.astype(np.int16) - tone)):
        whole = _connected(paper & seen, sure)
    notched = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, _disc(NOTCH)) > 0
    filled = without_holes(whole | (notched & sure))  # strokes that touch the outline leave notches
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, _disc(3))
    return np.asarray(cv2.dilate(opened, _disc(3)), np.uint8)  # paper fades into ink over a pixel


def _paper(view: Image, sure: Mask, tone: int) -> Mask:
    """Pixels of the balloon's tone. Clean paper is told from a pale sky by a few levels, noisy by more."""
    distance = np.abs(view.astype(np.int16) - tone)
    near = distance[sure & (distance <= SLACK)]
    noise = float(np.median(near)) if near.size else 0.0
    return np.asarray(distance <= np.clip(6 * noise + 10, 12, SLACK))


def _connected(paper: Mask, sure: Mask) -> Mask:
    """Components of ``paper`` that the network is sure of for the most part, or a good deal."""
    count, labels = cv2.connectedComponents(paper.astype(np.uint8), connectivity=4)
    total = np.bincount(labels.ravel(), minlength=count)
    certain = np.bincount(labels[sure], minlength=count)
    keep = certain > 0.4 * total
    keep[0] = False
    return np.asarray(keep[labels])


def _credible(whole: Mask, paper: Mask, seen: Mask, sure: Mask, distance: npt.NDArray[np.int16]) -> bool:
    """Whether all the paper connected to what the network saw may be taken for the balloon."""
    area, beyond = np.count_nonzero(whole), np.count_nonzero(whole & ~seen)
    if not _bounded(whole) or np.count_nonzero(whole & sure) < 0.9 * np.count_nonzero(paper & sure):
        return False
    if beyond <= TAIL * area:
        return True
    rim = cv2.dilate(whole.astype(np.uint8), _disc(7)) - whole.astype(np.uint8)
    strongest = cv2.dilate(distance.astype(np.float32), _disc(5))
    inked = np.mean(strongest[rim > 0] > CONTRAST)
    return bool(beyond <= MISSED * area and inked > OUTLINED and solidity(without_holes(whole)) > SOLID)


def _bounded(region: Mask) -> bool:
    edges = (region[0], region[-1], region[:, 0], region[:, -1])
    return not any(edge.any() for edge in edges)


def _eroded(region: Mask, size: int) -> Mask:
    return np.asarray(cv2.erode(region.astype(np.uint8), _disc(size)) > 0)


def _disc(size: int) -> Image:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
