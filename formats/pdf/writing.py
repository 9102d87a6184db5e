"""A PDF of pictures, one a page: JPEG files go in as they are, lossless ones losslessly, others as JPEG.

Our own because the writers at hand put in dates and random identifiers, or encode JPEG a second time.
Structure as in ISO 32000-1, section 7.5.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final

from mangacolor.core.errors import PageError
from mangacolor.core.settings import Direction
from mangacolor.formats.book_pages import JpegPage, book_page

_DPI: Final = 72.0  # of a picture that does not say
_SPACES: Final = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}
_DIRECTIONS: Final[dict[Direction, str]] = {"rtl": "/R2L", "ltr": "/L2R"}


def write_pdf(
    file: BinaryIO, pictures: Iterable[bytes], direction: Direction | None = None
) -> tuple[int, ...]:
    """Write ``pictures`` (whole files) as the pages of one PDF. Holds one picture at a time.

    ``direction``: in which viewers lay two pages side by side; None does not say.
    Returns which of them, counted from 0, are left out because they cannot be decoded.
    """
    writer = _Writer(file)
    pages, left_out = [], []
    for index, data in enumerate(pictures):
        try:
            picture = _picture(data)
        except PageError:
            left_out.append(index)
        else:
            pages.append(writer.add_page(*picture))
    writer.finish(pages, direction)
    return tuple(left_out)


class _Writer:
    """Numbers objects and remembers where each begins. Object 1 is the catalog, 2 the page tree."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._offsets: dict[int, int] = {}
        self._next = 3
        self._write(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")

    def add_page(
        self, width: int, height: int, density: tuple[float, float], space: str, coding: str, body: bytes
    ) -> int:
        picture = self._object(
            f"<< /Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace {space} "
            f"/BitsPerComponent 8 /Filter {coding} /Length {len(body)} >>",
            body,
        )
        across, down = (
            _number(side * 72 / dots) for side, dots in zip((width, height), density, strict=True)
        )
        drawing = f"q {across} 0 0 {down} 0 0 cm /I Do Q".encode()
        content = self._object(f"<< /Length {len(drawing)} >>", drawing)
        return self._object(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {across} {down}] "
            f"/Resources << /XObject << /I {picture} 0 R >> >> /Contents {content} 0 R >>"
        )

    def finish(self, pages: list[int], direction: Direction | None) -> None:
        kids = " ".join(f"{page} 0 R" for page in pages)
        told = f" /ViewerPreferences << /Direction {_DIRECTIONS[direction]} >>" if direction else ""
        self._object(f"<< /Type /Catalog /Pages 2 0 R{told} >>", number=1)
        self._object(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>", number=2)
        start = self._at
        self._write(f"xref\n0 {self._next}\n0000000000 65535 f \n".encode())
        for number in range(1, self._next):
            self._write(f"{self._offsets[number]:010d} 00000 n \n".encode())
        trailer = f"trailer\n<< /Size {self._next} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
        self._write(trailer.encode())

    def _object(self, dictionary: str, stream: bytes | None = None, number: int = 0) -> int:
        if not number:
            number, self._next = self._next, self._next + 1
        self._offsets[number] = self._at
        self._write(f"{number} 0 obj\n{dictionary}\n".encode())
        if stream is not None:
            self._write(b"stream\n" + stream + b"\nendstream\n")
        self._write(b"endobj\n")
        return number

    def _write(self, data: bytes) -> None:
        self._file.write(data)
        self._at += len(data)


def _picture(data: bytes) -> tuple[int, int, tuple[float, float], str, str, bytes]:
    """Width, height, density, colour space, filter and stream of a picture file. Raises ``PageError``."""
    page = book_page(data)
    density = page.density or (_DPI, _DPI)
    if isinstance(page, JpegPage):
        return page.width, page.height, density, _SPACES[page.mode], "/DCTDecode", page.data
    height, width = page.pixels.shape[:2]
    return width, height, density, "/DeviceRGB", "/FlateDecode", zlib.compress(page.pixels.tobytes(), 6)


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
