"""Which segment lies at a point of the page."""

from __future__ import annotations

from mangacolor.core.arrays import WindowMap
from mangacolor.stages.windows.artifact import PageColours, WindowColours


def segment_under(colours: PageColours, windows: WindowMap, x: int, y: int) -> tuple[int, int] | None:
    """The number of a window and the label of its segment at a pixel of the page; None where none is.

    ``windows``: H×W, the window that paints each pixel (``assign_windows``). Windows overlap, and the labels
    of one also cover what another paints: the segment that is meant is the one whose colour is seen.
    """
    height, width = windows.shape
    number = int(windows[y, x]) if 0 <= x < width and 0 <= y < height else -1
    if number < 0:
        return None
    window = colours.windows[number]
    place = label_place(window, x, y)
    label = int(window.labels[place]) if place is not None else 0
    return (number, label) if label else None


def label_place(window: WindowColours, x: int, y: int) -> tuple[int, int] | None:
    """Row and column of a window's labels at a pixel of the page; None outside of the window."""
    left, top, wide, high = window.box
    if not (left <= x < left + wide and top <= y < top + high):
        return None
    rows, columns = window.labels.shape
    return (y - top) * rows // high, (x - left) * columns // wide
