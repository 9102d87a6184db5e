"""What the stage ``guest`` leaves of a page, typed: the guest's colour of each segment.

This module alone knows under which names that is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from mangacolor.core.arrays import F64, SegmentMap
from mangacolor.core.types import Artifact, Image, Inputs
from mangacolor.stages.base import ChapterContext
from mangacolor.stages.names import BALLOONS, COLORIZE, GUEST
from mangacolor.stages.segments.chapter import GatheredPage
from mangacolor.stages.segments.describing import describe_segments, measure_ink
from mangacolor.stages.segments.features import COLUMNS, SIDES
from mangacolor.stages.windows.artifact import PageColours, WindowColours, shows_segments

CB, CR, SPREAD, COVER, LUMA = range(5)
# What a column of chroma holds where there is none.
NEUTRAL = 128
# Steps of the column of spread for each level.
SPREAD_STEPS = 4.0
# Steps of the column of cover for the whole of a segment.
COVER_STEPS = 255.0
_ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Fit:
    """A page of the guest that has been laid over ours.

    ``page``: its name. ``found``: by what, "name" or "content". ``residual``: how far lines are off once it
    is laid, in pixels of our page. ``share``: of our page that it covers, 0 to 1.
    """

    page: str
    found: str
    residual: float
    share: float


@dataclass(frozen=True, slots=True)
class GuestWindow:
    """The guest's colours of a window's segments, some of which its colours have split.

    ``labels``: H×W at drawing scale, the segments, those of ``colorize`` under their own numbers and new ones
    after them; None where none was split. ``parents``: of new ones the row of the segment that each is cut
    from, label 1 being row 0. ``rows``: S×5 uint8, new ones last: median Cb and Cr + 128, spread in quarter
    levels, how much of it the guest covers in 255ths, and its luma, 0 where not known. ``edges``: H×W,
    how much the guest's chroma changes around each pixel, levels; None where it shows nothing.
    """

    rows: Image
    labels: SegmentMap | None = None
    parents: tuple[int, ...] = ()
    edges: Image | None = None

    @classmethod
    def nothing(cls, count: int) -> GuestWindow:
        """Of a window that no page of the guest shows."""
        return cls(np.tile(np.array([NEUTRAL, NEUTRAL, 0, 0, 0], np.uint8), (count, 1)))

    def refine(self, window: WindowColours) -> WindowColours:
        """The window with its segments as the guest's colours have split them."""
        if self.labels is None:
            return window
        origin = np.array([*range(window.segments), *self.parents], np.int64)
        seen = window.features[origin][:, len(COLUMNS) :]
        rows = describe_segments(self.labels, window.descreened, window.picture, seen)
        rows[:, SIDES] = window.features[origin, SIDES]
        parents = tuple(window.coarse[origin].tolist())
        identities = window.identities[origin] if window.identities.size else window.identities
        return replace(
            window,
            labels=self.labels,
            features=rows,
            parents=parents,
            identities=identities,
            ink=measure_ink(self.labels, window.descreened),
        )


@dataclass(frozen=True, slots=True)
class PageGuest:
    """The guest's colours of a page, and the pages they are from; no windows where none fits."""

    windows: tuple[GuestWindow, ...] = ()
    fits: tuple[Fit, ...] = ()

    def refine(self, colours: PageColours) -> PageColours:
        """The page's colours with its segments as the guest's have split them."""
        if not self.windows:
            return colours
        pairs = zip(self.windows, colours.windows, strict=True)
        return replace(colours, windows=tuple(guest.refine(window) for guest, window in pairs))

    def rows(self, count: int) -> Image:
        """Those of all windows, S×5; ``count``: how many segments the page has."""
        rows = [window.rows for window in self.windows] or [GuestWindow.nothing(count).rows]
        return np.concatenate(rows)

    def to_artifact(self) -> Artifact:
        """As it is kept. ``from_artifact`` gives it back."""
        data = {
            "fits": [[fit.page, fit.found, round(fit.residual, 2), round(fit.share, 3)] for fit in self.fits],
            "windows": [
                {"segments": len(window.rows), "parents": list(window.parents)} for window in self.windows
            ],
        }
        maps = {
            _labels(number): window.labels
            for number, window in enumerate(self.windows)
            if window.labels is not None
        }
        images: dict[str, Image] = {
            _edges(number): window.edges
            for number, window in enumerate(self.windows)
            if window.edges is not None
        }
        if any(len(window.rows) for window in self.windows):
            images[_ROWS] = self.rows(0)
        return Artifact(data, images, maps=maps)

    @classmethod
    def from_artifact(cls, artifact: Artifact) -> PageGuest:
        """Views of the artifact's arrays; nothing is copied, unless an earlier version left no luma."""
        fits = tuple(
            Fit(page, found, residual, share) for page, found, residual, share in artifact.data["fits"]
        )
        windows: list[GuestWindow] = []
        kept, start = _with_luma(artifact.images[_ROWS]) if _ROWS in artifact.images else None, 0
        for number, entry in enumerate(artifact.data["windows"]):
            end = start + int(entry["segments"])
            rows = GuestWindow.nothing(0).rows if kept is None else kept[start:end]
            labels, edges = artifact.maps.get(_labels(number)), artifact.images.get(_edges(number))
            windows.append(GuestWindow(rows, labels, tuple(entry["parents"]), edges))
            start = end
        return cls(tuple(windows), fits)


@dataclass(frozen=True, slots=True)
class GuestColours:
    """The guest's colours of N segments. ``chroma``: N×2, Cb and Cr in levels. ``spread``: N, levels.
    ``cover``: N, shares. ``luma``: N, 1 to 255; 0 where it is not known."""

    chroma: F64
    spread: F64
    cover: F64
    luma: F64

    @classmethod
    def of(cls, rows: Image) -> GuestColours:
        """Of rows as of ``GuestWindow``, N×5."""
        values = rows.astype(np.float64)
        return cls(
            values[:, (CB, CR)] - NEUTRAL,
            values[:, SPREAD] / SPREAD_STEPS,
            values[:, COVER] / COVER_STEPS,
            values[:, LUMA],
        )

    def after(self, count: int) -> GuestColours:
        """Of as many segments more, before these, of which the guest says nothing."""
        first = (count, 0)
        rest = (np.pad(each, first) for each in (self.spread, self.cover, self.luma))
        return GuestColours(np.pad(self.chroma, (first, (0, 0))), *rest)


def page_guest(inputs: Inputs) -> PageGuest:
    """What the guest says of a page; nothing in a run without one."""
    artifact = inputs.get(GUEST)
    return PageGuest() if artifact is None else PageGuest.from_artifact(artifact)


def coloured_page(inputs: Inputs) -> PageColours:
    """What ``colorize`` left of a page, its segments as a guest's colours have split them, if there is
    one."""
    return page_guest(inputs).refine(PageColours.from_artifact(inputs[COLORIZE]))


def page_segments(inputs: Inputs, glance: Callable[[str, Callable[[str], bool]], Artifact]) -> PageColours:
    """The windows of a page with their segments; with pictures only where a guest's colours cut them.

    ``glance``: what a stage left, with those alone of its pictures whose names are wanted.
    """
    if GUEST in inputs:
        return coloured_page(inputs)
    return PageColours.segments_of(glance(COLORIZE, shows_segments))


def gather_page(context: ChapterContext[Any], name: str, inputs: Inputs) -> GatheredPage:
    """[any thread] What a chapter stage takes of the page of that name. ``inputs``: ``balloons`` among them.

    Raises ``Cancelled`` where the run is to end.
    """
    context.check_cancelled()
    colours = page_segments(inputs, partial(context.glance, name))
    return GatheredPage.of(colours, inputs[BALLOONS].images["main"])


def _edges(number: int) -> str:
    return f"edges-{number:03d}"


def _labels(number: int) -> str:
    return f"labels-{number:03d}"


def _with_luma(rows: Image) -> Image:
    """Rows as they are now, of such or of those that had no column of luma."""
    return rows if rows.shape[1] > LUMA else np.pad(rows, ((0, 0), (0, 1 + LUMA - rows.shape[1])))
