"""How long a colour edit takes: for a whole chapter, command by command, and for one page at screen size.

    python benchmarks/speed/edits.py INPUT OUT --at 008.png:165,480 [--likeness 0.2] [--paints 50]

OUT is INPUT as ``mangacolor INPUT --out OUT`` has coloured it, with the same options given after ``--``. An
edit is made and the chapter coloured again, then the edit is taken back and the chapter coloured once more;
then pages that it touches are painted at screen size with edits in turn. OUT is as it was at the end. On a
busy machine go by CPU seconds.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import click

from mangacolor.pipeline.editing.chapter import ColouredChapter, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.page_looks import PageLooks
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.pipeline.editing.points import make_anchor, read_point
from mangacolor.stages.edits.model import Edit, Reach

T = TypeVar("T")
COLOURS = ("#c0392b", "#2a6fd0")


@click.command(help=__doc__)
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path, exists=True))
@click.option("--at", required=True, metavar="PAGE:X,Y")
@click.option("--likeness", default=0.5, show_default=True)
@click.option("--long-side", default=1400, show_default=True, help="Pixels of a painted page.")
@click.option("--paints", default=50, show_default=True, help="Pages that are painted, in all.")
@click.argument("options", nargs=-1)
def main(
    source: Path, out: Path, at: str, likeness: float, long_side: int, paints: int, options: tuple[str, ...]
) -> None:
    edit = ["palette", str(out), "--at", at, "--colour", COLOURS[0], "--likeness", str(likeness)]
    colour = [str(source), "--out", str(out), "--quiet", *options]
    _run("colour (all is there)", colour)
    _run("preview", [*edit, "--preview", str(out / ".mangacolor" / "tmp" / "preview.png")])
    taken = [_run("edit", edit), _run("colour again", colour)]
    print(
        f"{'edit and colour again':34}{sum(w for w, _ in taken):8.2f} s{sum(c for _, c in taken):8.2f} s CPU"
    )
    _run("undo", ["palette", str(out), "--undo"])
    _run("colour once more", colour)
    _paint(open_chapter(out), at, likeness, long_side, paints)


def _run(what: str, arguments: Sequence[str]) -> tuple[float, float]:
    """Seconds on the wall, and of CPU, of one command."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-m", "mangacolor", *arguments], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{what:34}{wall:8.2f} s{cpu:8.2f} s CPU", flush=True)
    return wall, cpu


def _paint(chapter: ColouredChapter, at: str, likeness: float, long_side: int, paints: int) -> None:
    surfaces = _timed("segments of the chapter", 1, lambda _: Surfaces.of(chapter))[-1]
    anchor = make_anchor(chapter, PageLooks(chapter.pages.__getitem__), read_point(at, "--at"))
    edits = [Edit(1, colour, Reach.ALIKE, (anchor,), likeness=likeness) for colour in COLOURS]
    touched = list(surfaces.covers(edits[:1])[1].pages)
    painters = _timed(
        "page opened", len(touched), lambda n: PagePainter(chapter, touched[n], long_side, surfaces)
    )
    _timed("page painted", paints, lambda n: painters[n % len(painters)].paint([edits[n % 2]]))


def _timed(what: str, count: int, work: Callable[[int], T]) -> list[T]:
    """What comes of some pieces of work; prints the medians of their seconds."""
    made, walls, cpus = [], [], []
    for number in range(count):
        wall, cpu = time.perf_counter(), time.process_time()
        made.append(work(number))
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    told = f"{what}, median of {count}"
    print(f"{told:34}{statistics.median(walls):8.3f} s{statistics.median(cpus):8.3f} s CPU", flush=True)
    return made


if __name__ == "__main__":
    main()
