"""The bench's own arithmetic: ratios, goals, turns, and the plot."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner

from mangacolor.benchmarks.speed import run
from mangacolor.benchmarks.speed.plot import ratios_svg
from mangacolor.benchmarks.speed.run import chosen, parts, table
from mangacolor.benchmarks.speed.timing import Ratio, Seconds, alternate, ratio
from mangacolor.core.cpu import usable_cores
from mangacolor.models.runtime.parallel import parallel_map
from mangacolor.tests.helpers.paths import ROOT


def test_a_goal_counts_by_cpu_seconds() -> None:
    slow, fast = Seconds(9, 6), Seconds(1, 3)
    assert ratio("r", slow, fast, 2).met
    assert ratio("r", slow, fast, 2.5).met is False
    assert ratio("r", slow, fast, 1.9, at_most=True).met is False
    assert ratio("r", slow, fast).met is None


def test_ways_take_turns() -> None:
    calls: list[str] = []
    times = alternate({name: lambda name=name: calls.append(name) for name in "ab"}, 2)  # type: ignore[misc]
    assert "".join(calls) == "ababab"  # the first of each warms up
    assert all(seconds.wall >= 0 for seconds in times.values())


def test_the_plot_and_the_table_show_what_was_missed() -> None:
    ratios = [Ratio("page <1>", 3, 4, 2), Ratio("b", 1, 1, 2), Ratio("no goal", 1, 1)]
    bars = ElementTree.fromstring(ratios_svg(ratios)).findall("{*}rect")
    assert [bar.get("fill") for bar in bars] == ["#2a8f5c", "#c2542d"]
    assert int(bars[0].get("width", 0)) == 4 * int(bars[1].get("width", 0))
    assert "MISSED" in table(ratios).splitlines()[2]


def test_the_bench_has_its_parts() -> None:
    found = parts(ROOT / "examples/chapter", None, 1)
    assert {"start", "files", "colour torch", "upscale", "steady", "chapter"} <= found.keys()


def test_of_its_parts_those_that_are_named_are_run() -> None:
    there: dict[str, run.Part] = {name: lambda: ({}, []) for name in ("start", "colour torch", "colour ncnn")}
    assert [*chosen(there, "")] == [*there]
    assert [*chosen(there, "start")] == ["start"]
    assert [*chosen(there, "colour, start")] == [*there]
    with pytest.raises(click.UsageError, match=r"no part 'stark'\. There are: start, colour"):
        chosen(there, "colour,stark")


def test_a_bench_cut_short_leaves_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> NoReturn:
        raise RuntimeError("cut short")

    made = {"start": lambda: ({"seconds": 1}, [Ratio("a", 1, 2, 3)]), "files": broken}
    monkeypatch.setattr(run, "parts", lambda *_: made)
    given = ["--out", str(tmp_path)]
    assert isinstance(CliRunner().invoke(run.main, given).exception, RuntimeError)
    kept = json.loads((tmp_path / "latest.json").read_text())
    assert (kept["figures"], list(kept["ratios"])) == ({"start": {"seconds": 1}}, ["a"])
    assert not (tmp_path / "history.jsonl").exists()
    assert CliRunner().invoke(run.main, [*given, "--only", "start"]).exit_code == 0
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 1
    assert CliRunner().invoke(run.main, [*given, "--only", "nonsense"]).exit_code == 2


def test_work_is_shared_out_in_order() -> None:
    assert parallel_map(lambda number: number * number, range(50)) == [
        number * number for number in range(50)
    ]
    assert usable_cores() >= 1


_COUNTS_THREADS = """
import os
import mangacolor.cli
from mangacolor.benchmarks.speed import pretended_cores

def multiply(_arguments):
    import numpy as np
    assert (np.ones((600, 600)) @ np.ones((600, 600))).all()
    print("threads", len(os.listdir("/proc/self/task")), flush=True)

mangacolor.cli.main = multiply
pretended_cores.pretend(4, [])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_libraries_have_no_team_where_cores_are_pretended() -> None:
    """As in the command: NumPy's own threads would be counted as ours."""
    environment = {name: value for name, value in os.environ.items() if "BLAS" not in name}
    made = subprocess.run(
        [sys.executable, "-c", _COUNTS_THREADS],
        env=environment | {"OMP_NUM_THREADS": "4"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "threads 2\n" in made.stdout and "  4 cores: " in made.stdout  # the second one watches
