"""Figures of a network on pictures kept apart, while it learns: by source and kind of input, over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mangacolor.core.types import Image
from mangacolor.training.colour.dataset import to_picture, to_tensor
from mangacolor.training.data.pictures import Picture
from mangacolor.training.evaluation.evaluate import square
from mangacolor.training.evaluation.metrics import average, score_pair
from mangacolor.training.evaluation.samples import KINDS, Sample, make_sample
from mangacolor.training.runs import CsvLog

FILE = "validation.csv"
PICTURES = 24  # of a source, evenly spread: a measurement is to cost seconds


@dataclass(slots=True)
class Validation:
    """Measures a network on ``pictures`` and adds a row a source and kind to ``run``/validation.csv.

    The middle 256×256 pixels of each picture at working scale, as ``mangacolor evaluate`` makes inputs of
    them: grey, line and screentone, without lettering and damage. Figures: ``structure`` and
    ``delta_e_share`` (``evaluation/metrics.py``), ``hue`` and ``colourfulness``.
    """

    pictures: Sequence[Picture]
    run: Path
    measured: int = -1  # the step that was measured last

    def measure(self, network: nn.Module, step: int, crops: int, device: torch.device) -> None:
        """``network``: in eval mode, N×1×256×256 to N×3×256×256 in [-1, 1]. A step is measured once."""
        if step == self.measured:
            return
        self.measured = step
        log = CsvLog(self.run / FILE)
        for source, samples in _by_source(self.pictures):
            for kind in KINDS:
                inputs = [square_of(sample.inputs[kind]) for sample in samples]
                truths = [square(sample.truth) for sample in samples]
                results = [_colour(network, grey, device) for grey in inputs]
                pairs = [score_pair(*triple) for triple in zip(truths, results, inputs, strict=True)]
                scores = average(pairs)
                figures = {
                    name: getattr(scores, name)
                    for name in ("structure", "delta_e_share", "hue", "colourfulness")
                }
                row = {"step": step, "crops": crops, "source": source, "kind": kind, "pictures": len(pairs)}
                log.write(
                    row | {name: "" if value is None else round(value, 4) for name, value in figures.items()}
                )


def _by_source(pictures: Sequence[Picture]) -> Iterator[tuple[str, list[Sample]]]:
    for source in sorted({picture.source for picture in pictures}):
        members = [picture for picture in pictures if picture.source == source]
        chosen = sorted({round(at) for at in np.linspace(0, len(members) - 1, min(len(members), PICTURES))})
        yield source, [make_sample(members[at].name, members[at].pixels) for at in chosen]


def square_of(grey: Image) -> Image:
    """The middle 256×256 pixels of a grey picture (H×W uint8)."""
    return np.ascontiguousarray(square(np.dstack([grey] * 3))[..., 0])


def _colour(network: nn.Module, grey: Image, device: torch.device) -> Image:
    with torch.inference_mode():
        return to_picture(network(to_tensor(grey)[None].to(device))[0])
