"""Fixed-layout EPUB: the pictures in the order of the spine, one or more a document."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

from mangacolor.core.types import Direction

CONTAINER: Final = "META-INF/container.xml"
_LARGEST: Final = 16 * 2**20
Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Spine:
    """Entry names of the pictures in reading order, and the direction that the book names."""

    pictures: tuple[str, ...]
    direction: Direction | None


def read_spine(read: Read) -> Spine | None:
    """Follow container.xml to the package document to its spine (EPUB 3.3, sections 4.2.6 and 5).

    ``read`` gives an entry's content, or None where there is no such entry. Returns None for a ZIP
    that is no EPUB, or whose documents cannot be parsed.
    """
    package_name = _package_name(read)
    package = _parse(read(package_name)) if package_name else None
    if package is None:
        return None
    base = posixpath.dirname(package_name or "")
    items = {item.get("id"): item.get("href", "") for item in _all(package, "item")}
    spine = next(iter(_all(package, "spine")), None)
    if spine is None:
        return None
    pictures: dict[str, None] = {}  # a set in order: a picture that is shown twice is one page
    for reference in _all(spine, "itemref"):
        document = _resolve(base, items.get(reference.get("idref"), ""))
        pictures |= dict.fromkeys(_pictures(document, read))
    word = spine.get("page-progression-direction")
    return Spine(tuple(pictures), word if word in ("rtl", "ltr") else None)  # type: ignore[arg-type]


def _package_name(read: Read) -> str | None:
    container = _parse(read(CONTAINER))
    if container is None:
        return None
    names = [element.get("full-path") for element in _all(container, "rootfile")]
    return names[0] if names else None


def _pictures(document: str, read: Read) -> list[str]:
    root = _parse(read(document))
    if root is None:
        return []
    base, found = posixpath.dirname(document), []
    for element in root.iter():
        tag = _local(element.tag)
        link = element.get("src") if tag == "img" else _href(element) if tag == "image" else None
        if link and ":" not in link:
            found.append(_resolve(base, link))
    return found


def _href(element: ElementTree.Element) -> str | None:
    return element.get("href") or element.get("{http://www.w3.org/1999/xlink}href")


def _resolve(base: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(base, unquote(link.partition("#")[0])))


def _all(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [element for element in root.iter() if _local(element.tag) == name]


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _parse(data: bytes | None) -> ElementTree.Element | None:
    """The root element; None for what is missing, too large, not well-formed, or defines entities."""
    if data is None or len(data) > _LARGEST or b"<!ENTITY" in data:
        return None
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
        return None
