"""Archives and PDFs that come out in another form than they went in are told."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

from mangacolor.formats.discovery import discover
from mangacolor.tests.helpers.archives import make_tar, make_zip, png


def make_pdf(path: Path) -> Path:
    Image.new("L", (40, 60), 255).save(path)
    return path


def test_a_pdf_that_becomes_a_cbz_says_so_and_how_it_stays_one(tmp_path: Path) -> None:
    book = make_pdf(tmp_path / "a book.pdf")
    assert discover([book], tmp_path / "out").notes == (
        "a book.pdf becomes a book.cbz; --format pdf makes a PDF",
    )
    assert discover([book], tmp_path / "out", "pdf").notes == ()
    assert discover([book], tmp_path / "out", "cbz").notes == ()  # it was asked for


def test_many_are_told_in_a_line_for_each_kind(tmp_path: Path) -> None:
    root = tmp_path / "in"
    root.mkdir()
    for number in range(5):
        make_pdf(root / f"{number}.pdf")
    make_tar(root / "t.cbt", {"1.png": png()})
    assert sorted(discover([root], tmp_path / "out").notes) == [
        "0.pdf, 1.pdf, 2.pdf and 2 more become CBZ; --format pdf makes a PDF",
        "t.cbt becomes t.cbz; its own form can be read only",
    ]


def test_what_stays_what_it_is_is_not_told(tmp_path: Path) -> None:
    names = ("a.cbz", "b.zip", "c.CBZ", "d.cbr")  # the last is a ZIP, whatever it is called
    paths = [make_zip(tmp_path / name, {"1.png": png()}) for name in names]
    assert discover(paths, tmp_path / "out").notes == ()
