"""What a page becomes in a book that holds JPEG and lossless pictures: in a PDF, and in an EPUB."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Final

from PIL import Image as PillowImage

from mangacolor.formats.pixels import NO_LIMIT, Picture, allow_pixels, decode_picture
from mangacolor.formats.writers import LIMITS, encode_picture

# Of a page that was lossy in another format. Pages of lossy WebP differ from it by 44.5 dB in luma, less than
# they do from their scans; losslessly they would take 2.4 times its room.
QUALITY: Final = 95
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final = 1


@dataclass(frozen=True, slots=True)
class JpegPage:
    """A whole JPEG file, upright and without a profile.

    ``mode``: L or RGB. ``density``: dots per inch (x, y), where it tells them.
    """

    data: bytes
    width: int
    height: int
    mode: str
    density: tuple[float, float] | None


def book_page(data: bytes) -> JpegPage | Picture:
    """The page of a picture file: a plain JPEG file as it came, a lossless picture decoded, and one that was
    lossy in another format (WebP, AVIF, JPEG in CMYK, ...) as JPEG of high quality.

    Raises ``PageError`` where it cannot be decoded.
    """
    came = _plain_jpeg(data)
    if came is not None:
        return came
    picture = decode_picture(data, "page", NO_LIMIT)
    height, width = picture.pixels.shape[:2]
    if picture.lossless or max(width, height) > LIMITS["JPEG"]:
        return picture
    made = encode_picture(picture.pixels, "JPEG", picture.density, lossless=False, quality=QUALITY)
    return JpegPage(made, width, height, "RGB", picture.density)


def _plain_jpeg(data: bytes) -> JpegPage | None:
    """A JPEG file that shows the same wherever its turning, profile or ink colours are not heeded."""
    if not data.startswith(b"\xff\xd8"):
        return None
    allow_pixels(NO_LIMIT)
    with contextlib.suppress(Exception), PillowImage.open(io.BytesIO(data)) as image:
        plain = image.getexif().get(_ORIENTATION, _UPRIGHT) == _UPRIGHT and "icc_profile" not in image.info
        if image.format in ("JPEG", "MPO") and image.mode in ("L", "RGB") and plain:
            x, y = image.info.get("dpi", (0, 0))
            density = (float(x), float(y)) if x and y else None
            return JpegPage(data, *image.size, image.mode, density)
    return None
