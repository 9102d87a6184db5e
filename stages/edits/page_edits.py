"""What edits decide for a page, typed: the colour that each edited segment is to have.

This module alone knows how that is kept: for each window the number of its segments, and a flat list of
whole numbers, four for each edited one: its place from 0 on, Cb, Cr, luma. Outlines, with such windows each,
and a look that is not the colours' own stand beside the windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mangacolor.core.arrays import I64, Mask
from mangacolor.core.types import Artifact, Point
from mangacolor.stages.edits.model import OWN_LOOK, Look

OWN_LUMA = -1
_WIDTH = 4


@dataclass(frozen=True, slots=True)
class WindowEdits:
    """The edits of a window's N segments, label 1 first.

    ``chosen``: N, whether somebody chose its colour; what the others hold says nothing. ``chroma``: N×2, Cb
    and Cr that it is to have, levels centred on 0. ``luma``: N, its mean luma, 0 to 255, -1 for its own.
    """

    chosen: Mask
    chroma: I64
    luma: I64

    def __len__(self) -> int:
        return len(self.chosen)

    @classmethod
    def none(cls, count: int) -> WindowEdits:
        """No edit of any of so many segments."""
        return cls(np.zeros(count, np.bool_), np.zeros((count, 2), np.int64), np.full(count, OWN_LUMA))

    def part(self, which: slice) -> WindowEdits:
        """Some of them, not copied."""
        return WindowEdits(self.chosen[which], self.chroma[which], self.luma[which])

    def _rows(self) -> list[int]:
        place = np.nonzero(self.chosen)[0]
        rows = np.concatenate([place[:, None], self.chroma[place], self.luma[place, None]], axis=1)
        return [int(value) for value in rows.ravel()]

    @classmethod
    def _from_rows(cls, count: int, rows: list[int]) -> WindowEdits:
        edits = cls.none(count)
        table = np.array(rows, np.int64).reshape(-1, _WIDTH)
        edits.chosen[table[:, 0]] = True
        edits.chroma[table[:, 0]] = table[:, 1:3]
        edits.luma[table[:, 0]] = table[:, 3]
        return edits


@dataclass(frozen=True, slots=True)
class AreaEdits:
    """What an outline holds of segments that lie in it in part.

    ``outline``: its corners, in pixels of the drawing. ``windows``: the colours that its segments have there
    and nowhere else, one a window.
    """

    outline: tuple[Point, ...]
    windows: tuple[WindowEdits, ...]


@dataclass(frozen=True, slots=True)
class PageEdits:
    """The edits of a page, one a window; none at all where no segment of it is edited. ``look``: of all its
    colours. ``areas``: what outlines hold of segments beside that, a later one over an earlier."""

    windows: tuple[WindowEdits, ...] = ()
    look: Look = OWN_LOOK
    areas: tuple[AreaEdits, ...] = ()

    def of_window(self, number: int) -> WindowEdits | None:
        """Those of a window; None where none of its segments is edited."""
        if not self.windows or not self.windows[number].chosen.any():
            return None
        return self.windows[number]

    def to_artifact(self) -> Artifact:
        """As it is kept: whole numbers, so that a page is done again only if its own edits moved."""
        is_edited = any(window.chosen.any() for window in self.windows)
        look = {} if self.look == OWN_LOOK else {"look": [self.look.saturation, self.look.warmth]}
        areas = [
            {"outline": [list(corner) for corner in area.outline], "windows": _documents(area.windows)}
            for area in self.areas
        ]
        windows = _documents(self.windows if is_edited else ())
        return Artifact({"windows": windows, **look, **({"areas": areas} if areas else {})})

    @classmethod
    def from_artifact(cls, artifact: Artifact | None) -> PageEdits:
        """Of a page for which ``recolor`` did not run (None): none."""
        if artifact is None:
            return cls()
        look = artifact.data.get("look", ())
        areas = (
            AreaEdits(tuple((x, y) for x, y in area["outline"]), _windows(area["windows"]))
            for area in artifact.data.get("areas", ())
        )
        return cls(_windows(artifact.data["windows"]), Look(*look), tuple(areas))


def _documents(windows: Sequence[WindowEdits]) -> list[dict[str, Any]]:
    return [{"segments": len(window), "edited": window._rows()} for window in windows]


def _windows(documents: Sequence[Mapping[str, Any]]) -> tuple[WindowEdits, ...]:
    """Back from ``_documents``."""
    return tuple(WindowEdits._from_rows(window["segments"], window["edited"]) for window in documents)
