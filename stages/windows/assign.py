"""Which part of the page each panel's colour is for.

Panels are windows for context, not masks for colour: what sticks out of a panel (an arm over the
gutter, a sound effect) goes with the panel it touches, and the panel's window grows to hold it.
What touches no panel gets a window over the whole page. So every drawn pixel has a window, and no
body is cut into a coloured and a grey half.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from mangacolor.core.arrays import WindowMap
from mangacolor.core.types import Box, Image, Panel
from mangacolor.stages.nearest import fill_nearest
from mangacolor.stages.panels.layout import painting_order
from mangacolor.stages.windows.scale import working_size
from mangacolor.stages.windows.views import ShownWindow, page_share, show_window

# Two stages assign windows and must agree, so these numbers are no stage's configuration.
# Pixels of the page's long side at which what lies between panels is assigned.
ASSIGNMENT_SIDE = 1000
# Share of the panel's short side around it: the frame and a strip of gutter, as in training.
CONTEXT = 0.03
# Share of the panel's own side by which a window may grow, on each side, for what sticks out.
MAX_GROWTH = 0.5
# Luma of paper (255) averaged with ink, below which a reduced pixel counts as drawn on.
DRAWN_BELOW = 250


@dataclass(frozen=True, slots=True)
class Windows:
    """``boxes``: a window a panel (then one for the page if needed). ``labels``: H×W int16, the window
    that colours each pixel; -1 for ground. ``short_sides``: what each window's scale follows from.
    ``shares``: of the page that each panel takes up, as of ``page_share``."""

    boxes: tuple[Box, ...]
    short_sides: tuple[int, ...]
    shares: tuple[float, ...]
    labels: WindowMap

    def show(self, page: Image) -> list[ShownWindow]:
        """Each window as the network is shown it. ``page``: H×W luma."""
        return [
            show_window(page, box, working_size(box, side), share)
            for box, side, share in zip(self.boxes, self.short_sides, self.shares, strict=True)
        ]


def assign_windows(panels: Sequence[Panel], ground: Image) -> Windows:
    """Give every drawn pixel of the page to one window. ``ground``: H×W uint8, 255 = ground."""
    height, width = ground.shape
    labels = np.full((height, width), -1, np.int16)
    for number in painting_order(panels):
        cv2.fillPoly(labels, [np.array(panels[number].polygon, np.int32)], number)
    grown = _assign_loose_parts(labels, ground, panels)
    boxes = [_with_context(box, (width, height)) for box in grown]
    sides = [min(panel.box[2:]) for panel in panels]
    shares = [page_share(panel.box, (width, height)) for panel in panels]
    if (labels == len(panels)).any():
        boxes.append((0, 0, width, height))
        sides.append(min(width, height))
        shares.append(1.0)
    return Windows(tuple(boxes), tuple(max(1, side) for side in sides), tuple(shares), labels)


def _assign_loose_parts(labels: WindowMap, ground: Image, panels: Sequence[Panel]) -> list[Box]:
    """Assign drawn pixels outside all panels, in place; return the panels' boxes, grown to hold them."""
    height, width = labels.shape
    boxes = [panel.box for panel in panels]
    ratio = min(1.0, ASSIGNMENT_SIDE / max(height, width))
    size = max(1, round(width * ratio)), max(1, round(height * ratio))
    small = np.asarray(cv2.resize(labels, size, interpolation=cv2.INTER_NEAREST), dtype=np.int16)
    drawn = cv2.resize(ground, size, interpolation=cv2.INTER_AREA) < DRAWN_BELOW
    loose = (drawn & (small < 0)).astype(np.uint8)
    if loose.any():
        nearest = fill_nearest(small, small >= 0, 5)
        limits = [_grown_box(panel.box, (width, height)) for panel in panels]
        count, parts, stats, _ = cv2.connectedComponentsWithStats(loose, connectivity=8)
        for part in range(1, count):
            x, y, w, h, _ = stats[part]
            inside = parts[y : y + h, x : x + w] == part
            owner = int(np.bincount(nearest[y : y + h, x : x + w][inside]).argmax())
            box = _scaled((int(x), int(y), int(w), int(h)), 1 / ratio, (width, height))
            if _contains(limits[owner], box):
                boxes[owner] = _union(boxes[owner], box)
            else:
                owner = len(panels)
            small[y : y + h, x : x + w][inside] = owner
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_NEAREST)
    unassigned = (labels < 0) & (ground < 128)
    labels[unassigned] = np.where(large < 0, len(panels), large)[unassigned]
    labels[ground >= 128] = -1
    return boxes


def _grown_box(box: Box, size: tuple[int, int]) -> Box:
    x, y, w, h = box
    dx, dy = round(w * MAX_GROWTH), round(h * MAX_GROWTH)
    return _clipped(x - dx, y - dy, x + w + dx, y + h + dy, size)


def _with_context(box: Box, size: tuple[int, int]) -> Box:
    x, y, w, h = box
    margin = max(2, round(CONTEXT * min(w, h)))
    return _clipped(x - margin, y - margin, x + w + margin, y + h + margin, size)


def _scaled(box: Box, factor: float, size: tuple[int, int]) -> Box:
    x, y, w, h = box
    return _clipped(int(x * factor), int(y * factor), round((x + w) * factor), round((y + h) * factor), size)


def _clipped(left: int, top: int, right: int, bottom: int, size: tuple[int, int]) -> Box:
    left, top = min(max(0, left), size[0] - 1), min(max(0, top), size[1] - 1)
    return left, top, max(1, min(right, size[0]) - left), max(1, min(bottom, size[1]) - top)


def _union(a: Box, b: Box) -> Box:
    left, top = min(a[0], b[0]), min(a[1], b[1])
    right, bottom = max(a[0] + a[2], b[0] + b[2]), max(a[1] + a[3], b[1] + b[3])
    return left, top, right - left, bottom - top


def _contains(outer: Box, inner: Box) -> bool:
    return (
        outer[0] <= inner[0]
        and outer[1] <= inner[1]
        and outer[0] + outer[2] >= inner[0] + inner[2]
        and outer[1] + outer[3] >= inner[1] + inner[3]
    )
