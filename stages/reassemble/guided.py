"""A guest's colours of a window, as recolouring takes them into account."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import F32, I64, Mask, SegmentMap
from mangacolor.stages.guest.surfaces import GuestColours, GuestWindow, PageGuest
from mangacolor.stages.harmonize.corrections import NO_GROUP, OWN_LUMA, Corrections, WindowCorrections
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours, WindowColours

# Levels of chroma that a segment may be from what the guest gives it, and has the guest's colour: those that
# are alike agree.
BELIEVED = 6.0


@dataclass(frozen=True, slots=True)
class GuidedWindow:
    """``given``: S, the segments of a window to which a guest gives a colour. ``luma``: S, that of those
    which have the guest's colour, levels; -1 for others. ``steps``: H×W, how far colours are apart where two
    of these meet, levels: a border that the guest's colours mark, though no line does."""

    given: Mask
    luma: F32
    steps: F32


def guide_windows(
    colours: PageColours, guest: PageGuest, corrections: Corrections
) -> list[GuidedWindow | None]:
    """For each window of a page what a guest says; None where it says nothing.

    ``colours``: with segments as the guest's colours have split them.
    """
    if not guest.windows:
        return [None] * len(colours.windows)
    told = zip(colours.windows, guest.windows, strict=True)
    return [
        _guide_window(window, its, corrections.of_window(number)) for number, (window, its) in enumerate(told)
    ]


def correct_by_guest(colours: PageColours, guest: PageGuest) -> Corrections:
    """The corrections that give each segment the guest's colour, where nothing else decides; none without."""
    if not guest.windows:
        return Corrections()
    told = zip(colours.windows, guest.windows, strict=True)
    return Corrections(tuple(_correct(window, GuestColours.of(its.rows)) for window, its in told))


def _correct(window: WindowColours, guest: GuestColours) -> WindowCorrections:
    if not window.segments:
        return WindowCorrections.none(0)
    own = SegmentFeatures(window.features).chroma
    move: I64 = np.rint(np.where(guest.cover[:, None] > 0, guest.chroma - own, 0)).astype(np.int64)
    count = window.segments
    return WindowCorrections(np.full(count, NO_GROUP), move, np.full(count, OWN_LUMA), move)


def _guide_window(
    window: WindowColours, guest: GuestWindow, corrections: WindowCorrections | None
) -> GuidedWindow | None:
    told = GuestColours.of(guest.rows)
    given = told.cover > 0
    if not given.any():
        return None
    colours = SegmentFeatures(window.features).chroma
    if corrections is not None:
        colours = colours + corrections.base_chroma
    steps = _find_steps(window.labels, colours.astype(np.float32), given)
    if guest.edges is not None:  # where the guest's own colours change little by little, so do ours
        edges = cv2.resize(guest.edges, window.label_size, interpolation=cv2.INTER_AREA)
        steps = np.minimum(steps, edges.astype(np.float32))
    believed = given & (told.luma > 0) & (np.hypot(*(colours - told.chroma).T) <= BELIEVED)
    return GuidedWindow(given, np.where(believed, told.luma, -1).astype(np.float32), steps)


def _find_steps(labels: SegmentMap, colours: F32, given: Mask) -> F32:
    """How far the colours (S×2) of segments are apart along their borders, H×W; 0 elsewhere."""
    planes = np.concatenate([np.zeros((1, 2), np.float32), colours])[labels]
    counts = np.append(False, given)[labels]
    steps = np.zeros(labels.shape, np.float32)
    for here, there in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        apart = np.hypot(*np.moveaxis(planes[here] - planes[there], 2, 0))
        apart *= counts[here] & counts[there] & (labels[here] != labels[there])
        for side in (here, there):
            steps[side] = np.maximum(steps[side], apart)
    return np.asarray(cv2.dilate(steps, np.ones((3, 3), np.uint8)), dtype=np.float32)
