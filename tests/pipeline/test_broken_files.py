"""Files that somebody has broken, in OUT or in the input, since a chapter was coloured."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

from mangacolor.pipeline.events import Warned
from mangacolor.tests.helpers.commands import exit_status
from mangacolor.tests.helpers.edited_chapters import colour, palette, write_pages
from mangacolor.tests.helpers.fake_stages import House, go, write_page
from mangacolor.tests.helpers.stages import tiny_weights

INFO = (
    "<ComicInfo><Pages><Page Image='0' ImageWidth='1'/><Page Image='1' ImageWidth='1'/></Pages></ComicInfo>"
)


def test_what_lies_beside_a_page_that_is_no_picture_any_more_is_copied(chapter: Path) -> None:
    """Its size is all that nobody knows."""
    (chapter / "ComicInfo.xml").write_text(INFO)
    go(House(), chapter, Path("out"))
    Path("out/2.png").write_bytes(b"")
    write_page(chapter / "1.png", 3)
    (chapter / "ComicInfo.xml").write_text(INFO.replace("ComicInfo><Pages", "ComicInfo><Title/><Pages"))
    result, events = go(House(), chapter, Path("out"))
    assert (result.status, result.done, result.left) == (0, 1, 1)
    assert not [event for event in events if isinstance(event, Warned)]
    told = Path("out/ComicInfo.xml").read_text()
    assert 'ImageWidth="8"' in told and "Image='1' ImageWidth='1'" in told and "<Title/>" in told
    assert exit_status("export", "out", "--format", "zip", "--to", "book.zip") == 0
    with zipfile.ZipFile("book.zip") as book:
        assert book.read("2.png") == b"" and 'ImageWidth="8"' in book.read("ComicInfo.xml").decode()


def test_a_folder_called_as_the_file_that_tells_the_direction_tells_none(chapter: Path) -> None:
    go(House(), chapter, Path("out"))
    Path("out/ComicInfo.xml").mkdir()
    shutil.rmtree("in")
    assert exit_status("export", "out", "--to", "book.pdf") == 0


def test_a_point_beside_a_page_that_is_no_picture_any_more_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    colour(write_pages(tmp_path / "in", 2), out, tiny_weights(tmp_path))
    (out / "0.png").write_bytes(b"no picture")
    answer = palette(out, "--at", "0.png:9999,9999", "--colour", "red")
    assert answer.status == 2 and "outside of the page" in answer.err


def test_a_report_tells_of_a_page_whose_source_cannot_be_read_any_more(chapter: Path) -> None:
    go(House(), chapter, Path("out"))
    (chapter / "2.png").write_bytes(bytes(2**20 + 1))
    result, _ = go(House(), chapter, Path("out"), report=True, max_entry_size=1)
    assert (result.status, result.failed) == (1, 1)
    html = Path("out/.mangacolor/report.html").read_text("utf-8")
    assert html.count("<section ") == 2 and "larger than the limit" in html
