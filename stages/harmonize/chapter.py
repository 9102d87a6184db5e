"""The surfaces of a whole chapter, gathered page by page, and of coloured pages that show the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from mangacolor.core.colour import chroma
from mangacolor.core.types import Artifact, Box, Image
from mangacolor.stages.harmonize.descriptors import is_ground
from mangacolor.stages.harmonize.louvain import Ints
from mangacolor.stages.harmonize.smoothing import Numbers
from mangacolor.stages.segments.features import AREA, AREA_STEPS, CB, CR, LEFT, RIGHT, SIDES, X, Y

BALLOON = 0.5  # share of a surface that may be balloon


@dataclass(frozen=True, slots=True)
class Surfaces:
    """The surfaces of a chapter that take part, in reading order: N rows each.

    ``table``: as of ``surface_table``; its last ``votes`` columns are votes for the colours of ``palette``,
    Cb and Cr in levels. ``page``, ``window``: where each lies, windows counted through the chapter.
    ``row``: its row in its page's table. ``boxes``: of the windows, in pixels of their pages. ``embedded``:
    the features of a row are the point of an embedding.
    """

    table: Image
    page: Ints
    window: Ints
    row: Ints
    boxes: tuple[Box, ...]
    palette: Numbers = field(default_factory=lambda: np.zeros((0, 2)))
    embedded: bool = False

    @property
    def votes(self) -> int:
        return len(self.palette)

    @property
    def area(self) -> npt.NDArray[np.float64]:
        """Pixels at working scale."""
        return np.asarray(np.exp2(self.table[:, AREA] / AREA_STEPS))


def window_sizes(colorize: Artifact) -> list[int]:
    """How many surfaces each window of a page has."""
    return [int(panel["surfaces"]) for panel in colorize.data["panels"]]


def gather(pages: Iterable[tuple[Artifact, Image]]) -> Surfaces:
    """The surfaces that are no balloons, from each page's ``colorize`` artifact and mask of balloons.

    Holds one page's pictures at a time.
    """
    found: list[tuple[Image, Ints, Ints, Ints]] = []
    boxes: list[Box] = []
    palette: Sequence[Sequence[float]] = ()
    embedded = False
    for number, (colorize, balloons) in enumerate(pages):
        sizes = window_sizes(colorize)
        if sum(sizes):
            table, palette = colorize.images["surfaces"], colorize.data["palette"]
            embedded = colorize.data["embedded"]
            rows = np.nonzero(~_in_balloons(colorize, balloons))[0]
            window = len(boxes) + np.repeat(np.arange(len(sizes)), sizes)
            found.append((table[rows], np.full(len(rows), number), window[rows], rows))
        boxes += [_box(panel["box"]) for panel in colorize.data["panels"]]
    if not found:
        none = np.zeros(0, np.int64)
        return Surfaces(np.zeros((0, Y + 1), np.uint8), none, none, none, tuple(boxes))
    table, page, window, row = (np.concatenate(column) for column in zip(*found, strict=True))
    colours = np.array(palette, np.float64).reshape(-1, 2)
    return Surfaces(table, page, window, row, tuple(boxes), colours, embedded)


def _box(box: Sequence[int]) -> Box:
    x, y, w, h = box
    return x, y, w, h


def _in_balloons(colorize: Artifact, balloons: Image) -> npt.NDArray[np.bool_]:
    """For each surface of a page whether most of it is balloon (H×W uint8, 255)."""
    inside: list[npt.NDArray[np.bool_]] = []
    for number, panel in enumerate(colorize.data["panels"]):
        labels = colorize.images[f"surfaces-{number:03d}"]
        x, y, w, h = panel["box"]
        size = labels.shape[1], labels.shape[0]
        mask = cv2.resize(balloons[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA) >= 128
        total = np.bincount(labels.ravel(), minlength=panel["surfaces"] + 1)
        covered = np.bincount(labels[mask], minlength=panel["surfaces"] + 1)
        inside.append((covered > BALLOON * total)[1:])
    return np.concatenate(inside)


def looks_of(table: Image, number: Ints) -> Image:
    """The mean row of each group, G×C uint8."""
    count = int(number.max()) + 1
    weight = np.exp2(table[:, AREA] / (2 * AREA_STEPS))
    total = np.bincount(number, weights=weight, minlength=count)
    looks = np.zeros((count, table.shape[1]), np.uint8)
    for column in range(table.shape[1]):
        mean = np.bincount(number, weights=weight * table[:, column], minlength=count) / total
        looks[:, column] = np.rint(mean)
    ground = np.bincount(number, weights=weight * is_ground(table), minlength=count) > total / 2
    looks[:, SIDES] = np.where(ground, LEFT | RIGHT, 0)
    return looks


def reference_rows(decode: Artifact, colorize: Artifact) -> Image:
    """Rows of ``surface_table`` for a coloured page, with its true chroma instead of the network's."""
    rows: list[Image] = []
    page, start = decode.images["main"], 0
    for number, panel in enumerate(colorize.data["panels"]):
        table = colorize.images["surfaces"][start : start + panel["surfaces"]].copy()
        start += panel["surfaces"]
        x, y, w, h = panel["box"]
        labels = colorize.images[f"surfaces-{number:03d}"]
        size = labels.shape[1], labels.shape[0]
        true = cv2.resize(page[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA)
        planes = [plane.ravel() for plane in chroma(np.asarray(true, dtype=np.uint8))]
        order = np.argsort(labels.ravel(), kind="stable")
        starts = np.searchsorted(labels.ravel()[order], np.arange(1, len(table) + 2))
        for row in range(len(table)):
            pixels = order[starts[row] : starts[row + 1]]
            table[row, [CB, CR]] = [int(np.rint(np.median(plane[pixels]) + 128)) for plane in planes]
        rows.append(table)
    return np.concatenate(rows)


def place_on_page(surfaces: Surfaces, index: int) -> Box:
    """About where a surface lies on its page: a box in its window, as large as it is."""
    left, top, wide, high = surfaces.boxes[surfaces.window[index]]
    row = surfaces.table[index]
    side = max(24, round(1.6 * float(surfaces.area[index]) ** 0.5 * min(wide, high) / 256))
    x = left + int(row[X]) * wide // 255 - side // 2
    y = top + int(row[Y]) * high // 255 - side // 2
    return max(0, x), max(0, y), side, side


def by_page(pages: Mapping[str, object], surfaces: Surfaces) -> dict[str, Ints]:
    """For each page the indices of its surfaces."""
    starts = np.searchsorted(surfaces.page, np.arange(len(pages) + 1))
    return {name: np.arange(starts[n], starts[n + 1]) for n, name in enumerate(pages)}
