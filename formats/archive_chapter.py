"""The entries of one archive as a chapter: pages, other files, and what is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

from mangacolor.core.errors import InputError
from mangacolor.core.settings import Direction
from mangacolor.core.types import Chapter, Page
from mangacolor.core.wording import first_few
from mangacolor.formats import comicinfo
from mangacolor.formats.archive_members import Listing, Member
from mangacolor.formats.archive_out import Entry, Extra, StoredEntry
from mangacolor.formats.archive_stdlib import CUT_ZIP
from mangacolor.formats.entry_names.encoding import spoken
from mangacolor.formats.epub.spine import Spine, read_spine
from mangacolor.formats.limits import Limits
from mangacolor.formats.names import (
    PageNames,
    clash_key,
    is_litter,
    natural_key,
    numbered,
    readable,
    why_refused,
)
from mangacolor.formats.opened import Opened, OutputFormat, archive_output, container_suffixes
from mangacolor.formats.sniff import IMAGE_SUFFIXES
from mangacolor.formats.sources import BrokenSource, MemberSource

_NAMED: Final = 3  # entries that a note names


class ArchiveChapter:
    """One archive while its entries are sorted into pages, other files and refused ones."""

    def __init__(self, path: Path, listing: Listing, name: str, form: OutputFormat, limits: Limits) -> None:
        self.path, self.listing, self.name, self.form, self.limits = path, listing, name, form, limits
        self.notes: list[str] = []
        if listing.encoding is not None:
            self.notes.append(
                f"{path}: names read as {spoken(listing.encoding)}, the best guess; "
                "--names-encoding CODEC says otherwise"
            )
        self.members, twice = _judged(listing.members)
        if twice:
            self.notes.append(
                f"{path}: entries whose name stands there twice are kept as {first_few(twice, _NAMED)}"
            )
        self.by_name = {member.name: member for member in self.members}
        self.nearly = {clash_key(name): name for name in self.by_name}
        self.spine = self._read_spine() if listing.kind == "zip" else None

    def _read_spine(self) -> Spine | None:
        spine = read_spine(self._read_named)
        if spine is None:
            return None
        shown = tuple(dict.fromkeys(self._found(name) for name in spine.pictures))
        for gone in (entry for entry in (*shown, *spine.unread) if entry not in self.by_name):
            self.notes.append(f"{self.path}: {readable(gone)}, which the book shows, is not in it")
        known = {*shown, *map(self._found, spine.covers)}
        unseen = [readable(m.name) for m in self.members if is_picture(m) and m.name not in known]
        if unseen and not spine.unread:
            self.notes.append(
                f"{self.path}: no document shows {first_few(unseen, _NAMED)}; they stay as they are"
            )
        return replace(spine, pictures=shown)

    def _found(self, name: str) -> str:
        """The entry that a document means, whose name may differ in case or composition of letters."""
        return name if name in self.by_name else self.nearly.get(clash_key(name), name)

    def open(self) -> Opened:
        """The chapter, what is copied beside it, and notes. Raises ``InputError`` if it holds no page."""
        ordered = self._page_members()
        if not ordered:
            raise self._no_page()
        names = PageNames()
        # Only the same form keeps an EPUB's documents, which give its pictures their order.
        renumber = self.spine is not None and self.form != "same"
        pages: dict[int, Page] = {}  # by the index of their entry
        for number, member in enumerate(ordered, start=1):
            suffix = PurePosixPath(member.name).suffix
            short = names.make(f"{number:04d}{suffix}" if renumber else member.name)
            pages[member.index] = Page(f"{self.name}/{short}", number, self._source(member))
        listed = list(pages.values())
        self._tell_of_names(listed, ordered)
        entries = self._entries(pages, renumber)
        output = archive_output(self.name, self.form, entries, listed)
        if output is not None:
            output = replace(output, comment=self.listing.comment, rename=self.spine is None or renumber)
        extras = self._extras(listed, names) if self.form == "folder" else ()
        listed += self._lost_pages(names, len(listed) + 1)
        chapter = Chapter(self.name, tuple(listed), self._direction(), output)
        return Opened(chapter, extras, tuple(self.notes))

    def _tell_of_names(self, pages: list[Page], members: list[Member]) -> None:
        """In a folder pages may have other names than in their archive, which holds what no disk takes."""
        pairs = [
            (readable(member.name), page.name.removeprefix(f"{self.name}/"))
            for page, member in zip(pages, members, strict=True)
        ]
        if self.form == "folder" and self.spine is None:
            changed = [f"{before} (written as {after})" for before, after in pairs if before != after]
            if changed:
                self.notes.append(
                    f"{self.path}: not every disk takes these names: {first_few(changed, _NAMED)}"
                )

    def _lost_pages(self, names: PageNames, number: int) -> list[Page]:
        """Pages that fail, so that nobody takes the rest for all.

        One for what a damaged archive has lost, and one for each document of a book whose pictures nobody
        knows, since it cannot be read.
        """
        lost = []
        if self.listing.damage is not None:
            last = readable(self.members[-1].name)
            message = f"damaged ({self.listing.damage}); whatever followed {last} is lost"
            lost.append(("lost pages", message, "Get a complete copy of the archive."))
        for name in self.spine.unread if self.spine else ():
            if name in self.by_name:
                message = (
                    f"{readable(name)} is no well-formed document; pictures that only it shows stay grey"
                )
                lost.append((name, message, "Repair the book, or unpack it and colour the folder."))
        return [
            Page(
                f"{self.name}/{names.make(name)}",
                index,
                BrokenSource(self.path, f"{self.path}: {what}", remedy),
            )
            for index, (name, what, remedy) in enumerate(lost, start=number)
        ]

    def _page_members(self) -> list[Member]:
        """The pictures in reading order: the spine's in an EPUB, else all in natural order."""
        if self.spine is not None:
            return [self.by_name[name] for name in self.spine.pictures if name in self.by_name]
        pictures = [member for member in self.members if is_picture(member)]
        return sorted(pictures, key=lambda member: (natural_key(readable(member.name)), member.index))

    def _entries(self, pages: dict[int, Page], renumber: bool) -> list[Entry]:
        entries = []
        for member in self.members:
            page = pages.get(member.index)
            if page is not None:
                if renumber:
                    short = PurePosixPath(page.name).name
                    entries.append(Entry(short, member.time, page.name, page.source))
                else:
                    entries.append(_entry(self.listing.kind, member, page.name, self._source(member)))
            elif member.trouble:
                self.notes.append(f"{self.path}: {readable(member.name)} was left out: {member.trouble}")
            elif not renumber:
                source = None if member.folder else self._source(member)
                entries.append(_entry(self.listing.kind, member, None, source))
                if _is_container(member):
                    name = readable(member.name)
                    self.notes.append(f"{self.path}: {name} is an archive in the archive; unpack it first")
        return sorted(entries, key=lambda entry: entry.name) if renumber else entries

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
            extras.append(Extra(source, place, about))
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
        member = self.by_name.get(self._found(name))
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
        nested = [member.name for member in self.members if _is_container(member)]
        if nested:
            return InputError(
                f"{self.path}: holds no page, only archives ({readable(nested[0])})",
                "Unpack it and give the folder of archives as input.",
            )
        if self.spine is not None and self.spine.unread:
            return InputError(
                f"{self.path}: its documents cannot be read, damaged or protected as they are",
                "Get a copy of the book without protection (DRM), or unpack it and give the folder.",
            )
        if self.spine is not None and any(is_picture(member) for member in self.members):
            return InputError(
                f"{self.path}: holds no page that its documents show",
                "Unpack the book and give the folder of its pictures.",
            )
        return InputError(f"{self.path}: holds no page", "Give an archive with images in it.")


def _judged(members: tuple[Member, ...]) -> tuple[tuple[Member, ...], list[str]]:
    """The entries with their troubles, each under a name of its own; and the names made for that."""
    taken: set[str | bytes] = {_own_name(member) for member in members}
    seen: set[str | bytes] = set()
    judged, made = [], []
    for listed in members:
        again = _own_name(listed) in seen and not listed.folder
        member = _renamed(listed, taken) if again else listed
        made += [readable(member.name)] if again else []
        seen.add(_own_name(member))
        judged.append(replace(member, trouble=why_refused(member.name) or member.trouble))
    return tuple(judged), made


def _own_name(member: Member) -> str | bytes:
    """What two entries of one name have in common; different bytes may be read as the same letters."""
    return member.name if member.stored is None else member.stored.raw


def _renamed(member: Member, taken: set[str | bytes]) -> Member:
    """The entry as ``012 (2).png``, or with the first number that is free."""
    for name in numbered(member.name):
        stored = None if member.stored is None else member.stored.changed(name)
        other = replace(member, name=name, stored=stored)
        if _own_name(other) not in taken:
            break
    taken.add(_own_name(other))
    return other


def _entry(kind: str, member: Member, page: str | None, source: MemberSource | None) -> Entry:
    """A member of an archive of ``kind`` as it goes out: the name of one from a ZIP in its own bytes."""
    if member.stored is not None and kind in ("zip", CUT_ZIP):
        return StoredEntry(member.name, member.time, page, source, member.stored)
    return Entry(readable(member.name), member.time, page, source)


def is_picture(member: Member) -> bool:
    """Whether an entry is a page of the archive."""
    path = PurePosixPath(member.name.replace("\\", "/"))
    hidden = any(is_litter(part) for part in path.parts)
    looks = member.picture or path.suffix.lower() in IMAGE_SUFFIXES
    return looks and not member.folder and not hidden


def _is_container(member: Member) -> bool:
    return PurePosixPath(member.name).suffix.lower() in container_suffixes()
