"""An EPUB of pictures, one a page, in fixed layout (EPUB 3.3): what e-readers take that know no CBZ.

Pages are JPEG and PNG, which every reader shows; WebP is young among the formats that a book may hold.
"""

from __future__ import annotations

import hashlib
import re
import uuid
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.sax.saxutils import escape, quoteattr

from mangacolor.core.errors import PageError
from mangacolor.core.settings import Direction
from mangacolor.core.wording import printable
from mangacolor.formats.archive_members import EPOCH, with_rights
from mangacolor.formats.book_pages import JpegPage, book_page
from mangacolor.formats.writers import encode_picture

# The format asks for the time of the last change; one that is always the same keeps equal pages equal bytes.
_MODIFIED: Final = "1980-01-01T00:00:00Z"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_CONTAINER: Final = (
    _HEAD + '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">\n'
    '<rootfiles><rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles>\n</container>\n"
)
_STYLE: Final = "html, body { margin: 0; padding: 0 } img { display: block; width: 100%; height: auto }"
_MEDIA_TYPES: Final = {".jpg": "image/jpeg", ".png": "image/png"}
# What XML 1.0 holds in no form: halves of surrogate pairs, which stand for bytes that are no UTF-8, too.
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class _Page:
    """``name``: of its document and its picture, without their suffixes."""

    name: str
    suffix: str
    width: int
    height: int

    @property
    def is_spread(self) -> bool:
        return self.width > self.height


def write_epub(
    file: BinaryIO, pictures: Iterable[bytes], title: str, direction: Direction = "rtl"
) -> tuple[int, ...]:
    """Write ``pictures`` (whole files) as the pages of one EPUB. Holds one picture at a time.

    Returns which of them, counted from 0, are left out because they cannot be decoded.
    """
    title = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", printable(title))
    digest = hashlib.sha256(title.encode())
    pages: list[_Page] = []
    left_out = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as book:
        _add(book, "mimetype", b"application/epub+zip")  # the first entry, as readers look for it there
        _add(book, "META-INF/container.xml", _CONTAINER.encode())
        for index, data in enumerate(pictures):
            name = f"{len(pages) + 1:04d}"
            try:
                suffix, (width, height), content = _picture(data)
            except PageError:
                left_out.append(index)
                continue
            page = _Page(name, suffix, width, height)
            digest.update(content)
            _add(book, f"OEBPS/{name}{suffix}", content)
            _add(book, f"OEBPS/{name}.xhtml", _document(page).encode())
            pages.append(page)
        _add(book, "OEBPS/contents.xhtml", _contents(pages, title).encode())
        identity = uuid.UUID(bytes=digest.digest()[:16], version=5)
        _add(book, "OEBPS/package.opf", _package(pages, title, direction, identity).encode())
    return tuple(left_out)


def _picture(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    """Suffix, size and content of a page's file. Raises ``PageError``."""
    page = book_page(data)
    if isinstance(page, JpegPage):
        return ".jpg", (page.width, page.height), page.data
    height, width = page.pixels.shape[:2]
    came_as_png = page.format == "PNG" and page.frames == 1 and page.orientation == 1
    content = data if came_as_png else encode_picture(page.pixels, "PNG", page.density, True, 100)
    return ".png", (width, height), content


def _document(page: _Page) -> str:
    """The page's own document, as large as its picture."""
    size = f'content="width={page.width}, height={page.height}"'
    return (
        f'{_HEAD}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml"><head>'
        f'<title>{int(page.name)}</title><meta name="viewport" {size}/><style>{_STYLE}</style></head>\n'
        f'<body><img src="{page.name}{page.suffix}" alt="page {int(page.name)}"/></body></html>\n'
    )


def _contents(pages: Sequence[_Page], title: str) -> str:
    """The table of contents that the format asks for: the book's beginning, and a list of its pages."""
    links = "".join(f'<li><a href="{page.name}.xhtml">{int(page.name)}</a></li>' for page in pages)
    first = pages[0].name if pages else ""
    return (
        f'{_HEAD}<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" '
        f'xmlns:epub="http://www.idpf.org/2007/ops"><head><title>{escape(title)}</title></head><body>\n'
        f'<nav epub:type="toc"><ol><li><a href="{first}.xhtml">{escape(title)}</a></li></ol></nav>\n'
        f'<nav epub:type="page-list" hidden="hidden"><ol>{links}</ol></nav></body></html>\n'
    )


def _package(pages: Sequence[_Page], title: str, direction: Direction, identity: uuid.UUID) -> str:
    items = [
        '<item id="contents" href="contents.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    ]
    spine = []
    for page in pages:
        cover = ' properties="cover-image"' if page is pages[0] else ""
        picture = f'href="{page.name}{page.suffix}" media-type="{_MEDIA_TYPES[page.suffix]}"{cover}'
        items.append(f'<item id="i{page.name}" {picture}/>')
        document = f'href="{page.name}.xhtml" media-type="application/xhtml+xml"'
        items.append(f'<item id="p{page.name}" {document}/>')
        alone = ' properties="rendition:page-spread-center"' if page.is_spread else ""
        spine.append(f'<itemref idref="p{page.name}"{alone}/>')
    return (
        f'{_HEAD}<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id">\n'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f'<dc:identifier id="id">urn:uuid:{identity}</dc:identifier>\n'
        f"<dc:title>{escape(title)}</dc:title>\n<dc:language>und</dc:language>\n"
        f'<meta property="dcterms:modified">{_MODIFIED}</meta>\n'
        '<meta property="rendition:layout">pre-paginated</meta>\n'
        '<meta property="rendition:spread">auto</meta>\n'
        f'<meta name="cover" content={quoteattr(f"i{pages[0].name}" if pages else "")}/>\n'
        "</metadata>\n<manifest>\n" + "\n".join(items) + "\n</manifest>\n"
        f'<spine page-progression-direction="{direction}">\n' + "\n".join(spine) + "\n</spine>\n</package>\n"
    )


def _add(book: zipfile.ZipFile, name: str, data: bytes) -> None:
    book.writestr(with_rights(zipfile.ZipInfo(name, EPOCH)), data)
