"""A folder of a tree that cannot be read: it is named, the others are coloured, and nothing is taken away."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.discovery import discover
from mangacolor.pipeline.events import RunResult
from mangacolor.tests.helpers.archives import png
from mangacolor.tests.helpers.edited_chapters import colour, write_pages


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of folders that cannot be read, whoever asks: permissions do not hold for root."""
    names: set[str] = set()
    list_it = Path.iterdir

    def iterdir(folder: Path) -> Iterator[Path]:
        if folder.name in names:
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return list_it(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    return names


def test_a_closed_folder_is_a_page_that_fails(tmp_path: Path, closed: set[str]) -> None:
    tree = tmp_path / "tree"
    for name in ("open", "a b/closed"):
        (tree / name).mkdir(parents=True)
        (tree / name / "1.png").write_bytes(png())
    closed.add("closed")
    plan = discover([tree], tmp_path / "out")
    assert [page.name for chapter in plan.chapters for page in chapter.pages] == [
        "a b/closed/unreadable folder",
        "open/1.png",
    ]
    with pytest.raises(PageError) as refused:
        plan.chapters[0].pages[0].source.read()
    assert refused.value.message == f"{tree / 'a b/closed'}: cannot be read (Permission denied)"
    assert "permissions" in refused.value.remedy


def test_a_systems_own_folders_at_the_top_of_a_disk_are_no_pages(tmp_path: Path, closed: set[str]) -> None:
    disk = tmp_path / "disk"
    for name in ("lost+found", "System Volume Information", "$RECYCLE.BIN", "one"):
        (disk / name).mkdir(parents=True)
        (disk / name / "1.png").write_bytes(png())
    closed.update(("lost+found", "System Volume Information"))
    plan = discover([disk], tmp_path / "out")
    assert [page.name for chapter in plan.chapters for page in chapter.pages] == ["one/1.png"]


def test_an_input_that_is_closed_itself_is_refused(tmp_path: Path, closed: set[str]) -> None:
    (tmp_path / "closed").mkdir()
    closed.add("closed")
    with pytest.raises(InputError, match=r"closed: cannot be read \(Permission denied\)"):
        discover([tmp_path / "closed"], tmp_path / "out")


@pytest.mark.parametrize("on_error", ["copy", "skip", "fail"])
def test_what_was_coloured_of_it_before_stays(
    tmp_path: Path, weights: Path, closed: set[str], on_error: str
) -> None:
    tree, out = tmp_path / "tree", tmp_path / "out"
    write_pages(tree / "one", 1)
    write_pages(tree / "two", 1)
    (tree / "two/notes.txt").write_text("of the scan")

    def run() -> RunResult:
        return colour(tree, out, weights, on_error=on_error)

    def files() -> dict[str, bytes]:
        return {str(path.relative_to(out)): path.read_bytes() for path in out.glob("[!.]*/*.*")}

    assert run().status == 0
    before = files()
    assert {"one/0.png", "two/0.png", "two/notes.txt"} <= before.keys()
    closed.add("two")
    result = run()
    assert (result.status, result.cached, result.failed) == (1, 1, 1)
    assert files() == before and "two: cannot be read" in result.failures[0].error
    closed.clear()
    assert run().status == 0 and files() == before
