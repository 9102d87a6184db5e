"""Works as the colour network saw them, on which ``harmonize`` decides again and again in an instant.

Read from the state of a run that ended with ``--until harmonize``. Pixels that are no ink are drawn as the
finished page would be, but for open borders and edits.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import cast

import click
import cv2
import numpy as np

from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.benchmarks.quality.variety import compute_variety, count_chroma
from mangacolor.core.arrays import F32, I64
from mangacolor.core.colour import INK, chroma, luma, to_rgb
from mangacolor.core.types import Image
from mangacolor.pipeline.store.cache import PageCache
from mangacolor.stages.harmonize.corrections import WindowCorrections
from mangacolor.stages.harmonize.descriptors import make_space
from mangacolor.stages.harmonize.group_colours import correct_segments
from mangacolor.stages.harmonize.params import Params
from mangacolor.stages.harmonize.series.grouping import group_segments
from mangacolor.stages.harmonize.series.remembered import Remembered
from mangacolor.stages.harmonize.stage import colour_groups
from mangacolor.stages.reassemble.params import EvennessParams
from mangacolor.stages.reassemble.segment_colours import evenness
from mangacolor.stages.segments.chapter import ChapterSegments, gather_segments
from mangacolor.stages.segments.features import SegmentFeatures
from mangacolor.stages.windows.artifact import PageColours, WindowColours
from mangacolor.training.colour.validation import FIGURES
from mangacolor.training.data.pictures import read_rgb
from mangacolor.training.evaluation.colour import to_lab
from mangacolor.training.evaluation.metrics import score_pair

STEP = 3  # pixels at drawing scale from one that is looked at to the next

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Pixels:
    """P pixels of a chapter: the segment each lies in, the network's chroma there (P×2, levels), the scan's
    luma, and the truth (P×3 uint8)."""

    segment: I64
    chroma: F32
    scan: F32
    truth: Image


@dataclass(frozen=True, slots=True)
class Work:
    """A chapter as the network saw it, in one kind of input."""

    name: str
    kind: str
    segments: ChapterSegments
    pixels: Pixels


def read_work(name: str, kind: str, truth: Path, inputs: Path, results: Path) -> Work:
    """What ``colorize`` left of the pages of a work, and their truth."""
    kept = [(page, *_read_page(results, given.name), given) for page, given in pages_of(inputs).items()]
    segments = gather_segments((colours, balloons) for _, colours, balloons, _ in kept)
    true = pages_of(truth)
    columns: list[tuple[I64, F32, F32, Image]] = []
    for (page, colours, _, given), indices in zip(kept, segments.by_page(), strict=True):
        number = np.full(colours.segments + 1, -1)
        number[segments.row[indices] + 1] = indices
        first = 0
        for window in colours.windows:
            labels = np.where(window.labels > 0, window.labels + first, 0)
            first += window.segments
            if window.segments:
                columns.append(_sample(window, number[labels], read_rgb(true[page]), luma(read_rgb(given))))
    return Work(
        name, kind, segments, Pixels(*(np.concatenate(column) for column in zip(*columns, strict=True)))
    )


def _read_page(results: Path, page: str) -> tuple[PageColours, Image]:
    """The colours and the mask of balloons of a page."""
    cache = PageCache(results / ".mangacolor" / "pages" / page)
    colours, balloons = cache.latest("colorize"), cache.latest("balloons")
    if colours is None or balloons is None:
        raise click.ClickException(f"{results}: {page} has no colours; colour it with --until harmonize")
    return PageColours.from_artifact(colours), balloons.images["main"]


def _sample(window: WindowColours, segment: I64, truth: Image, scan: Image) -> tuple[I64, F32, F32, Image]:
    """Pixels of a window that are in a segment (H×W, -1 for none) and no ink, as columns of ``Pixels``."""
    x, y, w, h = window.box
    size = window.label_size
    true, grey = (
        np.asarray(cv2.resize(plane[y : y + h, x : x + w], size, interpolation=cv2.INTER_AREA), np.uint8)
        for plane in (truth, scan)
    )
    planes = chroma(np.asarray(cv2.resize(window.picture, size, interpolation=cv2.INTER_LINEAR), np.uint8))
    grid = np.zeros(segment.shape, np.bool_)
    grid[STEP // 2 :: STEP, STEP // 2 :: STEP] = True
    some = grid & (segment >= 0) & (grey >= INK)
    own = np.stack([plane[some] for plane in planes], axis=1)
    return segment[some], own, grey[some].astype(np.float32), true[some]


def decide(segments: ChapterSegments, params: Params) -> WindowCorrections:
    """What ``harmonize`` corrects, where nobody has edited, remembered or given anything."""
    remembered = Remembered.nothing(segments.features.rows.shape[1], segments.features.vote_count)
    space = make_space(segments.features, segments.embedded, params.descriptors)
    found = group_segments(segments, remembered, space, params)
    colours, _ = colour_groups(segments, None, found, remembered, params)
    settled = found.members(segments.area, params).settle(found.groups, colours, params)
    count = len(colours.groups)
    return correct_segments(
        segments, found.groups, settled, colours, [None] * count, np.arange(count), params.corrections
    )


def draw(pixels: Pixels, features: SegmentFeatures, moved: I64) -> Image:
    """The pixels as the finished page shows them, P×1×3.

    ``moved``: N×2, levels that are added to each segment's chroma.
    """
    own, even = features.chroma.astype(np.float32), evenness(features, EvennessParams())[:, None]
    at = pixels.segment
    wanted = (own + moved.astype(np.float32))[at] + (1 - even[at]) * (pixels.chroma - own[at])
    tone, painted = (plane.astype(np.float32)[at] for plane in (features.tone, features.luma))
    factor = (painted - INK) / np.maximum(tone - INK, 1)
    value = np.where(tone > INK, INK + (pixels.scan - INK) * factor, pixels.scan).astype(np.float32)
    return to_rgb(value[:, None], wanted[:, :1], wanted[:, 1:])


def take_figures(work: Work, params: Params) -> Figures:
    """The figures of a work with these parameters."""
    pixels = work.pixels
    result = draw(pixels, work.segments.features, decide(work.segments, params).base_chroma)
    truth, grey = pixels.truth[:, None], pixels.scan.astype(np.uint8)[:, None]
    scores = score_pair(truth, result, grey, np.ones(grey.shape, np.bool_)).scores
    figures = {name: cast(float, getattr(scores, name)) for name in FIGURES}
    ours, theirs = (compute_variety([count_chroma(to_lab(each))]) or 0.0 for each in (result, truth))
    return {**figures, "variety": ours, "true_variety": theirs, "variety_reached": min(ours, theirs)}
