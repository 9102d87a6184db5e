"""How well an edit hits one thing of a made-up chapter, and nothing else.

    python benchmarks/quality/figure_chapter.py DATA CHAPTER --things
    mangacolor CHAPTER/input --out OUT --scale 1
    python benchmarks/quality/edits.py CHAPTER OUT [--by alike|group] [--likeness 0.5] [--json FILE]

One anchor is put on each thing (hair, skin or dress of one figure), on the segment that shows most of it, and
on that of two other panels; the edit is resolved from what the command keeps in OUT, as the command would do.
Then an oracle makes up to five corrective clicks, the worst error first (``edit_oracle.py``). ``precision``:
of the pixels that change, the share that is of the thing. ``recall``: of the thing's pixels, the share that
changes. Pixels of ink, and those where the truth is unsaid, do not count. Means over things. ``segments``:
what somebody would reach who covers each segment that is mostly the thing.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.edit_chapter import EditChapter
from mangacolor.benchmarks.quality.edit_oracle import CLICKS, Cover, Score, Wanted, play, score
from mangacolor.benchmarks.quality.figure_things import UNSAID
from mangacolor.benchmarks.quality.page_variants import pages_of
from mangacolor.core.arrays import F64, I64
from mangacolor.core.colour import INK, luma
from mangacolor.pipeline.editing.page_map import map_segments
from mangacolor.stages.edits.model import LIKENESS
from mangacolor.training.data.pictures import read_rgb

ANCHORS = 3  # panels in which a thing is anchored, each in its turn
SEEN = 2000  # pixels of a thing that a chapter must show
PURE = 0.5  # share of a segment that is the thing from which on one would click on it


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a thing: ``scores`` after one anchor and after each click, mean over anchors.
    ``segments``: of who covers each segment that is mostly the thing."""

    figure: str
    thing: str
    scores: tuple[Score, ...]
    segments: Score


def count_marks(chapter: Path, out: EditChapter) -> tuple[I64, I64]:
    """Pixels of each mark in each of N segments, N×256, and beside all segments, 256; ink left out."""
    inside, beside = np.zeros((len(out), 256), np.int64), np.zeros(256, np.int64)
    marked, drawn = pages_of(chapter / "marks"), pages_of(chapter / "input")
    segments, drawings = out.surfaces.segments, out.surfaces.drawings
    pages = zip(drawings.items(), segments.by_page(), segments.counts, strict=True)
    for (name, inputs), own, counts in pages:
        stem = Path(name).stem
        marks, grey = read_rgb(marked[stem])[..., 0], luma(read_rgb(drawn[stem]))
        rows = map_segments(inputs, (marks.shape[1], marks.shape[0]))
        index = np.full(1 + sum(counts), -1)
        index[segments.row[own] + 1] = own
        at = index[rows]
        seen = (at >= 0) & (grey > INK)
        inside += np.bincount(at[seen] * 256 + marks[seen], minlength=inside.size).reshape(-1, 256)
        beside += np.bincount(marks[(at < 0) & (grey > INK)], minlength=256)
    return inside, beside


def wanted_of(part: int, inside: I64, beside: I64) -> Wanted:
    right = inside[:, part].astype(np.float64)
    wrong = inside.sum(axis=1) - right - inside[:, UNSAID]
    size = inside.sum(axis=1).astype(np.float64)
    safe = beside.sum() - beside[part] - beside[UNSAID]
    return Wanted(right, wrong, size, float(beside[part]), float(safe))


def find_anchors(wanted: Wanted, window: I64) -> list[int]:
    """The segments that show most of a thing, each in another panel."""
    pure = wanted.right >= PURE * (wanted.right + wanted.wrong)
    order = np.argsort(-np.where(pure, wanted.right, 0.0), kind="stable")
    chosen: list[int] = []
    for segment in order[pure[order] & (wanted.right[order] > 0)]:
        if window[segment] not in window[chosen]:
            chosen.append(int(segment))
        if len(chosen) == ANCHORS:
            break
    return chosen


def measure(chapter: Path, out: EditChapter, cover: Cover) -> list[Found]:
    """The scores of each thing that the chapter shows."""
    figures, things = (
        {int(part): text for part, text in json.loads((chapter / file).read_text(encoding="utf-8")).items()}
        for file in ("parts.json", "things.json")
    )
    inside, beside = count_marks(chapter, out)
    window = out.surfaces.segments.window
    found: list[Found] = []
    for part, figure in figures.items():
        wanted = wanted_of(part, inside, beside)
        if wanted.right.sum() + wanted.lost < SEEN:
            continue
        runs = [play(wanted, first, cover)[0] for first in find_anchors(wanted, window)]
        best = score(wanted, wanted.right > wanted.wrong)
        nothing = [Score(1.0, 0.0, 0.0)] * (CLICKS + 1)
        found.append(Found(figure, things[part], mean_scores(runs or [nothing]), best))
    return found


def mean_scores(runs: list[list[Score]]) -> tuple[Score, ...]:
    """The mean of several runs, click by click."""
    values: F64 = np.array([[(s.precision, s.recall, s.spilled) for s in run] for run in runs])
    return tuple(Score(*row) for row in values.mean(axis=0).tolist())


@click.command(help=__doc__)
@click.argument("chapter", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--by", type=click.Choice(["alike", "group"]), default="alike", show_default=True)
@click.option("--likeness", default=LIKENESS, show_default=True)
@click.option("--json", "file", type=click.Path(path_type=Path), help="All scores, to this file.")
def main(chapter: Path, out: Path, by: str, likeness: float, file: Path | None) -> None:
    known = EditChapter.read(out)
    found = measure(chapter, known, known.by_group() if by == "group" else known.alike(likeness))
    for thing in found:
        click.echo(f"{thing.figure:13} {thing.thing:9} {_line(thing.scores)}{_segments(thing.segments)}")
    mean, (best,) = mean_scores([list(f.scores) for f in found]), mean_scores([[f.segments] for f in found])
    click.echo(f"{len(found)} things{'':14} {_line(mean)}{_segments(best)}")
    if file is not None:
        file.write_text(json.dumps([asdict(thing) for thing in found], indent=1), encoding="utf-8")


def _line(scores: tuple[Score, ...]) -> str:
    first, last = scores[0], scores[-1]
    return (
        f"one anchor: precision {first.precision:.2f} recall {first.recall:.2f}   "
        f"{CLICKS} clicks: precision {last.precision:.2f} recall {last.recall:.2f}"
    )


def _segments(best: Score) -> str:
    return f"   segments: {best.precision:.2f} {best.recall:.2f}"


if __name__ == "__main__":
    main()
