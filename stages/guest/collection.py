"""The guest's pages: what lies in ``--colours-from``, and which of it may be the page that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from mangacolor.core.errors import InputError
from mangacolor.core.hashing import sha256_once
from mangacolor.core.types import Page, PageSource
from mangacolor.formats.discovery import discover
from mangacolor.formats.inputs import Found, find_files
from mangacolor.formats.names import clash_key, path_text, readable
from mangacolor.formats.opened import container_suffixes
from mangacolor.formats.sources import FileSource, MemberSource, PdfSource

OPTION = "--colours-from"
REMEDY = "Give a folder, an archive or a PDF with the pages that somebody has coloured."
# A folder in the place of OUT, where nothing is and nothing is written: pages are only looked for.
_NOWHERE = ".mangacolor-nowhere"


@dataclass(frozen=True, slots=True)
class GuestPage:
    """A page of the guest. ``name``: where it lies in the guest, whatever that is called. ``shown``: what it
    is called in messages. ``chapter``, ``stem``: by which it is found, without case and suffix. ``number``:
    its place in its chapter, from 1."""

    name: str
    shown: str
    chapter: str
    stem: str
    number: int
    source: PageSource


@dataclass(frozen=True, slots=True)
class Collection:
    """All pages of the guest, in reading order."""

    pages: tuple[GuestPage, ...]

    def called(self, page: Page) -> list[int]:
        """The pages of the same name as ``page``, wherever they are."""
        stem = _keys(page.name)[1]
        return [n for n, guest in enumerate(self.pages) if guest.stem == stem]

    def named_like(self, page: Page) -> Iterator[int]:
        """The pages that may be ``page`` by their names, the likeliest first: of one name, of one number in
        their names, at the same place of the chapter."""
        chapter, stem = _keys(page.name)
        near = [n for n, guest in enumerate(self.pages) if guest.chapter == chapter]
        near = near or list(range(len(self.pages)))
        number = _last_number(stem)
        told = dict[int, None]()
        told |= dict.fromkeys(n for n in near if self.pages[n].stem == stem)
        told |= dict.fromkeys(
            n for n in near if number is not None and _last_number(self.pages[n].stem) == number
        )
        told |= dict.fromkeys(n for n in near if self.pages[n].number == page.number)
        yield from told


def read_collection(path: str) -> Collection:
    """The pages of a folder, tree, archive, EPUB, PDF or picture. Raises ``InputError`` where there is
    none."""
    root = Path(path).resolve()
    _find(path)
    plan = discover([root], root / _NOWHERE)
    return Collection(
        tuple(
            GuestPage(*_names(page, path), *_keys(page.name), page.number, page.source)
            for chapter in plan.chapters
            for page in chapter.pages
        )
    )


def _names(page: Page, path: str) -> tuple[str, str]:
    """What a page is called within the guest, and in messages: ``ch1/001.png`` and ``guest/ch1/001.png``."""
    root = Path(path).resolve()
    place = page.source.describe().removeprefix(path_text(root))
    given = Path(path).name
    shown = readable(root.name if given in ("", "..") else given) + place
    return place.lstrip("/: ") or shown, shown


def hash_collection(path: str) -> str:
    """What the guest's files add to cache keys: their names and what is in them. Raises ``InputError``, also
    for a file that has gone since it was found, or cannot be read."""
    digest = sha256()
    for found in _find(path):
        digest.update(str(found.place).encode("utf-8", "surrogateescape"))
        try:
            digest.update(sha256_once(found.file).encode())
        except OSError as error:
            raise InputError(
                f"{OPTION} {found.file}: cannot be read: {error.strerror}",
                "See whether it was moved or may not be read, and run the same command again.",
            ) from error
    return digest.hexdigest()


def where(source: PageSource) -> str:
    """What tells a page's source from all others: its real place, however its path was said."""
    if isinstance(source, FileSource | MemberSource | PdfSource):
        return replace(source, path=source.path.resolve()).describe()
    return source.describe()


def _find(path: str) -> list[Found]:
    """The pictures and archives of the guest."""
    root = Path(path).resolve()
    try:
        found = find_files([root], root / _NOWHERE, [])
    except InputError as error:
        raise InputError(f"{OPTION} {error.message}", REMEDY) from error
    return [one for one in found if one.what != "other"]


def _keys(name: str) -> tuple[str, str]:
    """Chapter and stem of a page's name: ``vol1/ch2.cbz/003.png`` is page ``003`` of ``vol1/ch2``."""
    path = PurePosixPath(name)
    parent = path.parent
    if parent.suffix.lower() in container_suffixes():
        parent = parent.with_suffix("")
    return str(clash_key(str(parent))), str(clash_key(path.stem))


def _last_number(stem: str) -> int | None:
    digits = re.findall(r"\d+", stem)
    return int(digits[-1]) if digits else None
