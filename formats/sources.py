"""Where the bytes of a page come from. Frozen and picklable: a worker elsewhere opens the file.

Limits stay out of their ``repr``: that enters the key of an archive, and a limit changes no byte of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from mangacolor.core.errors import PageError
from mangacolor.formats.archive_members import Member
from mangacolor.formats.archives import read_member
from mangacolor.formats.names import path_text, readable

_PIECE: Final = 4 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file of its own, at most ``limit`` bytes of it. ``path`` is absolute."""

    path: Path
    limit: int | None = field(default=None, repr=False)

    def read(self) -> bytes:
        data = b"".join(self.pieces())
        if self.limit is not None and len(data) > self.limit:
            raise PageError(
                f"{self.describe()}: larger than the limit of {self.limit:,} bytes", "Raise --max-entry-size."
            )
        return data

    def pieces(self) -> Iterator[bytes]:
        """The file bit by bit, not far beyond ``limit``. Raises ``PageError``."""
        left = 2**62 if self.limit is None else self.limit + 1
        try:
            with self.path.open("rb") as file:
                while left > 0 and (piece := file.read(min(left, _PIECE))):
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise PageError(
                f"{self.describe()}: cannot be read ({error.strerror})",
                "See that the file exists and that you may read it.",
            ) from error

    def describe(self) -> str:
        return path_text(self.path)


@dataclass(frozen=True, slots=True)
class MemberSource:
    """An entry of an archive of ``kind``; at most ``limit`` bytes of it are unpacked."""

    path: Path
    kind: str
    member: Member
    limit: int = field(repr=False)

    def read(self) -> bytes:
        return read_member(self.path, self.kind, self.member, self.limit)

    def describe(self) -> str:
        return readable(f"{self.path.as_posix()}: {self.member.name}")


@dataclass(frozen=True, slots=True)
class PdfSource:
    """A page of a PDF, counted from 0: its own JPEG where it is nothing else, or else rendered."""

    path: Path
    index: int
    max_pixels: int = field(repr=False)

    def read(self) -> bytes:
        from mangacolor.formats.pdf import pages as pdf_pages

        return pdf_pages.read_page(self.path, self.index, self.max_pixels)

    def describe(self) -> str:
        return readable(f"{self.path.as_posix()}: page {self.index + 1}")


@dataclass(frozen=True, slots=True)
class BrokenSource:
    """An input that could not even be listed: reading it says why, and other inputs go on."""

    path: Path
    message: str
    remedy: str

    def read(self) -> bytes:
        raise PageError(self.message, self.remedy)

    def describe(self) -> str:
        return path_text(self.path)
