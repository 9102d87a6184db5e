"""The guest's pages: which of them are tried first, what enters the key, and what is refused."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage

from mangacolor.core.errors import InputError, UsageError
from mangacolor.core.settings import Options
from mangacolor.core.types import Chapter, KnownChapters, Page
from mangacolor.formats.sources import FileSource
from mangacolor.stages.guest import collection
from mangacolor.stages.guest.collection import hash_collection, read_collection
from mangacolor.stages.guest.stage import check
from mangacolor.tests.helpers.stages import Bytes


def put(path: Path, shade: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.fromarray(np.full((8, 8, 3), shade, np.uint8)).save(path)
    return path


def tried(folder: Path, name: str, number: int) -> list[str]:
    pages = read_collection(str(folder))
    return [pages.pages[n].shown for n in pages.named_like(Page(name, number, Bytes(b"")))]


def test_a_name_comes_before_a_number_and_that_before_a_place(tmp_path: Path) -> None:
    for name in ("coloured_001.jpg", "cover.png", "P002.webp", "p003.png"):
        put(tmp_path / "guest" / name)
    assert tried(tmp_path / "guest", "p003.png", 1) == ["guest/p003.png", "guest/coloured_001.jpg"]
    assert tried(tmp_path / "guest", "001.png", 2) == ["guest/coloured_001.jpg", "guest/cover.png"]
    assert tried(tmp_path / "guest", "x.png", 9) == []


def test_pages_of_the_chapter_of_that_name_are_asked(tmp_path: Path) -> None:
    put(tmp_path / "guest" / "ch1" / "001.png")
    put(tmp_path / "guest" / "ch2" / "001.png")
    assert tried(tmp_path / "guest", "CH2/001.png", 1) == ["guest/ch2/001.png"]
    assert tried(tmp_path / "guest", "ch2.cbz/001.png", 1) == ["guest/ch2/001.png"]
    assert tried(tmp_path / "guest", "001.png", 1) == ["guest/ch1/001.png", "guest/ch2/001.png"]


def test_an_archive_is_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "guest.cbz", "w") as archive:
        archive.write(put(tmp_path / "a" / "001.png"), "001.png")
    assert tried(tmp_path / "guest.cbz", "001.jpg", 5) == ["guest.cbz: 001.png"]


def test_the_key_takes_in_names_and_content_and_no_place(tmp_path: Path) -> None:
    put(tmp_path / "one" / "001.png")
    put(tmp_path / "two" / "001.png")
    put(tmp_path / "named" / "002.png")
    put(tmp_path / "other" / "001.png", shade=9)
    (tmp_path / "one" / "notes.txt").write_text("of no importance")
    keys = {name: hash_collection(str(tmp_path / name)) for name in ("one", "two", "named", "other")}
    assert keys["one"] == keys["two"]
    assert len(set(keys.values())) == 3


@pytest.mark.parametrize("make", [lambda folder: None, lambda folder: folder.mkdir()], ids=["none", "empty"])
def test_without_a_picture_there_is_no_guest(tmp_path: Path, make: object) -> None:
    make(tmp_path / "guest")  # type: ignore[operator]
    with pytest.raises(InputError, match=r"^--colours-from .*guest: (no such file|holds no page)") as told:
        hash_collection(str(tmp_path / "guest"))
    assert "coloured" in told.value.remedy


def test_a_file_that_has_gone_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = put(tmp_path / "guest" / "001.png")
    found = collection._find(str(tmp_path / "guest"))
    gone.unlink()
    monkeypatch.setattr(collection, "_find", lambda _path: found)
    with pytest.raises(InputError, match=r"^--colours-from .*001\.png: cannot be read: No such file") as told:
        hash_collection(str(tmp_path / "guest"))
    assert "run the same command again" in told.value.remedy


def test_the_input_is_no_guest_of_itself(tmp_path: Path) -> None:
    path = put(tmp_path / "in" / "001.png")
    put(tmp_path / "in" / "guest" / "001.png")
    chapter = Chapter(".", (Page("001.png", 1, FileSource(path, 5)),))
    with pytest.raises(UsageError, match=r"001\.png of the input lies in it"):
        check(Options(colours_from=str(tmp_path / "in")), KnownChapters((chapter,)))
    check(Options(colours_from=str(tmp_path / "in" / "guest")), KnownChapters((chapter,)))


def test_the_input_is_known_by_any_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "in" / "guest" / "001.png")
    chapter = Chapter(".", (Page("guest/001.png", 1, FileSource(path, 5)),))
    (tmp_path / "link").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "in" / "deep")
    for said in ("..", "../guest", "../../in/guest", str(tmp_path / "link" / "guest")):
        with pytest.raises(UsageError, match=r"guest/001\.png of the input lies in it"):
            check(Options(colours_from=said), KnownChapters((chapter,)))


def test_pages_are_kept_by_their_place_in_the_guest_and_shown_with_its_name(tmp_path: Path) -> None:
    put(tmp_path / "guest" / "ch1" / "001.png")
    with zipfile.ZipFile(tmp_path / "guest" / "ch2.cbz", "w") as archive:
        archive.write(put(tmp_path / "a" / "001.png"), "001.png")
    before = read_collection(str(tmp_path / "guest")).pages
    (tmp_path / "guest").rename(tmp_path / "renamed")
    after = read_collection(str(tmp_path / "renamed")).pages
    assert (
        [page.name for page in after] == [page.name for page in before] == ["ch1/001.png", "ch2.cbz: 001.png"]
    )
    assert [page.shown for page in after] == ["renamed/ch1/001.png", "renamed/ch2.cbz: 001.png"]
    lone = read_collection(str(tmp_path / "renamed" / "ch1" / "001.png")).pages
    assert [(page.name, page.shown) for page in lone] == [("001.png", "001.png")]
