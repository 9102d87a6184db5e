"""Names that Windows cannot hold become safe ones there, and only there; paths are kept with ``/``."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import cast

import pytest

from mangacolor.formats.containers import output_name
from mangacolor.formats.discovery import discover
from mangacolor.formats.names import PageNames, path_text, readable, safe_part
from mangacolor.formats.outputs.planned import Output
from mangacolor.formats.sources import FileSource
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest
from mangacolor.pipeline.store.outputs import Outputs, _Given
from mangacolor.tests.helpers.other_system import is_windows_name

ODD = ("what?.png", "a<b>c.png", '"no".png', "x|y*z.png", "end. ./1.png", ".../1.png", "nul .png", "1.png .")


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mangacolor.core.system.kind.NAME", "nt")


@pytest.mark.parametrize("entry", ODD)
def test_a_page_has_a_name_that_windows_can_hold(entry: str, windows: None) -> None:
    made = PageNames().make(entry)
    assert all(map(is_windows_name, made.split("/"))), made
    assert len(made.split("/")) == len(entry.split("/"))


def test_elsewhere_names_stay() -> None:
    assert [PageNames().make(entry) for entry in ODD if not entry.startswith("nul")] == [
        entry for entry in ODD if not entry.startswith("nul")
    ]


def test_no_two_entries_become_one_file(windows: None) -> None:
    names = PageNames()
    made = [names.make(entry) for entry in ("a?.png", "a*.png", "a_.png", "A_.png", "a?.png ")]
    assert len({name.casefold() for name in made}) == 5
    assert all(map(is_windows_name, made))


def test_a_folder_for_an_archive(windows: None) -> None:
    assert output_name(PurePosixPath("tree/Vol. 1 .cbz"), "zip", "folder") == "tree/Vol. 1"
    assert output_name(PurePosixPath("tree/aux.cbz"), "zip", "folder") == "tree/_aux"
    assert output_name(PurePosixPath("tree/Vol. 1 .cbr"), "other", "same") == "tree/Vol. 1 .cbz"


def test_it_is_told_once(windows: None, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.cbz", "w") as archive:
        for name in ("what?/1.png", "what?/2.png"):
            archive.writestr(name, b"\x89PNG\r\n\x1a\n")
    plan = discover([tmp_path / "a.cbz"], tmp_path / "out", "folder")
    (told,) = (note for note in plan.notes if "not every disk takes these names" in note)
    assert "what?/1.png (written as what_/1.png), what?/2.png (written as what_/2.png)" in told
    assert safe_part("what?") == "what_"


def test_sources_are_kept_with_strokes_and_known_again(tmp_path: Path) -> None:
    source = FileSource(cast(Path, PureWindowsPath("C:\\manga\\ch 1\\001.png")))
    assert source.describe() == "C:/manga/ch 1/001.png"
    assert path_text(PureWindowsPath("\\\\nas\\manga")) == "//nas/manga/"
    tree = path_text(PureWindowsPath("C:\\manga"))
    state = State(tmp_path)
    state.scratch.mkdir(parents=True)
    outputs = Outputs(state, Manifest(state.out, state.manifest))
    whole = Output("ch 1/001.png", "page", tree, source.describe(), 1, 1)
    part = Output("ch 1/001.png", "page", f"{tree}/ch 1", source.describe(), 1, 1)
    outputs.claim([whole], "same")
    outputs.claim([part], "same")
    assert outputs.claims["ch 1/001.png"].input == tree  # the tree's still
    given = _Given([whole])
    assert given.has_in_another_form("C:/manga/ch 1")  # a book of the folder whose pages are given
    assert not given.has_in_another_form("C:/manga/ch 2")


def test_half_a_letter_is_shown_as_one_that_is_not_known() -> None:
    assert readable("a\ud83db\udcff") == "a\ufffdb\ufffd"
