"""A PDF of pictures, one a page: JPEG files go in as they are, all others losslessly.

Our own because the writers at hand put in dates and random identifiers, or encode JPEG a second time.
Structure as in ISO 32000-1, section 7.5.
"""

from __future__ import annotations

import contextlib
import io
import zlib
from collections.abc import Iterable
from typing import BinaryIO, Final

from PIL import Image as PillowImage

from mangacolor.core.errors import PageError
from mangacolor.formats.pixels import NO_LIMIT, allow_pixels, decode_picture

_DPI: Final = 72.0  # of a picture that does not say
_SPACES: Final = {"L": "/DeviceGray", "RGB": "/DeviceRGB"}


def write_pdf(file: BinaryIO, pictures: Iterable[bytes]) -> tuple[int, ...]:
    """Write ``pictures`` (whole files) as the pages of one PDF. Holds one picture at a time.

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
    writer.finish(pages)
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

    def finish(self, pages: list[int]) -> None:
        kids = " ".join(f"{page} 0 R" for page in pages)
        self._object("<< /Type /Catalog /Pages 2 0 R >>", number=1)
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
    if data.startswith(b"\xff\xd8"):
        allow_pixels(NO_LIMIT)
        with contextlib.suppress(Exception), PillowImage.open(io.BytesIO(data)) as image:
            plain = image.getexif().get(0x0112, 1) == 1 and "icc_profile" not in image.info
            if image.format in ("JPEG", "MPO") and image.mode in _SPACES and plain:
                density = tuple(float(value) or _DPI for value in image.info.get("dpi", (_DPI, _DPI)))
                return (*image.size, (density[0], density[1]), _SPACES[image.mode], "/DCTDecode", data)
    picture = decode_picture(data, "page", NO_LIMIT)
    height, width = picture.pixels.shape[:2]
    stream = zlib.compress(picture.pixels.tobytes(), 6)
    return width, height, picture.density or (_DPI, _DPI), "/DeviceRGB", "/FlateDecode", stream


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
