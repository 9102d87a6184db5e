"""Whether one thing has one colour within a panel of real pages, and other things others, without an edit.

    mangacolor PAGES/TITLE --out OUT/TITLE --scale 1
    python benchmarks/quality/panel_colours.py OUT [--half tuning|report]

The things of ``panel_marks.json`` (see ``edit_panels.py``), before ``harmonize`` and with what it decides
from the kept state of the chapter. A segment weighs what its area is; solid ink has no weight. Colours are
compared at the mean luma of the thing, or of the two things, so that only chroma counts.

``spread``: mean CIEDE2000 between two places of one thing. ``odd``: the share of a thing that is 10 or more
from its main colour, that of the segment which is nearest to all others. ``apart``: mean CIEDE2000 between a
place of one thing and one of another of the same panel, where one is hair, skin or ground and the other is
not the same. Means over things, and over pairs of things. Nothing may be chosen on ``report``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.base_colours import APART
from mangacolor.benchmarks.quality.dial_works import decide
from mangacolor.benchmarks.quality.edit_chapter import EditChapter
from mangacolor.benchmarks.quality.edit_panels import weigh_segments
from mangacolor.benchmarks.quality.panel_marks import Thing, read_things
from mangacolor.core.arrays import F32, F64, I64
from mangacolor.core.colour import to_rgb
from mangacolor.stages.harmonize.params import Params
from mangacolor.training.evaluation.colour import ciede2000, to_lab

GROUNDS = (
    "bushes",
    "ceiling",
    "fence",
    "floor",
    "ground",
    "panelling",
    "paving",
    "sky",
    "tiles",
    "trees",
    "wall",
)


@dataclass(frozen=True, slots=True)
class Shown:
    """The segments of a thing that are no solid ink, S, their shares of it (which sum to 1), and their mean
    luma on the finished page."""

    thing: Thing
    segments: I64
    share: F64
    luma: float

    @property
    def material(self) -> str:
        """Hair, skin, ground, or something else: clothes and objects."""
        last = self.thing.name.split()[-1]
        return "ground" if last in GROUNDS else last if last in ("hair", "skin") else "other"


@dataclass(frozen=True, slots=True)
class Figures:
    """``spread`` and ``odd``: of each thing. ``apart``: of each pair."""

    spread: tuple[float, ...]
    odd: tuple[float, ...]
    apart: tuple[float, ...]

    def __add__(self, other: Figures) -> Figures:
        return Figures(self.spread + other.spread, self.odd + other.odd, self.apart + other.apart)

    def __str__(self) -> str:
        spread, odd, apart = (float(np.mean(f)) for f in (self.spread, self.odd, self.apart))
        return f"spread {spread:5.2f}  odd {odd:.3f}  apart {apart:5.2f}  spread / apart {spread / apart:.3f}"


def find_shown(out: EditChapter, things: Sequence[Thing]) -> list[Shown]:
    """The things of one title of which two segments or more are met that are theirs and no solid ink."""
    features = out.surfaces.segments.features
    found: list[Shown] = []
    for thing, wanted in zip(things, weigh_segments(out, things), strict=True):
        segments = np.nonzero(wanted.right > wanted.wrong)[0]
        if len(segments) > 1:
            share = wanted.right[segments] / wanted.right[segments].sum()
            found.append(Shown(thing, segments, share, float(share @ features.shown[segments])))
    return found


def measure(shown: Sequence[Shown], chroma: F64) -> Figures:
    """The figures of one title's things in these colours of its N segments (N×2, levels)."""
    between = [_between(chroma, one, one) for one in shown]
    spread = [float(one.share @ apart @ one.share) for one, apart in zip(shown, between, strict=True)]
    odd = [
        float(one.share[apart[(apart @ one.share).argmin()] >= APART].sum())
        for one, apart in zip(shown, between, strict=True)
    ]
    apart = [float(a.share @ _between(chroma, a, b) @ b.share) for a, b in _pairs(shown)]
    return Figures(tuple(spread), tuple(odd), tuple(apart))


def _pairs(shown: Sequence[Shown]) -> Iterator[tuple[Shown, Shown]]:
    """Those of one panel that are of different materials; clothes and objects among themselves may not be."""
    panels: defaultdict[tuple[str, int], list[Shown]] = defaultdict(list)
    for one in shown:
        panels[one.thing.page, one.thing.panel].append(one)
    for own in panels.values():
        yield from ((a, b) for a, b in combinations(own, 2) if a.material != b.material)


def _between(chroma: F64, one: Shown, other: Shown) -> F32:
    """CIEDE2000 from each segment of one thing to each of another, S×T, at one luma."""
    luma = (one.luma + other.luma) / 2
    a, b = (_lab(chroma[each.segments], luma) for each in (one, other))
    return ciede2000(*np.broadcast_arrays(a[:, None], b[None]))


def _lab(chroma: F64, luma: float) -> F32:
    """Colours (S×2) at a luma in Lab, S×3."""
    planes = np.asarray(chroma, np.float32)[:, None]
    shade = np.full(planes.shape[:2], luma, np.float32)
    return to_lab(to_rgb(shade, planes[..., 0], planes[..., 1]))[:, 0]


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--half", type=click.Choice(["tuning", "report", "all"]), default="tuning", show_default=True)
def main(out: Path, half: str) -> None:
    none = Figures((), (), ())
    read, decided = none, none
    for title, things in read_things(half).items():
        if not (out / title).is_dir():
            continue
        known = EditChapter.read(out / title)
        shown, segments = find_shown(known, known.on_known_pages(things)), known.surfaces.segments
        chroma = segments.features.chroma
        own = measure(shown, chroma), measure(shown, chroma + decide(segments, Params()).base_chroma)
        click.echo(f"{title:32} {own[1]}\n{'  without harmonize':32} {own[0]}")
        read, decided = read + own[0], decided + own[1]
    if decided.spread:
        click.echo(f"{len(decided.spread)} things{'':22} {decided}\n{'  without harmonize':32} {read}")


if __name__ == "__main__":
    main()
