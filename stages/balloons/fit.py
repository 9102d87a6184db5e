"""From the network's soft answer to regions that end where the balloon's own paper ends."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import Region, solidity, without_holes
from mangacolor.stages.balloons.params import FitParams, Params


def fit_regions(luma: Image, probability: Image, ground: Image | None, params: Params) -> list[Region]:
    """Balloons from ``probability`` (H×W uint8, 255 = 1), each fitted to the ink of ``luma`` around it.

    Bare paper without strokes on it is no balloon. ``ground`` (255 = paper around what is drawn) is never
    entered.
    """
    signs = params.fit
    suspected = (probability > signs.maybe).astype(np.uint8)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(suspected)
    regions = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < signs.smallest:
            continue
        margin = 8 + max(w, h) // 3
        x0, y0 = max(x - margin, 0), max(y - margin, 0)
        window = np.s_[y0 : y + h + margin, x0 : x + w + margin]
        seen = labels[window] == index
        sure = seen & (probability[window] > signs.sure)
        if np.count_nonzero(sure) < signs.smallest // 2:
            continue
        shut = None if ground is None else ground[window] > 0
        tone = _commonest_tone(luma[window][sure])
        mask = _fit_mask(luma[window], seen, sure, tone, shut, signs)
        bx, by, bw, bh = cv2.boundingRect(mask)
        if bw * bh < signs.smallest:
            continue
        inside = mask > 0
        contrast = np.abs(luma[window].astype(np.int16) - tone) > signs.stroke_contrast
        if np.count_nonzero(contrast & _erode(inside, 7)) < signs.least_strokes:
            continue
        confidence = float(probability[window][inside].mean()) / 255
        if confidence < (signs.least_mean_dark if tone < params.kind.dark else signs.least_mean):
            continue
        cropped = np.ascontiguousarray(mask[by : by + bh, bx : bx + bw])
        regions.append(Region((x0 + bx, y0 + by, bw, bh), cropped, confidence, tone))
    return regions


def _commonest_tone(values: Image) -> int:
    """The commonest tone: a balloon's paper outweighs its lettering."""
    counts = np.bincount(values, minlength=256).astype(np.float32)
    peak = int(np.argmax(np.convolve(counts, np.ones(9), mode="same")))
    return int(np.median(values[np.abs(values.astype(np.int16) - peak) <= 6]))


def _fit_mask(view: Image, seen: Mask, sure: Mask, tone: int, shut: Mask | None, params: FitParams) -> Image:
    """H×W uint8, 255 = balloon, from what the network saw and is sure of; ``shut`` is never entered."""
    paper = _paper_of(view, sure, tone, params)
    if shut is not None:
        paper &= ~shut
        sure = sure & ~shut
    whole = _keep_connected(paper, sure, params.connected_share)
    distance = np.abs(view.astype(np.int16) - tone)
    if not _is_credible(whole, paper, seen, sure, distance, params):
        whole = _keep_connected(paper & seen, sure, params.connected_share)
    notched = cv2.morphologyEx(whole.astype(np.uint8), cv2.MORPH_CLOSE, _disc(params.notch)) > 0
    filled = without_holes(whole | (notched & sure))  # strokes that touch the outline leave notches
    opened = cv2.morphologyEx(filled, cv2.MORPH_OPEN, _disc(3))
    return np.asarray(cv2.dilate(opened, _disc(3)), np.uint8)  # paper fades into ink over a pixel


def _paper_of(view: Image, sure: Mask, tone: int, params: FitParams) -> Mask:
    """Pixels of the balloon's tone. Clean paper is told from a pale sky by a few levels, noisy by more."""
    distance = np.abs(view.astype(np.int16) - tone)
    near = distance[sure & (distance <= params.paper_slack)]
    noise = float(np.median(near)) if near.size else 0.0
    slack = np.clip(params.noise_slack * noise + params.base_slack, params.least_slack, params.paper_slack)
    return np.asarray(distance <= slack)


def _keep_connected(paper: Mask, sure: Mask, share: float) -> Mask:
    """Components of ``paper`` of which the network is sure of this share."""
    count, labels = cv2.connectedComponents(paper.astype(np.uint8), connectivity=4)
    total = np.bincount(labels.ravel(), minlength=count)
    certain = np.bincount(labels[sure], minlength=count)
    keep = certain > share * total
    keep[0] = False
    return np.asarray(keep[labels])


def _is_credible(
    whole: Mask,
    paper: Mask,
    seen: Mask,
    sure: Mask,
    distance: npt.NDArray[np.int16],
    params: FitParams,
) -> bool:
    """Whether all the paper connected to what the network saw may be taken for the balloon."""
    area, beyond = np.count_nonzero(whole), np.count_nonzero(whole & ~seen)
    if not _is_bounded(whole) or np.count_nonzero(whole & sure) < 0.9 * np.count_nonzero(paper & sure):
        return False
    if beyond <= params.tail * area:
        return True
    rim = cv2.dilate(whole.astype(np.uint8), _disc(7)) - whole.astype(np.uint8)
    strongest = cv2.dilate(distance.astype(np.float32), _disc(5))
    inked = np.mean(strongest[rim > 0] > params.stroke_contrast)
    solid = solidity(without_holes(whole)) > params.solid
    return bool(beyond <= params.missed * area and inked > params.inked_rim and solid)


def _is_bounded(region: Mask) -> bool:
    edges = (region[0], region[-1], region[:, 0], region[:, -1])
    return not any(edge.any() for edge in edges)


def _erode(region: Mask, size: int) -> Mask:
    return np.asarray(cv2.erode(region.astype(np.uint8), _disc(size)) > 0)


def _disc(size: int) -> Image:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
