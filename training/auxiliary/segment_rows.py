"""The segments of made-up chapters with their true colours, gathered once for training."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mangacolor.core.arrays import F32, SegmentMap
from mangacolor.core.atomic import write_atomic
from mangacolor.core.types import Image
from mangacolor.models.colour.runner import ColourRunner
from mangacolor.models.runtime.backends import CpuBackend
from mangacolor.stages.colorize.network import colorize_windows
from mangacolor.stages.colorize.segmenting import describe_pictures, segment_pictures
from mangacolor.stages.segments.params import DEFAULTS
from mangacolor.stages.segments.pooling import FeaturePool
from mangacolor.stages.segments.segmentation import mean_by_label
from mangacolor.stages.windows.views import show_window
from mangacolor.training.auxiliary.chapters import UNKNOWN, Window, draw_chapter
from mangacolor.training.auxiliary.library import Library
from mangacolor.training.display import Pace
from mangacolor.training.evaluation.colour import to_lab
from mangacolor.training.networks import Say

ROWS_VERSION = "3"  # of what is gathered: another is gathered anew
BACKEND: CpuBackend = "torch"  # of the descreener; the colour network is given
AMONG_OTHERS = 0.0  # share of its page that a made-up panel takes up: a page has many
ORIGIN = "origin.json"  # in a folder of chapters: what they were drawn from
LETTERED_SHARE = 0.5  # of a segment that is balloon from which on it takes no part, as in a chapter


@dataclass(frozen=True, slots=True)
class LabelledSegments:
    """The N segments of a chapter with their true colours.

    ``features``: N×C uint8, as ``colorize`` describes them; ``lab``: N×3, mean CIELAB of the truth;
    ``deviation``: N, standard deviation of its a and b; ``window``: N, the number of each segment's window;
    ``owner``: N, the figure that most of it belongs to, as of ``Scene``.
    """

    features: Image
    lab: F32
    deviation: F32
    window: npt.NDArray[np.int32]
    owner: npt.NDArray[np.int16]


def gather_chapter(library: Library, runner: ColourRunner, rng: np.random.Generator) -> LabelledSegments:
    """Colour a made-up chapter and describe its segments as ``colorize`` would, not embedded."""
    windows = list(draw_chapter(library, rng))
    greys = [window.grey for window in windows]
    segmented = segment_pictures(greys, lambda n: np.ones(greys[n].shape, np.bool_), BACKEND, DEFAULTS)
    shown = [
        show_window(window.grey, (0, 0, *window.grey.shape[::-1]), window.scene.working, AMONG_OTHERS)
        for window in windows
    ]
    pools = [FeaturePool(one.labels, window.size[::-1]) for one, window in zip(segmented, shown, strict=True)]
    pictures = colorize_windows(runner, shown, 1, pools=pools)
    plain = replace(runner, embedding=None, identity=None)
    described = describe_pictures(segmented, pictures, pools, plain)
    parts = [
        label_segments(window, one.labels, known.rows, number)
        for number, (window, one, known) in enumerate(zip(windows, segmented, described, strict=True))
    ]
    return LabelledSegments(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))


def _columns(segments: LabelledSegments) -> tuple[npt.NDArray[np.generic], ...]:
    return tuple(getattr(segments, field.name) for field in fields(segments))


def label_segments(window: Window, labels: SegmentMap, table: Image, number: int) -> LabelledSegments:
    """The segments of a chapter's window of this ``number`` that are no balloons. ``labels``: H×W; ``table``:
    a row each."""
    count = len(table)
    lab, deviation = _true_colours(labels, window.scene.colour)
    lettered = mean_by_label(labels, window.lettered.astype(np.float32), count + 1)[1:]
    shown = lettered <= LETTERED_SHARE
    return LabelledSegments(
        table[shown],
        lab[shown],
        deviation[shown],
        np.full(int(shown.sum()), number, np.int32),
        _most_frequent(labels, window.scene.owners, count)[shown],
    )


def _most_frequent(labels: SegmentMap, numbers: npt.NDArray[np.int16], count: int) -> npt.NDArray[np.int16]:
    """Of each of ``count`` segments the number (from ``UNKNOWN`` on) that most of its pixels have."""
    kinds = int(numbers.max()) - UNKNOWN + 1
    codes = labels.ravel().astype(np.int64) * kinds + (numbers.ravel() - UNKNOWN)
    counts = np.bincount(codes, minlength=(count + 1) * kinds).reshape(count + 1, kinds)
    return np.asarray(counts[1:].argmax(axis=1) + UNKNOWN, np.int16)


def _true_colours(labels: SegmentMap, colour: Image) -> tuple[F32, F32]:
    """Mean Lab of each segment (N×3), and the deviation of its a and b (N)."""
    lab, count = to_lab(colour), int(labels.max()) + 1
    means, squares = (
        np.stack([mean_by_label(labels, values[..., plane], count) for plane in range(3)], axis=1)
        for values in (lab, lab.astype(np.float64) ** 2)
    )
    deviation = np.sqrt(np.maximum(squares - means**2, 0)[:, 1:].sum(axis=1))
    return means[1:].astype(np.float32), deviation[1:].astype(np.float32)


def note_origin(folder: Path, origin: Mapping[str, Any], say: Say) -> None:
    """Keep beside the first chapters in ``folder`` what they are drawn from, JSON-able; ``say`` takes a line
    where those that are there already were drawn from something else: they are used all the same."""
    file = folder / ORIGIN
    if not file.is_file():
        if not any(folder.glob("*.npz")):
            write_atomic(file, json.dumps(origin, sort_keys=True).encode())
    elif file.read_text(encoding="utf-8") != json.dumps(origin, sort_keys=True):
        say(
            f"the chapters in {folder} were drawn from other pictures, or with another seed, and are used as "
            "they are: another --rows, or --out, draws new ones"
        )


def gather_chapters(
    folder: Path,
    library: Library,
    runner: ColourRunner,
    chapters: int,
    seed: int,
    say: Say = lambda _line: None,
) -> Iterator[LabelledSegments]:
    """The chapters of a run, from ``folder`` if they are there already. ``say`` takes lines of progress."""
    names = [field.name for field in fields(LabelledSegments)]
    files = [folder / f"{number:05d}.npz" for number in range(chapters)]
    missing = sum(not file.is_file() for file in files)
    pace, gathered = Pace(missing), 0
    pace.line("chapters", gathered, missing)
    for number, file in enumerate(files):
        if not file.is_file():
            segments = gather_chapter(library, runner, np.random.default_rng((seed, number)))
            packed = io.BytesIO()
            columns: dict[str, Any] = dict(zip(names, _columns(segments), strict=True))
            np.savez(packed, **columns)
            write_atomic(file, packed.getvalue())
            gathered += 1
            say(pace.line("chapters", gathered, missing))
        with np.load(file) as kept:
            yield LabelledSegments(**{name: kept[name] for name in names})
