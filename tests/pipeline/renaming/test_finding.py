"""Pages under other names are not computed again, whatever the numbers of a chapter have become."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.renaming import finding
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page
from mangacolor.tests.helpers.renamed import PAGES, numbered_pages, renumber, stamps


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    numbered_pages(tmp_path / "in")
    return tmp_path / "in"


def colour(house: House, source: Path, out: Path) -> tuple[int, int]:
    """How many pages were judged, and how many went through the network."""
    house.calls.clear()
    result, _ = go(house, source, out)
    assert result.status == 0
    return house.calls["judge"], house.calls["tint"]


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
    monkeypatch.setattr(finding, "_hash_of", lambda page: pytest.fail(f"{page.name} is read"))
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
