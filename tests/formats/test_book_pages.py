"""Pages of books: plain JPEG as it came, what is lossless losslessly, other lossy pages as good JPEG."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.formats.book_pages import JpegPage, book_page
from mangacolor.formats.discovery import discover
from mangacolor.formats.epub.writing import write_epub
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.formats.pixels import NO_LIMIT, Picture, decode_picture


def encoded(format: str, mode: str = "RGB", **parameters: Any) -> bytes:
    """A page with noise like screentone, which lossless formats cannot make small."""
    noise = np.random.default_rng(1).normal(128, 40, (240, 160, 3)).clip(0, 255).astype(np.uint8)
    noise[:120] = noise[:120].mean(axis=2, keepdims=True)
    target = io.BytesIO()
    PillowImage.fromarray(noise).convert(mode).save(target, format, **parameters)
    return target.getvalue()


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_plain_jpeg_is_the_very_file(mode: str) -> None:
    data = encoded("JPEG", mode, dpi=(300, 200))
    assert book_page(data) == JpegPage(data, 160, 240, mode, (300.0, 200.0))


@pytest.mark.parametrize(
    ("format", "parameters"), [("PNG", {}), ("WEBP", {"lossless": True}), ("BMP", {}), ("TIFF", {})]
)
def test_a_lossless_page_keeps_every_pixel(format: str, parameters: dict[str, Any]) -> None:
    page = book_page(encoded(format, **parameters))
    assert isinstance(page, Picture)
    assert np.array_equal(page.pixels, decode_picture(encoded("PNG"), "page", NO_LIMIT).pixels)


@pytest.mark.parametrize(
    ("data", "mode"),
    [
        (encoded("WEBP", quality=90), "RGB"),
        (encoded("AVIF", quality=80), "RGB"),
        (encoded("JPEG", "CMYK"), "CMYK"),
        (encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"), "turned"),
    ],
)
def test_other_lossy_pages_become_jpeg_that_looks_the_same(data: bytes, mode: str) -> None:
    page = book_page(data)
    assert isinstance(page, JpegPage) and page.mode == "RGB"
    assert (page.width, page.height) == ((240, 160) if mode == "turned" else (160, 240))
    before = decode_picture(data, "page", NO_LIMIT).pixels.astype(float)
    after = decode_picture(page.data, "page", NO_LIMIT).pixels.astype(float)
    assert np.abs(before - after).mean() < 2.5  # levels, of noise, the hardest there is for JPEG
    assert np.abs(before.mean((0, 1)) - after.mean((0, 1))).max() < 0.5


def test_what_cannot_be_decoded_is_said() -> None:
    with pytest.raises(PageError):
        book_page(b"RIFF\0\0\0\0WEBP nothing")


def test_a_pdf_of_webp_is_hardly_larger_than_its_pages(tmp_path: Path) -> None:
    page = encoded("WEBP", quality=90)
    lossless = encoded("PNG")
    with (tmp_path / "x.pdf").open("wb") as file:
        assert write_pdf(file, [page, b"torn", page], "rtl") == (1,)
    assert (tmp_path / "x.pdf").stat().st_size < 2 * min(1.5 * 2 * len(page), len(lossless))
    document = pdfium.PdfDocument(tmp_path / "x.pdf")
    shown = document[0].render(scale=1).to_numpy()[..., ::-1].astype(float)
    before = decode_picture(page, "page", NO_LIMIT).pixels.astype(float)
    assert len(document) == 2 and np.abs(shown - before).mean() < 3
    assert b"/Direction /R2L" in (tmp_path / "x.pdf").read_bytes()


def test_an_epub_of_pictures_says_what_readers_ask_for(tmp_path: Path) -> None:
    wide = io.BytesIO()
    PillowImage.new("RGB", (400, 300), "red").save(wide, "JPEG")
    pages = [encoded("JPEG"), b"torn", encoded("PNG"), encoded("WEBP", quality=80), wide.getvalue()]
    with (tmp_path / "x.epub").open("wb") as file:
        assert write_epub(file, pages, "A & <B>\x07", "ltr") == (1,)
    with zipfile.ZipFile(tmp_path / "x.epub") as book:
        first = book.infolist()[0]
        entries = {name: book.read(name) for name in book.namelist()}
    assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
    assert entries["mimetype"] == b"application/epub+zip"
    package = ElementTree.fromstring(entries["OEBPS/package.opf"])
    find = {"o": "http://www.idpf.org/2007/opf", "d": "http://purl.org/dc/elements/1.1/"}
    title = package.find(".//d:title", find)
    assert title is not None and title.text == "A & <B>\\x07"
    spine = package.find("o:spine", find)
    assert spine is not None and spine.get("page-progression-direction") == "ltr"
    centred = [item.get("properties") for item in spine]
    assert centred == [None, None, None, "rendition:page-spread-center"]
    items = {item.get("href"): item for item in package.findall(".//o:item", find)}
    assert {f"OEBPS/{name}" for name in items} == entries.keys() - {
        "mimetype",
        "META-INF/container.xml",
        "OEBPS/package.opf",
    }
    assert items["0001.jpg"].get("properties") == "cover-image"
    assert items["contents.xhtml"].get("properties") == "nav"
    assert (entries["OEBPS/0001.jpg"], entries["OEBPS/0002.png"]) == (pages[0], pages[2])
    for number, size in enumerate([(160, 240)] * 3 + [(400, 300)], 1):
        document = entries[f"OEBPS/{number:04d}.xhtml"].decode()
        assert f'content="width={size[0]}, height={size[1]}"' in document
        ElementTree.fromstring(document)
    (chapter,) = discover([tmp_path / "x.epub"], tmp_path / "out").chapters
    assert len(chapter.pages) == 4 and chapter.direction == "ltr"


def test_the_same_pages_give_the_same_book() -> None:
    def book(*pages: bytes) -> bytes:
        target = io.BytesIO()
        write_epub(target, pages, "title")
        return target.getvalue()

    one, other = encoded("JPEG"), encoded("PNG")
    assert book(one, other) == book(one, other) != book(other, one)
