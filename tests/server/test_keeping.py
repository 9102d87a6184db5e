"""What a server keeps on its disk: answers, and the folders of series."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mangacolor.core.settings import Options
from mangacolor.core.types import Artifact, Page
from mangacolor.models.colour.runner import ColourRunner, load_colour_runner
from mangacolor.pipeline.engine.cancel import CancelToken
from mangacolor.pipeline.engine.single_page import PageRunner
from mangacolor.server.answers_cache import AnswersCache
from mangacolor.server.http.refusal import Refusal
from mangacolor.server.kept_references import ServedReferences
from mangacolor.server.page_engine import PageEngine
from mangacolor.server.pages import Answer, PageRequest
from mangacolor.server.series import MEMORY, PALETTE, WEIGHTS, SeriesShelf, clean_title, folder_name
from mangacolor.tests.helpers.coloured_series import page_in_colour
from mangacolor.tests.helpers.servers import as_file, files_under, png
from mangacolor.tests.helpers.stages import comic_page, tiny_weights


def key(number: int) -> str:
    return f"{number:064x}"


def test_an_answer_comes_back(tmp_path: Path) -> None:
    answer = Answer(b"\nbytes\n\0", "image/png", "in colour already")
    AnswersCache(tmp_path, 10_000).save(key(1), answer)
    again = AnswersCache(tmp_path, 10_000)
    assert again.load(key(1)) == answer
    assert again.load(key(2)) is None


@pytest.mark.parametrize(
    "damage", [b"", b"{}\nx", b"no json", b'{"media_type": "image/png", "left": "", "size": 9}\nx']
)
def test_a_damaged_answer_is_none(tmp_path: Path, damage: bytes) -> None:
    cache = AnswersCache(tmp_path, 10_000)
    cache.save(key(1), Answer(b"x", "image/png"))
    (path,) = tmp_path.glob("*/*")
    path.write_bytes(damage)
    assert cache.load(key(1)) is None
    cache.save(key(1), Answer(b"x", "image/png"))
    assert cache.load(key(1)) is not None


def test_what_was_used_least_recently_goes_first(tmp_path: Path) -> None:
    cache = AnswersCache(tmp_path, 10_000)
    for number in range(9):
        cache.save(key(number), Answer(bytes(1000), "image/png"))
        (path,) = tmp_path.glob(f"*/{key(number)}.answer")
        os.utime(path, (number, number))
    assert cache.load(key(0)) is not None  # used now
    for number in range(9, 30):
        cache.save(key(number), Answer(bytes(1000), "image/png"))
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 10_000
    assert cache.load(key(29)) is not None
    assert cache.load(key(1)) is None
    assert cache.load(key(2)) is None


def test_answers_that_somebody_else_has_removed_are_not_counted(tmp_path: Path) -> None:
    cache = AnswersCache(tmp_path, 10_000)
    for number in range(8):
        cache.save(key(number), Answer(bytes(1000), "image/png"))
    for path in tmp_path.glob("*/*"):
        path.unlink()
    for number in range(10, 18):
        cache.save(key(number), Answer(bytes(1000), "image/png"))
    assert all(cache.load(key(number)) for number in range(10, 18))


def test_the_size_is_known_after_a_restart(tmp_path: Path) -> None:
    for number in range(30):
        AnswersCache(tmp_path, 10_000).save(key(number), Answer(bytes(1000), "image/png"))
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 10_000


TITLES = (
    "../../etc/passwd",
    "/",
    "\\\\host\\share",
    "CON",
    "a" * 5000,
    "\u202eevil",
    "..",
    ".",
    "x\0y",
    "日本" * 90,
    "🐉",
    "%2e",
)


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_one_plain_name(title: str) -> None:
    name = folder_name(clean_title(title))
    assert name and len(name.encode()) <= 255
    assert not set(name) & set('/\\.:*?"<>|\0 ')
    assert name[-8:].isalnum()


def test_titles_are_told_apart_and_found_again() -> None:
    assert folder_name("One Piece").startswith("one-piece-")
    assert folder_name("One Piece") == folder_name("ONE PIECE") == folder_name("Ｏｎｅ Piece")
    assert len({folder_name(title) for title in ("A!", "A?", "A", "a b", "ab")}) == 5
    assert clean_title("  Two\n\tlines  ") == "Two lines"
    assert clean_title("\0\x07") == ""


def test_series_are_bounded_and_keep_what_is_the_users(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path, most=3)
    for number, title in enumerate("ABC"):
        series = shelf.find(title)
        assert series is not None and shelf.memory_of(series)
        os.utime(series.folder, (number, number))
    first = shelf.find("A")
    assert first is not None
    (first.folder / PALETTE).write_text("{}")
    os.utime(first.folder, (0, 0))
    newest = shelf.find("D")
    assert newest is not None and shelf.memory_of(newest)
    assert sorted((path / "title.txt").read_text().strip() for path in tmp_path.iterdir()) == ["A", "C", "D"]
    for path in tmp_path.iterdir():
        (path / PALETTE).write_text("{}")
    another = shelf.find("E")
    assert another is not None and shelf.memory_of(another) is None


def test_whatever_a_user_put_beside_a_series_is_never_forgotten(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path, most=2)
    for number, title in enumerate("AB"):
        series = shelf.find(title)
        assert series is not None and shelf.memory_of(series)
        (series.folder / f"{MEMORY}.damaged").write_bytes(b"ours")
        os.utime(series.folder, (number, number))
    first, second = shelf.find("A"), shelf.find("B")
    assert first is not None and second is not None
    (first.folder / "covers").mkdir()
    os.utime(first.folder, (0, 0))
    newest = shelf.find("C")
    assert newest is not None and shelf.memory_of(newest)
    assert first.folder.exists() and not second.folder.exists()


def test_a_series_has_its_own_palette_and_network(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path)
    series = shelf.find("A Title")
    assert series is not None
    assert series.options(Options()) == Options()
    series.folder.mkdir(parents=True)
    (series.folder / PALETTE).write_text("{}")
    (series.folder / WEIGHTS).write_bytes(b"x")
    palette, weights = str(series.folder / PALETTE), str(series.folder / WEIGHTS)
    assert series.options(Options()) == Options(palette=palette, weights=weights)


def test_keys_tell_apart_what_looks_different(tmp_path: Path) -> None:
    shelf = SeriesShelf(tmp_path)
    engine = PageEngine(PageRunner(), shelf)
    page = PageRequest(png(), Options(scale="1", device="cpu"))
    others = [
        replace(page, data=png(1)),
        replace(page, series="A Title"),
        replace(page, form="jpeg"),
        replace(page, visitor="https://one.example"),
        replace(page, colour=False),
        *(
            replace(page, options=replace(page.options, **change))
            for change in ({"saturation": 1.5}, {"scale": "2"})
        ),
    ]
    keys = [engine.key(request) for request in (page, *others)]
    assert len(set(keys)) == len(keys)
    assert engine.key(page) == keys[0]
    series = shelf.find("A Title")
    assert series is not None
    series.folder.mkdir()
    (series.folder / PALETTE).write_text(json.dumps({"groups": []}))
    limits = replace(page, options=replace(page.options, max_pixels=10**6))
    assert engine.key(limits) == keys[0]
    assert files_under(tmp_path) == {f"{series.folder.name}/{PALETTE}"}


def test_references_are_seen_by_the_network_that_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(weights: str, *options: Any) -> ColourRunner:
        loaded.append(weights)
        return load_colour_runner(weights, *options)

    monkeypatch.setattr("mangacolor.models.colour.runner.load_colour_runner", load)
    cover, weights = tmp_path / "cover.png", str(tiny_weights(tmp_path))
    cover.write_bytes(as_file(page_in_colour(300, 280)))
    options = Options(scale="1", device="cpu", cpu_backend="torch", weights=weights, reference=str(cover))
    engine = PageEngine(PageRunner(), SeriesShelf(tmp_path / "series"))
    for page in (comic_page(300, 280), comic_page(310, 280)):
        engine.colour(PageRequest(as_file(page), options), CancelToken())
    assert loaded == [weights]


def test_a_reference_is_seen_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    cover = tmp_path / "cover.png"
    cover.write_bytes(as_file(page_in_colour(300, 280)))
    options = Options(
        scale="1",
        device="cpu",
        cpu_backend="torch",
        weights=str(tiny_weights(tmp_path)),
        reference=str(cover),
    )
    runs: list[str] = []

    class Counting(PageRunner):
        def run(self, page: Page, *given: Any, **named: Any) -> dict[str, Artifact]:
            runs.append(page.name)
            return super().run(page, *given, **named)

    told: list[str] = []

    def answer(folder: Path) -> bytes:
        """As of a server that has just been started."""
        references = ServedReferences(folder, told.append)
        engine = PageEngine(Counting(), SeriesShelf(tmp_path / "series"), references=references)
        return engine.colour(PageRequest(as_file(comic_page(300, 280)), options), CancelToken()).data

    kept = tmp_path / "references"
    first, again = answer(kept), answer(kept)
    assert first == again and runs == ["page.png", "cover.png", "page.png"]
    cover.write_bytes(as_file(page_in_colour(300, 280)[::-1]))
    answer(kept)
    assert runs[3:] == ["page.png", "cover.png"] and len(list(kept.iterdir())) == 2 and not told
    broken = tmp_path / "file"
    broken.write_bytes(b"")
    answer(broken / "references")  # no folder can be made there
    assert runs[5:] == ["page.png", "cover.png"] and "is not kept" in told[0]


def test_an_answer_by_a_reference_that_has_changed_is_another_one(tmp_path: Path) -> None:
    covers = tmp_path / "covers"
    covers.mkdir()
    cover = covers / "cover.png"
    cover.write_bytes(as_file(page_in_colour(300, 280)))
    options = Options(scale="1", device="cpu", weights=str(tiny_weights(tmp_path)), reference=str(covers))
    engine = PageEngine(PageRunner(), SeriesShelf(tmp_path / "series"))
    page = PageRequest(as_file(comic_page(300, 280)), options)
    keys = [engine.key(page), engine.key(page)]
    cover.write_bytes(as_file(page_in_colour(300, 280)[::-1]))
    keys.append(engine.key(page))
    (covers / "second.png").write_bytes(as_file(page_in_colour(280, 300)))
    keys.append(engine.key(page))
    assert keys[0] == keys[1] and len(set(keys)) == 3
    shutil.rmtree(covers)
    with pytest.raises(Refusal, match="there is no such file"):
        engine.key(page)


def test_references_seen_last_stay_when_a_server_begins(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        os.utime(tmp_path / str(number), (number, number))
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    ServedReferences(tmp_path, print, most=2)
    assert {path.name for path in tmp_path.iterdir()} == {"2", "3", "link"}
