"""A drawing as it is before anybody edits it: where its segments end at its own resolution, and what is known
of each. An edit then costs rows of tables and the painting.

This module alone knows under which names that is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import WindowMap
from mangacolor.core.types import Artifact, Box, Image
from mangacolor.stages.edits.page_edits import PageEdits, WindowEdits
from mangacolor.stages.edits.params import PARAMS as EDITS
from mangacolor.stages.reassemble.areas.area import LaidArea, chosen_segments, lay_area
from mangacolor.stages.reassemble.borders.fading import fade_beside_paper, find_drawn
from mangacolor.stages.reassemble.borders.meeting import find_neighbours
from mangacolor.stages.reassemble.borders.seams import join_windows
from mangacolor.stages.reassemble.layers import Layer, PageSegments, ReadyWindow, edit_layer, pack_rows
from mangacolor.stages.reassemble.laying import lay_own
from mangacolor.stages.reassemble.page_part import BORDER, PagePart, Range, trace_part
from mangacolor.stages.reassemble.params import PARAMS, Params
from mangacolor.stages.reassemble.segment_rows import AS_IT_IS, COLUMNS, SegmentRows

# Rows of the page traced at once: bounds memory on long strips.
TRACED_ROWS = 256
# Labels that a map of 16 bits tells apart; what is above lies in a second one.
SIXTEEN_BITS = 2**16
# What is kept of a segment: its row of the table, the network's mean colour, and how light it is.
_TABLE, _NETWORK, _LIGHT = "<f4", "<f4", "<f8"
_WIDTHS = (4 * COLUMNS, 4 * 3, 8)  # in bytes
# Names of pictures; what those of windows begin with.
_SEGMENTS, _KEEP, _OWN = "segments", "keep", "own-"

# H×W, the segment of each pixel as ``PageSegments`` counts them, in as few bytes as these take.
TracedLabels: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class TracedWindow:
    """``layer``: with the table of no edits. ``rows``: what that table is made of."""

    layer: Layer
    rows: SegmentRows

    def edited(self, edits: WindowEdits | None, params: Params) -> Layer:
        """The layer with what somebody chose."""
        return edit_layer(self.layer, self.rows, edits, params)


@dataclass(frozen=True, slots=True)
class TracedPage:
    """``labels``: H×W, segments of the drawing. ``kinds``: H×W, what lies between those that meet, as of
    ``find_kinds``. ``keep``: H×W uint8, 255 where nothing is coloured, less where colour fades out.
    ``panels``: how many were detected.
    """

    windows: tuple[TracedWindow, ...]
    labels: TracedLabels
    kinds: Image
    keep: Image
    panels: int = 0

    @classmethod
    def of(
        cls,
        ready: Sequence[ReadyWindow],
        windows: WindowMap,
        grey: Image,
        keep: Image,
        decided: Image,
        panels: int = 0,
        params: Params = PARAMS,
    ) -> TracedPage:
        """``windows``: H×W, the window of each pixel. ``grey``: H×W luma. ``keep``: H×W uint8, 255 where
        nothing is coloured. ``decided``: the same for parts that are as somebody wants them."""
        layers = [window.layer for window in ready]
        segments = PageSegments.of(layers)
        dtype = np.uint16 if len(segments.table) <= SIXTEEN_BITS else np.int32
        labels, kinds = np.empty(grey.shape, dtype), np.empty(grey.shape, np.uint8)
        height, width = grey.shape
        for first in range(0, height, TRACED_ROWS):
            last = min(height, first + TRACED_ROWS)
            found, between, (top, _) = trace_part(layers, segments, windows, grey, (first, last), (0, width))
            labels[first:last] = found[first - top : last - top]
            kinds[first:last] = between[first - top : last - top]
        ready = join_windows(ready, labels, kinds, keep, segments, params.borders)
        traced = tuple(TracedWindow(_without_labels(window.layer), window.rows) for window in ready)
        drawn = find_drawn(kinds, windows, grey, decided)
        keep = fade_beside_paper(keep, drawn, min(grey.shape), params.fade)
        return cls(traced, labels, kinds, keep, panels)

    def layers(self, edits: PageEdits, params: Params) -> list[Layer]:
        """The layers of its windows with what somebody chose."""
        return [window.edited(edits.of_window(number), params) for number, window in enumerate(self.windows)]

    def areas(self, edits: PageEdits, params: Params) -> list[LaidArea]:
        """Where outlines change it, and how."""
        return [
            lay_area(
                np.array(area.outline, np.float64),
                chosen_segments(area.windows),
                PageSegments.of(self.layers(PageEdits(area.windows), params)).table,
                self.labels,
                EDITS.tremor * min(self.labels.shape),
            )
            for area in edits.areas
        ]

    def part(self, layers: Sequence[Layer], segments: PageSegments, rows: Range, columns: Range) -> PagePart:
        """Some rows and columns (from, to) of the drawing. ``segments``: of the ``layers``."""
        (first, last), (begin, end) = rows, columns
        windows = segments.window[self.labels[first:last]].astype(np.int16)
        # Before columns are left away, as in ``make_part``.
        own = lay_own(layers, windows, first)[:, begin:end]
        top, left = max(0, first - BORDER), max(0, begin - BORDER)
        here = slice(top, last + BORDER), slice(left, end + BORDER)
        labels = self.labels[here].astype(np.int32)
        other = find_neighbours(labels, segments)
        own_rows, own_columns = (first - top, last - top), (begin - left, end - left)
        return PagePart(own, labels, other, self.kinds[here], own_rows, own_columns, (left, top))

    def to_artifact(self) -> Artifact:
        """As it is kept. ``from_artifact`` gives it back to the bit."""
        layers = [window.layer for window in self.windows]
        data = {
            "panels": self.panels,
            "windows": [
                {
                    "box": list(window.layer.box),
                    "size": [window.layer.own.shape[1], window.layer.own.shape[0]],
                    "segments": len(window.rows.light),
                    "reach": window.layer.reach,
                }
                for window in self.windows
            ],
        }
        images: dict[str, Image] = {"kinds": self.kinds, _KEEP: self.keep}
        images |= {_own(number): _planar(layer.own) for number, layer in enumerate(layers)}
        rows = [_pack_segments(window.rows) for window in self.windows if len(window.rows.light)]
        if rows:
            images[_SEGMENTS] = np.concatenate(rows)
        maps = {"labels": self.labels.astype(np.uint16)}  # the lower 16 bits
        if self.labels.dtype != np.uint16:
            maps["labels-above"] = (self.labels >> 16).astype(np.uint16)
        return Artifact(data, images, maps=maps)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> TracedPage:
        """Mostly views of the artifact's arrays."""
        labels = artifact.maps["labels"]
        if "labels-above" in artifact.maps:
            labels = labels + (artifact.maps["labels-above"].astype(np.int32) << 16)
        kinds = artifact.images["kinds"]
        return cls(windows_of(artifact), labels, kinds, keep_of(artifact), panels_of(artifact))


def windows_of(artifact: Artifact) -> tuple[TracedWindow, ...]:
    """The windows of a drawing, of its artifact."""
    images, windows, start = artifact.images, [], 0
    for number, kept in enumerate(artifact.data["windows"]):
        end = start + int(kept["segments"])
        rows = _unpack_segments(images[_SEGMENTS][start:end] if end > start else None)
        start, (wide, high) = end, kept["size"]
        own = np.ascontiguousarray(np.moveaxis(images[_own(number)].reshape(-1, high, wide), 0, 2))
        x, y, w, h = kept["box"]
        box: Box = x, y, w, h
        windows.append(TracedWindow(Layer(box, pack_rows(rows.table), own, kept["reach"]), rows))
    return tuple(windows)


def keep_of(artifact: Artifact) -> Image:
    """How far the pixels of a drawing are not coloured, of its artifact: ``TracedPage.keep``."""
    return artifact.images[_KEEP]


def is_for_screen(picture: str) -> bool:
    """Whether a picture of the artifact is one that ``windows_of`` or ``keep_of`` needs."""
    return picture in (_SEGMENTS, _KEEP) or picture.startswith(_OWN)


def panels_of(artifact: Artifact) -> int:
    """How many panels were detected on a page, of its artifact."""
    return int(artifact.data["panels"])


def _without_labels(layer: Layer) -> Layer:
    return Layer(layer.box, layer.table, layer.own, layer.reach)


def _own(number: int) -> str:
    return f"{_OWN}{number:03d}"


def _planar(own: Image) -> Image:
    """The planes of a picture (h×w×C) one under the other, C·h×w."""
    return np.ascontiguousarray(np.moveaxis(own, 2, 0)).reshape(-1, own.shape[1])


def _pack_segments(rows: SegmentRows) -> Image:
    """The bytes of N segments, a row for each: no digit is lost."""
    columns = zip(
        (rows.table[1:], rows.network, rows.light[:, None]), (_TABLE, _NETWORK, _LIGHT), strict=True
    )
    return np.concatenate([np.ascontiguousarray(part, kind).view(np.uint8) for part, kind in columns], axis=1)


def _unpack_segments(packed: Image | None) -> SegmentRows:
    """What ``_pack_segments`` packed; None for no segment."""
    first = np.array([AS_IT_IS], np.float32)
    if packed is None:
        return SegmentRows(first, np.zeros((0, 3), np.float32), np.zeros(0))
    ends = np.cumsum(_WIDTHS)
    table, network, light = (
        np.ascontiguousarray(packed[:, end - width : end]).view(kind)
        for end, width, kind in zip(ends, _WIDTHS, (_TABLE, _NETWORK, _LIGHT), strict=True)
    )
    return SegmentRows(np.concatenate([first, table]), network, light[:, 0])
