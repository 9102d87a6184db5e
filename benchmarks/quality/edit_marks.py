"""How well an edit hits one part of one figure of real pages, by points that were marked by looking.

    mangacolor PAGES/TITLE --out OUT/TITLE --scale 1
    python benchmarks/quality/edit_marks.py OUT [--half tuning|report] [--by alike|group] [--likeness 0.5]

``openmantra_marks.json`` has points of hair, skin and cloth of figures of OpenMantra's three titles, and of
balloons, paper and backgrounds. ``PAGES`` has a folder a title with the pages that the file names under
``chapters``, by OpenMantra's own names. Each point is the one anchor in its turn. ``same``: the share of the
part's other points that the edit reaches; ``other``: of points of other parts, figures and things. Then an
oracle corrects by up to five clicks, the worst error first. Only half of the figures are looked at; nothing
may be chosen on ``report``. Means over parts that three or more panels show. ``base_colours.py`` has the
colours without an edit.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from mangacolor.benchmarks.quality.edit_chapter import NOWHERE, EditChapter
from mangacolor.benchmarks.quality.edit_oracle import CLICKS, Cover, Score, Wanted, play
from mangacolor.benchmarks.quality.edits import mean_scores
from mangacolor.stages.edits.model import LIKENESS

MARKS = Path(__file__).with_name("openmantra_marks.json")
PANELS = 3  # that a part must be seen in


@dataclass(frozen=True, slots=True)
class Mark:
    """A point of a page: of a figure's part, or, without a figure, of some other thing."""

    page: str
    x: int
    y: int
    panel: int = 0
    figure: str = ""
    part: str = ""
    thing: str = ""

    @property
    def title(self) -> str:
        return self.page.rpartition("_")[0]

    @property
    def of(self) -> str:
        """What it is a point of: a part of a figure, or what this wears there."""
        return " ".join(filter(None, (self.figure, self.part, self.thing)))


def read_marks(half: str) -> dict[str, list[Mark]]:
    """The marks of each title, without those of figures of the other half."""
    document = json.loads(MARKS.read_text(encoding="utf-8"))
    halves = document["halves"]
    found: dict[str, list[Mark]] = {title: [] for title in document["chapters"]}
    for row in document["marks"]:
        x, y = row["at"]
        texts = {key: row.get(key, "") for key in ("figure", "part", "thing")}
        mark = Mark(row["page"], x, y, row.get("panel", 0), **texts)
        if not mark.figure or half in ("all", halves[mark.figure]):
            found[mark.title].append(mark)
    return found


def by_part(marks: Sequence[Mark]) -> dict[str, list[int]]:
    """The places among the marks of each figure's parts that enough panels show."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, mark in enumerate(marks):
        if mark.figure:
            places[mark.of].append(place)
    return {
        of: own
        for of, own in places.items()
        if len({(marks[place].page, marks[place].panel) for place in own}) >= PANELS
    }


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of a part: ``scores`` after one anchor and after each click, mean over its points as
    anchors. ``unmet``: its points at which there is no segment."""

    title: str
    of: str
    points: int
    unmet: int
    scores: tuple[Score, ...]


def measure(out: EditChapter, marks: Sequence[Mark], cover: Cover) -> list[Reached]:
    """The parts of one title's figures."""
    at, _ = out.find([(mark.page, mark.x, mark.y) for mark in marks])
    segments, area = np.array(at), out.surfaces.segments.area
    found: list[Reached] = []
    for of, places in by_part(marks).items():
        met = [place for place in places if at[place] != NOWHERE]
        runs = []
        for first in met:
            right, wrong = np.zeros(len(out)), np.zeros(len(out))
            own = [place for place in met if place != first]
            others = [p for p in range(len(marks)) if marks[p].of != of and at[p] != NOWHERE]
            np.add.at(right, segments[own], 1.0)
            np.add.at(wrong, segments[others], 1.0)
            lost, beside = len(places) - len(met), sum(mark.of != of for mark in marks) - len(others)
            scores, _ = play(Wanted(right, wrong, area, float(lost), float(beside)), at[first], cover)
            runs.append(scores)
        mean = mean_scores(runs or [[Score(1.0, 0.0, 0.0)] * (CLICKS + 1)])
        found.append(Reached(marks[places[0]].title, of, len(places), len(places) - len(met), mean))
    return found


@click.command(help=__doc__)
@click.argument("out", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--half", type=click.Choice(["tuning", "report", "all"]), default="tuning", show_default=True)
@click.option("--by", type=click.Choice(["alike", "group"]), default="alike", show_default=True)
@click.option("--likeness", default=LIKENESS, show_default=True)
def main(out: Path, half: str, by: str, likeness: float) -> None:
    found: list[Reached] = []
    for title, marks in read_marks(half).items():
        if (out / title).is_dir():
            known = EditChapter.read(out / title)
            cover = known.by_group() if by == "group" else known.alike(likeness)
            found += measure(known, known.on_known_pages(marks), cover)
    for part in found:
        click.echo(f"{part.of:26} {part.points - part.unmet:3}/{part.points:<3} {_line(part.scores)}")
    click.echo(f"{len(found)} parts{'':26} {_line(mean_scores([list(part.scores) for part in found]))}")


def _line(scores: Sequence[Score]) -> str:
    first, last = scores[0], scores[-1]
    return (
        f"one anchor: same {first.recall:.2f} other {first.spilled:.3f}   "
        f"{CLICKS} clicks: same {last.recall:.2f} other {last.spilled:.3f}"
    )


if __name__ == "__main__":
    main()
