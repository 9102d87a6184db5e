"""Choose the numbers of ``harmonize`` on works, each reported by a choice that never saw it.

    for each WORK and KIND (page_variants.py makes the inputs):
        mangacolor INPUTS/WORK/KIND --out RESULTS/WORK/KIND --scale 1 --until harmonize
    python benchmarks/quality/score_dials.py TRUTH INPUTS RESULTS KEPT.json

``TRUTH/WORK`` are the colour pages. What the network saw is read from the state of the results, so a setting
costs a second and not a chapter. A setting begins as the one in force; the single change that helps the other
works most and harms no source of them is made, as long as there is one (greedy, coordinate by coordinate).
``KEPT.json`` keeps every figure that was taken.

Help is the sum of the changes in structure, error, hue and variety (up to that of the truth: without it beige
would help most), each as a share of its mean over all works.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from string import digits
from typing import Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from mangacolor.benchmarks.quality.dial_works import Figures, Work, read_work, take_figures
from mangacolor.stages.harmonize.params import Params
from mangacolor.training.colour.validation import FIGURES

KINDS = ("plain", "screentone")
# What help is the sum of, and whether more of it is better.
MEASURES = {"structure": 1.0, "delta_e_share": -1.0, "hue": 1.0, "variety_reached": 1.0}
WORTH = 0.005  # of help, the least for which another number is taken
HARM = 0.01  # of help, the most that a source may lose by it
MOST_CHANGES = 3
DIALS: dict[str, tuple[float, ...]] = {
    "assignment.target_perplexity": (0.08, 0.11, 0.15, 0.2, 0.25),
    "assignment.self_weight": (0.3, 0.6, 1.0),
    "assignment.propagation_steps": (4, 8, 12),
    "smoothing.anchor_midpoint": (0.055, 0.075, 0.095),
    "smoothing.anchor_slope": (30.0, 50.0, 80.0),
    "smoothing.own_weight": (0.0, 0.25, 0.5, 1.0),
    "smoothing.own_midpoint": (0.12, 0.155, 0.2),
    "smoothing.assigned_support": (0.2, 0.6, 2.0),
    "smoothing.mode_iterations": (1, 2, 3),
    "neighbours.similarity_scale": (0.55, 0.7, 0.85),
    "neighbours.count": (10, 15, 25),
    "descriptors.embedded.votes": (0.6, 0.9, 1.2),
    "descriptors.embedded.features": (0.8, 1.0, 1.3),
    "descriptors.embedded.tone": (3.5, 5.0, 7.0),
}

Setting = tuple[tuple[str, float], ...]  # dials that differ from what is in force, by name


def with_setting(params: Params, setting: Setting) -> Params:
    """The parameters with some dials set anew."""
    for name, value in setting:
        params = _with(params, name.split("."), value)
    return params


def _with(params: Any, path: Sequence[str], value: float) -> Any:
    """``params`` with the field at the end of ``path`` set to ``value``."""
    own, *rest = path
    return replace(params, **{own: _with(getattr(params, own), rest, value) if rest else value})


class Ledger:
    """Figures by setting and work, taken when they are first asked for, and kept in a file."""

    def __init__(self, works: Sequence[Work], file: Path, console: Console) -> None:
        self.works = list(works)
        self._file, self._console = file, console
        self._kept: dict[str, Figures] = (
            json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
        )

    def figures(self, work: Work, setting: Setting) -> Figures:
        key = json.dumps([work.name, work.kind, setting])
        if key not in self._kept:
            self._kept[key] = take_figures(work, with_setting(Params(), setting))
        return self._kept[key]

    def take(self, setting: Setting) -> None:
        """All works' figures, kept at once."""
        self._console.print(f"{dict(setting) or 'in force'}")
        for work in self.works:
            self.figures(work, setting)
        self._file.write_text(json.dumps(self._kept, indent=0))

    def help(self, setting: Setting, names: set[str]) -> list[float]:
        """What a setting brings these works, source by source, as sums of shares; 0 for what is in force.

        The name of a work, but for digits, tells its source.
        """
        sources: dict[str, list[Work]] = {}
        for work in self.works:
            if work.name in names:
                sources.setdefault(work.name.strip(digits), []).append(work)
        return [self._help_of(some, setting) for some in sources.values()]

    def _help_of(self, works: Sequence[Work], setting: Setting) -> float:
        total = 0.0
        for measure, sign in MEASURES.items():
            before, after, everywhere = (
                float(np.mean([self.figures(work, each)[measure] for work in some]))
                for some, each in ((works, ()), (works, setting), (self.works, ()))
            )
            total += sign * (after - before) / everywhere
        return total


def changes(setting: Setting) -> Iterator[Setting]:
    """Every setting that differs from this one in one dial."""
    chosen = dict(setting)
    for name, values in DIALS.items():
        for value in values:
            if value != chosen.get(name, _in_force(name)):
                other = {**chosen, name: value}
                yield tuple(sorted((n, v) for n, v in other.items() if v != _in_force(n)))


def _in_force(name: str) -> float:
    value: Any = Params()
    for part in name.split("."):
        value = getattr(value, part)
    return float(value)


def choose(ledger: Ledger, names: set[str]) -> Setting:
    """The setting that these works would choose, one change after the other."""
    setting: Setting = ()
    for _ in range(MOST_CHANGES):
        options = list(changes(setting))
        for option in options:
            ledger.take(option)
        helps = {option: ledger.help(option, names) for option in options}
        harmless = [option for option in options if min(helps[option]) >= -HARM]
        if not harmless:
            break
        best = max(harmless, key=lambda option: np.mean(helps[option]))
        if np.mean(helps[best]) < np.mean(ledger.help(setting, names)) + WORTH:
            break
        setting = best
    return setting


def tell(ledger: Ledger, chosen: Mapping[str, Setting], console: Console) -> None:
    """A row for each work and kind: in force → as the others chose, and what they chose."""
    table = Table("work", "kind", *FIGURES, "variety (truth)", "chosen by the others")
    for work in ledger.works:
        before, after = ledger.figures(work, ()), ledger.figures(work, chosen[work.name])
        cells = [f"{before[name]:.3f} → {after[name]:.3f}" for name in FIGURES]
        variety = f"{before['variety']:.2f} → {after['variety']:.2f} ({before['true_variety']:.2f})"
        words = ", ".join(f"{name} {value:g}" for name, value in chosen[work.name]) or "as in force"
        table.add_row(work.name, work.kind, *cells, variety, words)
    console.print(table)


@click.command(help=__doc__)
@click.argument("truth", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("inputs", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("results", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("kept", type=click.Path(path_type=Path, dir_okay=False))
def main(truth: Path, inputs: Path, results: Path, kept: Path) -> None:
    console = Console(width=200)
    names = sorted(folder.name for folder in results.iterdir() if folder.is_dir())
    works = [
        read_work(name, kind, truth / name, inputs / name / kind, results / name / kind)
        for name in names
        for kind in KINDS
    ]
    ledger = Ledger(works, kept, console)
    ledger.take(())
    chosen = {name: choose(ledger, set(names) - {name}) for name in names}
    tell(ledger, chosen, console)
    everybody = choose(ledger, set(names))
    brought = np.mean(ledger.help(everybody, set(names)))
    console.print(f"all works would choose {dict(everybody)}: help {brought:+.4f}")


if __name__ == "__main__":
    main()
