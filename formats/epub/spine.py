"""EPUB: the pictures that a book shows, in the order of its spine, one or more a document."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from mangacolor.core.settings import Direction
from mangacolor.formats.epub.pictures import Book, local_name, parse_xml, shown_pictures
from mangacolor.formats.epub.styles import Read, resolve

CONTAINER: Final = "META-INF/container.xml"


@dataclass(frozen=True, slots=True)
class Spine:
    """Entry names of the pictures in reading order, and the direction that the book names.

    ``unread``: documents of the spine that cannot be parsed, whose pictures nobody knows.
    ``covers``: what libraries show for the book, whether or not its documents do.
    """

    pictures: tuple[str, ...]
    direction: Direction | None
    unread: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()


def read_spine(read: Read) -> Spine | None:
    """Follow container.xml to the package document to its spine (EPUB 3.3, sections 4.2.6 and 5).

    ``read`` gives an entry's content, or None where there is no such entry. Returns None for a ZIP
    that is no EPUB, or whose documents cannot be parsed.
    """
    package_name = _package_name(read)
    package = parse_xml(read(package_name)) if package_name else None
    if package is None:
        return None
    base = posixpath.dirname(package_name or "")
    items = {item.get("id"): item.get("href", "") for item in _all(package, "item")}
    spine = next(iter(_all(package, "spine")), None)
    if spine is None:
        return None
    pictures: dict[str, None] = {}  # a set in order: a picture that is shown twice is one page
    unread = []
    book = Book(read)
    for reference in _all(spine, "itemref"):
        document = resolve(base, items.get(reference.get("idref"), ""))
        shown = shown_pictures(document, book)
        if shown is None:
            unread.append(document)
        pictures |= dict.fromkeys(shown or ())
    word = spine.get("page-progression-direction")
    direction: Direction | None = word if word in ("rtl", "ltr") else None  # type: ignore[assignment]
    covers = tuple(resolve(base, link) for link in _covers(package))
    return Spine(tuple(pictures), direction, tuple(unread), covers)


def _covers(package: ElementTree.Element) -> list[str]:
    """Links of the covers that a package names, as EPUB 3 and EPUB 2 do it."""
    named = {meta.get("content") for meta in _all(package, "meta") if meta.get("name") == "cover"}
    items = _all(package, "item")
    return [
        item.get("href", "")
        for item in items
        if "cover-image" in item.get("properties", "").split() or item.get("id") in named
    ]


def _package_name(read: Read) -> str | None:
    container = parse_xml(read(CONTAINER))
    if container is None:
        return None
    names = [element.get("full-path") for element in _all(container, "rootfile")]
    return names[0] if names else None


def _all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if local_name(element.tag) == name]
