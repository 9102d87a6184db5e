"""What ``colorize`` leaves of a page, typed: its windows, their colours and segments.

This module alone knows under which names they are kept (``panel-000``, ``surfaces-000``, ``data["panels"]``).
Those names are older than the terms window and segment, and finished folders are recognised by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from mangacolor.core.arrays import I64, SegmentMap
from mangacolor.core.types import Artifact, Box, Image
from mangacolor.stages.windows.views import View

# Of the stage that leaves it. An artifact without identities is read, too.
VERSION = 11
_FEATURES = "surfaces"
_IDENTITIES = "identities"
_PARENTS = "parents"
_VIEWS = "views"
_WINDOWS = "panels"


@dataclass(frozen=True, slots=True)
class WindowFrame:
    """Where a window lies on its page (``box``, pixels) and its ``size`` at working scale (width, height).
    ``parents``, ``views``: as of ``WindowColours``."""

    box: Box
    size: tuple[int, int]
    segments: int
    parents: tuple[int, ...]
    views: tuple[View, ...]


@dataclass(frozen=True, slots=True)
class WindowColours:
    """A window of a page as the network coloured it.

    ``box``: on the page, in pixels. ``picture``: h×w×3 RGB from the network, at working scale.
    ``descreened``: H×W at drawing scale, the luma without halftone. ``labels``: as large, its segments.
    ``features``: a row for each of its N segments, label 1 first, N×C uint8
    (``stages/segments/features.py``). ``parents``: for each the coarse segment that it is part of, counted
    from 0; empty where each stands alone. ``views``: those in which the network was shown it. ``identities``:
    for each what the identity embedding says of it, N×D uint8; N×0 where the network has none.
    """

    box: Box
    picture: Image
    descreened: Image
    labels: SegmentMap
    features: Image
    parents: tuple[int, ...] = ()
    views: tuple[View, ...] = ()
    identities: Image = field(default_factory=lambda: np.zeros((0, 0), np.uint8))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height at working scale."""
        return self.picture.shape[1], self.picture.shape[0]

    @property
    def label_size(self) -> tuple[int, int]:
        """Width and height at drawing scale."""
        return self.labels.shape[1], self.labels.shape[0]

    @property
    def enlargement(self) -> float:
        """Pixels at drawing scale for one at working scale, along a side: 1 or more."""
        return float(self.labels.shape[0] / self.picture.shape[0])

    @property
    def segments(self) -> int:
        """How many segments it has."""
        return len(self.features)

    @property
    def coarse(self) -> I64:
        """The coarse segment of each segment, N, counted from 0: a lock of hair is part of the hair."""
        return np.array(self.parents or range(self.segments), np.int64)


@dataclass(frozen=True, slots=True)
class PageColours:
    """All windows of a page.

    ``palette``: Cb and Cr, in levels, of the colours that the network voted for; as many columns of
    ``features``, the last ones, are its votes. ``embedded``: the features are the point of an embedding.
    ``tile``: the longest side of a tile in pixels, and what the sides are multiples of. ``tiles``: how many
    the network was shown. ``backend``: what computed.
    """

    windows: tuple[WindowColours, ...]
    palette: tuple[tuple[float, ...], ...] = ()
    embedded: bool = False
    tile: tuple[int, int] = (0, 0)
    tiles: int = 0
    backend: str = ""

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(window.box for window in self.windows)

    @property
    def segments(self) -> int:
        """How many segments the page has, in all windows."""
        return sum(window.segments for window in self.windows)

    @property
    def features(self) -> Image:
        """The rows of all windows one after the other, S×C uint8; 0×0 where nothing is drawn."""
        rows = [window.features for window in self.windows if window.segments]
        return np.concatenate(rows) if rows else np.zeros((0, 0), np.uint8)

    @property
    def identities(self) -> Image | None:
        """Those of all windows, S×D uint8; None where a network without them coloured the page."""
        rows = [window.identities for window in self.windows if window.segments]
        return np.concatenate(rows) if rows and all(points.size for points in rows) else None

    def to_artifact(self) -> Artifact:
        """As it is kept. ``from_artifact`` gives it back."""
        data = {
            _WINDOWS: [
                {
                    "box": list(window.box),
                    "size": list(window.size),
                    "scale": round(window.size[0] / window.box[2], 4),
                    _FEATURES: window.segments,
                    _PARENTS: list(window.parents),
                    _VIEWS: [[*view.size, view.mirrored] for view in window.views],
                }
                for window in self.windows
            ],
            "tiles": self.tiles,
            "tile": list(self.tile),
            "palette": [list(colour) for colour in self.palette],
            "embedded": self.embedded,
            "backend": self.backend,
        }
        images = {_picture(number): window.picture for number, window in enumerate(self.windows)}
        images |= {_descreened(number): window.descreened for number, window in enumerate(self.windows)}
        maps = {_labels(number): window.labels for number, window in enumerate(self.windows)}
        if self.segments:
            images[_FEATURES] = self.features
        if self.identities is not None:
            images[_IDENTITIES] = self.identities
        return Artifact(data, images, maps=maps)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PageColours:
        """Views of the artifact's arrays; nothing is copied."""
        windows: list[WindowColours] = []
        start = 0
        for number, frame in enumerate(frames_of(artifact.data)):
            rows = points = np.zeros((0, 0), np.uint8)
            own = slice(start, start + frame.segments)
            if frame.segments:
                rows = artifact.images[_FEATURES][own]
            if frame.segments and _IDENTITIES in artifact.images:
                points = artifact.images[_IDENTITIES][own]
            start += frame.segments
            windows.append(
                WindowColours(
                    frame.box,
                    artifact.images[_picture(number)],
                    artifact.images[_descreened(number)],
                    artifact.maps[_labels(number)],
                    rows,
                    frame.parents,
                    frame.views,
                    points,
                )
            )
        data = artifact.data
        most, multiple_of = data["tile"]
        palette = tuple(tuple(colour) for colour in data["palette"])
        return cls(
            tuple(windows), palette, data["embedded"], (most, multiple_of), data["tiles"], data["backend"]
        )

    @classmethod
    def segments_of(cls, artifact: Artifact) -> PageColours:
        """The windows with their segments and without pictures, which are 0×0: of an artifact of which only
        what ``shows_segments`` has been read."""
        nothing = np.zeros((0, 0, 3), np.uint8)
        frames = frames_of(artifact.data)
        pictures = {_picture(number): nothing for number in range(len(frames))}
        pictures |= {_descreened(number): nothing[..., 0] for number in range(len(frames))}
        return cls.from_artifact(replace(artifact, images={**artifact.images, **pictures}))


def shows_segments(name: str) -> bool:
    """Whether a picture of the artifact is of its segments, and not of what they were found in."""
    return name.startswith(_FEATURES) or name == _IDENTITIES


def frames_of(data: Mapping[str, Any]) -> list[WindowFrame]:
    """The frames of a page's windows, from the artifact's data alone."""
    return [
        WindowFrame(
            _box(window["box"]),
            (window["size"][0], window["size"][1]),
            int(window[_FEATURES]),
            tuple(window.get(_PARENTS, ())),
            tuple(View((width, height), mirrored) for width, height, mirrored in window.get(_VIEWS, ())),
        )
        for window in data[_WINDOWS]
    ]


def _box(box: Sequence[int]) -> Box:
    x, y, w, h = box
    return x, y, w, h


def _picture(number: int) -> str:
    return f"panel-{number:03d}"


def _descreened(number: int) -> str:
    return f"descreened-{number:03d}"


def _labels(number: int) -> str:
    return f"surfaces-{number:03d}"
