"""How much of a thing an edit reaches within its anchor's own panel, by points that were marked by looking.

    mangacolor PAGES/TITLE --out OUT/TITLE --scale 1
    python benchmarks/quality/edit_panels.py OUT [--half tuning|report] [--reach panel|alike] [--likeness 0.5]

``panel_marks.json`` has, for panels of four titles, a point in every segment of some size: of a thing (a head
of hair, a kimono, a floor), beside all things, or ``unsure`` where a segment is of several, which does not
count. ``PAGES`` has a folder a title with the pages that the file names. A segment weighs what its area is,
and nothing if it is solid ink, which takes no colour; one with points of the thing and of others is divided
by their number.

The largest segments of a thing, three at most, are the anchor in their turn. ``precision`` and ``recall``:
of what the edit covers in the panel the share that is the thing, and of the thing the share that is covered,
``anchor``: that lies in the anchor itself. ``average``: the mean precision over all likenesses, the anchor
left out. Then an oracle corrects by up to five clicks, the worst error first. Means over things; nothing may
be chosen on ``report``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.edit_chapter import NOWHERE, EditChapter
from mangacolor.benchmarks.quality.edit_oracle import CLICKS, Click, Score, Wanted, play
from mangacolor.benchmarks.quality.edits import mean_scores
from mangacolor.benchmarks.quality.panel_marks import Thing, read_things
from mangacolor.core.colour import INK
from mangacolor.stages.edits.coverage import Coverage
from mangacolor.stages.edits.model import LIKENESS, Reach

ANCHORS = 3  # segments of a thing that are the anchor, each in its turn


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of a thing, means over its anchors. ``anchor``: the share of it that one is. ``average``:
    the mean precision over all likenesses. ``scores``: after one anchor, and after each click."""

    thing: Thing
    anchor: float
    average: float
    scores: tuple[Score, ...]


def measure(out: EditChapter, things: Sequence[Thing], likeness: float, reach: Reach) -> list[Reached]:
    """The things of one title; one of which no more is met than an anchor says nothing, and is left out."""
    cover, found = out.alike(likeness, reach), []
    for thing, wanted in zip(things, weigh_segments(out, things), strict=True):
        pure = np.nonzero(wanted.right > wanted.wrong)[0]
        anchors = pure[np.argsort(-wanted.right[pure], kind="stable")][:ANCHORS].tolist()
        if len(pure) < 2:
            continue
        runs = [play(wanted, anchor, cover)[0] for anchor in anchors]
        share = float(wanted.right[anchors].mean() / wanted.right.sum())
        reached = [average_precision(wanted, a, out.coverage([Click(a)], likeness, reach)) for a in anchors]
        found.append(Reached(thing, share, float(np.mean(reached)), mean_scores(runs)))
    return found


def average_precision(wanted: Wanted, anchor: int, known: Coverage) -> float:
    """The mean precision of what an anchor reaches besides itself, weighted by what each lower likeness adds
    to the recall: the area below the curve of precision over recall (uninterpolated average precision)."""
    beside = np.arange(len(wanted.right)) != anchor
    marked = beside & (wanted.right + wanted.wrong > 0)
    total, before = 0.0, 0.0
    for likeness in np.unique(known.likeness[marked])[::-1].tolist():
        covered = known.covered(likeness) & beside
        right, wrong = float(wanted.right[covered].sum()), float(wanted.wrong[covered].sum())
        total += (right - before) * right / max(right + wrong, 1e-9)
        before = right
    return total / float(wanted.right[beside].sum())


def weigh_segments(out: EditChapter, things: Sequence[Thing]) -> list[Wanted]:
    """For each thing of one title what of each segment is the thing, and what is not."""
    points = sorted({(t.page, *point) for t in things for point in (*t.same, *t.other)})
    at = dict(zip(points, out.find(points)[0], strict=True))
    return [
        _weigh(out, *([at[thing.page, *p] for p in some] for some in (thing.same, thing.other)))
        for thing in things
    ]


def _weigh(out: EditChapter, same: Sequence[int], other: Sequence[int]) -> Wanted:
    """What of each segment is the thing, and what is not, from where their points lie."""
    counts = [np.bincount([at for at in some if at != NOWHERE], minlength=len(out)) for some in (same, other)]
    segments = out.surfaces.segments
    area = np.where(segments.features.tone > INK, segments.area, 0.0)
    right, wrong = (area * count / np.maximum(counts[0] + counts[1], 1) for count in counts)
    return Wanted(right, wrong, area)


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--half", type=click.Choice(["tuning", "report", "all"]), default="tuning", show_default=True)
@click.option("--reach", type=click.Choice(["panel", "alike"]), default="panel", show_default=True)
@click.option("--likeness", default=LIKENESS, show_default=True)
def main(out: Path, half: str, reach: str, likeness: float) -> None:
    found: list[Reached] = []
    for title, things in read_things(half).items():
        if (out / title).is_dir():
            known = EditChapter.read(out / title)
            found += measure(known, known.on_known_pages(things), likeness, Reach(reach))
    for one in found:
        where = f"{Path(one.thing.page).stem} {one.thing.panel} {one.thing.name}"
        click.echo(f"{where:48} {_line([one])}")
    click.echo(f"{len(found)} things{'':38} {_line(found)}")


def _line(found: Sequence[Reached]) -> str:
    if not found:
        return "nothing was measured"
    anchor, average = np.mean([(one.anchor, one.average) for one in found], axis=0).tolist()
    first, *_, last = mean_scores([[*one.scores] for one in found])
    return (
        f"one anchor ({anchor:.2f}): precision {first.precision:.2f} recall {first.recall:.2f} "
        f"average {average:.2f}   {CLICKS} clicks: precision {last.precision:.2f} recall {last.recall:.2f}"
    )


if __name__ == "__main__":
    main()
