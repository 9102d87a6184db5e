"""``make bench``: every ratio that docs/design/performance.md speaks of, from one run.

    python benchmarks/speed/run.py [CHAPTER] [--only colour,upscale,...] [--older COMMIT] [--repeat 3]

What is compared alternates, on one core each; the whole command runs on all of them. A ratio is given by
the wall and by CPU seconds: on a busy machine go by the latter. Results go to ``--out`` (build/bench):
``latest.json``, a line more in ``history.jsonl``, and ``ratios.svg``. ``taskset -c 1`` before it keeps off
a busy core 0.
"""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from mangacolor.benchmarks.speed.command import (
    ROOT,
    bench_chapter,
    bench_files,
    bench_start,
    bench_steady,
    first_version,
    has_git,
)
from mangacolor.benchmarks.speed.plot import ratios_svg
from mangacolor.benchmarks.speed.timing import Ratio
from mangacolor.core.types import Image
from mangacolor.models.runtime.backends import CpuBackend, cpu_backend

LARGE = (1400, 2000)

Part = Callable[[], tuple[dict[str, Any], list[Ratio]]]


@click.command(help=__doc__)
@click.argument("chapter", type=click.Path(path_type=Path, exists=True), default=ROOT / "examples/chapter")
@click.option("--only", default="", help="Parts to run, with commas; all by default.")
@click.option("--older", help="The commit to hold the whole command against; the first that had weights.")
@click.option("--repeat", default=3, help="Rounds; the median counts.")
@click.option("--out", type=click.Path(path_type=Path), default=ROOT / "build/bench")
def main(chapter: Path, only: str, older: str | None, repeat: int, out: Path) -> None:
    figures: dict[str, Any] = {}
    ratios: list[Ratio] = []
    for name, part in chosen(parts(chapter, older or first_version(), repeat), only).items():
        click.echo(f"{name} …", err=True)
        figures[name], found = part()
        ratios += found
        result = summary(figures, ratios)
        text = json.dumps(result, indent=2, ensure_ascii=False)
        out.mkdir(parents=True, exist_ok=True)
        (out / "latest.json").write_text(text + "\n", encoding="utf-8")  # a run cut short leaves what it has
    with (out / "history.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(result, ensure_ascii=False) + "\n")
    (out / "ratios.svg").write_text(ratios_svg(ratios), encoding="utf-8")
    print(text)
    print(table(ratios))


def chosen(parts: dict[str, Part], only: str) -> dict[str, Part]:
    """The parts that ``only`` names with commas by their first words; all where it is empty.

    Raises ``UsageError`` where it names one that there is not.
    """
    names = {name: name.partition(" ")[0] for name in parts}
    wanted = {name.strip() for name in only.split(",")} if only else set(names.values())
    if unknown := sorted(wanted - set(names.values())):
        known = ", ".join(dict.fromkeys(names.values()))
        raise click.UsageError(f"--only {only}: there is no part {unknown[0]!r}. There are: {known}.")
    return {name: part for name, part in parts.items() if names[name] in wanted}


def summary(figures: dict[str, Any], ratios: list[Ratio]) -> dict[str, Any]:
    """What goes into the files."""
    return {
        "commit": commit(),
        "when": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()} {platform.system()}, Python {platform.python_version()}",
        "ratios": {
            r.name: {"wall": round(r.wall, 3), "cpu": round(r.cpu, 3), "goal": r.goal} for r in ratios
        },
        "figures": figures,
    }


def parts(chapter: Path, older: str | None, repeat: int) -> dict[str, Part]:
    """What can be measured; back ends that are not installed are left out."""
    from mangacolor.benchmarks.speed.colour import bench_colour
    from mangacolor.benchmarks.speed.upscale import bench_upscale

    page = first_page(chapter)
    large = np.asarray(cv2.resize(page, LARGE, interpolation=cv2.INTER_CUBIC), np.uint8)
    backends: list[CpuBackend] = ["torch"]
    if cpu_backend("auto") == "ncnn":
        backends.append("ncnn")
    colour: dict[str, Part] = {
        f"colour {name}": partial(on_one_core, partial(bench_colour, large, name, repeat))
        for name in backends
    }
    return {
        "start": lambda: bench_start(5),
        "files": lambda: bench_files(page, repeat),
        **colour,
        "upscale": lambda: on_one_core(lambda: bench_upscale(page, backends, repeat)),
        "steady": lambda: bench_steady(chapter),
        "chapter": lambda: bench_chapter(chapter, older),
    }


def on_one_core(part: Part) -> tuple[dict[str, Any], list[Ratio]]:
    """torch's threads are set to one; ours share tiles, so CPU seconds are what compares."""
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    return part()


def first_page(chapter: Path) -> Image:
    path = min(path for path in chapter.iterdir() if path.suffix in (".png", ".jpg", ".webp"))
    read = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if read is None:
        raise click.ClickException(f"{path} is no picture that OpenCV reads")
    return np.asarray(read, np.uint8)


def commit() -> str:
    if not has_git():
        return "unknown"
    return subprocess.check_output(["git", "describe", "--always", "--dirty"], cwd=ROOT, text=True).strip()


def table(ratios: list[Ratio]) -> str:
    marks = {True: "met", False: "MISSED", None: ""}
    rows = [f"{'':58}{'wall':>8}{'CPU':>8}{'goal':>8}"]
    for one in ratios:
        goal = "" if one.goal is None else f"{'≤' if one.at_most else '≥'} {one.goal:g}"
        rows.append(f"{one.name:58}{one.wall:8.2f}{one.cpu:8.2f}{goal:>8}  {marks[one.met]}")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
