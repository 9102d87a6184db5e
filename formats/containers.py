"""From an archive, EPUB or PDF to a chapter: its pages, their names, and what it is packed into again."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final, Literal

from mangacolor.core.errors import InputError
from mangacolor.core.system.kind import on_windows
from mangacolor.core.types import Chapter, Page
from mangacolor.formats.archive_chapter import ArchiveChapter
from mangacolor.formats.archive_members import DateTime, zip_time
from mangacolor.formats.archive_out import ArchiveOutput, Entry
from mangacolor.formats.archives import archive_kind, list_archive, suffixes_of
from mangacolor.formats.folders import UNREADABLE, list_folder
from mangacolor.formats.limits import Limits
from mangacolor.formats.names import natural_key, safe_part
from mangacolor.formats.opened import Opened, OutputFormat, archive_output, container_suffixes
from mangacolor.formats.pdf import pages as pdf_pages
from mangacolor.formats.sources import FileSource, PdfSource

# Named, not read.
UNREAD_BOOKS: Final = frozenset(
    {".djvu", ".djv", ".mobi", ".azw", ".azw3", ".kfx", ".prc", ".xps", ".oxps", ".ace"}
)


def container_kind(head: bytes) -> str | None:
    """A row of ``archives.ARCHIVE_KINDS`` (an EPUB is a ``zip``), ``pdf``, or None, by the first bytes."""
    # The PDF header may stand behind some leading bytes.
    return archive_kind(head) or ("pdf" if b"%PDF-" in head else None)


def open_container(
    path: Path,
    kind: str,
    place: PurePosixPath,
    form: OutputFormat,
    limits: Limits,
    encoding: str | None = None,
) -> Opened:
    """Open an archive of ``kind`` (see ``container_kind``, or ``UNREADABLE``) whose own place in OUT is
    ``place``.

    ``encoding``: the codec of names that do not say how they are written; None guesses it.

    Raises ``InputError`` if it cannot be read, holds no page, is encrypted or breaks a limit. Entries
    that are refused become pages that fail, or notes where they are no pictures.
    """
    if kind == "unread":
        raise InputError(
            f"{path}: a book in a format that mangacolor does not read", "Convert it to CBZ, PDF or EPUB."
        )
    if kind == UNREADABLE:
        list_folder(path)
        raise InputError(f"{path}: could not be read", "Run again: it can be by now.")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty (0 bytes)", "Get a complete copy of it.")
    if kind == "pdf":
        return _open_pdf(path, place, form, limits)
    listing = list_archive(path, kind, limits, encoding)
    return ArchiveChapter(path, listing, output_name(place, kind, form), form, limits).open()


def written_suffixes() -> frozenset[str]:
    """What the names of the archives end in that a run writes, with the dot and in small letters."""
    return suffixes_of("zip") | {".pdf"}


def output_name(place: PurePosixPath, kind: str, form: OutputFormat) -> str:
    """``x.cbr`` becomes ``x.cbz``, or ``x`` with ``--format folder``; ZIP archives keep their names."""
    suffix = place.suffix.lower()
    if form == "same" and kind == "zip" and suffix in suffixes_of("zip"):
        return str(place)
    stem = place.with_suffix("") if suffix in container_suffixes() else place
    stem = stem.with_suffix("") if stem.suffix.lower() == ".tar" else stem
    ending = {"folder": "", "pdf": ".pdf"}.get(form, ".cbz")
    return str(stem.with_name(safe_part(stem.name + ending) if on_windows() else stem.name + ending))


def folder_container(name: str, pages: list[Page], others: list[tuple[str, Path]]) -> ArchiveOutput:
    """What a folder's pages and other files (name in the archive, path) are packed into."""
    entries = []
    for page in pages:
        assert isinstance(page.source, FileSource)
        short = PurePosixPath(page.name).name
        entries.append(Entry(short, _time(page.source.path), page.name, page.source))
    entries += [Entry(short, _time(path), None, FileSource(path)) for short, path in others]
    entries.sort(key=lambda entry: natural_key(entry.name))
    kind: Literal["zip", "pdf"] = "pdf" if name.endswith(".pdf") else "zip"
    return ArchiveOutput(name, kind, tuple(entries), tuple(page.name for page in pages))


def _time(path: Path) -> DateTime:
    return zip_time(path.stat().st_mtime)


def _open_pdf(path: Path, place: PurePosixPath, form: OutputFormat, limits: Limits) -> Opened:
    suffixes = pdf_pages.list_pages(path, limits)
    if not suffixes:
        raise InputError(f"{path}: the PDF has no pages", "Give a PDF with pages in it.")
    name = output_name(place, "pdf", form)
    digits = max(3, len(str(len(suffixes))))
    pages, entries = [], []
    for index, suffix in enumerate(suffixes):
        source = PdfSource(path, index, limits.page_pixels)
        short = f"{index + 1:0{digits}d}{suffix}"
        pages.append(Page(f"{name}/{short}", index + 1, source))
        entries.append(Entry(short, _time(path), pages[-1].name, source))
    output = archive_output(name, form, entries, pages)
    return Opened(Chapter(name, tuple(pages), container=output))
