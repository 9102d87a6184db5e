"""A chapter of OUT as one file to take away: its pages in reading order, whatever form OUT itself has."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import InputError, PageError
from mangacolor.core.types import PageSource
from mangacolor.formats.archive_out import can_be_read, page_sizes
from mangacolor.formats.comicinfo import is_comicinfo, update
from mangacolor.formats.names import natural_key
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.manifest import Manifest

Form = Literal["folder", "cbz", "pdf"]
# Of every entry of a ZIP, so that the same pages give the same bytes.
TIME: Final = (1980, 1, 1, 0, 0, 0)
MODE: Final = 0o100644 << 16  # of a file that everybody may read


@dataclass(frozen=True, slots=True)
class Exported:
    """``file``: for the caller to remove. ``name``: what it is to be called. ``as_they_came``: pages that are
    not coloured yet, or could not be. ``left_out``: those that cannot be read at all."""

    file: Path
    name: str
    as_they_came: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def export_chapter(state: State, chapter: str, pages: Mapping[str, PageSource], form: Form) -> Exported:
    """Write a chapter of OUT to a file in the state folder: a ZIP of its ``folder``, a CBZ or a PDF.

    ``chapter``: its name, "." for OUT itself. ``pages``: all of its pages, in reading order, by name. A page
    that has no finished file goes in as it came. Raises ``InputError`` where no page is finished,
    ``OutputError``.
    """
    writing = _Writing(state, chapter, pages)
    if not writing.files:
        raise InputError(
            f"{state.out}: no page of it is finished yet", "Colour it first, or wait for a page."
        )
    # A run that begins clears away what ends in .tmp: not this, which is still being taken.
    target = state.scratch / f"{secrets.token_hex(8)}.export"
    try:
        with output_errors(target):
            state.scratch.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                left_out = writing.write_pdf(file) if form == "pdf" else writing.write_zip(file, form)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    came = tuple(page for page in pages if page not in writing.files and page not in left_out)
    return Exported(target, f"{writing.title}.{'zip' if form == 'folder' else form}", came, left_out)


class _Writing:
    """``files``: the finished page of each page that has one. ``title``: the chapter's, for a file's name."""

    def __init__(self, state: State, chapter: str, pages: Mapping[str, PageSource]) -> None:
        manifest = Manifest(state.out, state.manifest)
        self._chapter, self._pages = chapter, pages
        entries = {page: manifest.entry(page) for page in pages}
        placed = {page: state.out / entry.file for page, entry in entries.items() if entry is not None}
        self.files = {page: file for page, file in placed.items() if file.is_file()}
        beside = [entry for entry in manifest.entries() if entry.is_carried and self._is_beside(entry.page)]
        self._extras = {entry.page: state.out / entry.file for entry in beside}
        place = PurePosixPath(chapter)
        self.title = (place.stem if place.suffix in (".cbz", ".pdf") else place.name) or state.out.name

    def write_zip(self, file: BinaryIO, form: Form) -> tuple[str, ...]:
        """Returns the pages that are left out."""
        left_out = []
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            names = self._entry_names(numbered=form == "cbz")
            for page, name in names.items():
                try:
                    data = self._read(page)
                except PageError:
                    left_out.append(page)
                else:
                    archive.writestr(_entry(name), data)
            for name, data in self._beside(form, left_out):
                archive.writestr(_entry(name), data)
        return tuple(left_out)

    def write_pdf(self, file: BinaryIO) -> tuple[str, ...]:
        """Returns the pages that are left out."""
        readable = [page for page in self._pages if page in self.files or can_be_read(self._pages[page])]
        unfit = write_pdf(file, (self._read(page) for page in readable))
        left_out = {readable[index] for index in unfit} | self._pages.keys() - set(readable)
        return tuple(page for page in self._pages if page in left_out)

    def _read(self, page: str) -> bytes:
        """Raises ``PageError``, of a page that is not finished."""
        return self.files[page].read_bytes() if page in self.files else self._pages[page].read()

    def _beside(self, form: Form, left_out: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """What lies beside the pages: all of it, or for a CBZ what tells of its pages."""
        numbers = [number for number, page in enumerate(self._pages) if page in left_out]
        for page, file in self._extras.items():
            if file.is_file() and (form == "folder" or is_comicinfo(page)):
                data = file.read_bytes()
                fitted = update(data, page_sizes(list(self._pages), self.files), numbers)
                yield self._inside(page), fitted if is_comicinfo(page) else data

    def _entry_names(self, *, numbered: bool) -> dict[str, str]:
        """The name of each page in a ZIP, with the suffix that its finished file has.

        Programs show a CBZ in the order of its names: where these are in no reading order, they get
        ``numbered``.
        """
        names = {page: self._inside(self._with_suffix(page)) for page in self._pages}
        if not numbered or list(names.values()) == sorted(names.values(), key=natural_key):
            return names
        digits = len(str(len(names)))
        return {
            page: f"{number:0{digits}} {PurePosixPath(name).name}"
            for number, (page, name) in enumerate(names.items(), 1)
        }

    def _with_suffix(self, page: str) -> str:
        """Its name, as a finished file may have it that its own format could not hold."""
        return str(PurePosixPath(page).with_name(self.files[page].name)) if page in self.files else page

    def _inside(self, name: str) -> str:
        return name.removeprefix(f"{self._chapter}/")

    def _is_beside(self, name: str) -> bool:
        return (name.rpartition("/")[0] or ".") == self._chapter


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, TIME)
    entry.create_system, entry.external_attr = 3, MODE  # else it would depend on the machine
    return entry
