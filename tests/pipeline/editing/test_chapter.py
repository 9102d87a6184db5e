"""A chapter of OUT is put together again from what is kept: its halves of spreads, its order."""

from __future__ import annotations

from pathlib import Path

import pytest

from mangacolor.core.errors import InputError, UsageError
from mangacolor.pipeline.editing.chapter import chapter_of_point, open_chapter
from mangacolor.pipeline.editing.coverage import Surfaces
from mangacolor.pipeline.editing.painter import PagePainter
from mangacolor.tests.helpers.edited_chapters import colour, palette, write_pages
from mangacolor.tests.helpers.spreads import wide_drawing, write_spread
from mangacolor.tests.helpers.stages import tiny_weights


def test_halves_of_a_spread_know_each_other(tmp_path: Path) -> None:
    source = write_pages(tmp_path / "in", 1)
    write_spread(source, ("2.png", "3.png"), wide_drawing())
    colour(source, tmp_path / "out", tiny_weights(tmp_path), spreads="auto")
    chapter = open_chapter(tmp_path / "out")
    spreads = [page.spread for page in chapter.chapter.pages]
    assert spreads[0] is None
    assert [spread.partner for spread in spreads[1:] if spread] == ["3.png", "2.png"]
    assert spreads[1] is not None and spreads[1].size == (520, 360) and spreads[1].box == (260, 0, 260, 360)
    assert chapter.size("2.png") == (260, 360)
    answer = palette(
        tmp_path / "out", "--at", "2.png:40,60", "--colour", "red", "--reach", "segment", "--json"
    )
    assert answer.status == 0
    (edit,) = palette(tmp_path / "out", "--json").document["edits"]
    assert edit["surfaces"] == 1  # of the drawing, not one a half
    surfaces = Surfaces.of(chapter)
    assert PagePainter(chapter, "3.png", 200, surfaces).size == (144, 200)


def test_chapters_of_a_tree_are_chosen_by_name(tmp_path: Path) -> None:
    for name in ("ch1", "ch2"):
        write_pages(tmp_path / "in" / name, 2)
    (tmp_path / "in/ch2/0.png").rename(tmp_path / "in/ch2/cover.png")
    colour(tmp_path / "in", tmp_path / "out", tiny_weights(tmp_path))
    with pytest.raises(UsageError, match=r"holds 2 chapters\n  Choose one with --chapter: ch1, ch2\."):
        open_chapter(tmp_path / "out")
    with pytest.raises(
        UsageError, match=r"ch3: there is no such palette\n  Did you mean ch2\? There are: ch1, ch2"
    ):
        open_chapter(tmp_path / "out", "ch3")
    assert open_chapter(tmp_path / "out", "ch2").names == ("ch2/1.png", "ch2/cover.png")
    answer = palette(tmp_path / "out", "--chapter", "ch2", "--at", "1.png:100,100", "--colour", "#369")
    assert answer.status == 0 and "ch2/1.png" in answer.out
    out = tmp_path / "out"
    assert (
        chapter_of_point(out, f"{out}/ch2/1.png:1,1") == chapter_of_point(out, "out/ch2/1.png:1,1") == "ch2"
    )
    assert chapter_of_point(out, "1.png:1,1") is None  # each has one
    assert chapter_of_point(out, "2:1,1") is None
    assert chapter_of_point(out, " cover.png :1,1") == "ch2"
    answer = palette(out, "--at", "cover.png:100,100", "--also", "ch1/1.png:9,9", "--colour", "#369")
    assert (
        answer.status == 2 and "ch1/1.png:9,9: lies in the chapter ch1, and the others in ch2" in answer.err
    )
    with pytest.raises(UsageError, match=r"has no chapter ch3\n  Did you mean ch2\? There are"):
        chapter_of_point(out, "ch3/1.png:1,1")
    folder = tmp_path / "out" / ".mangacolor" / "chapters"
    assert "palette.html" in {path.name for path in (folder / "ch2").iterdir()}
    (folder / "ch1" / "harmonize.json").unlink()
    with pytest.raises(InputError, match="what was kept of the chapter is gone or damaged"):
        open_chapter(tmp_path / "out", "ch1")
