"""Networks side by side on the same pictures: every figure, and the cells of the notebook's picture."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mangacolor.core.errors import InputError
from mangacolor.core.types import Image
from mangacolor.training.evaluation.metrics import PairScores, Scores, average, score_pair
from mangacolor.training.evaluation.samples import KINDS, SIDE, Folder, Sample
from mangacolor.training.evaluation.tint_table import load_tint_table

if TYPE_CHECKING:
    from mangacolor.models.colour.generator import Generator

TINT = "tint table"
BATCH = 8  # tiles
CLEARLY = 0.02  # structure by which a network must beat the tint table to have learnt something

Colour = Callable[[list[Image]], list[Image]]


@dataclass(frozen=True, slots=True)
class Colourer:
    """Something that colours: grey pictures (H×W uint8) to RGB pictures (H×W×3 uint8)."""

    name: str
    colour: Colour
    origin: str = ""  # the weights file
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: what ``model`` reached on inputs of ``kind``, averaged over the pictures."""

    model: str
    kind: str
    scores: Scores
    pictures: int


@dataclass(slots=True)
class Cells:
    """Pictures to be shown, as square cells: originals, and by kind the inputs and results."""

    names: list[str] = field(default_factory=list)
    originals: list[Image] = field(default_factory=list)
    inputs: dict[str, list[Image]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    results: dict[tuple[str, str], list[Image]] = field(default_factory=dict)  # by (model, kind)


@dataclass(slots=True)
class Evaluation:
    """Everything a report needs. ``pairs``: (picture, model, kind) → its scores."""

    models: list[Colourer]
    rows: list[Row]
    pairs: dict[tuple[str, str, str], PairScores]
    cells: Cells
    skipped: list[str]
    seconds: float

    def row(self, model: str, kind: str) -> Row:
        return next(row for row in self.rows if (row.model, row.kind) == (model, kind))

    def learnt_nothing(self) -> list[Row]:
        """Rows of networks that do not clearly beat the tint table's structure on the same inputs."""
        rows = []
        for row in self.rows:
            reached, tint = row.scores.structure, self.row(TINT, row.kind).scores.structure
            if row.model != TINT and reached is not None and reached < (tint or 0) + CLEARLY:
                rows.append(row)
        return rows


def evaluate(
    models: Sequence[Colourer],
    folder: Folder,
    shown: int = 8,
    progress: Callable[[Sample], None] = lambda _: None,
) -> Evaluation:
    """Score ``models`` on every picture of ``folder`` and each kind of input.

    ``shown`` pictures, evenly spread, are kept as cells. Raises ``InputError`` if no picture of the
    folder could be read.
    """
    start = time.perf_counter()
    pairs: dict[tuple[str, str, str], PairScores] = {}
    cells = Cells()
    for sample in folder.samples(shown):
        if sample.shown:
            _keep_inputs(cells, sample)
        for model in models:
            results = model.colour([sample.inputs[kind] for kind in KINDS])
            for kind, result in zip(KINDS, results, strict=True):
                scored = score_pair(sample.truth, result, sample.inputs[kind], sample.drawn)
                pairs[sample.name, model.name, kind] = scored
                if sample.shown:
                    cells.results.setdefault((model.name, kind), []).append(crop_square(result))
        progress(sample)
    if not pairs:
        raise InputError(
            f"none of the pictures in {folder.root} can be used: {'; '.join(folder.skipped[:3])}",
            f"Name a folder with colour pictures of at least {SIDE} pixels.",
        )
    rows = list(_rows(models, pairs))
    return Evaluation(list(models), rows, pairs, cells, folder.skipped, time.perf_counter() - start)


def _keep_inputs(cells: Cells, sample: Sample) -> None:
    cells.names.append(sample.name)
    cells.originals.append(crop_square(sample.truth))
    for kind in KINDS:
        cells.inputs[kind].append(crop_square(np.dstack([sample.inputs[kind]] * 3)))


def _rows(models: Sequence[Colourer], pairs: dict[tuple[str, str, str], PairScores]) -> Iterator[Row]:
    for kind in KINDS:
        for model in models:
            scored = [pair for (_, name, of), pair in pairs.items() if (name, of) == (model.name, kind)]
            yield Row(model.name, kind, average(scored), len(scored))


def crop_square(picture: Image) -> Image:
    """The middle ``SIDE`` × ``SIDE`` pixels; a smaller picture gets white around it."""
    height, width = picture.shape[:2]
    top, left = max(0, height - SIDE) // 2, max(0, width - SIDE) // 2
    middle = picture[top : top + SIDE, left : left + SIDE]
    above, before = (SIDE - middle.shape[0]) // 2, (SIDE - middle.shape[1]) // 2
    cell = np.full((SIDE, SIDE, 3), 255, np.uint8)
    cell[above : above + middle.shape[0], before : before + middle.shape[1]] = middle
    return cell


def tint_colourer() -> Colourer:
    """The fixed tint table, as one of the models."""
    table = load_tint_table()
    return Colourer(TINT, lambda greys: [table.colour(grey) for grey in greys])


def network_colourers(weights: Sequence[str], device: str) -> list[Colourer]:
    """The networks of ``weights`` (names or paths), named by what tells their paths apart.

    Raises ``SetupError`` for a file that is missing or no generator.
    """
    from mangacolor.models.colour.checkpoints import load_generator

    distinct = list(dict.fromkeys(weights))
    networks = [load_generator(one, device) for one in distinct]
    return [
        network_colourer(label, network, origin)
        for label, network, origin in zip(shorten_names(distinct), networks, distinct, strict=True)
    ]


def network_colourer(name: str, network: Generator, origin: str = "") -> Colourer:
    """A generator (N×1×256×256 in [-1, 1] → N×3×256×256) in tiles, as the colorize stage runs it.

    Its own luma is kept, as in the notebook: the command would take only its chroma.
    """
    from mangacolor.models.colour.runner import colour_runner
    from mangacolor.stages.colorize.network import colorize_pictures

    runner = colour_runner(network)
    size = sum(parameter.numel() for parameter in network.parameters())
    return Colourer(name, lambda greys: colorize_pictures(runner, greys, BATCH), origin, size)


def shorten_names(weights: Sequence[str]) -> list[str]:
    """Short distinct names: as many last parts of each path as tell them apart, suffix dropped."""
    parts = [Path(one).with_suffix("").parts if Path(one).suffix else Path(one).parts for one in weights]
    depth = 1
    while depth < max(map(len, parts), default=1) and len({part[-depth:] for part in parts}) < len(parts):
        depth += 1
    short = ["/".join(part[-depth:]) for part in parts]
    repeated = len(set(short)) < len(short) or TINT in short
    return list(weights) if repeated else short
