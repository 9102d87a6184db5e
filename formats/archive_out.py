"""What coloured pages go out with: a stored ZIP with the source's entries, a PDF, or files beside them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.errors import PageError
from mangacolor.core.types import PageSource
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_members import DateTime, with_rights
from mangacolor.formats.entry_names.stored import StoredName
from mangacolor.formats.entry_names.zip_directory import UTF_8
from mangacolor.formats.names import readable
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.formats.pixels import find_size
from mangacolor.formats.sources import FileSource


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at one place of the archive: a page by its name, another file, or (neither) a folder."""

    name: str
    time: DateTime
    page: str | None = None
    source: PageSource | None = None

    def info(self, name: str) -> zipfile.ZipInfo:
        """The head of the entry in a ZIP. ``name``: its own, with another end where a page has changed it."""
        folder = self.source is None
        return with_rights(zipfile.ZipInfo(name, self.time), folder)


@dataclass(frozen=True, slots=True)
class StoredEntry(Entry):
    """An entry whose name is no plain UTF-8 in the source: it goes out in the bytes that it came in."""

    stored: StoredName = field(default_factory=lambda: StoredName(b""))

    def info(self, name: str) -> zipfile.ZipInfo:
        stored = self.stored if name == self.name else self.stored.changed(name)
        return with_rights(_StoredInfo(stored, self.time), folder=self.source is None)


@dataclass(frozen=True, slots=True)
class ArchiveOutput:
    """The ``Container`` of a chapter.

    ``entries`` in the source's order, ``pages`` (page names) in reading order. ``rename``: whether an entry's
    suffix follows a page that had to change its format; documents in an EPUB name their pictures, so there it
    does not.
    """

    name: str
    kind: Literal["zip", "pdf"]
    entries: tuple[Entry, ...]
    pages: tuple[str, ...]
    comment: bytes = b""
    rename: bool = True

    def pack(self, files: Mapping[str, Path], target: Path, skipped: Collection[str] = ()) -> tuple[str, ...]:
        """See ``Container.pack``."""
        gone = self._gone(files, skipped)
        with target.open("wb") as file:
            pack = self._pack_pdf if self.kind == "pdf" else self._pack_zip
            left_out = (*gone, *pack(files, file, gone))
            file.flush()
            os.fsync(file.fileno())
        return left_out

    def _gone(self, files: Mapping[str, Path], skipped: Collection[str]) -> tuple[str, ...]:
        """The pages that are not in it: ``skipped`` ones that no document names, and unreadable ones."""
        sources = self._sources()
        unfinished = [page for page in self.pages if page not in files]
        return tuple(
            page for page in unfinished if (self.rename and page in skipped) or not can_be_read(sources[page])
        )

    def _sources(self) -> dict[str, PageSource]:
        return {entry.page: entry.source for entry in self.entries if entry.page and entry.source}

    def _pack_zip(
        self, files: Mapping[str, Path], file: io.BufferedWriter, gone: Collection[str]
    ) -> tuple[str, ...]:
        left_out = []
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = self.comment
            for entry in self.entries:
                if entry.source is None:
                    archive.writestr(entry.info(entry.name), b"")
                elif entry.page not in gone:
                    try:
                        data = self._content(entry, files, gone)
                    except PageError:
                        left_out.append(readable(entry.name))
                    else:
                        archive.writestr(entry.info(self._entry_name(entry, files)), data)
        return tuple(left_out)

    def _content(self, entry: Entry, files: Mapping[str, Path], gone: Collection[str]) -> bytes:
        assert entry.source is not None
        if entry.page is not None and entry.page in files:
            return files[entry.page].read_bytes()
        data = entry.source.read()
        if not files or not comicinfo.is_comicinfo(entry.name):
            return data
        missing = [index for index, page in enumerate(self.pages) if page in gone]
        return comicinfo.update(data, page_sizes(self.pages, files), missing)

    def _entry_name(self, entry: Entry, files: Mapping[str, Path]) -> str:
        if entry.page is None or entry.page not in files or not self.rename:
            return entry.name
        before, after = PurePosixPath(entry.page).name, files[entry.page].name
        if before == after:
            return entry.name
        # "012.webp" has become "012.png", or "012.webp.png" where that name was taken.
        changed = entry.name[: -len(PurePosixPath(entry.name).suffix) or None] + PurePosixPath(after).suffix
        return changed if after != f"{before}{PurePosixPath(after).suffix}" else entry.name + ".png"

    def _pack_pdf(
        self, files: Mapping[str, Path], file: io.BufferedWriter, gone: Collection[str]
    ) -> tuple[str, ...]:
        sources = self._sources()
        pages = [page for page in self.pages if page not in gone]
        pictures = (files[page].read_bytes() if page in files else sources[page].read() for page in pages)
        return tuple(pages[index] for index in write_pdf(file, pictures))


@dataclass(frozen=True, slots=True)
class Extra:
    """A file to copy along, and its output name relative to OUT.

    ``pages``: those of the chapter it lies beside, in reading order, if it is their ComicInfo.xml.
    """

    source: PageSource
    name: str
    pages: tuple[str, ...] = ()

    def pieces(self, files: Mapping[str, Path]) -> Iterator[bytes]:
        """What to write, where ``files`` are the finished pages by name. Raises ``PageError``."""
        if any(page in files for page in self.pages):
            yield comicinfo.update(self.source.read(), page_sizes(self.pages, files))
        elif isinstance(self.source, FileSource):
            yield from self.source.pieces()
        else:
            yield self.source.read()


def page_sizes(pages: Sequence[str], files: Mapping[str, Path]) -> dict[int, comicinfo.Size]:
    """Width, height and bytes of the finished pages that are pictures, by their index in reading order."""
    sizes = {}
    for index, page in enumerate(pages):
        size = find_size(files[page]) if page in files else None
        if size is not None:
            sizes[index] = (*size, files[page].stat().st_size)
    return sizes


def can_be_read(source: PageSource) -> bool:
    """Whether a page's file can be."""
    try:
        source.read()
    except PageError:
        return False
    return True


class _StoredInfo(zipfile.ZipInfo):
    """The head of an entry whose name is written as it is stored."""

    def __init__(self, stored: StoredName, time: DateTime) -> None:
        super().__init__(stored.raw.decode("latin-1"), time)  # never written; no two are alike
        self.stored = stored
        self.extra = stored.extra

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's name
        return self.stored.raw, self.flag_bits | (UTF_8 if self.stored.utf_8 else 0)
