"""A manifest that is damaged or lost: each page says by itself what was written, and none becomes foreign."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mangacolor.core.errors import UsageError
from mangacolor.core.settings import Options, RunOptions
from mangacolor.pipeline.plan import plan_run
from mangacolor.pipeline.store.clean import clean
from mangacolor.pipeline.store.store import read_store
from mangacolor.tests.helpers.archives import make_zip
from mangacolor.tests.helpers.fake_stages import House, files, go, write_page

PAGES = 4


@pytest.fixture
def coloured(tmp_path: Path) -> tuple[House, Path, Path]:
    source, out, house = tmp_path / "in", tmp_path / "out", House(moody=True)
    source.mkdir()
    for number in range(1, PAGES + 1):
        write_page(source / f"{number}.png", number)
    go(house, source, out)
    return house, source, out


def damage(manifest: Path, how: str) -> None:
    lines = manifest.read_bytes().splitlines(keepends=True)
    match how:
        case "gone":
            manifest.unlink()
        case "zeros":
            manifest.write_bytes(bytes(manifest.stat().st_size))
        case "half":
            manifest.write_bytes(b"".join(lines[: len(lines) // 2])[:-20])


@pytest.mark.parametrize("how", ["gone", "zeros", "half"])
def test_pages_are_up_to_date_without_their_manifest(how: str, coloured: tuple[House, Path, Path]) -> None:
    house, source, out = coloured
    before, calls = files(out), house.calls.copy()
    damage(out / ".mangacolor" / "manifest.jsonl", how)
    result, _ = go(house, source, out)
    assert (result.status, result.cached) == (0, PAGES)
    assert house.calls == calls and files(out) == before
    assert len(read_store(out).manifest.entries()) == PAGES  # mended
    shutil.rmtree(out / ".mangacolor" / "pages")
    assert go(house, source, out)[0].failed == 0


def test_a_file_that_somebody_has_changed_is_not_taken_for_ours(coloured: tuple[House, Path, Path]) -> None:
    house, source, out = coloured
    (out / "2.png").write_bytes(b"somebody's")
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    result, _ = go(house, source, out)
    assert (result.failed, [failure.page for failure in result.failures]) == (1, ["2.png"])
    assert (out / "2.png").read_bytes() == b"somebody's"


def test_a_page_knows_itself_after_clean(coloured: tuple[House, Path, Path]) -> None:
    house, source, out = coloured
    clean(out)
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    assert go(house, source, out)[0].failed == 0


def test_an_archive_knows_itself_too(coloured: tuple[House, Path, Path], tmp_path: Path) -> None:
    house, source, _ = coloured
    out = tmp_path / "books"
    book = make_zip(tmp_path / "book.cbz", {path.name: path.read_bytes() for path in source.iterdir()})
    go(house, book, out)
    before, calls = files(out), house.calls.copy()
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    result, events = go(house, book, out)
    assert (result.status, result.cached) == (0, PAGES) and house.calls == calls
    assert files(out) == before and not [event for event in events if type(event).__name__ == "Warned"]


def test_another_input_does_not_write_over_pages_whose_manifest_is_lost(
    coloured: tuple[House, Path, Path], tmp_path: Path
) -> None:
    house, _, out = coloured
    before = files(out)
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    (tmp_path / "other").mkdir()
    write_page(tmp_path / "other" / "2.png", 50)
    with pytest.raises(UsageError, match="made from another input"):
        go(house, tmp_path / "other", out)
    assert files(out) == before


def test_a_plan_knows_pages_by_themselves_and_mends_nothing(coloured: tuple[House, Path, Path]) -> None:
    house, source, out = coloured
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    plan = plan_run([source], out, Options(device="cpu"), RunOptions(), house.graph())
    assert [page.up_to_date for page in plan.pages] == [True] * PAGES
    assert not (out / ".mangacolor" / "manifest.jsonl").exists()


def test_pages_that_are_renumbered_are_known_without_their_manifest(
    coloured: tuple[House, Path, Path],
) -> None:
    house, source, out = coloured
    damage(out / ".mangacolor" / "manifest.jsonl", "gone")
    for number in range(PAGES, 0, -1):
        (source / f"{number}.png").rename(source / f"{number + 1}.png")
    result, _ = go(house, source, out)
    assert (result.status, house.calls["tint"]) == (0, PAGES)
    assert sorted(path.name for path in out.glob("*.png")) == ["2.png", "3.png", "4.png", "5.png"]
