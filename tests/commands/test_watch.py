"""``mangacolor watch`` as people start it: the real stages, signals, a sudden death, a large library."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mangacolor.core.installed import install_command
from mangacolor.core.settings import WatchOptions
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.paths import ROOT
from mangacolor.tests.helpers.stages import comic_page
from mangacolor.tests.helpers.watching import tree

READY_WITHIN = 5.0  # seconds, with a thousand chapters done


class Process:
    """A watch in a process of its own, and what it has said so far."""

    def __init__(self, source: Path, out: Path, *options: str) -> None:
        command = [sys.executable, "-m", "mangacolor", "watch", str(source), "--out", str(out), "--json"]
        self.began = time.monotonic()
        self.log = out.parent / "stdout"
        with self.log.open("w") as stdout, (out.parent / "stderr").open("w") as stderr:
            self.process = subprocess.Popen(
                [*command, "--scale", "1", *options], stdout=stdout, stderr=stderr, cwd=out.parent
            )

    def said(self, event: str) -> list[dict[str, Any]]:
        lines = self.log.read_text().splitlines(keepends=True)
        documents = [json.loads(line) for line in lines if line.endswith("\n")]
        return [document for document in documents if document["event"] == event]

    def wait_for(self, event: str, count: int = 1, patience: float = 200) -> list[dict[str, Any]]:
        self._wait(lambda: len(self.said(event)) >= count, event, patience)
        return self.said(event)

    def _wait(self, is_so: Callable[[], bool], what: str, patience: float) -> None:
        while not is_so():
            assert time.monotonic() - self.began < patience, f"{what} did not come"
            assert self.process.poll() is None or is_so(), (self.log.parent / "stderr").read_text()
            time.sleep(0.05)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


def write_chapter(folder: Path, *seeds: int) -> None:
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        Image.fromarray(comic_page(seed)).save(folder / f"{seed:03}.png")


def test_killed_in_the_middle_it_goes_on_and_does_nothing_twice(tmp_path: Path) -> None:
    write_chapter(tmp_path / "in" / "a", 1)
    seeds = range(2, 14)  # so many that it is still at work when it is killed
    write_chapter(tmp_path / "in" / "b", *seeds)
    watching = Process(tmp_path / "in", tmp_path / "out", "--settle", "0", "--no-harmonize")
    watching.wait_for("chapter_coloured")
    watching.wait_for("page_done", 2)
    assert watching.end(signal.SIGKILL) == -signal.SIGKILL
    finished = {page["page"] for page in watching.said("page_done")}
    times = {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in finished}

    again = Process(tmp_path / "in", tmp_path / "out", "--settle", "0", "--no-harmonize")
    (ready,) = again.wait_for("ready")
    again.wait_for("idle")
    assert again.end(signal.SIGTERM) == 143
    assert (ready["chapters"], ready["done"]) == (2, 1)
    assert [document["chapter"] for document in again.said("chapter_started")] == ["b"]
    coloured = {page["page"] for page in again.said("page_done") if page["stages"]}
    assert coloured.isdisjoint(finished) and len(coloured | finished) == 1 + len(seeds)
    assert sorted(tree(tmp_path / "out")) == ["a/001.png", *(f"b/{seed:03}.png" for seed in seeds)]
    assert times == {name: (tmp_path / "out" / name).stat().st_mtime_ns for name in finished}
    assert again.said("watch_done")[-1]["status"] == 143


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_the_usual_status(tmp_path: Path, number: int, status: int) -> None:
    (tmp_path / "in").mkdir()
    watching = Process(tmp_path / "in", tmp_path / "out")
    watching.wait_for("idle")
    assert watching.end(number) == status
    assert len(watching.said("watch_done")) == 1


def test_settings_come_from_the_file_and_the_environment(tmp_path: Path) -> None:
    write_chapter(tmp_path / "in" / "a", 1)
    (tmp_path / "mangacolor.toml").write_text('settle = 0.5\nonce = true\nscale = "2"\n')
    environment = {**os.environ, "MANGACOLOR_THEN": "no-such-program"}
    command = [sys.executable, "-m", "mangacolor", "watch", "in", "--out", "out"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--then: there is no program 'no-such-program'" in done.stderr
    assert not (tmp_path / "out").exists()
    plain = [sys.executable, "-m", "mangacolor", "plan", "in", "--out", "out"]
    done = subprocess.run(plain, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_watchfiles_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "run.py").write_text(
        "import sys\nsys.modules['watchfiles'] = None\nfrom mangacolor.cli import main\n"
        "main(['watch', 'in', '--out', 'out'])\n"
    )
    done = subprocess.run(
        [sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert install_command("watch") in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_guide_has_the_options_as_they_are() -> None:
    from mangacolor.commands.settings.options import option_table

    assert option_table((WatchOptions,)) in (ROOT / "docs/guide/watch.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_file_that_grows_for_half_a_minute_is_coloured_once(tmp_path: Path) -> None:
    write_chapter(tmp_path / "pages", 1, 2)
    pages = {path.name: path.read_bytes() for path in sorted((tmp_path / "pages").iterdir())}
    data = make_zip(tmp_path / "whole.zip", pages).read_bytes()
    (tmp_path / "in").mkdir()
    watching = Process(tmp_path / "in", tmp_path / "out", "--settle", "5")
    watching.wait_for("idle")
    with (tmp_path / "in" / "x.cbz").open("wb", buffering=0) as file:
        for turn in range(30):
            file.write(data[len(data) * turn // 30 : len(data) * (turn + 1) // 30])
            time.sleep(1)
            assert watching.said("chapter_settled") == []
    watching.wait_for("chapter_coloured")
    watching.end(signal.SIGTERM)
    assert [document["chapter"] for document in watching.said("chapter_started")] == ["x.cbz"]
    assert watching.said("chapter_failed") == watching.said("page_failed") == []
    assert list(tree(tmp_path / "out")) == ["x.cbz"]


@pytest.mark.slow
@pytest.mark.timeout(1000)  # colouring the thousand, that is
def test_with_a_thousand_chapters_done_it_is_ready_in_seconds(tmp_path: Path) -> None:
    """Blank pages, which are copied: what counts is what a watch does with chapters that are done."""
    from PIL import Image

    for number in range(1000):
        folder = tmp_path / "in" / f"series {number % 20}" / f"chapter {number}"
        folder.mkdir(parents=True)
        for page in range(2):
            Image.new("L", (60, 90), 255).save(folder / f"{page}.png")
    first = Process(tmp_path / "in", tmp_path / "out", "--settle", "0", "--once")
    assert first.process.wait(900) == 0
    assert len(first.said("chapter_coloured")) == 1000
    again = Process(tmp_path / "in", tmp_path / "out", "--settle", "0")
    (ready,) = again.wait_for("ready")
    again.wait_for("idle")
    took = time.monotonic() - again.began
    again.end(signal.SIGTERM)
    assert (ready["chapters"], ready["done"]) == (1000, 1000)
    assert again.said("chapter_started") == []
    assert took <= READY_WITHIN
