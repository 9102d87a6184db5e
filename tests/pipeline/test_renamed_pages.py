"""Pages under other names are not computed again, whatever the numbers of a chapter have become."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mangacolor.core.settings import Options, RunOptions
from mangacolor.core.system.files import move_file
from mangacolor.core.types import Artifact, Inputs, Page
from mangacolor.pipeline import renamed_pages
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.run import run
from mangacolor.pipeline.store.layout import State
from mangacolor.stages.base import NoConfig, Stage, StageContext, no_config
from mangacolor.stages.graph import Graph
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page

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
    before = {path: path.stat() for path in sorted(out.rglob("*"))}
    plan = plan_run([pages], out, Options(device="cpu"), RunOptions(), house.graph())
    assert [page.page for page in plan.pages if "tint" in page.to_run] == ["001.png"]
    assert {path: path.stat() for path in sorted(out.rglob("*"))} == before


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

    def colour(self) -> dict[str, str]:
        """What stands in the correction of each page that was worked on."""
        self.seen = {}
        options = RunOptions(jobs=1)
        run([self.pages], self.out, Options(device="cpu"), options, graph=self._graph(), emit=lambda _: None)
        return self.seen

    def _graph(self) -> Graph:
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


@pytest.mark.parametrize("after", range(12))
def test_a_run_that_is_killed_while_they_move_loses_no_correction(
    desk: Desk, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    renumber(desk.pages, 1)
    left = [after]

    def die(source: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        move_file(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(renamed_pages, "move_file", die)
        with pytest.raises(KeyboardInterrupt):
            desk.colour()
    desk.colour()
    assert desk.corrections() == {"002": "of one", "004": "of three", "007": "of six"}
    assert not [path.name for path in State(desk.out).folder.iterdir() if path.name.startswith("edits-")]
