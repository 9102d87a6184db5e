"""Pages that come, go and change places in any order: each keeps its correction, whatever kills a run."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mangacolor.tests.helpers.fake_stages import write_page
from mangacolor.tests.helpers.killed_moves import killed_after
from mangacolor.tests.helpers.renamed import Desk

Numbered = tuple[int, str]  # a page, whatever it is called, and its suffix


class Shelf:
    """A folder of pages that are called by their place in it."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance, self.made = folder, chance, 0
        self.pages: list[Numbered] = []
        folder.mkdir()

    def make(self, place: int) -> None:
        self.made += 1
        page = self.made, self.chance.choice([".png", ".jpg"])
        write_page(self.folder / "made.png", self.made)
        (self.folder / "made.png").rename(self.folder / _waiting(page))
        self.pages.insert(place, page)

    def change(self) -> None:
        """Let a page come, go, or change places with another."""
        match self.chance.choice(["come", "go", "change places"]):
            case "come":
                self.make(self.chance.randint(0, len(self.pages)))
            case "go" if len(self.pages) > 2:
                (self.folder / _waiting(self.pages.pop(self.chance.randrange(len(self.pages))))).unlink()
            case _:
                one, other = self.chance.sample(range(len(self.pages)), 2)
                self.pages[one], self.pages[other] = self.pages[other], self.pages[one]

    def number(self) -> None:
        for place, page in enumerate(self.pages, 1):
            (self.folder / _waiting(page)).rename(self.folder / f"{place:03}{page[1]}")

    def take_numbers_away(self) -> None:
        for place, page in enumerate(self.pages, 1):
            (self.folder / f"{place:03}{page[1]}").rename(self.folder / _waiting(page))


def _waiting(page: Numbered) -> str:
    return f"page{page[0]}{page[1]}"


@pytest.mark.parametrize("seed", range(16))
def test_each_page_keeps_its_correction(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(seed)
    shelf = Shelf(tmp_path / "in", chance)
    for place in range(4):
        shelf.make(place)
    shelf.number()
    desk = Desk(shelf.folder, tmp_path / "out")
    wanted = {page: f"of {page[0]}" for page in shelf.pages if chance.random() < 0.7}
    for place, page in enumerate(shelf.pages, 1):
        if page in wanted:
            desk.correct(f"{place:03}", wanted[page])
    desk.colour()
    for _ in range(3):
        shelf.take_numbers_away()
        for _ in range(chance.randint(1, 2)):
            shelf.change()
        shelf.number()
        if chance.random() < 0.5:
            _colour_and_die(desk, chance.randint(0, 20), monkeypatch)
        if chance.random() < 0.4:
            desk.colour(f"1-{chance.randint(1, len(shelf.pages))}")
        desk.colour()
        have = desk.corrections()
        assert sorted(have.values()) == sorted(wanted.values())  # those of pages that are gone, too
        here = {page: have.get(f"{place:03}") for place, page in enumerate(shelf.pages, 1)}
        assert {page: here[page] for page in wanted.keys() & here.keys()} == {
            page: wanted[page] for page in wanted.keys() & here.keys()
        }


def _colour_and_die(desk: Desk, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is killed when so many files and folders have moved, if it comes so far."""
    with killed_after(after, monkeypatch) as left:
        try:
            desk.colour()
        except KeyboardInterrupt:
            assert not left[0]
