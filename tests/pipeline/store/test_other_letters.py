"""A page that is renamed to other letters, on a disk for which both are one name: its file is still ours.

A hard link stands for such a disk: the file is there under either name.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mangacolor.pipeline.events import PageDone
from mangacolor.pipeline.store.store import read_store
from mangacolor.tests.helpers.fake_stages import House, go, write_page


@pytest.fixture
def renamed(tmp_path: Path) -> tuple[House, Path, Path]:
    """A coloured page whose source has other letters since."""
    source, out, house = tmp_path / "in", tmp_path / "out", House()
    source.mkdir()
    write_page(source / "Page 1.png", 1)
    go(house, source, out)
    (source / "Page 1.png").rename(source / "PAGE 1.PNG")
    try:
        os.link(out / "Page 1.png", out / "PAGE 1.PNG")
    except FileExistsError:
        pytest.skip("this disk has one name for both")
    return house, source, out


def test_it_is_written_over(renamed: tuple[House, Path, Path]) -> None:
    house, source, out = renamed
    assert read_store(out).manifest.look("PAGE 1.PNG") == "ours"
    result, _ = go(house, source, out)
    assert (result.status, result.done) == (0, 1)
    assert [entry.page for entry in read_store(out).manifest.entries()] == ["PAGE 1.PNG"]


def test_it_is_left_where_somebody_has_changed_it(renamed: tuple[House, Path, Path]) -> None:
    house, source, out = renamed
    (out / "Page 1.png").write_bytes(b"retouched")
    assert read_store(out).manifest.look("PAGE 1.PNG") == "changed"
    result, events = go(house, source, out)
    assert (result.status, result.left) == (0, 1)
    assert [event.outcome for event in events if isinstance(event, PageDone)] == ["left"]
    assert (out / "PAGE 1.PNG").read_bytes() == b"retouched"


def test_another_file_of_nearly_its_name_is_foreign(renamed: tuple[House, Path, Path]) -> None:
    house, source, out = renamed
    (out / "PAGE 1.PNG").unlink()
    (out / "PAGE 1.PNG").write_bytes(b"somebody's")
    assert read_store(out).manifest.look("PAGE 1.PNG") == "foreign"
    result, _ = go(house, source, out)
    assert (result.status, result.failed) == (3, 1)
    assert (out / "PAGE 1.PNG").read_bytes() == b"somebody's"
