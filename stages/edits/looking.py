"""What lies under a point of a page: a segment that can take a colour, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from mangacolor.core.arrays import I64, Mask, SegmentMap, WindowMap
from mangacolor.core.colour import INK
from mangacolor.core.types import Image, Inputs
from mangacolor.stages.guest.surfaces import coloured_page
from mangacolor.stages.panels.layout import PanelLayout
from mangacolor.stages.segments.chapter import in_balloons
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.assign import assign_windows
from mangacolor.stages.windows.locate import label_place, segment_under

# Pixels at the scale of segments around a point on ink within which its segment must be light: a point on a
# thin line means what the line is drawn on, and none in solid black does.
LINE_REACH = 4
# Light pixels that make a segment light there: fewer are specks.
LIGHT = 3
IN_BALLOON = "it lies in a balloon, which stays white"


@dataclass(frozen=True, slots=True)
class PageLook:
    """A page, or a drawing of two, on which points are looked at. ``windows``: H×W, which window paints each
    pixel. ``balloons``: H×W, 255 in balloons. ``left_out``: S, the segments that are mostly balloon, which no
    edit covers."""

    colours: PageColours
    windows: WindowMap
    balloons: Image
    left_out: Mask

    @classmethod
    def of(cls, inputs: Inputs) -> Self:
        """From the artifacts of ``panels``, ``balloons`` and ``colorize``."""
        layout = PanelLayout.from_artifact(inputs["panels"])
        windows = assign_windows(layout.panels, layout.ground).labels
        colours, balloons = coloured_page(inputs), inputs["balloons"].images["main"]
        return cls(colours, windows, balloons, in_balloons(colours, balloons))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.windows.shape[1], self.windows.shape[0]

    def meet(self, x: int, y: int) -> tuple[tuple[int, int] | None, str]:
        """Window and label of the segment at a point, or None and why nothing there takes a colour."""
        wide, high = self.size
        if not (0 <= x < wide and 0 <= y < high):
            return None, f"the page has {wide}×{high} pixels"
        if self.balloons[y, x]:
            return None, IN_BALLOON
        if self.windows[y, x] < 0:
            return None, "it lies on paper, which stays as it is"
        found = segment_under(self.colours, self.windows, x, y)
        if found is None:
            return None, "nothing is coloured there"
        why = self._why_not(*found, x, y)
        return (None, why) if why else (found, "")

    def _why_not(self, number: int, label: int, x: int, y: int) -> str:
        """Why the segment at a point takes no colour there; "" where it does."""
        if self.left_out[self.row_of(number, label)]:
            return IN_BALLOON
        return "it lies on ink, which keeps its colour" if self._is_ink(number, label, x, y) else ""

    def seen_labels(self, number: int) -> SegmentMap:
        """The segments of a window where they are seen, as large as its labels: 0 where another window
        paints, or a balloon lies."""
        x, y = self.pixels_of(number)
        seen = self.windows[np.ix_(y, x)] == number
        seen &= self.balloons[np.ix_(y, x)] == 0
        return np.where(seen, self.colours.windows[number].labels, 0).astype(np.uint16)

    def pixels_of(self, number: int) -> tuple[I64, I64]:
        """The columns and rows of the page that the pixels of a window's labels stand for."""
        left, top, wide, high = self.colours.windows[number].box
        height, width = self.colours.windows[number].labels.shape
        x = (left + -(-np.arange(width) * wide // width)).clip(0, self.size[0] - 1)
        y = (top + -(-np.arange(height) * high // height)).clip(0, self.size[1] - 1)
        return x, y

    def row_at(self, x: int, y: int) -> int | None:
        """The row, among all segments of the page, of the one at a point, whatever else lies there."""
        found = segment_under(self.colours, self.windows, x, y)
        return None if found is None else self.row_of(*found)

    def row_of(self, window: int, label: int) -> int:
        """The row, among all segments of the page, of one of a window."""
        return sum(other.segments for other in self.colours.windows[:window]) + label - 1

    def segment_of(self, row: int) -> tuple[int, int]:
        """Window and label of the segment with a row among all of the page."""
        ends = np.cumsum([window.segments for window in self.colours.windows])
        number = int(np.searchsorted(ends, row, side="right"))
        return number, row - self.row_of(number, 1) + 1

    def _is_ink(self, number: int, label: int, x: int, y: int) -> bool:
        """Whether a point lies in solid ink of its segment."""
        window = self.colours.windows[number]
        place = label_place(window, x, y)
        assert place is not None
        around = tuple(slice(max(0, at - LINE_REACH), at + LINE_REACH + 1) for at in place)
        light = (window.descreened[around] > INK) & (window.labels[around] == label)
        return int(light.sum()) < LIGHT
