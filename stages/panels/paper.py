"""The ground of a page: its paper, white, tinted or black, outside of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.types import Image
from mangacolor.stages.panels.blank import Blank, find_blank, share_of
from mangacolor.stages.panels.cutting.polygons import Polygon
from mangacolor.stages.panels.params import DEFAULTS, GroundParams, Params
from mangacolor.stages.panels.scene import (
    bare_sides,
    edges,
    fill_panel,
    fill_panels,
    find_level,
    find_ring,
    has_margins,
    is_framed,
    is_outshone,
    is_scene,
    reaching,
    square,
)


def find_ground(luma: Image, polygons: Sequence[Polygon], params: Params = DEFAULTS) -> Image:
    """The ground of a page as an H×W uint8 mask: 255 paper, 0 drawn.

    ``polygons`` are the panels, N×2 in pixels. A blank patch outside of them is ground when it
    reaches the page's border, or when it is a gutter closed on both ends; a white sleeve or a
    balloon that sticks out of its panel is neither, for its outline closes it and it goes on inside.
    White paper around a drawing without a frame is ground within its panel, too. A panel that is the whole
    page has no margin but a white one. A tint around several panels is ground unless it is a scene's tone.
    """
    outside = ~fill_panels(polygons, luma.shape)
    masks = find_blank(luma, params.blank, outside)
    shown = outside
    if share_of(masks.white) <= params.ground.blank_page:
        shown = outside | _paper_within(luma, masks, polygons, outside, params)
    paper, black = (_open_patches(mask, shown, params.ground) for mask in (masks.white, masks.black))
    scene = len(polygons) > 1 and is_scene(luma, paper & outside, polygons, params)
    return (black if scene else black | paper).view(np.uint8) * np.uint8(255)


def is_tone(luma: Image, ground: Image, panel: Polygon, params: Params = DEFAULTS) -> bool:
    """Whether the ground around a page's only panel is a tone of its picture, its sky or its wall.

    ``luma``: H×W. ``ground``: H×W, as of ``find_ground``. ``panel``: N×2, pixels. White is paper, and so is a
    tint around a frame. A tone is what lies above, below or beside a picture that bleeds off all other
    sides; and, without a frame, what is dark, outshone by much of the page, or missing along a side.
    """
    signs = params.ground
    paper = (ground > 0) & (luma >= params.blank.darkest_paper - params.blank.paper_spread)
    level = find_level(luma, paper)
    if level >= signs.white or 2 * np.count_nonzero(paper) < np.count_nonzero(ground):
        return False
    near = reaching(signs.near, luma.shape)
    if bare_sides([panel], luma.shape, near) <= 1:
        return True
    if is_framed(luma <= level - signs.frame_contrast, [panel], near, signs.framed_share):
        return False
    return level < signs.dark or is_outshone(luma, level, signs) or not has_margins(ground, signs)


def _paper_within(
    luma: Image, masks: Blank, polygons: Sequence[Polygon], outside: Mask, params: Params
) -> Mask:
    """Paper within panels, H×W, as a page has that is not all blank."""
    signs = params.ground
    margins = _margins(luma, masks, signs)
    if masks.paper >= signs.white:
        gutters = _gutters(luma, masks, params)
        return _around_drawings(masks, polygons, outside, gutters, signs) | margins | gutters
    # Between panels that touch there are frames only, and no level of paper to be had.
    found = outside.any() and _open_patches(masks.white, outside, signs).any()
    return margins if found else np.zeros_like(outside)


def _margins(luma: Image, masks: Blank, params: GroundParams) -> Mask:
    """Blank bands along the page's edges, from side to side: margin, even if a panel was drawn over it.

    A part of a band that has another level than the paper is a flat sky.
    """
    bands = np.zeros(luma.shape, bool)
    turned = (luma, masks.white, bands), (luma.T, masks.white.T, bands.T)
    for levels, white, target in turned:
        blank = _row_shares(white) >= params.blank_line
        first, last = int(np.argmin(blank)), len(blank) - int(np.argmin(blank[::-1]))
        for band in (slice(first), slice(last, None)):
            if levels[band].size:
                pale = ~_is_paper(np.median(levels[band], axis=0), masks.paper, params)
                target[band] = ~_keep_runs(pale, round(params.least_sky * len(pale)))
    return bands


def _row_shares(mask: Mask) -> F64:
    """The share of each row that lies in a mask (H×W): H."""
    sums = cv2.reduce(mask.view(np.uint8), 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums.ravel() / mask.shape[1], np.float64)


def _keep_runs(where: Mask, least: int) -> Mask:
    """A mask of N without its runs that are shorter than ``least``."""
    kernel = np.ones((1, max(1, least)), np.uint8)
    opened = cv2.morphologyEx(where.astype(np.uint8)[None], cv2.MORPH_OPEN, kernel)
    return np.asarray(opened[0], np.bool_)


def _gutters(luma: Image, masks: Blank, params: Params) -> Mask:
    """Bands of paper across a long strip (a webtoon), H×W; none on a page: a white sky runs across, too."""
    height, width = luma.shape
    gutters = np.zeros(luma.shape, bool)
    if height <= params.scale.strip_aspect * width:
        return gutters
    rows = np.flatnonzero(_row_shares(masks.white) >= params.ground.blank_line)
    rows = rows[_is_paper(np.median(luma[rows], axis=1), masks.paper, params.ground)]
    across = np.zeros(height, bool)
    across[rows] = True
    gutters[:] = _keep_runs(across, round(params.strip.flat_rows * width / params.scale.strip_width))[:, None]
    return gutters


def _is_paper(levels: F64, paper: int, params: GroundParams) -> Mask:
    """Which levels are white, or near that of the page's paper."""
    near: Mask = np.abs(levels - paper) <= params.band_spread
    return near | (levels >= params.white)


def _around_drawings(
    masks: Blank, polygons: Sequence[Polygon], outside: Mask, gutters: Mask, params: GroundParams
) -> Mask:
    """Paper that runs into panels, H×W, and there along most of their outline, just within.

    It comes from where ``_sources`` says, or is all along the outline by itself. What comes from ``gutters``
    (H×W) that run through panels need not be along it: scenes of a strip have no frames.
    """
    near, side = reaching(params.near, outside.shape), min(outside.shape)
    gap, rim = (square(max(1, round(share * side))) for share in (params.gap, params.gap + params.rim))
    # Eroded, so that it leaks through no small gap in a sleeve's outline.
    core = cv2.erode(masks.pure.view(np.uint8), gap, borderValue=1)
    patch, at_edge = _patches(np.asarray(core, np.uint8))
    paper = _sources(patch, len(at_edge), outside, params.side_share)
    open_scene = _touched(patch, len(at_edge), gutters)
    within = np.zeros(outside.shape, np.uint8)
    if open_scene.any():
        within = np.take(open_scene, patch).view(np.uint8)
    most = params.bare_outline if len(polygons) > 1 else params.bare_vignette
    for polygon in polygons:
        there, panel = fill_panel(polygon, outside.shape)
        ring = find_ring(panel, near)
        along = np.bincount(patch[there][ring], minlength=len(at_edge)) / max(1.0, float(ring.sum()))
        background = paper | (at_edge & (along > most))
        if along[background].sum() > most:
            within[there] |= background[patch[there]] & panel
    return (cv2.dilate(within, rim) > 0) & masks.white


def _sources(patch: npt.NDArray[np.int32], count: int, outside: Mask, side_share: float) -> Mask:
    """Which of ``count`` patches (their numbers H×W) are paper: those that come from ``outside`` (H×W) of all
    panels, the page's upper corners, or much of its left or right side. What else reaches the page's edge may
    be a white shirt.
    """
    paper = _touched(patch, count, outside)
    paper[patch[0, [0, -1]]] = True
    for side in (patch[:, 0], patch[:, -1]):
        paper |= np.bincount(side, minlength=count) > side_share * len(patch)
    paper[0] = False
    return paper


def _patches(core: Image) -> tuple[npt.NDArray[np.int32], Mask]:
    """The patches of a mask (H×W, 1 inside) by number, H×W (0 is none), and which of them reach the page's
    edge."""
    count, labels = cv2.connectedComponents(core, connectivity=4)
    patch = np.asarray(labels, np.int32)
    at_edge = np.zeros(count, bool)
    for edge in edges(patch):
        at_edge[edge] = True
    at_edge[0] = False
    return patch, at_edge


def _touched(patch: npt.NDArray[np.int32], count: int, where: Mask) -> Mask:
    """Which of ``count`` patches (their numbers H×W) have a pixel in a mask; number 0 never."""
    touched = np.zeros(count, bool)
    if where.any():
        touched = np.bincount((patch * where).ravel(), minlength=count) > 0
        touched[0] = False
    return touched


def _open_patches(mask: Mask, outside: Mask, params: GroundParams) -> Mask:
    """Blank outside of panels, H×W, that reaches the page's edge or is a gutter closed on both ends."""
    # One pixel of erosion keeps the flood from leaking through a nick in an outline.
    core = np.asarray(cv2.erode(mask.view(np.uint8), square(1), borderValue=1), np.uint8)
    free = core & outside.view(np.uint8)
    patch, keep = _patches(free)
    closed = ~keep
    closed[0] = False
    if closed.any():
        areas = np.bincount(patch.ravel())
        closed &= _in_gutters(patch, areas, closed, core, params)
        keep |= _without_walls(patch, areas, closed, params)
    grown = cv2.dilate(np.take(keep, patch).view(np.uint8), square(1)).astype(bool)
    return grown & mask & outside


def _in_gutters(
    patch: npt.NDArray[np.int32], areas: I64, closed: Mask, core: Image, params: GroundParams
) -> Mask:
    """Which patches of what is free (their numbers H×W, and ``areas``) belong to a patch of ``core`` (H×W, 1
    inside) that is mostly free. Those that are not ``closed`` reach the page's edge."""
    _, labels = cv2.connectedComponents(core, connectivity=4)
    whole = np.asarray(labels, np.int32)
    total = np.bincount(whole.ravel())
    holder = np.zeros(len(areas), np.int32)  # each patch lies within one
    inner = np.flatnonzero(np.take(closed, patch))
    holder[patch.ravel()[inner]] = whole.ravel()[inner]
    for edge, beneath in zip(edges(patch), edges(whole), strict=True):
        holder[edge] = beneath
    holder[0] = 0
    free = np.bincount(holder[1:], areas[1:], len(total))
    return np.asarray((free >= params.outside_share * total)[holder])


def _without_walls(patch: npt.NDArray[np.int32], areas: I64, closed: Mask, params: GroundParams) -> Mask:
    """The patches that are ``closed`` (by number) without the broad ones that are full of coarse dots.

    Grainy paper at the page's edge is full of dots, too: only what is closed off may be a wall.
    """
    gutters = closed.copy()
    broad = params.dots_side * min(patch.shape)
    # What is as broad as that on the mean, is as long at least.
    for number in np.flatnonzero(closed & (areas > broad**2)):
        box = cv2.boundingRect((patch == number).view(np.uint8))
        if areas[number] > broad * max(box[2:]):
            gutters[number] = not _is_dotted(patch, int(number), box, int(areas[number]), params)
    return gutters


def _is_dotted(
    patch: npt.NDArray[np.int32], number: int, box: Sequence[int], area: int, params: GroundParams
) -> bool:
    """Whether a patch (numbers H×W) is full of coarse dots, as a light wall is: closed, it is much larger."""
    x, y, wide, high = box
    reach = reaching(params.dots, patch.shape)
    inside = np.pad(patch[y : y + high, x : x + wide] == number, reach).astype(np.uint8)
    closed = cv2.morphologyEx(inside, cv2.MORPH_CLOSE, square(reach))
    return bool(area < params.dotted_share * np.count_nonzero(closed))
