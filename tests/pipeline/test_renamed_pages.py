"""Pages under other names are not computed again, whatever the numbers of a chapter have become."""

from __future__ import annotations

import os
import shutil
import zipfile
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.types import Artifact, Inputs, Page
from mangacolor.pipeline import renamed_pages
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.clean import clean
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page
from mangacolor.tests.helpers.killed_moves import killed_after

PAGES = 6


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, PAGES + 1):
        write_page(folder / f"{number:03}.png", number)
        os.utime(folder / f"{number:03}.png", (10**9 + number, 10**9 + number))
    return folder


def renumber(folder: Path, by: int) -> None:
    """Give all pages numbers that are larger, or smaller."""
    for path in sorted(folder.glob("*.png"), reverse=by > 0):
        path.rename(path.with_name(f"{int(path.stem) + by:03}.png"))


def colour(house: House, source: Path, out: Path) -> tuple[int, int]:
    """How many pages were judged, and how many went through the network."""
    house.calls.clear()
    result, _ = go(house, source, out)
    assert result.status == 0
    return house.calls["judge"], house.calls["tint"]


def stamps(out: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(out.rglob("*"))}


def is_as_if_new(house: House, source: Path, out: Path, tmp_path: Path) -> bool:
    shutil.rmtree(tmp_path / "new", ignore_errors=True)
    go(House(house.moody), source, tmp_path / "new")
    return files(out) == files(tmp_path / "new")


@pytest.mark.parametrize("moody", [False, True])
def test_pages_in_front_cost_themselves_alone(moody: bool, pages: Path, tmp_path: Path) -> None:
    house, out = House(moody), tmp_path / "out"
    assert colour(house, pages, out) == (PAGES, PAGES)
    renumber(pages, 2)
    write_page(pages / "001.png", 71)
    write_page(pages / "002.png", 72)
    assert colour(house, pages, out) == (2, 2)
    assert is_as_if_new(house, pages, out, tmp_path)
    assert colour(house, pages, out) == (0, 0)


def test_pages_gone_from_the_front_cost_nothing(pages: Path, tmp_path: Path) -> None:
    house, out = House(), tmp_path / "out"
    colour(house, pages, out)
    (pages / "001.png").unlink()
    renumber(pages, -1)
    assert colour(house, pages, out) == (0, 0)
    assert is_as_if_new(house, pages, out, tmp_path)
    assert (out / ".mangacolor" / "removed" / "006.png").is_file()


def test_pages_that_change_places_cost_nothing(pages: Path, tmp_path: Path) -> None:
    house, out = House(), tmp_path / "out"
    colour(house, pages, out)
    (pages / "001.png").rename(pages / "x.png")
    (pages / "005.png").rename(pages / "001.png")
    (pages / "x.png").rename(pages / "005.png")
    (pages / "003.png").rename(pages / "cover.png")
    assert colour(house, pages, out) == (0, 0)
    assert is_as_if_new(house, pages, out, tmp_path)
    (pages / "cover.png").rename(pages / "003.png")
    assert colour(house, pages, out) == (0, 0)


def test_of_pages_that_are_the_same_each_keeps_what_it_has(pages: Path, tmp_path: Path) -> None:
    house, out = House(), tmp_path / "out"
    shutil.copy2(pages / "002.png", pages / "004.png")
    colour(house, pages, out)
    (pages / "002.png").rename(pages / "009.png")
    shutil.copy2(pages / "009.png", pages / "008.png")
    assert colour(house, pages, out) == (1, 1)  # three of which two are kept
    assert is_as_if_new(house, pages, out, tmp_path)


def test_another_page_under_an_old_name_takes_nothing_over(pages: Path, tmp_path: Path) -> None:
    house, out = House(), tmp_path / "out"
    colour(house, pages, out)
    write_page(pages / "002.png", 80)
    assert colour(house, pages, out) == (1, 1)
    assert is_as_if_new(house, pages, out, tmp_path)


def test_pages_of_an_archive_follow_too(pages: Path, tmp_path: Path) -> None:
    house, out, book = House(), tmp_path / "out", tmp_path / "book.cbz"

    def pack() -> None:
        with zipfile.ZipFile(book, "w") as archive:
            for path in sorted(pages.glob("*.png")):
                archive.write(path, path.name)

    pack()
    assert colour(house, book, out) == (PAGES, PAGES)
    renumber(pages, 1)
    write_page(pages / "001.png", 71)
    pack()
    assert colour(house, book, out) == (1, 1)
    with zipfile.ZipFile(out / "book.cbz") as made:
        assert len(made.namelist()) == PAGES + 1


def test_what_has_not_changed_is_not_read_to_be_followed(
    pages: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, out = House(), tmp_path / "out"
    colour(house, pages, out)
    monkeypatch.setattr(renamed_pages, "_hash_of", lambda page: pytest.fail(f"{page.name} is read"))
    colour(house, pages, out)
    write_page(pages / "009.png", 9)  # nothing is kept that it could take over
    assert colour(house, pages, out) == (1, 1)


@pytest.mark.parametrize("moody", [False, True])
def test_a_plan_foresees_it(moody: bool, pages: Path, tmp_path: Path) -> None:
    house, out = House(moody), tmp_path / "out"
    colour(house, pages, out)
    renumber(pages, 1)
    write_page(pages / "001.png", 71)
    before = stamps(out)
    plan = plan_run([pages], out, Options(device="cpu"), RunOptions(), house.graph())
    assert [page.page for page in plan.pages if "tint" in page.to_run] == ["001.png"]
    assert stamps(out) == before


# Corrections of panels


class Desk:
    """A chapter whose stage ``panels`` goes by the corrections; says which page got which."""

    def __init__(self, pages: Path, out: Path) -> None:
        self.pages, self.out, self.seen = pages, out, dict[str, str]()
        (out / ".mangacolor" / "edits").mkdir(parents=True)

    def correct(self, page: str, text: str) -> None:
        State(self.out).edits.joinpath(f"{page}.json").write_text(text)

    def corrections(self) -> dict[str, str]:
        return {path.stem: path.read_text() for path in State(self.out).edits.glob("*.json")}

    def colour(self, some: str | None = None) -> dict[str, str]:
        """What stands in the correction of each page that was worked on."""
        self.seen = {}
        options = RunOptions(jobs=1, pages=some)
        run([self.pages], self.out, Options(device="cpu"), options, graph=self.graph(), emit=lambda _: None)
        return self.seen

    def graph(self) -> Graph:
        def judge(_context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
            return Artifact({}, {"main": np.zeros((2, 2), np.uint8)})

        def panels(context: StageContext[NoConfig], _inputs: Inputs) -> Artifact:
            self.seen[context.page.name] = _correction(context.page)
            return Artifact({"suffix": ".png"}, blob=context.source)

        return Graph(
            [
                Stage("judge", judge, no_config, decides=True),
                Stage("panels", panels, no_config, ("judge",), page_fingerprint=_correction),
            ]
        )


def _correction(page: Page) -> str:
    return page.edit.read_text() if page.edit else ""


@pytest.fixture
def desk(pages: Path, tmp_path: Path) -> Desk:
    desk = Desk(pages, tmp_path / "out")
    desk.correct("001", "of one")
    desk.correct("003", "of three")
    desk.correct("006", "of six")
    desk.colour()
    return desk


def test_a_correction_follows_its_page(desk: Desk) -> None:
    renumber(desk.pages, 1)
    write_page(desk.pages / "001.png", 71)
    assert desk.colour() == {"001.png": ""}
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}


def test_a_plan_foresees_that_a_correction_follows(desk: Desk) -> None:
    renumber(desk.pages, 1)
    write_page(desk.pages / "001.png", 71)
    plan = plan_run([desk.pages], desk.out, Options(device="cpu"), RunOptions(), desk.graph())
    assert [page.page for page in plan.pages if "panels" in page.to_run] == ["001.png"]
    assert desk.corrections() == {"001": "of one", "003": "of three", "006": "of six"}


def test_a_correction_of_a_page_that_is_gone_is_not_anothers(desk: Desk) -> None:
    (desk.pages / "001.png").unlink()
    renumber(desk.pages, -1)
    assert desk.colour() == {}
    assert desk.corrections() == {"002": "of three", "005": "of six", "006": "of one"}


def test_corrections_that_somebody_has_moved_stay_there(desk: Desk) -> None:
    renumber(desk.pages, 1)
    edits = State(desk.out).edits
    for path in sorted(edits.glob("*.json"), reverse=True):
        path.rename(path.with_name(f"{int(path.stem) + 1:03}.json"))
    assert desk.colour() == {}
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}


@pytest.mark.parametrize("asked", ["1-2", "2", "3,6"])
def test_corrections_follow_a_run_of_some_pages_and_the_next(asked: str, desk: Desk) -> None:
    renumber(desk.pages, 1)
    write_page(desk.pages / "001.png", 71)
    new = {"001.png": ""}
    seen = desk.colour(asked)
    assert seen == (new if asked == "1-2" else {})
    assert desk.colour() == ({} if seen else new)
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}


def test_a_run_of_some_pages_writes_over_no_work_of_one_whose_place_they_took(desk: Desk) -> None:
    for number in range(PAGES, 2, -1):
        (desk.pages / f"{number:03}.png").rename(desk.pages / f"{number + 1:03}.png")
    write_page(desk.pages / "003.png", 71)
    assert desk.colour("3") == {"003.png": ""}
    assert desk.colour() == {}
    assert desk.corrections() == {"001": "of one", "004": "of three", "007": "of six"}


def test_one_correction_that_is_new_keeps_no_other_from_following(desk: Desk) -> None:
    desk.correct("002", "of two")  # and no run since
    renumber(desk.pages, 1)
    assert desk.colour() == {"003.png": "of two"}
    assert desk.corrections() == {"002": "of one", "003": "of two", "004": "of three", "007": "of six"}


def test_corrections_follow_pages_of_several_suffixes(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for number, name in enumerate(("001.jpg", "002.png", "003.jpg"), 1):
        write_page(source / "x.png", number)
        (source / "x.png").rename(source / name)
    desk = Desk(source, tmp_path / "out")
    for number in range(1, 4):
        desk.correct(f"{number:03}", f"of {number}")
    desk.colour()
    for path in sorted(source.iterdir(), reverse=True):
        path.rename(path.with_name(f"{int(path.stem) + 1:03}{path.suffix}"))
    write_page(source / "x.png", 71)
    (source / "x.png").rename(source / "001.jpg")
    assert desk.colour() == {"001.jpg": ""}
    assert desk.corrections() == {"002": "of 1", "003": "of 2", "004": "of 3"}


def test_a_correction_of_a_page_that_is_gone_is_not_that_of_a_new_one(desk: Desk) -> None:
    (desk.pages / "001.png").unlink()
    renumber(desk.pages, -1)
    write_page(desk.pages / "006.png", 71)
    assert desk.colour() == {"006.png": ""}
    assert desk.corrections() == {"002": "of three", "005": "of six", "001 (2)": "of one"}


def copy_of_first(desk: Desk, folder: Path, name: str) -> None:
    """Name as the input a folder with the same page as the chapter's first, and make it newer."""
    folder.mkdir()
    shutil.copy(desk.pages / "001.png", folder / name)
    desk.pages = folder


def test_a_run_that_is_refused_moves_nothing(desk: Desk, tmp_path: Path) -> None:
    before = stamps(State(desk.out).folder / "pages"), desk.corrections()
    copy_of_first(desk, tmp_path / "other", "003.png")
    with pytest.raises(UsageError, match="made from another input"):
        desk.colour()
    assert (stamps(State(desk.out).folder / "pages"), desk.corrections()) == before


def test_the_same_page_of_another_chapter_takes_nothing_away(desk: Desk, tmp_path: Path) -> None:
    before, first = desk.corrections(), desk.pages
    copy_of_first(desk, tmp_path / "other", "101.png")
    assert desk.colour() == {"101.png": ""}
    assert desk.corrections() == before
    desk.pages = first
    assert desk.colour() == {}


def test_the_correction_of_another_input_s_page_stays_with_it(desk: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    write_page(other / "a.png", 61)
    first, desk.pages = desk.pages, other
    desk.correct("x", "of a")
    (other / "a.png").rename(other / "x.png")
    desk.colour()
    desk.pages = first
    write_page(first / "made.png", 1)
    (first / "001.png").unlink()
    (first / "made.png").rename(first / "x.jpg")
    desk.colour()
    assert desk.corrections() == {"x": "of a", "x (2)": "of one", "003": "of three", "006": "of six"}


def test_an_archive_of_a_new_name_stays_what_it_is(pages: Path, tmp_path: Path) -> None:
    house, out = House(), tmp_path / "out"
    with zipfile.ZipFile(pages / "book.cbz", "w") as archive:
        for number in range(80, 83):
            write_page(tmp_path / f"{number}.png", number)
            archive.write(tmp_path / f"{number}.png", f"{number}.png")
    colour(house, pages, out)
    (pages / "001.png").rename(pages / "book.png")
    assert colour(house, pages, out) == (0, 0)
    kept = out / ".mangacolor" / "pages"
    assert (kept / "book.png").is_dir() and len(list((kept / "book.cbz").glob("8?.png"))) == 3


MOVES = 1 + 2 * (PAGES + 3)  # the note of them, and folders and corrections, there and back


@pytest.mark.parametrize("after", range(0, MOVES + 1, 2))
def test_a_run_that_is_killed_while_they_move_loses_nothing(
    desk: Desk, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    renumber(desk.pages, 1)
    ends = pytest.raises(KeyboardInterrupt) if after < MOVES else nullcontext()
    with killed_after(after, monkeypatch), ends:
        desk.colour()
    assert desk.colour() == {}
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}
    assert not State(desk.out).moving.exists()


def test_what_is_made_before_an_end_is_put_to_moves_stays(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    renumber(desk.pages, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "touch", lambda _path: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            desk.colour()
    desk.correct("002", "mine")
    desk.colour()
    assert desk.corrections() == {"002": "mine", "002 (2)": "of one", "004": "of three", "007": "of six"}


def test_clean_ends_what_a_killed_run_was_moving(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    renumber(desk.pages, 1)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "touch", lambda _path: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception):
            desk.colour()
    clean(desk.out, everything=True)
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}
