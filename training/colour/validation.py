"""Figures of a network on pictures kept apart, while it learns: by source and kind of input, over time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import nn

from mangacolor.core.types import Image
from mangacolor.training.colour.dataset import to_picture, to_tensor
from mangacolor.training.data.pictures import Picture
from mangacolor.training.evaluation.evaluate import crop_square
from mangacolor.training.evaluation.metrics import average, score_pair
from mangacolor.training.evaluation.samples import KINDS, make_sample, spread
from mangacolor.training.run_folder import CsvLog

FILE = "validation.csv"
FIGURES = ("structure", "delta_e_share", "hue", "colourfulness")  # of evaluation/metrics.py
# Pictures of a source, evenly spread, and of all sources: a look is to cost seconds.
MIN_PICTURES, MAX_PICTURES, MAX_TOTAL = 4, 24, 240


@dataclass(frozen=True, slots=True)
class Probe:
    """A picture to measure on: 256×256×3 uint8, and inputs 256×256 uint8 by kind."""

    truth: Image
    inputs: dict[str, Image]


@dataclass(slots=True)
class Validation:
    """Measures a network on ``pictures`` and adds a row a source and kind to ``run``/validation.csv.

    The middle 256×256 pixels of each picture at working scale, with inputs as ``mangacolor evaluate`` makes
    them: grey, line and screentone, without lettering and damage.
    """

    pictures: Sequence[Picture]
    run: Path
    measured: int = -1  # the step that was measured last
    probes: dict[str, list[Probe]] = field(default_factory=dict)  # by source, made at the first look

    def measure(self, network: nn.Module, step: int, crops: int, device: torch.device) -> None:
        """``network``: in eval mode, N×1×256×256 to N×3×256×256 in [-1, 1]. A step is measured once."""
        if step == self.measured or not self.pictures:
            return
        self.measured = step
        self.probes = self.probes or dict(_make_probes(self.pictures))
        log = CsvLog(self.run / FILE)
        for source, probes in self.probes.items():
            for kind in KINDS:
                pairs = [
                    score_pair(probe.truth, _colour(network, probe.inputs[kind], device), probe.inputs[kind])
                    for probe in probes
                ]
                scores = average(pairs)
                row = {"step": step, "crops": crops, "source": source, "kind": kind, "pictures": len(pairs)}
                log.write(row | {name: _rounded(getattr(scores, name)) for name in FIGURES})


def _make_probes(pictures: Sequence[Picture]) -> Iterator[tuple[str, list[Probe]]]:
    sources: defaultdict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        sources[picture.source].append(picture)
    most = max(MIN_PICTURES, min(MAX_PICTURES, MAX_TOTAL // len(sources)))
    for source in sorted(sources):
        members = sources[source]
        samples = (make_sample(members[at].name, members[at].pixels) for at in spread(len(members), most))
        yield (
            source,
            [
                Probe(crop_square(one.truth), {kind: crop_grey_square(one.inputs[kind]) for kind in KINDS})
                for one in samples
            ],
        )


def crop_grey_square(grey: Image) -> Image:
    """The middle 256×256 pixels of a grey picture (H×W uint8); a smaller one gets white around it."""
    return np.ascontiguousarray(crop_square(np.dstack([grey] * 3))[..., 0])


def _colour(network: nn.Module, grey: Image, device: torch.device) -> Image:
    with torch.inference_mode():
        return to_picture(network(to_tensor(grey)[None].to(device))[0])


def _rounded(value: float | None) -> float | str:
    return "" if value is None else round(value, 4)
