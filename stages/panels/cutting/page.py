"""From a page's luma to its panel polygons: scale, lines, cuts, sides, and what is no panel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from mangacolor.core.arrays import F64, Mask
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.panels.blank import Blank, find_blank
from mangacolor.stages.panels.cutting.border_net import SecondLook, border_probability
from mangacolor.stages.panels.cutting.candidates import corners_of
from mangacolor.stages.panels.cutting.confidence import Region, find_regions
from mangacolor.stages.panels.cutting.cuts import Node, cut_region
from mangacolor.stages.panels.cutting.frameless import trim_margins
from mangacolor.stages.panels.cutting.insets import find_insets
from mangacolor.stages.panels.cutting.line_fit import detect_segments
from mangacolor.stages.panels.cutting.lines import View, make_view
from mangacolor.stages.panels.cutting.polygons import Polygon, covered_share, four_to_six, move, page_polygon
from mangacolor.stages.panels.cutting.record import Recorder
from mangacolor.stages.panels.cutting.snap import run_off_page
from mangacolor.stages.panels.params import CutParams, InkParams, Params, ScaleParams, SecondLookParams
from mangacolor.stages.panels.skew import find_skew, turn_back
from mangacolor.stages.panels.webtoon import find_windows

Method = Literal["learnt", "lines"]


@dataclass(frozen=True, slots=True)
class Detection:
    """A detected panel: polygon in page pixels (N×2 float), confidence in [0, 1].

    ``doubted``: corners of the likeliest cut through it that was not made (2×2 or 4×2, page pixels), if any
    was considered, and ``doubt``, the probability that it is a border.
    """

    polygon: Polygon
    confidence: float
    doubted: Polygon | None = None
    doubt: float = 0.0

    def placed(self, to_page: F64) -> Detection:
        """The same in pixels to which an affine map (2×3) brings these here."""
        doubted = None if self.doubted is None else move(self.doubted, to_page)
        return replace(self, polygon=move(self.polygon, to_page), doubted=doubted)


def detect_polygons(
    luma: Image,
    network: CpuBackend | None,
    painted: bool,
    params: Params,
    recorder: Recorder | None = None,
) -> list[Detection]:
    """Panels of a page (H×W luma) in no particular order; at least one.

    ``network``: what computes the one that sees borders; None does without. ``painted``: the page is in
    colour. ``recorder`` is told what was looked at and decided.
    """
    height, width = luma.shape
    small = _at_working_scale(luma, painted, params.scale)
    small = small if painted else _with_dark_ink(small, params.ink)
    scale = np.array([width / small.shape[1], height / small.shape[0]])
    detections: list[Detection] = []
    for top, bottom in find_windows(small, params):
        straight, back, segments = _straightened(small[top:bottom], painted, params)
        to_page = scale[:, None] * (back + np.array([[0, 0, 0], [0, 0, top]]))
        if recorder is not None:
            recorder.place(to_page)
            if top > 0:
                recorder.add_strip_cut(small.shape[1])
        detections += [
            panel.placed(to_page)
            for panel in _detect_in_window(straight, segments, network, painted, params, recorder)
        ]
    return detections or [whole_page(luma, params.cut)]


def whole_page(luma: Image, params: CutParams) -> Detection:
    """A page in doubt (H×W luma) as one panel."""
    return Detection(page_polygon(*luma.shape[::-1]), params.doubt)


def _straightened(luma: Image, painted: bool, params: Params) -> tuple[Image, F64, F64]:
    """A window of a page, turned back if it was scanned askew; the 2×3 matrix that undoes it; its segments.

    Paintings are left as they are: they have few frames, and many lines.
    """
    segments = detect_segments(luma, params.line)
    skew = 0.0 if painted else find_skew(segments, luma.shape[::-1], params.skew)
    if not skew:
        return luma, np.eye(2, 3), segments
    straight, back = turn_back(luma, skew)
    return straight, back, detect_segments(straight, params.line)


def _at_working_scale(luma: Image, painted: bool, params: ScaleParams) -> Image:
    """The page reduced; a drawn one enlarged, where it is so small that frames are thinner than pixels."""
    height, width = luma.shape
    scale = _working_scale(width, height, params)
    if scale >= 1 and (painted or scale < params.least_enlarged):
        return luma
    size = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(luma, size, interpolation=method), np.uint8)


def _working_scale(width: int, height: int, params: ScaleParams) -> float:
    if height > params.strip_aspect * width:
        return min(1.0, params.strip_width / width)
    pixels = params.spread_pixels if width > params.spread_aspect * height else params.page_pixels
    return min(params.most_enlarged, float((pixels / (width * height)) ** 0.5))


def _with_dark_ink(luma: Image, params: InkParams) -> Image:
    """The page with faded ink as dark as ink is."""
    few = luma[:: params.looked_at, :: params.looked_at]
    ink = float(np.percentile(few, 100 * params.share))
    if not params.faded < ink <= params.palest:
        return luma
    dark = (luma <= ink + params.near).astype(np.uint8)
    broad = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((params.line, params.line), np.uint8))
    if broad.sum() >= params.flat_share * dark.sum():
        return luma
    curve = np.rint((np.arange(256) - ink) * 255 / (255 - ink)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(luma, curve), np.uint8)


def on_white_paper(luma: Image, params: Params) -> tuple[Image, bool]:
    """A page (H×W luma) as it was printed: grey or yellowed paper white, its ink black. And whether it was.

    The network learnt from white paper, and sees half as many borders where a page is brown. A page whose
    lightest level is rare is a picture without paper, and one that has something lighter has tones.
    """
    signs = params.ink
    few = luma[:: signs.looked_at, :: signs.looked_at]
    ink, paper = (float(level) for level in np.percentile(few, [100 * signs.share, 100 * signs.lightest]))
    is_paper = (
        params.blank.darkest_paper <= paper < signs.white_paper
        and (few >= paper - signs.uneven).mean() >= signs.least_paper
        and (few > paper + signs.outshone).mean() <= signs.most_outshone
    )
    if not is_paper:
        return luma, False
    ink = min(ink, signs.palest)
    curve = np.rint((np.arange(256) - ink) * 255 / (paper - ink)).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(luma, curve), np.uint8), True


def cut_page(luma: Image, network: CpuBackend | None, params: Params) -> tuple[Node, tuple[int, int]]:
    """The tree of cuts of a drawn page (H×W luma), no strip, and its width and height at working scale.

    A page that is askew is cut as it lies.
    """
    small = _with_dark_ink(_at_working_scale(luma, False, params.scale), params.ink)
    height, width = small.shape
    segments = detect_segments(small, params.line)
    views = _both_views(small, segments, find_blank(small, params.blank), network, False, params)
    tree = cut_region(views, page_polygon(width, height), params, params.cut.least_doubted)
    return tree, (width, height)


def _detect_in_window(
    luma: Image,
    segments: F64,
    network: CpuBackend | None,
    painted: bool,
    params: Params,
    recorder: Recorder | None,
) -> list[Detection]:
    height, width = luma.shape
    masks = find_blank(luma, params.blank)
    views = _both_views(luma, segments, masks, network, painted, params)
    floor = params.cut.least_doubted if recorder is None else recorder.floor
    tree = cut_region(views, page_polygon(width, height), params, floor, thorough=recorder is not None)
    regions = [
        replace(region, polygon=trim_margins(views, region.polygon, params.frameless))
        for region in find_regions(tree, params)
    ]
    if recorder is not None:
        numbers = recorder.add_tree(tree)
        regions = [replace(region, number=number) for region, number in zip(regions, numbers, strict=True)]
    polygons = run_off_page(views, [region.polygon for region in regions], params.bleed)
    detections: list[Detection] = []
    for cut, polygon in zip(regions, polygons, strict=True):
        region = replace(cut, polygon=polygon)
        reason = _emptiness(masks, region.polygon, params.cut)
        if recorder is not None:
            recorder.settle(region.number, region.polygon, reason)
        if not reason:
            insets = find_insets(views, region, params.inset, recorder)
            detections.append(_as_detection(region))
            detections += [Detection(*inset) for inset in insets]
    return detections


def _as_detection(region: Region) -> Detection:
    if region.doubt is None:
        return Detection(four_to_six(region.polygon), region.confidence)
    doubted = corners_of(region.doubt.cut, region.polygon)
    return Detection(four_to_six(region.polygon), region.confidence, doubted, region.doubt.probability)


def _both_views(
    luma: Image, segments: F64, masks: Blank, network: CpuBackend | None, painted: bool, params: Params
) -> tuple[View, View]:
    """The page, and the page transposed, with the evidence along their lines."""
    shown, yellowed = on_white_paper(luma, params)
    border = border_probability(shown, network, yellowed=yellowed) if network else None
    white, black, pure = (
        _transpose(mask.view(np.uint8)).view(bool) for mask in (masks.white, masks.black, masks.pure)
    )
    transposed = Blank(white, black, pure, masks.paper, masks.outshone)
    turned = _transpose(luma)
    turned_shown = _transpose(shown) if yellowed else turned
    return (
        make_view(
            luma,
            masks,
            segments,
            border,
            params.line,
            painted,
            _second_look(shown, network, painted, params.second_look),
        ),
        make_view(
            turned,
            transposed,
            segments[:, [1, 0, 3, 2]],
            None if border is None else _transpose(border),
            params.line,
            painted,
            _second_look(turned_shown, network, painted, params.second_look),
        ),
    )


def _transpose(picture: Image) -> Image:
    return np.asarray(cv2.transpose(picture), np.uint8)


def _second_look(
    luma: Image, network: CpuBackend | None, painted: bool, params: SecondLookParams
) -> SecondLook | None:
    """None without the network, and on pages in colour, of whose soft edges it knows little."""
    return None if network is None or painted else SecondLook(luma, network, params.of_view)


def _emptiness(masks: Blank, polygon: Polygon, params: CutParams) -> str:
    """Why a region is no panel, but a margin with a balloon or a page number in it; empty if it is one."""
    height, width = masks.white.shape
    extent = polygon.max(0) - polygon.min(0)
    thickness = float(min(extent[0] / width, extent[1] / height))
    if thickness < params.thinnest_panel:
        return f"thinner than {100 * params.thinnest_panel:.2g} % of the page"
    most = params.thin_blank if thickness < params.thin_panel else params.most_blank
    white, black = (covered_share(mask, polygon) for mask in (masks.white, masks.black))
    if max(white, black) < most:
        return ""
    # What is thin and black is the edge of a scan, and no panel at night.
    if white < most and thickness >= params.thin_panel and _is_on_white(masks.white, polygon, params):
        return ""
    return f"{100 * max(white, black):.0f} % of it is blank"


def _is_on_white(white: Mask, polygon: Polygon, params: CutParams) -> bool:
    """Whether white gutters lie around a region: black there is a panel at night, and no margin."""
    centre = polygon.mean(0)
    ring = np.zeros(white.shape, np.uint8)
    grown = polygon + params.around * np.sign(polygon - centre)
    cv2.polylines(ring, [np.rint(grown).astype(np.int32)], True, 1, 1)
    return bool(ring.any()) and float(white[ring > 0].mean()) >= params.on_white
