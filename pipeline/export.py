"""A chapter of OUT as one file to take away: its pages in reading order, whatever form OUT itself has."""

from __future__ import annotations

import secrets
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mangacolor.core.atomic import output_errors
from mangacolor.core.errors import InputError, PageError
from mangacolor.core.system.files import move_file, remove_file
from mangacolor.formats.archive_chapter import is_picture
from mangacolor.formats.archive_members import EPOCH, Member, with_rights
from mangacolor.formats.archive_out import can_be_read, page_sizes
from mangacolor.formats.archives import list_archive, read_member
from mangacolor.formats.comicinfo import is_comicinfo, rearrange, update
from mangacolor.formats.containers import written_suffixes
from mangacolor.formats.epub.writing import write_epub
from mangacolor.formats.limits import Limits
from mangacolor.formats.names import natural_key, readable
from mangacolor.formats.outputs.book_forms import BookForm
from mangacolor.formats.pdf.writing import write_pdf
from mangacolor.formats.sniff import IMAGE_SUFFIXES
from mangacolor.pipeline.chapter_pages import ChapterPages
from mangacolor.pipeline.store.last_run import known_last_run, limits_of_run
from mangacolor.pipeline.store.layout import State
from mangacolor.pipeline.store.store import Store


@dataclass(frozen=True, slots=True)
class Exported:
    """``pages``: how many are in it. ``as_they_came``: those of them that are not coloured yet, or could not
    be. ``left_out``: those that cannot be read at all."""

    file: Path
    pages: int
    as_they_came: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def title_of(state: State, chapter: str) -> str:
    """What a chapter of OUT is called, for the name of a file without its suffix."""
    place = PurePosixPath(chapter)
    # Archives come out under these names only: a chapter called x.tar is a folder.
    return (place.stem if place.suffix.lower() in written_suffixes() else place.name) or state.out.name


def export_chapter(store: Store, pages: ChapterPages, form: BookForm, target: Path | None = None) -> Exported:
    """Write a chapter of OUT to one file: a ``zip`` of its folder, a CBZ, a PDF or an EPUB.

    ``target``: where it is to lie, in place of what lies there; None makes it in the state folder, for the
    caller to remove. A page that has no finished file goes in as it came. Raises ``InputError`` where no page
    is finished, or OUT's own archive is damaged, and ``OutputError``.
    """
    state, writing = store.state, _Writing(store, pages)
    if not writing.finished:
        raise InputError(
            f"{state.out / pages.name}: no page of it is finished yet", "Colour it first, or wait for a page."
        )
    # A run that begins clears away what ends in .tmp: not this, which is still being taken.
    made = state.scratch / f"{secrets.token_hex(8)}.export"
    if target is not None:
        made = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with output_errors(target or made):
            made.parent.mkdir(parents=True, exist_ok=True)
            with made.open("wb") as file:
                left_out = writing.write(file, form)
            if target is not None:
                move_file(made, target)
                made = target
    except BaseException:
        remove_file(made)
        raise
    came = tuple(page for page in pages.sources if page not in writing.finished and page not in left_out)
    return Exported(made, len(pages.sources) - len(left_out), came, left_out)


class _Writing:
    """``files``: what stands in OUT for each page that has something there. ``finished``: the pages for which
    this is the finished one, and not as it came. ``title``: the chapter's."""

    def __init__(self, store: Store, chapter: ChapterPages) -> None:
        state, manifest = store.state, store.manifest
        self._chapter, self._pages = chapter.name, chapter.sources
        self._direction = chapter.direction or "rtl"
        entries = {page: manifest.entry(page) for page in self._pages}
        placed = {page: state.out / entry.file for page, entry in entries.items() if entry is not None}
        self.files = {page: file for page, file in placed.items() if file.is_file()}
        failed = {page for page, entry in entries.items() if entry is not None and entry.outcome == "failed"}
        self.finished = self.files.keys() - failed  # in their places they stand as they came
        beside = [entry for entry in manifest.entries() if entry.is_carried and self._is_beside(entry.page)]
        self._extras = {entry.page: state.out / entry.file for entry in beside}
        packed = manifest.entry(chapter.name)
        self._archive = state.out / packed.file if packed and packed.outcome == "packed" else None
        self._limits = limits_of_run(known_last_run(state))
        self.title = title_of(state, chapter.name)

    def write(self, file: BinaryIO, form: BookForm) -> tuple[str, ...]:
        """Returns the pages that are left out."""
        return self._write_zip(file, form) if form in ("cbz", "zip") else self._write_book(file, form)

    def _write_zip(self, file: BinaryIO, form: BookForm) -> tuple[str, ...]:
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

    def _write_book(self, file: BinaryIO, form: BookForm) -> tuple[str, ...]:
        readable = [page for page in self._pages if page in self.files or can_be_read(self._pages[page])]
        pictures = (self._read(page) for page in readable)
        if form == "pdf":
            unfit = write_pdf(file, pictures, self._direction)
        else:
            unfit = write_epub(file, pictures, self.title, self._direction)
        left_out = {readable[index] for index in unfit} | self._pages.keys() - set(readable)
        return tuple(page for page in self._pages if page in left_out)

    def _read(self, page: str) -> bytes:
        """Raises ``PageError``, of a page that is not finished."""
        return self.files[page].read_bytes() if page in self.files else self._pages[page].read()

    def _beside(self, form: BookForm, left_out: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """What lies beside the pages: all of it, or for a CBZ what tells of its pages."""
        numbers = [number for number, page in enumerate(self._pages) if page in left_out]
        for page, file in self._extras.items():
            if file.is_file() and (form == "zip" or is_comicinfo(page)):
                data = file.read_bytes()
                if is_comicinfo(page):
                    data = update(data, page_sizes(list(self._pages), self.files), numbers)
                yield self._inside(page), data
        if self._archive is not None and self._archive.is_file():
            pages = [page for page in self._pages if page not in left_out]
            for name, data, held in _beside_in_archive(self._archive, form, self._limits):
                yield name, self._of_book(data, held, pages) if is_comicinfo(name) else data

    def _of_book(self, info: bytes, held: Sequence[str], pages: Sequence[str]) -> bytes:
        """A ``ComicInfo.xml`` of the ``held`` pages of an archive, told of the pages of the book."""
        numbers = {self._inside(self._with_suffix(page)): number for number, page in enumerate(pages)}
        # One that was packed under its first name, as it came.
        numbers |= {
            name: number for number, page in enumerate(pages) if (name := self._inside(page)) not in numbers
        }
        places = {index: numbers[name] for index, name in enumerate(held) if name in numbers}
        arranged = rearrange(info, places, len(pages) - len(held))
        return update(arranged, page_sizes(pages, self.files))

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


def _beside_in_archive(
    archive: Path, form: BookForm, limits: Limits
) -> Iterator[tuple[str, bytes, Sequence[str]]]:
    """The same of a chapter that OUT holds as an archive, as that has it, each with the pages that
    the archive holds, in reading order. Of an EPUB nothing: its documents are no part of another book. Raises
    ``InputError`` where it cannot be read."""
    if archive.suffix.lower() in (".epub", ".pdf"):
        return
    try:
        members = list_archive(archive, "zip", limits).members
        held = sorted((readable(member.name) for member in members if is_picture(member)), key=natural_key)
        for member in members:
            if _is_beside_pages(member) and (form == "zip" or is_comicinfo(member.name)):
                yield member.name, read_member(archive, "zip", member, limits.entry_bytes), held
    except (InputError, PageError) as error:
        remedy = "Delete it and colour the chapter again: its pages are kept, and packed anew."
        raise InputError(error.message, remedy) from error


def _is_beside_pages(member: Member) -> bool:
    is_page = member.picture or PurePosixPath(member.name).suffix.lower() in IMAGE_SUFFIXES
    return not member.folder and not is_page


def _entry(name: str) -> zipfile.ZipInfo:
    """Always of one time, so that the same pages give the same bytes."""
    return with_rights(zipfile.ZipInfo(name, EPOCH))
