"""Files that are no pages and are carried along into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mangacolor.core.types import PageSource
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_out import page_sizes
from mangacolor.formats.sources import FileSource


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
