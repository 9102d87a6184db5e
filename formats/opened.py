"""What comes of an archive, EPUB or PDF that has been opened, and what it is to go out as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mangacolor.core.types import Chapter, Page
from mangacolor.formats.archive_out import ArchiveOutput, Entry, Extra
from mangacolor.formats.archives import archive_suffixes

OutputFormat = Literal["same", "folder", "cbz", "pdf"]


@dataclass(frozen=True, slots=True)
class Opened:
    """A chapter, the files to copy beside it (``--format folder`` only), and what was left out."""

    chapter: Chapter
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()


def container_suffixes() -> frozenset[str]:
    """What the names of archives, EPUB and PDF files end in."""
    return archive_suffixes() | {".pdf"}


def archive_output(
    name: str, form: OutputFormat, entries: list[Entry], pages: list[Page]
) -> ArchiveOutput | None:
    """The archive, called ``name`` in OUT, that pages are packed into; None for a folder."""
    if form == "folder":
        return None
    kind: Literal["zip", "pdf"] = "pdf" if form == "pdf" else "zip"
    names = tuple(page.name for page in pages)
    return ArchiveOutput(name, kind, tuple(entries), names)
