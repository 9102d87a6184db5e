"""How well the segments of a coloured chapter of figures fit the figures' parts.

    python benchmarks/quality/figure_chapter.py DATA CHAPTER
    mangacolor CHAPTER/input --out RESULTS --scale 1
    python benchmarks/quality/score_segments.py CHAPTER RESULTS

``share``: of the parts' pixels that are no ink, those in segments that are mostly (more than half) that part.
``pieces``: how many segments it takes to cover four fifths of a part in a window. ``segments``: of a window.
Each for the segments, and for the coarse ones that they are part of.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click
import cv2
import numpy as np

from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.core.arrays import F64, I64
from mangacolor.core.colour import INK, luma
from mangacolor.core.types import Image
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.training.data.pictures import read_rgb

SMALLEST = 300  # pixels of a part in a window that count as seeing it
COVERED = 0.8  # share of a part that its pieces are to cover


@dataclass(frozen=True, slots=True)
class Fit:
    """``share`` of the parts' pixels, in segments that are mostly theirs; ``pieces`` a part; ``segments`` a
    window."""

    share: float
    pieces: float
    segments: float


def count_overlaps(window: WindowColours, segment: I64, marks: Image, grey: Image) -> F64:
    """Pixels that are no ink of each part in each segment, S×P; the part 0 is none.

    ``segment``: of each of the window's labels, from 0 on. ``marks``, ``grey``: H×W, the page's parts and its
    luma.
    """
    x, y, w, h = window.box
    size = window.label_size
    part = cv2.resize(marks[y : y + h, x : x + w], size, interpolation=cv2.INTER_NEAREST)
    light = cv2.resize(grey[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA) >= INK
    counted = light & (window.labels > 0)
    number, wide = segment[window.labels[counted] - 1], int(marks.max()) + 1
    count = int(segment.max()) + 1
    code = number * wide + part[counted]
    return np.bincount(code, minlength=count * wide).reshape(count, wide).astype(np.float64)


def fit(tables: list[F64]) -> Fit:
    """The figures of windows' overlaps."""
    held = total = 0.0
    pieces: list[int] = []
    for table in tables:
        best, all_pixels = table.argmax(axis=1), np.maximum(table.sum(axis=1), 1)
        mostly = (table.max(axis=1) / all_pixels > 0.5) & (best > 0)
        held += float(table.max(axis=1)[mostly].sum())
        total += float(table[:, 1:].sum())
        for column in table[:, 1:].T:
            if column.sum() >= SMALLEST:
                covered = np.cumsum(np.sort(column)[::-1]) / column.sum()
                pieces.append(int(np.searchsorted(covered, COVERED)) + 1)
    sizes = [len(table) for table in tables]
    return Fit(held / total, float(np.mean(pieces)), float(np.mean(sizes)))


def kept_colours(folder: Path) -> PageColours:
    """What ``colorize`` left in a page's state folder."""
    artifact = PageCache(folder).latest("colorize")
    assert artifact is not None, folder
    return PageColours.from_artifact(artifact)


@click.command(help=__doc__)
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(chapter: Path, results: Path) -> None:
    fine: list[F64] = []
    coarse: list[F64] = []
    marked, given = pages_of(chapter / "marks"), pages_of(chapter / "input")
    for name, path in marked.items():
        marks, grey = read_rgb(path)[..., 0], luma(read_rgb(given[name]))
        colours = kept_colours(results / ".mangacolor" / "pages" / given[name].name)
        for window in colours.windows:
            if window.segments:
                fine.append(count_overlaps(window, np.arange(window.segments), marks, grey))
                coarse.append(count_overlaps(window, window.coarse, marks, grey))
    for level, tables in (("segments", fine), ("coarse", coarse)):
        found = fit(tables)
        click.echo(
            f"{level:9} share {found.share:.3f}  pieces {found.pieces:.1f}  segments {found.segments:.1f}"
        )


if __name__ == "__main__":
    main()
