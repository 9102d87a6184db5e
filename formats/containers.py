"""From an archive, EPUB or PDF to a chapter: its pages, their names, and what it is packed into again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final, Literal

from mangacolor.core.errors import InputError
from mangacolor.core.types import Chapter, Direction, Page
from mangacolor.formats import comicinfo, epub, pdf_in
from mangacolor.formats.archive_members import DateTime, Listing, Member, zip_time
from mangacolor.formats.archive_out import ArchiveOutput, Entry, Extra
from mangacolor.formats.archives import archive_kind, archive_suffixes, list_archive
from mangacolor.formats.limits import Limits
from mangacolor.formats.names import PageNames, is_litter, natural_key, readable, why_refused
from mangacolor.formats.sniff import IMAGE_SUFFIXES
from mangacolor.formats.sources import BrokenSource, FileSource, MemberSource, PdfSource

OutputFormat = Literal["same", "folder", "cbz", "pdf"]
_KEPT: Final = (".cbz", ".zip", ".epub")  # ZIP archives under these names are written back as they are


@dataclass(frozen=True, slots=True)
class Opened:
    """A chapter, the files to copy beside it (``--format folder`` only), and what was left out."""

    chapter: Chapter
    extras: tuple[Extra, ...] = ()
    notes: tuple[str, ...] = ()


def container_kind(head: bytes) -> str | None:
    """A row of ``archives.ARCHIVE_KINDS`` (an EPUB is a ``zip``), ``pdf``, or None, by the first bytes."""
    # The PDF header may stand behind some leading bytes.
    return archive_kind(head) or ("pdf" if b"%PDF-" in head else None)


def container_suffixes() -> frozenset[str]:
    """What the names of archives, EPUB and PDF files end in."""
    return archive_suffixes() | {".pdf"}


def open_container(path: Path, kind: str, place: PurePosixPath, form: OutputFormat, limits: Limits) -> Opened:
    """Open an archive of ``kind`` (see ``container_kind``) whose own place in OUT is ``place``.

    Raises ``InputError`` if it cannot be read, holds no page, is encrypted or breaks a limit. Entries
    that are refused become pages that fail, or notes where they are no pictures.
    """
    if kind == "pdf":
        return _open_pdf(path, place, form, limits)
    return _Archive(path, kind, place, form, limits).open()


def output_name(place: PurePosixPath, kind: str, form: OutputFormat) -> str:
    """``x.cbr`` becomes ``x.cbz``, or ``x`` with ``--format folder``; ZIP archives keep their names."""
    suffix = place.suffix.lower()
    if form == "same" and kind == "zip" and suffix in _KEPT:
        return str(place)
    stem = place.with_suffix("") if suffix in container_suffixes() else place
    stem = stem.with_suffix("") if stem.suffix.lower() == ".tar" else stem
    ending = {"folder": "", "pdf": ".pdf"}.get(form, ".cbz")
    return str(stem.with_name(stem.name + ending))


def folder_container(name: str, pages: list[Page], others: list[tuple[str, Path]]) -> ArchiveOutput:
    """What a folder's pages and other files (name in the archive, path) are packed into."""
    entries = []
    for page in pages:
        assert isinstance(page.source, FileSource)
        short = PurePosixPath(page.name).name
        entries.append(Entry(short, _time(page.source.path), page.name, page.source))
    entries += [Entry(short, _time(path), None, FileSource(path)) for short, path in others]
    entries.sort(key=lambda entry: natural_key(entry.name))
    modified = max((entry.source.path.stat().st_mtime_ns for entry in entries), default=0)  # type: ignore[union-attr]
    kind: Literal["zip", "pdf"] = "pdf" if name.endswith(".pdf") else "zip"
    return ArchiveOutput(name, kind, tuple(entries), tuple(page.name for page in pages), modified)


def _time(path: Path) -> DateTime:
    return zip_time(path.stat().st_mtime)


def _open_pdf(path: Path, place: PurePosixPath, form: OutputFormat, limits: Limits) -> Opened:
    suffixes = pdf_in.list_pages(path, limits)
    if not suffixes:
        raise InputError(f"{path}: the PDF has no pages", "Give a PDF with pages in it.")
    name = output_name(place, "pdf", form)
    digits = max(3, len(str(len(suffixes))))
    pages, entries = [], []
    for index, suffix in enumerate(suffixes):
        source = PdfSource(path, index, limits.page_pixels)
        short = f"{index + 1:0{digits}d}{suffix}"
        pages.append(Page(f"{name}/{short}", index + 1, source, path.stat().st_mtime_ns))
        entries.append(Entry(short, _time(path), pages[-1].name, source))
    output = _output(path, name, form, entries, pages)
    return Opened(Chapter(name, tuple(pages), container=output))


def _output(
    path: Path, name: str, form: OutputFormat, entries: list[Entry], pages: list[Page]
) -> ArchiveOutput | None:
    if form == "folder":
        return None
    kind: Literal["zip", "pdf"] = "pdf" if form == "pdf" else "zip"
    names = tuple(page.name for page in pages)
    return ArchiveOutput(name, kind, tuple(entries), names, path.stat().st_mtime_ns)


class _Archive:
    """One archive while its entries are sorted into pages, other files and refused ones."""

    def __init__(
        self, path: Path, kind: str, place: PurePosixPath, form: OutputFormat, limits: Limits
    ) -> None:
        self.path, self.form, self.limits = path, form, limits
        self.notes: list[str] = []
        self.name = output_name(place, kind, form)
        self.listing: Listing = list_archive(path, kind, limits)
        self.members = _with_troubles(self.listing.members)
        self.by_name = {member.name: member for member in self.members}
        self.spine = epub.read_spine(self._read_named) if kind == "zip" else None
        for document in self.spine.unread if self.spine else ():
            self.notes.append(
                f"{self.path}: {readable(document)} cannot be read; pictures that only it shows stay grey; "
                "repair the book, or unpack it and colour the folder"
            )

    def open(self) -> Opened:
        ordered = self._page_members()
        if not ordered:
            raise self._no_page()
        names = PageNames()
        # Only the same form keeps an EPUB's documents, which give its pictures their order.
        numbered = self.spine is not None and self.form != "same"
        pages: dict[str, Page] = {}
        for number, member in enumerate(ordered, start=1):
            suffix = PurePosixPath(member.name).suffix
            short = names.make(f"{number:04d}{suffix}" if numbered else member.name)
            pages[member.name + f"#{member.index}"] = Page(
                f"{self.name}/{short}", number, self._source(member), member.modified_ns
            )
        listed = list(pages.values())
        entries = self._entries(pages, numbered)
        output = _output(self.path, self.name, self.form, entries, listed)
        if output is not None:
            output = replace(output, comment=self.listing.comment, rename=self.spine is None or numbered)
        extras = self._extras(listed, names) if self.form == "folder" else ()
        if self.listing.damage is not None:
            listed.append(self._lost_page(names, len(listed) + 1))
        chapter = Chapter(self.name, tuple(listed), self._direction(), output)
        return Opened(chapter, extras, tuple(self.notes))

    def _lost_page(self, names: PageNames, number: int) -> Page:
        """Stands for what a damaged archive has lost: it fails, so that nobody takes the rest for all."""
        last = readable(self.members[-1].name)
        message = f"{self.path}: damaged ({self.listing.damage}); whatever followed {last} is lost"
        source = BrokenSource(self.path, message, "Get a complete copy of the archive.")
        return Page(f"{self.name}/{names.make('lost pages')}", number, source)

    def _page_members(self) -> list[Member]:
        """The pictures in reading order: the spine's in an EPUB, else all in natural order."""
        if self.spine is not None:
            return [self.by_name[name] for name in self.spine.pictures if name in self.by_name]
        pictures = [member for member in self.members if _is_picture(member)]
        return sorted(pictures, key=lambda member: (natural_key(readable(member.name)), member.index))

    def _entries(self, pages: dict[str, Page], numbered: bool) -> list[Entry]:
        entries = []
        for member in self.members:
            page = pages.get(member.name + f"#{member.index}")
            if page is not None:
                short = PurePosixPath(page.name).name if numbered else readable(member.name)
                entries.append(Entry(short, member.time, page.name, page.source))
            elif member.trouble:
                self.notes.append(f"{self.path}: {readable(member.name)} was left out: {member.trouble}")
            elif not numbered:
                source = None if member.folder else self._source(member)
                entries.append(Entry(readable(member.name), member.time, None, source))
                if _is_container(member):
                    nested = f"{self.path}: {readable(member.name)} is an archive in the archive"
                    self.notes.append(f"{nested} and was not coloured; unpack it first")
        return sorted(entries, key=lambda entry: entry.name) if numbered else entries

    def _extras(self, pages: list[Page], names: PageNames) -> tuple[Extra, ...]:
        """The files to copy beside the pages, in the archive's order."""
        taken = {page.source for page in pages}
        of_pages = tuple(page.name for page in pages)
        extras = []
        for member in self.members:
            source = self._source(member)
            if member.folder or member.trouble or source in taken:
                continue
            place = f"{self.name}/{names.make(readable(member.name))}"
            about = of_pages if comicinfo.is_comicinfo(member.name) else ()
            extras.append(Extra(source, place, member.modified_ns, about))
        return tuple(extras)

    def _direction(self) -> Direction | None:
        if self.spine is not None and self.spine.direction is not None:
            return self.spine.direction
        for name in self.by_name:
            if comicinfo.is_comicinfo(name):
                data = self._read_named(name)
                return comicinfo.direction(data) if data else None
        return None

    def _read_named(self, name: str) -> bytes | None:
        member = self.by_name.get(name)
        if member is None or member.folder or member.trouble:
            return None
        try:
            return self._source(member).read()
        except Exception as error:  # a damaged document is no reason to lose the pages
            self.notes.append(f"{self.path}: {readable(name)} cannot be read ({error})")
            return None

    def _source(self, member: Member) -> MemberSource:
        return MemberSource(self.path, self.listing.kind, member, self.limits.entry_bytes)

    def _no_page(self) -> InputError:
        nested = [
            m.name for m in self.members if PurePosixPath(m.name).suffix.lower() in container_suffixes()
        ]
        if nested:
            return InputError(
                f"{self.path}: holds no page, only archives ({readable(nested[0])})",
                "Unpack it and give the folder of archives as input.",
            )
        return InputError(f"{self.path}: holds no page", "Give an archive with images in it.")


def _with_troubles(members: tuple[Member, ...]) -> tuple[Member, ...]:
    seen: set[str] = set()
    judged = []
    for member in members:
        trouble = why_refused(member.name) or member.trouble
        if member.name in seen and not member.folder:
            trouble = trouble or "another entry before it has the same name"
        seen.add(member.name)
        judged.append(replace(member, trouble=trouble))
    return tuple(judged)


def _is_picture(member: Member) -> bool:
    path = PurePosixPath(member.name.replace("\\", "/"))
    hidden = any(is_litter(part) for part in path.parts)
    return not member.folder and not hidden and path.suffix.lower() in IMAGE_SUFFIXES


def _is_container(member: Member) -> bool:
    return PurePosixPath(member.name).suffix.lower() in container_suffixes()
