"""Pages of a PDF, by pdfium, as a viewer shows them. One scanned JPEG is handed on as that very file."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image as PillowImage

from mangacolor.core.errors import InputError, PageError
from mangacolor.core.wording import counted
from mangacolor.formats.limits import Limits
from mangacolor.formats.pdf.scans import (
    check_pictures,
    rendered,
    scan_density,
    scanned_picture,
    shows_the_same,
)

_DPI: Final = 300  # of what has to be rendered, where pictures do not say how fine it is
_SIDES: Final = (2000, 6000)  # pixels of the long side that rendering stays between
_lock = threading.Lock()  # pdfium must be called by one thread at a time


def list_pages(path: Path, limits: Limits) -> list[str]:
    """The suffix of each page's picture: ``.jpg`` or ``.png``. Raises ``InputError``."""
    with _document(path) as document:
        if len(document) > limits.entries:
            raise InputError(
                f"{path}: holds more than {counted(limits.entries, 'page')}",
                "Raise --max-entries if you trust this file.",
            )
        return [_suffix(document, index) for index in range(len(document))]


def read_page(path: Path, index: int, max_pixels: int) -> bytes:
    """The page's JPEG as it is in the PDF where a viewer shows just that, or else the page rendered.

    What looked like a scanned JPEG and is shown otherwise (masked, inverted, cut) is rendered into a
    JPEG, so that the page's suffix stays true; anything else into a PNG. Raises ``PageError``.
    """
    where = f"{path}: page {index + 1}"
    try:
        with _document(path) as document:
            page = document[index]
            picture = scanned_picture(page)
            if picture is None:
                return _render(page, where, max_pixels, "PNG")
            jpeg = bytes(picture.get_data(decode_simple=False))
            _check_size(picture.get_px_size(), where, max_pixels)
            return jpeg if shows_the_same(page, picture, jpeg) else _render(page, where, max_pixels, "JPEG")
    except InputError as error:
        raise PageError(error.message, error.remedy) from error
    except (PageError, MemoryError):
        raise
    except Exception as error:  # pdfium's own errors, and what ctypes makes of a damaged page
        raise PageError(
            f"{where}: cannot be read ({error})", "Repair the PDF, or export its pages as pictures."
        ) from error


@contextmanager
def _document(path: Path) -> Iterator[Any]:
    import pypdfium2 as pdfium

    with _lock:
        try:
            document = pdfium.PdfDocument(path)
        except (pdfium.PdfiumError, OSError) as error:
            if "assword" in str(error):
                raise InputError(
                    f"{path}: the PDF is encrypted", "Save a copy without password first."
                ) from error
            raise InputError(
                f"{path}: not a readable PDF ({error})", "Repair it, or export its pages as pictures."
            ) from error
        try:
            yield document
        finally:
            document.close()


def _suffix(document: Any, index: int) -> str:
    try:
        return ".png" if scanned_picture(document[index]) is None else ".jpg"
    except Exception:  # a broken page fails when its turn comes
        return ".png"


def _render(page: Any, where: str, max_pixels: int, form: Literal["JPEG", "PNG"]) -> bytes:
    points = max(page.get_size())
    scale = scan_density(page) or min(max(points * _DPI / 72, _SIDES[0]), _SIDES[1]) / points
    width, height = page.get_size()
    _check_size((width * scale, height * scale), where, max_pixels)
    check_pictures(page)
    target = io.BytesIO()
    quality = {"quality": 95, "subsampling": 0} if form == "JPEG" else {"compress_level": 1}
    PillowImage.fromarray(rendered(page, scale)).save(target, form, **quality)
    return target.getvalue()


def _check_size(size: tuple[float, float], where: str, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise PageError(
            f"{where}: {width:.0f}×{height:.0f} pixels, over the limit of {max_pixels:,}",
            "Raise the limit with --max-pixels if you trust this file.",
        )
