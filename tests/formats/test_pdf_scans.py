"""PDF pages come out as a viewer shows them: the JPEG's own bytes only where it shows just those."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.formats.limits import Limits
from mangacolor.formats.pdf.pages import list_pages, read_page
from mangacolor.formats.pixels import decode_picture
from mangacolor.tests.helpers.pdfs import Writer, filling, jpeg, new_file, page, picture

SIZE = (200, 150)  # points
LIMIT = 50_000_000


def scan(width: int = 400, height: int = 300) -> Image:
    """A light page with a dark upper left corner and a line: turned or inverted it is another."""
    grey = np.full((height, width), 235, np.uint8)
    grey[: height // 3, : width // 4] = 20
    grey[height // 2, :] = 0
    return grey


def one_page(tmp_path: Path, writer: Writer, number: int, catalog: str = "") -> Path:
    path = tmp_path / "x.pdf"
    path.write_bytes(writer.written([number], catalog))
    return path


def read(path: Path) -> tuple[str, bytes, Image]:
    """The suffix of a PDF's only page, its bytes, and its pixels in grey."""
    (suffix,) = list_pages(path, Limits())
    data = read_page(path, 0, LIMIT)
    opened = PillowImage.open(io.BytesIO(data))
    assert opened.format == {".jpg": "JPEG", ".png": "PNG"}[suffix]
    return suffix, data, np.asarray(opened.convert("L"))


def differ(one: Image, other: Image) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


def test_a_scanned_jpeg_is_taken_as_it_is(tmp_path: Path) -> None:
    writer = new_file()
    name = picture(writer, scan())
    path = one_page(tmp_path, writer, page(writer, filling(SIZE), {"P": name}, SIZE))
    assert read(path)[:2] == (".jpg", jpeg(scan()))


def test_a_scan_under_unseen_text_is_taken_as_it_is(tmp_path: Path) -> None:
    writer = new_file()
    font = writer.add(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    content = filling(SIZE) + " BT 3 Tr /F 12 Tf 20 20 Td (read by a machine) Tj ET"
    resources = f"/Font << /F {font} 0 R >>"
    number = page(writer, content, {"P": picture(writer, scan())}, SIZE, resources=resources)
    assert read(one_page(tmp_path, writer, number))[:2] == (".jpg", jpeg(scan()))
    seen = page(
        writer, content.replace("3 Tr", "0 Tr"), {"P": picture(writer, scan())}, SIZE, resources=resources
    )
    path = tmp_path / "seen.pdf"
    path.write_bytes(writer.written([seen]))
    assert list_pages(path, Limits()) == [".png"]


def test_inverted_values_are_shown_inverted(tmp_path: Path) -> None:
    writer = new_file()
    name = picture(writer, 255 - scan(), extra="/Decode [1 0]")
    path = one_page(tmp_path, writer, page(writer, filling(SIZE), {"P": name}, SIZE))
    suffix, data, grey = read(path)
    assert suffix == ".jpg"
    assert data != jpeg(255 - scan())
    assert differ(grey, scan()) < 2


@pytest.mark.parametrize("mask", ["SMask", "Mask"])
def test_a_picture_that_is_its_mask_is_shown(mask: str, tmp_path: Path) -> None:
    writer = new_file()
    drawn = (scan() < 128).astype(np.uint8) * 255
    if mask == "SMask":
        stencil = picture(writer, drawn, "FlateDecode")
    else:
        packed = np.packbits(drawn < 128, axis=1).tobytes()  # 1 masks out
        stencil = writer.stream(
            "/Type /XObject /Subtype /Image /Width 400 /Height 300 /ImageMask true /BitsPerComponent 1",
            packed,
        )
    black = picture(writer, np.zeros((300, 400), np.uint8), extra=f"/{mask} {stencil} 0 R")
    _, _, grey = read(one_page(tmp_path, writer, page(writer, filling(SIZE), {"P": black}, SIZE)))
    assert differ(grey, 255 - drawn) < 3


def test_a_picture_under_a_half_clear_state_is_shown_lighter(tmp_path: Path) -> None:
    writer = new_file()
    content = "/S gs " + filling(SIZE)
    resources = "/ExtGState << /S << /ca 0.5 >> >>"
    number = page(writer, content, {"P": picture(writer, scan())}, SIZE, resources=resources)
    _, _, grey = read(one_page(tmp_path, writer, number))
    assert differ(grey, (scan().astype(int) + 255) // 2) < 2


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ("/Rotate 90", np.rot90(scan(), -1)),
        ("/Rotate 180", np.rot90(scan(), 2)),
        ("/Rotate 270", np.rot90(scan())),
        ("/CropBox [50 0 200 150]", scan()[:, 100:]),
    ],
)
def test_turned_and_cut_pages_keep_the_scan_s_own_pixels(extra: str, expected: Image, tmp_path: Path) -> None:
    writer = new_file()
    number = page(writer, filling(SIZE), {"P": picture(writer, scan())}, SIZE, extra=extra)
    assert differ(read(one_page(tmp_path, writer, number))[2], expected) < 1.5


def test_strips_are_rendered_at_their_own_density(tmp_path: Path) -> None:
    writer = new_file()
    names = {f"S{n}": picture(writer, scan()[n * 50 : n * 50 + 50], "FlateDecode") for n in range(6)}
    content = " ".join(f"q 200 0 0 25 0 {125 - 25 * n} cm /S{n} Do Q" for n in range(6))
    _, _, grey = read(one_page(tmp_path, writer, page(writer, content, names, SIZE)))
    assert grey.shape == (300, 400)
    assert differ(grey, scan()) < 0.5


def test_a_small_picture_does_not_decide_how_fine_a_drawn_page_is(tmp_path: Path) -> None:
    writer = new_file()
    content = "q 20 0 0 15 0 0 cm /P Do Q 50 50 100 20 re f"
    number = page(writer, content, {"P": picture(writer, scan())}, SIZE)
    assert max(read(one_page(tmp_path, writer, number))[2].shape) == 2000


def test_annotations_and_hidden_layers_are_no_part_of_the_page(tmp_path: Path) -> None:
    writer = new_file()
    note = writer.add(
        b"<< /Type /Annot /Subtype /Square /Rect [10 10 190 140] /C [1 0 0] /IC [1 0 0] /F 4 >>"
    )
    layer = writer.add(b"<< /Type /OCG /Name (draft) >>")
    content = filling(SIZE) + " /OC /L BDC 0 0 200 150 re f EMC"
    number = page(
        writer,
        content,
        {"P": picture(writer, scan())},
        SIZE,
        resources=f"/Properties << /L {layer} 0 R >>",
        extra=f"/Annots [{note} 0 R]",
    )
    catalog = f"/OCProperties << /OCGs [{layer} 0 R] /D << /OFF [{layer} 0 R] >> >>"
    _, _, grey = read(one_page(tmp_path, writer, number, catalog))
    assert differ(grey, scan()) < 1.5


def test_a_damaged_scan_is_handed_on_to_be_named(tmp_path: Path) -> None:
    writer = new_file()
    number = page(writer, filling(SIZE), {"P": picture(writer, scan())}, SIZE)
    path = one_page(tmp_path, writer, number)
    whole = jpeg(scan())
    torn = whole[: len(whole) // 2] + bytes(len(whole) - len(whole) // 2)
    path.write_bytes(path.read_bytes().replace(whole, torn))
    data = read_page(path, 0, LIMIT)
    assert data == torn
    with pytest.raises(PageError):
        decode_picture(data, "x", LIMIT)


def test_a_huge_scan_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    writer = new_file()
    number = page(writer, filling(SIZE), {"P": picture(writer, scan())}, SIZE)
    with pytest.raises(PageError, match="over the limit of 1,000"):
        read_page(one_page(tmp_path, writer, number), 0, 1000)


def test_a_coarse_ground_does_not_decide_how_fine_a_page_is(tmp_path: Path) -> None:
    writer = new_file()
    names = {"G": picture(writer, np.full((1, 1), 250, np.uint8)), "P": picture(writer, scan())}
    content = f"{filling(SIZE, 'G')} {filling(SIZE)}"
    _, _, grey = read(one_page(tmp_path, writer, page(writer, content, names, SIZE)))
    assert grey.shape == (300, 400) and differ(grey, scan()) < 0.5
    drawn = f"{filling(SIZE, 'G')} 50 50 100 20 re f"
    writer = new_file()
    ground = {"G": picture(writer, np.full((4, 4), 250, np.uint8))}
    assert max(read(one_page(tmp_path, writer, page(writer, drawn, ground, SIZE)))[2].shape) == 2000


def test_a_scan_within_forms_is_rendered_at_its_own_density(tmp_path: Path) -> None:
    writer = new_file()
    scanned = picture(writer, scan(), "FlateDecode")
    kind = "/Type /XObject /Subtype /Form /BBox [0 0 1 1]"
    inner = writer.stream(f"{kind} /Resources << /XObject << /P {scanned} 0 R >> >>", b"/P Do")
    outer = writer.stream(f"{kind} /Resources << /XObject << /F {inner} 0 R >> >>", b"/F Do")
    number = page(writer, filling(SIZE, "F"), {"F": outer}, SIZE)
    _, _, grey = read(one_page(tmp_path, writer, number))
    assert grey.shape == (300, 400) and differ(grey, scan()) < 0.5


@pytest.mark.parametrize("method", ["JPXDecode", "FlateDecode", "NoneSuchDecode"])
def test_a_page_whose_picture_cannot_be_decoded_is_no_blank_page(method: str, tmp_path: Path) -> None:
    writer = new_file()
    broken = writer.stream(
        "/Type /XObject /Subtype /Image /Width 400 /Height 300 /BitsPerComponent 8 /ColorSpace /DeviceGray "
        f"/Filter /{method}",
        b"neither of these" * 9,
    )
    path = one_page(tmp_path, writer, page(writer, filling(SIZE), {"P": broken}, SIZE))
    with pytest.raises(PageError, match=r"page 1: cannot be read [(]a picture on it is damaged"):
        read_page(path, 0, LIMIT)
