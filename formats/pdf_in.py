"""Pages of a PDF, by pdfium. A page that is one scanned JPEG is handed on as that very file."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.limits import Limits

_DPI: Final = 300  # of what has to be rendered, where no picture on the page asks for more
_SIDES: Final = (2000, 6000)  # pixels of the long side that rendering stays between
_lock = threading.Lock()  # pdfium must be called by one thread at a time


def list_pages(path: Path, limits: Limits) -> list[str]:
    """The suffix of each page's picture: ``.jpg`` or ``.png``. Raises ``InputError``."""
    with _document(path) as document:
        if len(document) > limits.entries:
            raise InputError(
                f"{path}: holds more than {limits.entries:,} pages",
                "Raise --max-entries if you trust this file.",
            )
        return [_suffix(document, index) for index in range(len(document))]


def read_page(path: Path, index: int, max_pixels: int) -> bytes:
    """The page's JPEG as it is in the PDF, or a PNG of the rendered page. Raises ``PageError``."""
    where = f"{path}: page {index + 1}"
    try:
        with _document(path) as document:
            page = document[index]
            picture = _only_picture(page)
            if picture is not None and _is_plain_jpeg(page, picture):
                return _extract(picture)
            return _render(page, picture, max_pixels)
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
        page = document[index]
        picture = _only_picture(page)
        return ".jpg" if picture is not None and _is_plain_jpeg(page, picture) else ".png"
    except Exception:  # a broken page fails when its turn comes
        return ".png"


def _only_picture(page: Any) -> Any | None:
    """The page's picture, if it holds exactly one object, and that fills it without turn or mirror."""
    from pypdfium2 import raw

    objects = list(page.get_objects(max_depth=2))
    if len(objects) != 1 or objects[0].type != raw.FPDF_PAGEOBJ_IMAGE or page.get_rotation() % 360:
        return None
    matrix = objects[0].get_matrix()
    upright = matrix.a > 0 and matrix.d > 0 and abs(matrix.b) + abs(matrix.c) < 1e-3 * matrix.a
    left, bottom, right, top = objects[0].get_bounds()
    width, height = page.get_size()
    fills = right - left > 0.97 * width and top - bottom > 0.97 * height
    return objects[0] if upright and fills else None


def _is_plain_jpeg(page: Any, picture: Any) -> bool:
    left, bottom, right, top = picture.get_bounds()
    width, height = page.get_size()
    inside = right - left < 1.03 * width and top - bottom < 1.03 * height  # else the page crops it
    return inside and picture.get_filters() == ["DCTDecode"] and _has_plain_colours(picture)


def _has_plain_colours(picture: Any) -> bool:
    from pypdfium2 import raw

    # Pictures in CMYK or with a palette depend on the PDF's own colour spaces: pdfium renders those.
    space = picture.get_metadata().colorspace
    plain = (raw.FPDF_COLORSPACE_DEVICEGRAY, raw.FPDF_COLORSPACE_DEVICERGB, raw.FPDF_COLORSPACE_ICCBASED)
    return space in plain


def _extract(picture: Any) -> bytes:
    return bytes(picture.get_data(decode_simple=False))


def _render(page: Any, picture: Any | None, max_pixels: int) -> bytes:
    points = max(page.get_size())
    wanted = points * _DPI / 72
    if picture is not None:
        wanted = max(picture.get_px_size())
    scale = min(max(wanted, _SIDES[0]), _SIDES[1]) / points if picture is None else wanted / points
    width, height = (side * scale for side in page.get_size())
    if width * height > max_pixels:
        raise PageError(
            f"a page of {width:.0f}×{height:.0f} pixels is over the limit of {max_pixels:,}",
            "Raise the limit with --max-pixels if you trust this file.",
        )
    target = io.BytesIO()
    page.render(scale=scale).to_pil().convert("RGB").save(target, "PNG", compress_level=1)
    return target.getvalue()
