"""The five nouns: Chapter, Page, Panel, Tile, Artifact. Plain data, no work."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from mangacolor.core.settings import Direction

Image = npt.NDArray[np.uint8]  # height × width × 3, RGB; or height × width for a mask or luma
NumberMap = npt.NDArray[np.uint16]  # height × width, what each pixel belongs to
Wanted = Literal["colour", "copy"] | None  # what the user says of a page, over what is recognised in it
Point = tuple[int, int]  # x, y
Box = tuple[int, int, int, int]  # x, y, width, height


class PageSource(Protocol):
    """Where a page's bytes come from. Small, frozen and picklable; opens nothing until asked."""

    def read(self) -> bytes:
        """The image file's bytes, as they are in the folder, archive or PDF."""

    def describe(self) -> str:
        """What to call it in a message: a path, or ``archive.cbz: entry``."""


class Container(Protocol):
    """The archive that a chapter's finished pages are packed into. Small, frozen and picklable."""

    @property
    def name(self) -> str:
        """Its output path relative to OUT; the name of each of its pages begins with it and ``/``."""

    @property
    def pages(self) -> tuple[str, ...]:
        """The names of the pages that it is to hold, in reading order."""

    def pack(self, files: Mapping[str, Path], target: Path, skipped: Collection[str] = ()) -> tuple[str, ...]:
        """Write the whole archive to ``target``, a temporary path, and force it to the disk.

        ``files`` maps page names to finished files (their suffixes count). A page that it lacks is
        packed as its source is, but left out where it is one of ``skipped`` and nothing else in the archive
        names it. Returns what is left out: such pages, and what cannot be read. Raises ``OSError`` where
        writing fails. Equal files give equal bytes.
        """


@dataclass(frozen=True, slots=True)
class Spread:
    """The drawing that a page is one half of, and ``partner``, the page that is the other.

    ``source``: the partner's file. ``size``: the whole drawing's width and height in pixels; ``box`` and
    ``partner_box``: where the halves lie in it, the left one from 0 on. ``border``: columns between the
    page's box and its edge at the join, which the scan has added.
    """

    partner: str
    source: PageSource
    size: tuple[int, int]
    box: Box
    partner_box: Box
    border: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One picture of a chapter.

    ``name`` is its output path relative to OUT, with ``/`` between parts (``ch1/012.png``;
    in archives ``x.cbz/012.png``): its identity in events, the manifest and the state folder.
    ``number`` counts from 1 in its chapter. ``edit`` is a corrected Panels JSON, if it has one. ``spread``:
    the drawing that goes on in another file, if it does.
    """

    name: str
    number: int
    source: PageSource
    edit: Path | None = None
    wanted: Wanted = None
    spread: Spread | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """Pages in reading order. ``direction`` is what the chapter's own metadata says, if anything.

    With a ``container`` the pages are committed under ``OUT/.mangacolor/`` instead of OUT, and packed
    when all of them are done.
    """

    name: str
    pages: tuple[Page, ...]
    direction: Direction | None = None
    container: Container | None = None


@dataclass(frozen=True, slots=True)
class KnownChapters:
    """The chapters of the input that a run knows, with all their pages.

    ``are_all``: the input has no others. Else a page that is named and lies in none of them is no mistake: it
    may be another chapter's, which a watch runs by itself or has not seen yet.
    """

    chapters: tuple[Chapter, ...] = ()
    are_all: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel: polygon (clipped to the page, clockwise), its bounding box, confidence in [0, 1].

    ``residual`` marks drawn area that no detected panel holds; it has low confidence.
    A list of panels is in reading order.
    """

    polygon: tuple[Point, ...]
    box: Box
    confidence: float = 1.0
    residual: bool = False

    @classmethod
    def from_box(cls, box: Box, confidence: float = 1.0, residual: bool = False) -> Panel:
        x, y, w, h = box
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        return cls(corners, box, confidence, residual)


@dataclass(frozen=True, slots=True)
class Tile:
    """A window of a panel at the network's working scale: left, top, width, height, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> tuple[slice, slice]:
        """The rows and columns of a picture that it covers."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


@dataclass(slots=True)
class Artifact:
    """What a stage leaves for a page.

    ``data`` is JSON-able. ``images`` maps a name to a uint8 picture (H×W or H×W×3, RGB); the one
    called ``main`` is written as ``<stage>.png`` in the state folder, another as
    ``<stage>.<name>.png``. ``maps`` likewise, uint16 H×W: a number for each pixel. ``blob`` is a
    finished file (the encode stage's). ``outcome`` ends the page early: ``"copy"`` asks the engine
    to commit the source file byte for byte.
    Arrays of an artifact are shared between stages and threads: never write into them.
    """

    data: dict[str, Any] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    blob: bytes | None = None
    outcome: Literal["copy"] | None = None
    maps: dict[str, NumberMap] = field(default_factory=dict)


Inputs = Mapping[str, Artifact]
