"""Corrections of panels follow pages that get other names."""

from __future__ import annotations

import shutil
import zipfile
from contextlib import nullcontext
from pathlib import Path

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.system.files import named_since
from mangacolor.formats.opened import OutputFormat
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.store.clean import clean
from mangacolor.pipeline.store.layout import State
from mangacolor.tests.helpers.fake_stages import write_page
from mangacolor.tests.helpers.killed_moves import killed_after
from mangacolor.tests.helpers.renamed import PAGES, Desk, numbered_pages, renumber, stamps


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    numbered_pages(tmp_path / "in")
    return tmp_path / "in"


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


def test_corrections_that_no_run_has_used_follow_too(pages: Path, tmp_path: Path) -> None:
    desk = Desk(pages, tmp_path / "out")
    desk.colour()
    desk.correct("001", "of one")
    desk.correct("004", "of four")
    _let_the_clock_go_on(tmp_path)
    renumber(pages, 1)
    write_page(pages / "001.png", 71)
    plan = plan_run([pages], desk.out, Options(device="cpu"), RunOptions(), desk.graph())
    wanted = ["001.png", "002.png", "005.png"]
    assert sorted(page.page for page in plan.pages if "panels" in page.to_run) == wanted
    assert desk.colour() == {"001.png": "", "002.png": "of one", "005.png": "of four"}
    assert desk.corrections() == {"002": "of one", "005": "of four"}


@pytest.mark.parametrize("form", ["folder", "same"])
def test_those_of_pages_of_an_archive_follow_too(form: OutputFormat, pages: Path, tmp_path: Path) -> None:
    book = tmp_path / "book.cbz"

    def pack() -> None:
        with zipfile.ZipFile(book, "w") as archive:
            for path in sorted(pages.glob("*.png")):
                archive.write(path, path.name)

    pack()
    desk = Desk(book, tmp_path / "out", form)
    desk.colour()
    folder = State(desk.out).edits / ("book" if form == "folder" else "book.cbz")
    folder.mkdir()
    (folder / "003.json").write_text("of three")
    _let_the_clock_go_on(tmp_path)
    renumber(pages, 1)
    pack()
    seen = desk.colour()
    assert [text for page, text in seen.items() if page.endswith("004.png")] == ["of three"]
    assert [path.name for path in folder.iterdir()] == ["004.json"]


@pytest.mark.parametrize("put", [False, True])
def test_one_that_was_made_or_put_there_for_a_page_of_a_new_name_stays(
    put: bool, pages: Path, tmp_path: Path
) -> None:
    desk = Desk(pages, tmp_path / "out")
    desk.colour()
    if put:
        desk.correct("elsewhere", "of the new three")
    renumber(pages, 1)
    _let_the_clock_go_on(tmp_path)
    if put:
        State(desk.out).edits.joinpath("elsewhere.json").rename(State(desk.out).edits / "003.json")
    else:
        desk.correct("003", "of the new three")
    assert desk.colour() == {"003.png": "of the new three"}
    assert desk.corrections() == {"003": "of the new three"}


def _let_the_clock_go_on(folder: Path) -> None:
    """Until what is written has a later moment than what was written before: they go by some milliseconds."""
    first, now = folder / "first", folder / "now"
    first.write_bytes(b"")
    now.write_bytes(b"")
    while named_since(now) <= named_since(first):
        now.write_bytes(b"")


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
