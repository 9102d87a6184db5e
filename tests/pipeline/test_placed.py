"""Where a run says that its pages are, and what it says can be done with them."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from mangacolor.pipeline.events import Placed, RunResult
from mangacolor.pipeline.report import progress
from mangacolor.pipeline.report.progress import ProgressDisplay
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import House, go, write_page

DONE = RunResult(0, 1, 1, 0, 0, 0, 1.0, 0, 0)


@pytest.fixture
def series(tmp_path: Path) -> Path:
    for chapter in ("a", "b"):
        (tmp_path / "in" / chapter).mkdir(parents=True)
        for number in (1, 2):
            write_page(tmp_path / "in" / chapter / f"{number}.png", number)
    return tmp_path / "in"


def placed(source: Path, out: Path, house: House | None = None, **options: Any) -> list[Placed]:
    _, events = go(house or House(), source, out, **options)
    return [event for event in events if isinstance(event, Placed)]


def test_a_run_tells_where_its_chapters_are(series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert placed(series, out) == [Placed(out, out, 2, changeable=False)]
    assert placed(series / "a", tmp_path / "one") == [Placed(tmp_path / "one", tmp_path / "one", 1, False)]
    assert placed(series, out) == [Placed(out, out, 2, changeable=False)], "also where all was up to date"


def test_a_lone_archive_is_named_itself(series: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "x"), "zip", series / "a")
    out = tmp_path / "out"
    (place,) = placed((tmp_path / "x.zip").rename(tmp_path / "x.cbz"), out)
    assert place.place == out / "x.cbz" and place.place.is_file() and place.out == out


def test_an_archive_that_stays_as_it_was_is_not_named(series: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "x"), "zip", series / "a")
    book, out, house = (tmp_path / "x.zip").rename(tmp_path / "x.cbz"), tmp_path / "out", House()
    assert placed(book, out, house)
    assert placed(book, out, house, pages="1", force=True) == [], "its page is not packed"
    house.trouble = {"x.cbz/1.png": ValueError("boom")}
    assert placed(book, out, house, on_error="fail", force=True) == [], "nothing is written over it"
    assert [place.place for place in placed(book, out, house, force=True)] == [out / "x.cbz"]


def test_colours_can_be_changed_where_a_chapter_has_a_palette(series: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    placed(series, out)
    palette = State(out).chapter_file("b", "palette.json")
    palette.parent.mkdir(parents=True, exist_ok=True)
    palette.write_text("{}")
    assert placed(series, out) == [Placed(out, out, 2, changeable=True)]


def test_a_run_that_leaves_no_page_says_nothing(series: Path, tmp_path: Path) -> None:
    assert placed(series, tmp_path / "until", until="tint") == []
    house = House()
    house.trouble = {f"{chapter}/{n}.png": ValueError("boom") for chapter in "ab" for n in (1, 2)}
    assert placed(series, tmp_path / "failed", house) == []


def told(*events: Placed | RunResult, **settings: bool) -> list[str]:
    stream = io.StringIO()
    with ProgressDisplay(console=Console(file=stream, width=200, soft_wrap=True), **settings) as display:
        for event in events:
            display(event)
    return stream.getvalue().splitlines()


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Placed(Path("x"), Path("x"), 1, False), "the pages are in x"),
        (
            Placed(Path("x y"), Path("x y/1.cbz"), 1, True),
            "the pages are in x y/1.cbz; to change colours: mangacolor studio 'x y'",
        ),
        (
            Placed(Path("x"), Path("x"), 1200, True),
            "1,200 chapters are in x; to change colours: mangacolor studio x",
        ),
    ],
)
def test_the_last_line_says_it(event: Placed, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "has_packages", lambda _packages: True)
    assert told(event, DONE) == ["1 page: 1 done, in 1.0 s", line]
    assert told(event, DONE, quiet=True) == []
    assert told(event, DONE, advise=False) == ["1 page: 1 done, in 1.0 s"]


def test_where_the_studio_is_not_installed_palette_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "has_packages", lambda _packages: False)
    assert told(Placed(Path("x"), Path("x"), 1, True), DONE)[-1].endswith("mangacolor palette x")
