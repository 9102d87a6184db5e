"""The segments of a whole chapter, gathered page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from mangacolor.core.arrays import F64, I64, Mask
from mangacolor.core.types import Box, Image
from mangacolor.stages.segments.features import (
    COLUMNS,
    IDENTITY_HEAD,
    SPACING_TAIL,
    SegmentFeatures,
    has_spacing,
    without_tail,
)
from mangacolor.stages.windows.artifact import PageColours
from mangacolor.stages.windows.scale import shrink

_Array = TypeVar("_Array", F64, I64)
# Share of a segment that is balloon from which on it takes no part.
BALLOON_SHARE = 0.5


@dataclass(frozen=True)
class ChapterSegments:
    """The N segments of a chapter that take part, in reading order. What is worked out of them is kept, and
    read-only: every edit shares it.

    ``page``, ``window``: N, where each lies, windows counted through the chapter. ``row``: N, its row among
    all segments of its page. ``boxes``: of the windows, in pixels of their pages. ``counts``: for each page
    how many segments each of its windows has, balloons too. ``palette``: Cb and Cr in levels of the K colours
    that votes are for, K×2. ``embedded``: features are the point of an embedding. ``coarse``: N, the coarse
    segment of its window that each is part of. ``ink``: N uint8, how much of each is solid ink, 255ths, 0
    where it was not measured.
    """

    features: SegmentFeatures
    page: I64
    window: I64
    row: I64
    boxes: tuple[Box, ...]
    counts: tuple[tuple[int, ...], ...]
    palette: F64
    embedded: bool
    coarse: I64
    ink: Image

    def __len__(self) -> int:
        return len(self.page)

    @cached_property
    def area(self) -> F64:
        """Pixels at working scale."""
        return _read_only(self.features.area)

    @cached_property
    def number(self) -> I64:
        """Of each its own, N, from 0."""
        return _read_only(np.arange(len(self)))

    @cached_property
    def coarse_number(self) -> I64:
        """The coarse segment that each is part of, N, by a number that no other of the chapter has."""
        return _read_only(self.window * (int(self.coarse.max(initial=0)) + 1) + self.coarse)

    def average_coarse(self, values: F64) -> F64:
        """Means of ``values`` (N) over the coarse segment that each is part of."""
        weight = self.features.root_area
        own = np.unique(self.coarse_number, return_inverse=True)[1]
        return np.asarray((np.bincount(own, values * weight) / np.bincount(own, weight))[own])

    def by_window(self) -> list[I64]:
        """For each window the indices of its segments."""
        order = np.argsort(self.window, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.window))[:-1])

    def by_page(self) -> list[I64]:
        """For each page the indices of its segments."""
        starts = np.searchsorted(self.page, np.arange(len(self.counts) + 1))
        return [np.arange(starts[page], starts[page + 1]) for page in range(len(self.counts))]


@dataclass(frozen=True, slots=True)
class GatheredPage:
    """What a chapter takes of a page: its M segments that are no balloons, and its windows.

    ``table``, ``row``, ``coarse``, ``ink``, ``identities``: M rows, as of ``ChapterSegments`` and its
    features.
    ``window``: M, windows counted through the page. ``sizes``: how many segments each has, balloons too.
    ``palette``, ``embedded``: as of ``PageColours``.
    """

    table: Image
    window: I64
    row: I64
    coarse: I64
    ink: Image
    identities: Image | None
    boxes: tuple[Box, ...]
    sizes: tuple[int, ...]
    palette: tuple[tuple[float, ...], ...]
    embedded: bool

    @classmethod
    def of(cls, colours: PageColours, balloons: Image) -> GatheredPage:
        """From a page's colours and its mask of balloons (H×W uint8, 255), without holding either."""
        sizes = tuple(window.segments for window in colours.windows)
        told = colours.boxes, sizes, colours.palette, colours.embedded
        if not colours.segments:
            none = np.zeros(0, np.int64)
            return cls(np.zeros((0, 0), np.uint8), none, none, none, np.zeros(0, np.uint8), None, *told)
        rows = np.nonzero(~in_balloons(colours, balloons))[0]
        window = np.repeat(np.arange(len(sizes)), sizes)
        coarse = np.concatenate([window.coarse for window in colours.windows])
        known = colours.identities
        points = None if known is None else known[rows]
        return cls(colours.features[rows], window[rows], rows, coarse[rows], colours.ink[rows], points, *told)


def gather_segments(pages: Iterable[tuple[PageColours, Image]]) -> ChapterSegments:
    """The segments that are no balloons, from each page's colours and mask of balloons (H×W uint8, 255).

    Holds one page's pictures at a time.
    """
    return join_pages([GatheredPage.of(*page) for page in pages])


def join_pages(pages: Sequence[GatheredPage]) -> ChapterSegments:
    """The segments of all pages, in their order."""
    windows = np.cumsum([0, *(len(page.sizes) for page in pages)])
    columns = [
        (
            page.table,
            np.full(len(page.row), number),
            windows[number] + page.window,
            page.row,
            page.coarse,
            page.ink,
        )
        for number, page in enumerate(pages)
        if sum(page.sizes)
    ]
    drawn = [page for page in pages if sum(page.sizes)]
    if columns:
        table, own, window, row, coarse, ink = (
            np.concatenate(column) for column in zip(*columns, strict=True)
        )
    else:
        table, own = np.zeros((0, len(COLUMNS)), np.uint8), np.zeros(0, np.int64)
        window = row = coarse = own
        ink = np.zeros(0, np.uint8)
    chroma = np.array(drawn[-1].palette if drawn else (), np.float64).reshape(-1, 2)
    features = SegmentFeatures(table, len(chroma), _join([page.identities for page in drawn]))
    boxes = tuple(box for page in pages for box in page.boxes)
    known_as = own, window, row, boxes, tuple(page.sizes for page in pages)
    embedded = bool(drawn) and drawn[-1].embedded
    return ChapterSegments(features, *known_as, chroma, embedded, coarse, ink)


def _read_only(values: _Array) -> _Array:
    values.flags.writeable = False
    return values


def _join(identities: Sequence[Image | None]) -> Image | None:
    """Those of all pages, N×D; None if a page has none, or they come from different embeddings, and without
    spacing if a page has none, or it comes from another cohort: all segments are compared by what is known of
    each."""
    known = [points for points in identities if points is not None and len(points)]
    heads = {points[0, :IDENTITY_HEAD].tobytes() for points in known}
    if len(heads) != 1 or any(points is None for points in identities):
        return None
    sizes = {points.shape[1] for points in known}
    tails = {points[0, -SPACING_TAIL:-1].tobytes() for points in known}
    if len(sizes) > 1 or (len(tails) > 1 and has_spacing(known[0])):
        known = [without_tail(points) for points in known]
    return np.concatenate(known)


def in_balloons(colours: PageColours, balloons: Image) -> Mask:
    """For each segment of a page whether most of it is balloon (H×W uint8, 255)."""
    inside: list[Mask] = []
    for window in colours.windows:
        mask = shrink(balloons, window.box, window.label_size) >= 128
        total = np.bincount(window.labels.ravel(), minlength=window.segments + 1)
        covered = np.bincount(window.labels[mask], minlength=window.segments + 1)
        inside.append((covered > BALLOON_SHARE * total)[1:])
    return np.concatenate(inside)
