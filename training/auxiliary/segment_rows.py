"""The surfaces of made-up chapters with their true colours, gathered once for training."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mangacolor.core.atomic import write_atomic
from mangacolor.core.types import Image
from mangacolor.models.colour.runner import ColourRunner
from mangacolor.models.page.descreener import descreen, shared_descreener
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.stages.segments.features import describe_segments
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import find_segments, mean_by_label
from mangacolor.training.auxiliary.chapters import Library, chapter
from mangacolor.training.evaluation.colour import to_lab

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Rows:
    """The surfaces of a chapter, N: their ``table``, true mean Lab and how far it strays, and window."""

    table: Image
    lab: Floats
    stray: Floats
    window: npt.NDArray[np.int32]


def gather(library: Library, runner: ColourRunner, rng: np.random.Generator) -> Rows:
    """Colour a made-up chapter and describe its surfaces as ``colorize`` would."""
    found: list[tuple[Image, Floats, Floats, npt.NDArray[np.int32]]] = []
    for number, (grey, colour) in enumerate(chapter(library, rng)):
        plain = descreen(shared_descreener(), grey)
        labels = find_segments(plain, np.ones(grey.shape, np.bool_), SegmentationParams())
        count = int(labels.max())
        if count == 0:
            continue
        pool = FeaturePool(labels)
        (picture,) = colorize_pictures(runner, [grey], 1, pools=[pool])
        lab, stray = _true_colours(labels, colour)
        table = describe_segments(labels, plain, picture, pool.rows())
        found.append((table, lab, stray, np.full(count, number, np.int32)))
    table, lab, stray, window = (np.concatenate(column) for column in zip(*found, strict=True))
    return Rows(table, lab, stray, window)


def _true_colours(labels: Image, colour: Image) -> tuple[Floats, Floats]:
    """Mean Lab of each surface (N×3), and the deviation of its a and b (N)."""
    lab, count = to_lab(colour), int(labels.max()) + 1
    means, squares = (
        np.stack([mean_by_label(labels, values[..., plane], count) for plane in range(3)], axis=1)
        for values in (lab, lab.astype(np.float64) ** 2)
    )
    stray = np.sqrt(np.maximum(squares - means**2, 0)[:, 1:].sum(axis=1))
    return means[1:].astype(np.float32), stray[1:].astype(np.float32)


def gathered(
    folder: Path, library: Library, runner: ColourRunner, chapters: int, seed: int
) -> Iterator[Rows]:
    """The chapters of a run, from ``folder`` where they are there already."""
    for number in range(chapters):
        file = folder / f"{number:05d}.npz"
        if not file.is_file():
            rows = gather(library, runner, np.random.default_rng((seed, number)))
            packed = io.BytesIO()
            np.savez(packed, table=rows.table, lab=rows.lab, stray=rows.stray, window=rows.window)
            write_atomic(file, packed.getvalue())
            sys.stderr.write(f"chapter {number + 1} of {chapters}\n")
        with np.load(file) as kept:
            yield Rows(*(kept[name] for name in ("table", "lab", "stray", "window")))
