"""PDF in and out: a scanned JPEG comes through untouched, everything else is rendered."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.discovery import discover
from mangacolor.formats.limits import Limits
from mangacolor.formats.pdf.pages import list_pages, read_page
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.tests.helpers.archives import make_zip, only, plan_of, png

LIMIT = 50_000_000


def picture(format: str, mode: str = "RGB", **parameters: object) -> bytes:
    y, x = np.mgrid[0:240, 0:160]
    pixels = np.stack([x, y, 255 - x], axis=-1).astype(np.uint8)
    target = io.BytesIO()
    PillowImage.fromarray(pixels).convert(mode).save(target, format, **parameters)
    return target.getvalue()


def make_pdf(path: Path, *pictures: bytes) -> Path:
    with path.open("wb") as file:
        write_pdf(file, pictures)
    return path


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(PillowImage.open(io.BytesIO(data)).convert("RGB")).astype(int)


def test_jpeg_pages_go_through_byte_for_byte(tmp_path: Path) -> None:
    jpegs = [picture("JPEG"), picture("JPEG", "L", dpi=(300, 300)), picture("JPEG", quality=40)]
    path = make_pdf(tmp_path / "x.pdf", *jpegs)
    assert list_pages(path, Limits()) == [".jpg"] * 3
    assert [read_page(path, index, LIMIT) for index in range(3)] == jpegs


def test_other_pictures_are_rendered_at_their_own_size(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "x.pdf", picture("PNG", dpi=(144, 144)))
    assert list_pages(path, Limits()) == [".png"]
    rendered = pixels(read_page(path, 0, LIMIT))
    assert rendered.shape == (240, 160, 3)
    assert np.abs(rendered - pixels(picture("PNG"))).max() <= 1


def test_drawn_pages_are_rendered_large_enough_to_colour(tmp_path: Path) -> None:
    document = pdfium.PdfDocument.new()
    document.new_page(200, 300)
    document.save(tmp_path / "x.pdf")
    assert pixels(read_page(tmp_path / "x.pdf", 0, LIMIT)).shape == (2000, 1334, 3)  # pdfium rounds up


def test_a_turned_page_is_rendered_upright(tmp_path: Path) -> None:
    document = pdfium.PdfDocument(make_pdf(tmp_path / "x.pdf", picture("JPEG")))
    document[0].set_rotation(90)
    document.save(tmp_path / "turned.pdf")
    assert list_pages(tmp_path / "turned.pdf", Limits()) == [".png"]
    height, width, _ = pixels(read_page(tmp_path / "turned.pdf", 0, LIMIT)).shape
    assert width / height == pytest.approx(240 / 160, rel=0.01)


def test_density_gives_the_size_of_the_page_and_pages_keep_their_order(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "x.pdf", picture("JPEG", dpi=(144, 144)), picture("JPEG"))
    document = pdfium.PdfDocument(path)
    assert [page.get_size() for page in document] == [pytest.approx((80, 120)), pytest.approx((160, 240))]


def test_the_same_pictures_give_the_same_bytes(tmp_path: Path) -> None:
    first = make_pdf(tmp_path / "a.pdf", picture("PNG"), picture("JPEG")).read_bytes()
    assert make_pdf(tmp_path / "b.pdf", picture("PNG"), picture("JPEG")).read_bytes() == first


@pytest.mark.parametrize(("form", "name"), [("same", "x.cbz"), ("pdf", "x.pdf"), ("folder", "x")])
def test_a_pdf_becomes_a_cbz_unless_told_otherwise(form: str, name: str, tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "x.pdf", picture("JPEG"), picture("PNG"))
    plan = discover([path], tmp_path / "out", form)  # type: ignore[arg-type]
    assert [page.name for page in plan.chapters[0].pages] == [f"{name}/001.jpg", f"{name}/002.png"]
    container = plan.chapters[0].container
    assert (container is None) == (form == "folder")
    if form == "pdf":
        assert container is not None
        assert container.pack({}, tmp_path / "packed") == ()
        assert read_page(tmp_path / "packed", 0, LIMIT) == picture("JPEG")


def test_broken_and_oversized_pdfs_are_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.4\nnothing")
    with pytest.raises(InputError, match=r"broken\.pdf: not a readable PDF"):
        discover([broken], tmp_path / "out")
    path = make_pdf(tmp_path / "x.pdf", picture("PNG"))
    with pytest.raises(PageError, match="over the limit of 1,000"):
        read_page(path, 0, 1000)
    with pytest.raises(InputError, match="more than 0 pages"):
        list_pages(path, Limits(entries=0))


def test_a_page_that_is_no_picture_is_left_out_and_named(tmp_path: Path) -> None:
    broken = {"2.png": b"no picture", "3.jpg": b"\xff\xd8\xff\xe0 nor this", "../4.png": png(4)}
    chapter = only(plan_of(make_zip(tmp_path / "x.cbz", {"1.png": png(9), **broken}), "pdf"))
    assert chapter.container is not None
    left_out = chapter.container.pack({}, tmp_path / "packed.pdf")
    assert set(left_out) == {page.name for page in chapter.pages} - {"x.pdf/1.png"} and len(left_out) == 3
    assert list_pages(tmp_path / "packed.pdf", Limits()) == [".png"]
