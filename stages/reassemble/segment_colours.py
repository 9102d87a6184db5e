"""What each segment of a window makes of the network's colour before anybody edits it.

What is printed flat is coloured flat, corrections move it, and a colour that a palette keeps is as it was
kept.
"""

from __future__ import annotations

import cv2
import numpy as np

from mangacolor.core.arrays import F32, F64, Mask
from mangacolor.core.colour import (
    DARKEST,
    INK,
    beyond_luma,
    blankness,
    lightened,
    lightest_share,
    share_in_gamut,
    share_of_tone,
)
from mangacolor.core.types import Image
from mangacolor.stages.harmonize.corrections import OWN_LUMA, WindowCorrections
from mangacolor.stages.reassemble.borders.open_borders import OpenBorders, smooth_across_open_borders
from mangacolor.stages.reassemble.guided import GuidedWindow
from mangacolor.stages.reassemble.params import EvennessParams, Params
from mangacolor.stages.reassemble.segment_rows import AS_IT_IS, SegmentRows, make_rows, tone_factors
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import WindowColours

# Columns of ``_measure``: the network's share of the scan's tone, and that with which a segment is painted.
TONE, LIT = 2, 5


def find_rows(
    window: WindowColours,
    tone: F32,
    scan: Image,
    borders: OpenBorders,
    corrections: WindowCorrections | None,
    guided: GuidedWindow | None,
    params: Params,
) -> tuple[SegmentRows, Mask]:
    """The rows of a window's segments, and which of these have a colour that others do not change: those that
    somebody chose, or a guest says, N.

    ``tone``: the network's share of the scan's tone, h×w at working scale. ``scan``: the page's luma, as
    large as the labels. ``corrections``: what the chapter decided, with what is locked or follows a kept
    palette. ``guided``: what a guest says.
    """
    count, features = window.segments, SegmentFeatures(window.features)
    table = np.tile(np.array(AS_IT_IS, np.float32), (count + 1, 1))
    if not count:
        return SegmentRows(table, np.zeros((0, 3), np.float32), np.zeros(0)), np.zeros(0, np.bool_)
    plain = _measure(window, tone, borders, corrections)
    chosen, luma = _find_chosen(count, corrections)
    # What somebody chose, or a guest says, changes nothing beside it, and is flat.
    settled = chosen if guided is None else chosen | guided.given
    smooth = smooth_across_open_borders(plain, borders, params.borders)
    values = np.where(settled[:, None], plain, smooth)
    even = np.where(settled, np.float32(params.evenness.chosen), evenness(features, params.evenness))
    wanted = _wanted_chroma(values, features, guided)
    if corrections is not None:
        wanted[chosen] = (features.chroma + corrections.chroma)[chosen]
    light = _light_by_segment(window, scan)
    factor = tone_factors(values[:, TONE], light, luma, params)
    # A lock says no luma: paper has the room that its chroma leaves, not that of the one it replaces.
    which = np.flatnonzero(chosen)
    values[which, LIT] = _lit_tone(values[which, TONE], features.take(which), wanted[which])
    if guided is not None:  # a guest's colour is as dark as the guest has it
        told = np.flatnonzero((guided.luma >= 0) & ~chosen)
        values[told, LIT] = _told_tone(guided.luma[told], features.take(told), wanted[told], params)
    as_lit = values[:, LIT] / np.maximum(values[:, TONE], DARKEST)
    factor = np.where(luma < 0, as_lit, factor)
    even_tone = np.maximum(even, params.evenness.blank * blankness(features.tone.astype(np.float32)))
    table[1:] = make_rows(values[:, :3], wanted, (even, even_tone), factor)
    return SegmentRows(table, plain[:, :3].copy(), light), settled


def evenness(features: SegmentFeatures, params: EvennessParams) -> F32:
    """How far each segment is evened out, N in [0, 1]: what is printed flat is to be coloured flat, and
    blotches in it are the network's; a painted segment may well change its colour."""
    span = params.painted_texture - params.flat_texture
    painted = (features.texture.astype(np.float32) - params.flat_texture) / span
    return np.asarray(params.flat + (params.painted - params.flat) * np.clip(painted, 0, 1), dtype=np.float32)


def _measure(
    window: WindowColours, tone: F32, borders: OpenBorders, corrections: WindowCorrections | None
) -> F32:
    """The network's mean Cb, Cr and tone, by how much the chapter moves Cb and Cr, and the tone of the
    paint: N×6."""
    features = SegmentFeatures(window.features)
    own = np.column_stack([features.chroma, _mean_by_segment(window, tone, borders.area)])
    move = np.zeros((window.segments, 2)) if corrections is None else corrections.base_chroma
    values = np.column_stack([own, move]).astype(np.float32)
    return np.column_stack([values, _lit_tone(values[:, TONE], features, values[:, :2] + values[:, 3:])])


def _lit_tone(share: F32, features: SegmentFeatures, chroma: F32) -> F32:
    """The share of the scan's tone (N) of segments that the network gives this one, in this chroma (N×2)."""
    return lightened(share, features.tone.astype(np.float32), *chroma.T)


def _told_tone(luma: F32, features: SegmentFeatures, chroma: F32, params: Params) -> F32:
    """The share of the scan's tone (N) with which segments have this luma (N), as far as there is a paint of
    this chroma (N×2) that is so light."""
    share = share_of_tone(features.tone.astype(np.float32), luma)
    return np.asarray(np.minimum(share, lightest_share(*chroma.T)).clip(params.darkest_chosen, 1))


def _find_chosen(count: int, corrections: WindowCorrections | None) -> tuple[Mask, F64]:
    """Which segments have a colour that somebody chose, N, and the luma that goes with it, or their own."""
    if corrections is None:
        return np.zeros(count, np.bool_), np.full(count, float(OWN_LUMA))
    chosen = corrections.overridden
    return chosen, np.where(chosen, corrections.luma, OWN_LUMA).astype(np.float64)


def _wanted_chroma(values: F32, features: SegmentFeatures, guided: GuidedWindow | None) -> F32:
    """Cb and Cr of segments (N×2) whose ``values`` are as of ``_measure``."""
    wanted = values[:, :2] + values[:, 3:LIT]
    fitting = _fit_gamut(wanted, features.luma)
    # A guest's colour stays as strong as it is: paper becomes as dark as that takes.
    return fitting if guided is None else np.where(guided.given[:, None], wanted, fitting)


def _mean_by_segment(window: WindowColours, plane: F32, area: F32) -> F64:
    """The mean over each of a window's segments of a plane at working scale: N. ``area``: N, their pixels."""
    large = cv2.resize(plane, window.label_size, interpolation=cv2.INTER_LINEAR)
    sums = np.bincount(window.labels.ravel(), weights=large.ravel(), minlength=window.segments + 1)
    return np.asarray(sums[1:] / area.astype(np.float64), dtype=np.float64)


def _light_by_segment(window: WindowColours, scan: Image) -> F64:
    """By how much the pixels of each segment that are no ink are lighter than ink, mean: N, levels."""
    codes = window.labels.astype(np.int32) << 8
    codes |= scan
    counts = np.bincount(codes.ravel(), minlength=256 * (window.segments + 1)).reshape(-1, 256)[1:]
    above = np.maximum(np.arange(256) - INK, 0)
    return np.asarray(counts @ above / np.maximum(counts @ (above > 0), 1), dtype=np.float64)


def _fit_gamut(chroma: F32, luma: Image) -> F32:
    """Chroma of segments (N×2) shortened to what their luma (N) can hold."""
    cb, cr = np.ascontiguousarray(chroma.T)
    return chroma * share_in_gamut(luma.astype(np.float32), beyond_luma(cb, cr))[:, None]
