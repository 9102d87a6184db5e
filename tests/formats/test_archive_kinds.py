"""The table of archive kinds: CONTRIBUTING's new kind is added as it says, and its chapters are coloured."""

from __future__ import annotations

import re
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

import mangacolor.pipeline.run
from mangacolor.cli import load_command
from mangacolor.core.errors import InputError, PageError
from mangacolor.formats import archives
from mangacolor.formats.archives import ARCHIVE_KINDS, ArchiveKind, archive_kind, comic_suffixes
from mangacolor.formats.discovery import discover
from mangacolor.formats.limits import Limits
from mangacolor.formats.sniff import HEAD
from mangacolor.tests.helpers.archives import only, page_names, plan_of, png
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.fake_stages import House
from mangacolor.tests.helpers.paths import ROOT

MODULE = "mangacolor.formats.archive_ar"


def block(language: str, mark: str) -> str:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", text)
    (wanted,) = (code for code in blocks if mark in code)
    return str(wanted)


@pytest.fixture
def ar(monkeypatch: pytest.MonkeyPatch) -> ArchiveKind:
    """The kind that CONTRIBUTING adds, in the table: its module and the lines of its two changes."""
    module = ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    exec(compile(block("python", "def list_ar"), "archive_ar.py", "exec"), module.__dict__)
    (line,) = (row[1:] for row in block("diff", 'ArchiveKind("ar"').splitlines() if row.startswith("+  "))
    (statement,) = (row[1:] for row in block("diff", MODULE).splitlines() if row.startswith("+from"))
    names = dict(vars(archives))
    exec(statement, names)
    (kind,) = eval(f"({line.strip()})", names)
    assert isinstance(kind, ArchiveKind)
    monkeypatch.setattr(archives, "ARCHIVE_KINDS", (*ARCHIVE_KINDS, kind))
    return kind


def make_ar(path: Path, entries: dict[str, bytes]) -> Path:
    data = b"!<arch>\n"
    for name, content in entries.items():
        header = f"{name + '/':<16}{1_300_000_000:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n"
        data += header.encode() + content + b"\n" * (len(content) % 2)
    path.write_bytes(data)
    return path


def test_the_new_kind_is_told_listed_and_read(ar: ArchiveKind, tmp_path: Path) -> None:
    path = make_ar(tmp_path / "lies.cbz", {"10.png": png(10), "2.png": png(2), "notes.txt": b"hello"})
    assert archive_kind(path.read_bytes()[:HEAD]) == ar.kind == "ar"
    plan = plan_of(path)
    assert page_names(plan) == ["lies.cbz/2.png", "lies.cbz/10.png"]
    assert [page.source.read() for page in plan.chapters[0].pages] == [png(2), png(10)]


def test_what_holds_for_all_kinds_holds_for_it(ar: ArchiveKind, tmp_path: Path) -> None:
    path = make_ar(tmp_path / "x.cba", {"../1.png": png(1), "2.png": png(2), "3.png": png(3)})
    outside, second, third = sorted(only(plan_of(path)).pages, key=lambda page: page.name[-5])
    assert ".." not in outside.name and second.source.read() == png(2)
    with pytest.raises(PageError, match="leads out"):
        outside.source.read()
    with pytest.raises(InputError, match="more than 2 entries"):
        plan_of(path, limits=Limits(entries=2))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(PageError, match=r"3\.png: cannot be unpacked .*ends in the middle"):
        third.source.read()
    path.write_bytes(path.read_bytes()[: -len(png(3)) - 30])
    assert page_names(plan_of(path))[-1] == "x.cbz/lost pages"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="the file is empty"):
        plan_of(path)


def test_a_chapter_of_the_new_kind_goes_through_the_command(
    ar: ArchiveKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(mangacolor.pipeline.run, "graph_of", House().graph_of)
    make_ar(tmp_path / "x.cba", {"1.png": png(1, (40, 60)), "2.png": png(2, (40, 60)), "a.txt": b"hello"})
    assert exit_status("x.cba", "--out", "out", "--device", "cpu", "--quiet") == 0
    with zipfile.ZipFile(tmp_path / "out" / "x.cbz") as packed:
        assert packed.namelist() == ["1.png", "2.png", "a.txt"]
        assert packed.read("a.txt") == b"hello"


def test_without_its_row_it_is_no_archive(tmp_path: Path) -> None:
    path = make_ar(tmp_path / "x.cba", {"1.png": png(1)})
    with pytest.raises(InputError, match="not an image or archive") as caught:
        discover([path], tmp_path / "out")
    assert "CBZ, CBR, CB7, CBT, PDF and EPUB" in caught.value.remedy


def test_rows_do_not_get_into_each_others_way() -> None:
    suffixes = [suffix for row in ARCHIVE_KINDS for suffix in row.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in suffixes)
    assert len({row.kind for row in ARCHIVE_KINDS}) == len(ARCHIVE_KINDS)
    marks = [(at, mark) for row in ARCHIVE_KINDS for at, mark in row.signatures]
    assert all(at + len(mark) <= HEAD for at, mark in marks)
    for at, mark in marks:
        assert archive_kind(bytes(at) + mark) is not None


def test_the_help_names_every_kind_of_comic() -> None:
    colorize = load_command("colorize")
    assert colorize is not None and colorize.help is not None
    assert [kind for kind in [*comic_suffixes(), "PDF", "EPUB"] if kind not in colorize.help] == []
