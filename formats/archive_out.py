"""What coloured pages go out with: a stored ZIP with the source's entries, a PDF, or files beside them."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from mangacolor.core.errors import PageError
from mangacolor.core.types import PageSource
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_members import DateTime
from mangacolor.formats.pdf_out import write_pdf
from mangacolor.formats.pixels import picture_size
from mangacolor.formats.sources import FileSource


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands at one place of the archive: a page by its name, another file, or (neither) a folder."""

    name: str
    time: DateTime
    page: str | None = None
    source: PageSource | None = None


@dataclass(frozen=True, slots=True)
class ArchiveOutput:
    """The ``Container`` of a chapter.

    ``entries`` in the source's order, ``pages`` (page names) in reading order. ``modified_ns`` is
    the source's time stamp, kept. ``rename``: whether an entry's suffix follows a page that had to change
    its format; documents in an EPUB name their pictures, so there it does not.
    """

    name: str
    kind: Literal["zip", "pdf"]
    entries: tuple[Entry, ...]
    pages: tuple[str, ...]
    modified_ns: int
    comment: bytes = b""
    rename: bool = True

    def pack(self, files: Mapping[str, Path], target: Path) -> tuple[str, ...]:
        """See ``Container.pack``."""
        with target.open("wb") as file:
            left_out = self._pack_pdf(files, file) if self.kind == "pdf" else self._pack_zip(files, file)
            file.flush()
            os.fsync(file.fileno())
        return left_out

    def _pack_zip(self, files: Mapping[str, Path], file: io.BufferedWriter) -> tuple[str, ...]:
        left_out = []
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.comment = self.comment
            for entry in self.entries:
                if entry.source is None:
                    archive.writestr(_info(entry.name, entry.time, folder=True), b"")
                    continue
                try:
                    data = self._content(entry, files)
                except PageError:
                    left_out.append(entry.page or entry.name)
                    continue
                archive.writestr(_info(self._entry_name(entry, files), entry.time), data)
        return tuple(left_out)

    def _content(self, entry: Entry, files: Mapping[str, Path]) -> bytes:
        assert entry.source is not None
        if entry.page is not None and entry.page in files:
            return files[entry.page].read_bytes()
        data = entry.source.read()
        if not files or not comicinfo.is_comicinfo(entry.name):
            return data
        return comicinfo.update(data, page_sizes(self.pages, files))

    def _entry_name(self, entry: Entry, files: Mapping[str, Path]) -> str:
        if entry.page is None or entry.page not in files or not self.rename:
            return entry.name
        before, after = PurePosixPath(entry.page).name, files[entry.page].name
        if before == after:
            return entry.name
        # "012.webp" has become "012.png", or "012.webp.png" where that name was taken.
        changed = entry.name[: -len(PurePosixPath(before).suffix) or None] + PurePosixPath(after).suffix
        return changed if after != f"{before}{PurePosixPath(after).suffix}" else entry.name + ".png"

    def _pack_pdf(self, files: Mapping[str, Path], file: io.BufferedWriter) -> tuple[str, ...]:
        sources = {entry.page: entry.source for entry in self.entries if entry.page and entry.source}

        def read(page: str) -> bytes:
            try:
                return files[page].read_bytes() if page in files else sources[page].read()
            except PageError:
                return b""  # left out, like all that cannot be decoded

        return tuple(self.pages[index] for index in write_pdf(file, map(read, self.pages)))


@dataclass(frozen=True, slots=True)
class Extra:
    """A file to copy along, its output name relative to OUT, and the time stamp that it keeps.

    ``pages``: those of the chapter it lies beside, in reading order, if it is their ComicInfo.xml.
    """

    source: PageSource
    name: str
    modified_ns: int | None = None
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
    """Width, height and bytes of the finished pages, by their index in reading order."""
    sizes = {}
    for index, page in enumerate(pages):
        if page in files:
            with files[page].open("rb") as file:
                sizes[index] = (*picture_size(file), files[page].stat().st_size)
    return sizes


def _info(name: str, time: DateTime, folder: bool = False) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, time)
    info.create_system = 3  # else it would depend on the machine that packs
    info.external_attr = (0o40755 << 16) | 0x10 if folder else 0o100644 << 16
    return info
