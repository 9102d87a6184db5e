"""Where the bytes of a page come from. Frozen and picklable: a worker elsewhere opens the file."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path

from mangacolor.errors import PageError
from mangacolor.formats import archives, comicinfo


@dataclass(frozen=True, slots=True)
class FileSource:
    """A picture file of its own. ``path`` is absolute."""

    path: Path

    def read(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise PageError(
                f"{self.path}: cannot be read ({error.strerror})",
                "See that the file exists and that you may read it.",
            ) from error

    def describe(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class MemberSource:
    """An entry of an archive of ``kind``; at most ``limit`` bytes of it are unpacked."""

    path: Path
    kind: str
    member: archives.Member
    limit: int

    def read(self) -> bytes:
        return archives.read_member(self.path, self.kind, self.member, self.limit)

    def read_bytes(self) -> bytes:
        """As ``Path.read_bytes``, errors included, so that an entry can be copied along like a file."""
        try:
            return self.read()
        except PageError as error:
            raise OSError(errno.EIO, error.message) from error

    def describe(self) -> str:
        return f"{self.path}: {self.member.name}"


@dataclass(frozen=True, slots=True)
class PdfSource:
    """A page of a PDF, counted from 0: its own JPEG where it is nothing else, or else rendered."""

    path: Path
    index: int
    max_pixels: int

    def read(self) -> bytes:
        from mangacolor.formats import pdf_in

        return pdf_in.read_page(self.path, self.index, self.max_pixels)

    def describe(self) -> str:
        return f"{self.path}: page {self.index + 1}"


@dataclass(frozen=True, slots=True)
class BrokenSource:
    """An input that could not even be listed: reading it says why, and other inputs go on."""

    path: Path
    message: str
    remedy: str

    def read(self) -> bytes:
        raise PageError(self.message, self.remedy)

    def describe(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True)
class ComicInfoFile:
    """A folder's ComicInfo.xml, copied along with what colouring changes in it."""

    path: Path

    def read_bytes(self) -> bytes:
        return comicinfo.update(self.path.read_bytes(), {})

    def __str__(self) -> str:
        return str(self.path)
