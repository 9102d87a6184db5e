"""The segments of made-up chapters with their true colours, gathered once for training."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.atomic import write_atomic
from mangacolor.core.types import Image
from mangacolor.models.colour.runner import ColourRunner
from mangacolor.models.page.descreener import descreen, shared_descreener
from mangacolor.stages.colorize.network import colorize_pictures
from mangacolor.stages.segments.features import describe_segments
from mangacolor.stages.segments.params import SegmentationParams
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import find_segments, mean_by_label
from mangacolor.training.auxiliary.chapters import Library, draw_chapter
from mangacolor.training.evaluation.colour import to_lab
from mangacolor.training.networks import Say


@dataclass(frozen=True, slots=True)
class LabelledSegments:
    """The N segments of a chapter with their true colours.

    ``features``: N×C uint8, as ``colorize`` describes them; ``lab``: N×3, mean CIELAB of the truth;
    ``deviation``: N, standard deviation of its a and b; ``window``: N, the number of each segment's window.
    """

    features: Image
    lab: F32
    deviation: F32
    window: npt.NDArray[np.int32]


def gather_chapter(library: Library, runner: ColourRunner, rng: np.random.Generator) -> LabelledSegments:
    """Colour a made-up chapter and describe its segments as ``colorize`` would."""
    parts: list[tuple[Image, F32, F32, npt.NDArray[np.int32]]] = []
    for number, (grey, colour) in enumerate(draw_chapter(library, rng)):
        plain = descreen(shared_descreener(), grey)
        labels = find_segments(plain, np.ones(grey.shape, np.bool_), SegmentationParams())
        count = int(labels.max())
        if count == 0:
            continue
        pool = FeaturePool(labels, grey.shape)
        (picture,) = colorize_pictures(runner, [grey], 1, pools=[pool])
        lab, deviation = _true_colours(labels, colour)
        features = describe_segments(labels, plain, picture, pool.rows())
        parts.append((features, lab, deviation, np.full(count, number, np.int32)))
    return LabelledSegments(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _true_colours(labels: SegmentMap, colour: Image) -> tuple[F32, F32]:
    """Mean Lab of each segment (N×3), and the deviation of its a and b (N)."""
    lab, count = to_lab(colour), int(labels.max()) + 1
    means, squares = (
        np.stack([mean_by_label(labels, values[..., plane], count) for plane in range(3)], axis=1)
        for values in (lab, lab.astype(np.float64) ** 2)
    )
    deviation = np.sqrt(np.maximum(squares - means**2, 0)[:, 1:].sum(axis=1))
    return means[1:].astype(np.float32), deviation[1:].astype(np.float32)


def gather_chapters(
    folder: Path,
    library: Library,
    runner: ColourRunner,
    chapters: int,
    seed: int,
    say: Say = lambda _line: None,
) -> Iterator[LabelledSegments]:
    """The chapters of a run, from ``folder`` if they are there already. ``say`` takes lines of progress."""
    for number in range(chapters):
        file = folder / f"{number:05d}.npz"
        if not file.is_file():
            segments = gather_chapter(library, runner, np.random.default_rng((seed, number)))
            packed = io.BytesIO()
            np.savez(
                packed,
                table=segments.features,
                lab=segments.lab,
                stray=segments.deviation,
                window=segments.window,
            )
            write_atomic(file, packed.getvalue())
            say(f"chapter {number + 1} of {chapters}")
        with np.load(file) as kept:
            yield LabelledSegments(kept["table"], kept["lab"], kept["stray"], kept["window"])
