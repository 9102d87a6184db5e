"""What runs take of memory, against what the engine expects: ``python benchmarks/memory.py [--only N] PAGE``.

Each row is a process of its own: pages of one size, made from PAGE (a manga page with screentone, for others
take less), at a scale, with ``--jobs``, some with ``--fit``. The peak is the child's resident memory as the
kernel counted it. Prints a Markdown table; ``docs/design/memory.md`` holds one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click
from PIL import Image

from mangacolor.core.settings import Options, Scale
from mangacolor.core.types import Chapter
from mangacolor.pipeline.engine.local import MORE_PAGES
from mangacolor.pipeline.engine.memory import need_of, page_size, total
from mangacolor.pipeline.store.keys import make_recipe
from mangacolor.stages.base import Stage
from mangacolor.stages.registry import default_graph

# Starts a command, and prints its exit status and its peak in KiB.
_STARTER: Final = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""


@dataclass(frozen=True, slots=True)
class Case:
    """So many pages of a size and format, at a scale, with so many jobs; further options; for a display."""

    width: int
    height: int
    scale: Scale
    jobs: int
    pages: int
    suffix: str = ".jpg"
    options: tuple[str, ...] = ()
    fit: str | None = None


CASES = (
    Case(200, 283, "1", 1, 1),
    Case(1414, 2000, "1", 1, 1),
    Case(1414, 2000, "2", 1, 1),
    Case(1414, 2000, "4", 1, 1),
    Case(1414, 2000, "1", 2, 8),
    Case(1414, 2000, "2", 2, 8),
    Case(1414, 2000, "2", 4, 8),
    Case(2400, 3394, "1", 2, 4),
    Case(2400, 3394, "2", 2, 4),
    Case(4000, 5658, "1", 1, 1, ".png"),
    Case(4000, 5658, "1", 2, 4),
    Case(4000, 5658, "2", 1, 1),
    Case(4000, 5658, "2", 2, 4),
    Case(4000, 5658, "1", 1, 1, ".webp"),
    Case(2828, 4000, "1", 1, 1, ".png", fit="2640x3760"),
    Case(1414, 2000, "2", 2, 8, ".jpg", ("--cpu-backend", "torch")),
)


def measure(case: Case, folder: Path, page: Path) -> int:
    """The peak of a child process that colours the case's pages, in bytes."""
    source = folder / "in"
    source.mkdir()
    with Image.open(page) as picture:
        resized = picture.convert("L").resize((case.width, case.height), Image.Resampling.LANCZOS)
    for number in range(case.pages):
        resized.save(source / f"{number:03}{case.suffix}", quality=90)
    line = [sys.executable, "-m", "mangacolor", str(source), "--out", str(folder / "out"), "--quiet"]
    line += ["--device", "cpu", "--scale", case.scale, "--jobs", str(case.jobs), *case.options]
    line += ["--fit", case.fit] if case.fit else []
    return peak_of(line)


def peak_of(line: Sequence[str]) -> int:
    """The peak of a command, in bytes. Raises ``SystemExit`` where it fails.

    The kernel counts what a process had been before it became the command, so one that is small starts it.
    """
    starter = subprocess.run(
        [sys.executable, "-S", "-c", _STARTER, *line], stdout=subprocess.PIPE, text=True, check=False
    )
    status, peak = starter.stdout.split()[-2:] if starter.returncode == 0 else (starter.returncode, 0)
    if int(status):
        raise SystemExit(f"{line} ended with {status}")
    return int(peak) * 1024


def expected(case: Case, file: bytes) -> int:
    """What the engine says that they take, in the pass that takes more."""
    graph, size = default_graph(), page_size(file, case.scale)
    options = Options(device="cpu", scale=case.scale, fit=case.fit)
    recipe = make_recipe(graph, options, Chapter("", ()), graph.sinks())
    stages = [stage for stage in map(graph.__getitem__, graph.names) if isinstance(stage, Stage)]
    demands = {stage.name: stage.demand(recipe.configs[stage.name], size) for stage in stages}
    lanes = {stage.name: stage.lane for stage in stages}
    wanted = {need for chapter in graph.chapter_stages for need in chapter.needs}
    first = graph.with_ancestors(wanted)
    second = {name for name in demands if name not in first or graph.page_stage(name).keep == "asked"}
    needs = [
        need_of({name: demands[name] for name in names}, lanes, size.file, demands.values())
        for names in (first, second)
    ]
    together = min(case.pages, case.jobs + MORE_PAGES)
    return max(total([need] * together, case.jobs) for need in needs)


@click.command()
@click.option("--only", type=int, multiple=True, help="Only these rows, counted from 1.")
@click.argument("page", type=click.Path(path_type=Path, exists=True))
def main(only: tuple[int, ...], page: Path) -> None:
    """Measure every case and print the table."""
    click.echo("| | pages | scale | jobs | peak, MiB | expected | ratio |\n|---|---|---|---|---|---|---|")
    for number, case in enumerate(CASES, 1):
        if only and number not in only:
            continue
        with tempfile.TemporaryDirectory() as name:
            peak = measure(case, Path(name), page)
            file = (Path(name) / "in" / f"000{case.suffix}").read_bytes()
        guess = expected(case, file)
        what = (
            f"{case.pages} of {case.width}×{case.height} {case.suffix[1:].upper()} {' '.join(case.options)}"
            f"{f' --fit {case.fit}' if case.fit else ''}"
        )
        row = (number, what.strip(), case.scale, case.jobs, peak >> 20, guess >> 20, f"{guess / peak:.2f}")
        click.echo(f"| {' | '.join(map(str, row))} |")


if __name__ == "__main__":
    main()
