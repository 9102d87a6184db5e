"""From the network's soft answer to regions that end where the balloon's own paper ends."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import Mask
from mangacolor.core.types import Image
from mangacolor.stages.balloons.kinds import (
    Region,
    is_bounded,
    median_level,
    outlined,
    solidity,
    without_holes,
)
from mangacolor.stages.balloons.params import FitParams, Params

Sides = tuple[bool, bool, bool, bool]  # top, bottom, left, right


def fit_regions(luma: Image, probability: Image, ground: Image | None, params: Params) -> list[Region]:
    """Balloons from ``probability`` (H×W uint8, 255 = 1), each fitted to the ink of ``luma`` around it.

    Of what may be one for several reasons the likeliest is given; ``is_sure`` tells which are beyond doubt.
    Bare paper without strokes on it is no balloon. ``ground`` (255 = paper around what is drawn) is never
    entered.
    """
    signs = params.fit
    suspected = (probability > signs.maybe).astype(np.uint8)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(suspected)
    regions: list[Region] = []
    for index in range(1, count):
        x, y, w, h, area = (int(value) for value in stats[index])
        if area < signs.smallest:
            continue
        margin = 8 + max(w, h) // 2
        x0, y0 = max(x - margin, 0), max(y - margin, 0)
        window = np.s_[y0 : y + h + margin, x0 : x + w + margin]
        seen = labels[window] == index
        sure = seen & (probability[window] > signs.sure)
        if np.count_nonzero(sure) < signs.smallest // 2:
            continue
        shut = None if ground is None else ground[window] > 0
        tone = _commonest_tone(luma[window][sure])
        at_edge = y0 == 0, y0 + seen.shape[0] == luma.shape[0], x0 == 0, x0 + seen.shape[1] == luma.shape[1]
        masks = _fit_masks(luma[window], seen, sure, tone, shut, at_edge, signs)
        made = (_make_region(mask, luma, probability, (x0, y0), tone, params) for mask in masks)
        regions += islice((region for region in made if region is not None), 1)
    return regions


def is_sure(region: Region, params: Params) -> bool:
    """Whether the network is sure enough of a region; one of which it is not is a balloon if all else is."""
    least = params.fit.least_mean_dark if region.tone < params.kind.dark else params.fit.least_mean
    return region.confidence >= least


def _make_region(
    mask: Image, luma: Image, probability: Image, corner: tuple[int, int], tone: int, params: Params
) -> Region | None:
    """A mask, whose window has its ``corner`` (x, y) on the page, as a region, if it can be a balloon's."""
    signs = params.fit
    x, y, w, h = cv2.boundingRect(mask)
    if w * h < signs.smallest:
        return None
    cropped = np.ascontiguousarray(mask[y : y + h, x : x + w])
    box = (corner[0] + x, corner[1] + y, w, h)
    window, inside = np.s_[box[1] : box[1] + h, box[0] : box[0] + w], cropped > 0
    contrast = np.abs(luma[window].astype(np.int16) - tone) > signs.stroke_contrast
    if np.count_nonzero(contrast & _erode_within(inside, 7)) < signs.least_strokes:
        return None
    region = Region(box, cropped, float(probability[window][inside].mean()) / 255, tone)
    if not is_sure(region, params) and not _is_plain(region, luma, signs):
        return None
    return region if is_bounded(region, luma, params.kind) else None


def _is_plain(region: Region, luma: Image, params: FitParams) -> bool:
    """Whether a region is white, solid and outlined, as most balloons are, and the network suspects it."""
    if region.tone < params.white or region.confidence < min(mean for mean, _solid in params.plain):
        return False
    own = solidity(region.mask)
    likely = any(region.confidence >= mean and own >= solid for mean, solid in params.plain)
    return likely and outlined(region, luma) >= params.plain_rim


def _commonest_tone(values: Image) -> int:
    """The commonest tone: a balloon's paper outweighs its lettering."""
    counts = np.bincount(values, minlength=256).astype(np.float32)
    peak = int(np.argmax(np.convolve(counts, np.ones(9), mode="same")))
    return median_level(values[np.abs(values.astype(np.int16) - peak) <= 6])


def _fit_masks(
    view: Image, seen: Mask, sure: Mask, tone: int, shut: Mask | None, at_edge: Sides, params: FitParams
) -> Iterator[Image]:
    """Masks (H×W uint8, 255 = balloon), likeliest first, from what the network saw and is sure of.

    First the paper connected to that, gaps in its outline closed; last what of the paper was seen, whatever
    bounds it. ``shut`` is never entered. ``at_edge``: which sides of the window are the page's own, beyond
    which there is nothing to leak into.
    """
    paper = _paper_of(view, sure, tone, params)
    if shut is not None:
        paper &= ~shut
        sure = sure & ~shut
    distance = np.abs(view.astype(np.int16) - tone)
    inked = distance > params.stroke_contrast
    credible: list[Mask] = []
    for gap in params.gaps:
        whole = _grow_back(_keep_connected(_close_gaps(paper, gap), sure, params.connected_share), paper, gap)
        if _is_credible(whole, paper, seen, sure, distance, at_edge, params):
            credible.append(whole)
            if np.count_nonzero(whole & ~seen) <= params.tail * np.count_nonzero(whole):
                break
    for whole in _order_by_leaks(credible, params.shed):
        yield _fill(_drop_strays(whole, inked, params), sure, params)
    clipped = _keep_connected(paper & seen, sure, params.connected_share)
    yield _fill(_drop_strays(clipped, inked, params), sure, params)


def _order_by_leaks(masks: list[Mask], shed: float) -> list[Mask]:
    """Masks, ever wider gaps closed; first the one that has shed much, for what was shed had leaked out."""
    areas = [np.count_nonzero(mask) for mask in masks]
    leaks = next((index for index, area in enumerate(areas) if area < shed * areas[0]), 0)
    return masks[leaks:] + masks[:leaks]


def _fill(whole: Mask, sure: Mask, params: FitParams) -> Image:
    """Paper with the lettering on it: H×W uint8, 255."""
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


def _close_gaps(paper: Mask, gap: int) -> Mask:
    """Paper that no gap in an outline of this many pixels joins to what lies beyond."""
    return _erode(paper, gap) if gap > 1 else paper


def _grow_back(whole: Mask, paper: Mask, gap: int) -> Mask:
    """What ``_close_gaps`` has taken off."""
    return np.asarray(cv2.dilate(whole.astype(np.uint8), _disc(gap)) > 0) & paper if gap > 1 else whole


def _drop_strays(whole: Mask, inked: Mask, params: FitParams) -> Mask:
    """``whole``, its holes filled, without patches beside its largest, which are paper beyond the outline.

    Kept is what lies in an inlet of the largest, and a lobe with lettering. ``inked``: strokes.
    """
    filled = without_holes(whole)
    count, labels, stats, _centres = cv2.connectedComponentsWithStats(filled, connectivity=4)
    if count <= 2:
        return filled > 0
    main = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    x, y, w, h = (int(value) for value in stats[main, :4])
    own = np.s_[y : y + h, x : x + w]  # what is closed lies within
    closed = cv2.morphologyEx(
        (labels[own] == main).view(np.uint8), cv2.MORPH_CLOSE, np.ones((params.inlet,) * 2, np.uint8)
    )
    within = np.bincount(labels[own][closed > 0], minlength=count)
    keep = within > params.within * stats[:, cv2.CC_STAT_AREA]
    keep[0], keep[main] = False, True
    for index in 1 + np.flatnonzero(~keep[1:] & (stats[1:, cv2.CC_STAT_AREA] >= params.smallest)):
        x, y, w, h = (int(value) for value in stats[index, :4])
        window = np.s_[y : y + h, x : x + w]
        lobe = _erode(labels[window] == index, 7)
        keep[index] = np.count_nonzero(inked[window] & lobe) >= params.least_strokes
    return np.asarray(keep[labels])


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
    at_edge: Sides,
    params: FitParams,
) -> bool:
    """Whether all the paper connected to what the network saw may be taken for the balloon."""
    area, beyond = np.count_nonzero(whole), np.count_nonzero(whole & ~seen)
    held, certain = np.count_nonzero(whole & sure), np.count_nonzero(paper & sure)
    if not _is_bounded(whole, at_edge) or held < params.certain * certain:
        return False
    if beyond <= params.tail * area:
        return True
    rim = cv2.dilate(whole.astype(np.uint8), _disc(7)) - whole.astype(np.uint8)
    strongest = cv2.dilate(distance.astype(np.float32), _disc(5))
    inked = np.mean(strongest[rim > 0] > params.stroke_contrast)
    solid = solidity(without_holes(whole))
    clearly = inked > params.round_rim and solid > params.round
    missed = params.missed_round if clearly else params.missed
    return bool(beyond <= missed * area and inked > params.inked_rim and solid > params.solid)


def _is_bounded(region: Mask, at_edge: Sides) -> bool:
    edges = (region[0], region[-1], region[:, 0], region[:, -1])
    return not any(edge.any() for edge, outer in zip(edges, at_edge, strict=True) if not outer)


def _erode(region: Mask, size: int) -> Mask:
    return np.asarray(cv2.erode(region.astype(np.uint8), _disc(size)) > 0)


def _erode_within(region: Mask, size: int) -> Mask:
    """``_erode`` of a region that reaches its window's sides, where it ends."""
    eroded = cv2.erode(region.view(np.uint8), _disc(size), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(eroded > 0)


def _disc(size: int) -> Image:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)
