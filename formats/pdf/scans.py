"""Whether a PDF page is nothing but one scanned JPEG, and how finely the pictures of a page are scanned."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import cv2
import numpy as np

from mangacolor.core.errors import PageError
from mangacolor.core.types import Image
from mangacolor.formats.pixels import decode_picture

# Levels by which two decoders of one JPEG may differ, and the share of pixels that may differ by more.
_NOISE: Final = 4
_NOISY_SHARE: Final = 1e-4
_COVERED: Final = 0.5  # share of a page that pictures cover, from which they decide how finely it is rendered
_COARSE: Final = 300  # pixels of a page's long side, below which a picture is rather a ground than a scan
_SIMPLE_FILTERS: Final = {"FlateDecode", "LZWDecode", "RunLengthDecode", "ASCII85Decode", "ASCIIHexDecode"}
_SLACK: Final = 0.03  # of a page's side: by how much its picture may be smaller or larger than the page


def scanned_picture(page: Any) -> Any | None:
    """The page's picture, if it holds one JPEG that fills it upright, and beside it unseen text at most.

    Cheap: it looks at the page's objects, not at pixels. What lies in dictionaries that pdfium does not
    show (a mask, inverted values, a profile) is left to ``shows_the_same``.
    """
    from pypdfium2 import raw

    pictures = []
    for item in page.get_objects(max_depth=2):
        if item.type == raw.FPDF_PAGEOBJ_IMAGE:
            pictures.append(item)
        elif not _is_unseen_text(item):
            return None
    if len(pictures) != 1 or page.get_rotation() % 360:
        return None
    return pictures[0] if _fills(page, pictures[0]) and _is_plain_jpeg(pictures[0]) else None


def _is_unseen_text(item: Any) -> bool:
    """Text that a scanner's character recognition lays under or over its picture."""
    from pypdfium2 import raw

    if item.type != raw.FPDF_PAGEOBJ_TEXT:
        return False
    return bool(raw.FPDFTextObj_GetTextRenderMode(item) == raw.FPDF_TEXTRENDERMODE_INVISIBLE)


def _fills(page: Any, picture: Any) -> bool:
    matrix = picture.get_matrix()
    upright = matrix.a > 0 and matrix.d > 0 and abs(matrix.b) + abs(matrix.c) < 1e-3 * matrix.a
    left, bottom, right, top = picture.get_bounds()
    width, height = page.get_size()
    shares = (right - left) / width, (top - bottom) / height
    return upright and all(abs(share - 1) < _SLACK for share in shares)


def _is_plain_jpeg(picture: Any) -> bool:
    from pypdfium2 import raw

    # Pictures in CMYK or with a palette depend on the PDF's own colour spaces: pdfium renders those.
    space = picture.get_metadata().colorspace
    plain = (raw.FPDF_COLORSPACE_DEVICEGRAY, raw.FPDF_COLORSPACE_DEVICERGB, raw.FPDF_COLORSPACE_ICCBASED)
    return picture.get_filters() == ["DCTDecode"] and space in plain


def shows_the_same(page: Any, picture: Any, jpeg: bytes) -> bool:
    """Whether a viewer shows just what the JPEG holds: the page rendered at its size has the same pixels.

    A damaged JPEG is said to be the same: a renderer paints over what is missing, while ``decode`` names it.
    """
    width, height = picture.get_px_size()
    try:
        stored = decode_picture(jpeg, "", 2 * width * height).pixels
    except PageError:
        return True
    shown = rendered(page, width / page.get_size()[0])
    if stored.shape[:2] != (height, width) or shown.shape != stored.shape:
        return False
    different = cv2.absdiff(stored, shown).max(axis=2) > _NOISE
    return bool(np.count_nonzero(different) <= _NOISY_SHARE * different.size)


def rendered(page: Any, scale: float) -> Image:
    """The page as a viewer shows it, without annotations, at ``scale`` pixels a point. H×W×3 uint8 RGB."""
    # pypdfium2 rounds sides up: a rounding error must not make a picture a pixel wider than it is.
    bitmap = page.render(scale=scale * (1 - 1e-5), draw_annots=False, rev_byteorder=True)
    pixels = bitmap.to_numpy()
    if pixels.ndim == 2:
        return np.repeat(pixels[..., None], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])


def scan_density(page: Any) -> float | None:
    """Pixels a point of the pictures that make up a page; None where they cover less than half of it.

    A scan cut into strips has their density. Of pictures of several densities, the finest that cover half
    of the page decide: a coarse ground below a scan does not. Where a coarse picture is the ground of
    something drawn, it does not say how fine that is.
    """
    width, height = page.get_size()
    covered = 0.0
    for density, area in sorted(_densities(page), reverse=True):
        covered += area
        if covered >= _COVERED * width * height:
            coarse = density * max(width, height) < _COARSE
            return None if coarse and _is_drawn_on(page) else density
    return None


def _is_drawn_on(page: Any) -> bool:
    from pypdfium2 import raw

    plain = (raw.FPDF_PAGEOBJ_IMAGE, raw.FPDF_PAGEOBJ_FORM)
    return any(item.type not in plain and not _is_unseen_text(item) for item in page.get_objects(max_depth=8))


def _densities(page: Any) -> Iterator[tuple[float, float]]:
    """For each picture of a page its pixels a point and the area that it covers, in square points."""
    for picture in _pictures(page):
        matrix = picture.get_matrix()  # of a square of one point to the page, or to the form that holds it
        form = picture.container
        while form is not None:
            matrix, form = matrix.multiply(form.get_matrix()), form.container
        across, down = math.hypot(matrix.a, matrix.b), math.hypot(matrix.c, matrix.d)
        wide, high = picture.get_px_size()
        if across > 0 and down > 0:
            yield max(wide / across, high / down), across * down


def check_pictures(page: Any) -> None:
    """Raise ``ValueError`` if a picture of a page cannot be decoded: a viewer leaves it out in silence."""
    from pypdfium2 import PdfiumError

    for picture in _pictures(page):
        width, height = picture.get_px_size()
        try:
            picture.get_bitmap()
        except PdfiumError as error:
            raise ValueError("a picture on it is damaged or of an unknown kind") from error
        simple = set(picture.get_filters()) <= _SIMPLE_FILTERS
        # A bit a pixel is the least that any picture has.
        if simple and len(picture.get_data(decode_simple=True)) < height * (width // 8):
            raise ValueError("a picture on it is damaged: its end is missing")


def _pictures(page: Any) -> Iterator[Any]:
    from pypdfium2 import raw

    yield from page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=8)
