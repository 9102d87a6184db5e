"""Which pictures a document of an EPUB shows: elements of HTML and SVG, and backgrounds of style sheets."""

from __future__ import annotations

import html.entities
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree
from xml.parsers import expat

import cssselect2

from mangacolor.formats.epub.styles import Element, Patience, Read, Rule, Sheets, declarations, links, resolve
from mangacolor.formats.sniff import HEAD, image_kind

Style = dict[tuple[str, str], tuple[str, str]]  # (pseudo-element, property): (value, folder of its links)
_LARGEST: Final = 16 * 2**20  # bytes of a document
_DEEPEST: Final = 8  # documents within documents
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
_DECLARED: Final = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_KNOWN_TO_EXPAT: Final = (b"utf-8", b"utf-16", b"iso-8859-1", b"us-ascii")
_SHEET: Final = re.compile(rb"""<\?xml-stylesheet\s[^>]*?\bhref\s*=\s*["']([^"']+)["']""")
_XML_ENTITIES: Final = {"amp", "lt", "gt", "quot", "apos"}


class Book:
    """What the documents of a book have in common. ``read``: an entry's content, or None without such."""

    def __init__(self, read: Read) -> None:
        self.patience = Patience()
        self.read = self.patience.reading(read)
        self.sheets = Sheets(self.read, self.patience)


def shown_pictures(document: str, book: Book) -> list[str] | None:
    """Entry names of the pictures that a document shows, in its order; None if it cannot be read.

    Counted are ``img`` (its ``src``, or the largest of its ``srcset``), ``picture``, ``object``, ``embed``,
    ``iframe`` and SVG's ``image``, CSS backgrounds from ``style`` attributes, ``style`` elements and linked
    style sheets (matched to elements by cssselect2), and a document that is a picture itself. What CSS hides
    is not shown.
    """
    try:
        return _shown(document, book, _DEEPEST)
    except (RecursionError, TimeoutError):  # nested without measure, or made to be slow
        return None


def parse_xml(data: bytes | None) -> ElementTree.Element | None:
    """The root element; None for what is missing, too large, not well-formed, or defines entities.

    HTML's named characters (``&nbsp;``), which XML does not know, are understood.
    """
    if data is None or len(data) > _LARGEST or b"<!ENTITY" in data:
        return None
    whole = re.sub(rb"&(\w+);", _plain_character, data.lstrip())
    try:
        declared = _DECLARED.match(whole)
        if declared and declared[1].lower() not in _KNOWN_TO_EXPAT:
            return ElementTree.fromstring(whole[declared.end() :].decode(declared[1].decode("ascii")))
        return ElementTree.fromstring(whole)
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
        return None


def _plain_character(entity: re.Match[bytes]) -> bytes:
    name = entity.group(1).decode("ascii", "replace")
    text = html.entities.html5.get(f"{name};", "") if name not in _XML_ENTITIES else ""
    return "".join(f"&#{ord(letter)};" for letter in text).encode() or entity.group()


def _shown(document: str, book: Book, depth: int) -> list[str] | None:
    data = book.read(document)
    if data is not None and image_kind(data[:HEAD]):
        return [document]
    root = parse_xml(data)
    if root is None:
        return None
    sheets = [link.decode("utf-8", "replace") for link in _SHEET.findall(data or b"")]
    return list(_Document(document, root, book, depth, sheets).pictures())


@dataclass(slots=True)
class _Document:
    name: str
    root: ElementTree.Element
    book: Book
    depth: int
    sheets: list[str]  # links of its processing instructions
    rules: cssselect2.Matcher = field(default_factory=cssselect2.Matcher)

    base: str = ""

    def pictures(self) -> Iterator[str]:
        self.base = posixpath.dirname(self.name)
        for link in self.sheets:
            self._add(self.book.sheets.of_file(resolve(self.base, link)))
        for element in self.root.iter():
            self.book.patience.check()
            link = element.get("href", "")
            if local_name(element.tag) == "base" and _is_local(link):
                self.base = posixpath.dirname(resolve(self.base, f"{link}_"))  # ``a/`` is a folder
            self._add(self._rules(element))
        yield from self._below(Element.of_root(self.root, self.book.patience))

    def _add(self, rules: list[Rule]) -> None:
        for selector, declared in rules:
            self.rules.add_selector(selector, declared)

    def _rules(self, element: ElementTree.Element) -> list[Rule]:
        """The rules that an element brings in."""
        tag = local_name(element.tag)
        if tag == "style":
            return self.book.sheets.of_text("".join(element.itertext()), self.base)
        if tag == "link" and "stylesheet" in element.get("rel", "").lower():
            return self.book.sheets.of_file(resolve(self.base, element.get("href", "")))
        return []

    def _below(self, wrapped: Element) -> Iterator[str]:
        self.book.patience.check()
        style = self._style(wrapped)
        if style.get(("", "display"), ("", ""))[0].strip().lower() == "none":
            return
        for value, base in style.values():
            yield from (resolve(base, link) for link in links(value) if _may_be_page(link))
        yield from self._own(wrapped.etree_element)
        if local_name(wrapped.etree_element.tag) not in ("picture", "object"):
            for child in wrapped.iter_children():
                yield from self._below(child)

    def _own(self, element: ElementTree.Element) -> Iterator[str]:
        """The pictures that an element shows by itself."""
        tag = local_name(element.tag)
        link: str | None = None
        if tag == "img":
            link = element.get("src") or _largest(element.get("srcset", ""))
        elif tag == "picture":
            link = _of_picture(element)
        elif tag == "image":
            link = element.get("href") or element.get(_XLINK) or element.get("src")
        elif tag == "video":
            link = element.get("poster")
        elif tag == "input" and element.get("type") == "image":
            link = element.get("src")
        elif tag in ("body", "table", "td"):
            link = element.get("background")
        elif tag in ("object", "embed", "iframe"):
            yield from self._embedded(element.get("data") or element.get("src") or "", element)
        if link and _may_be_page(link):
            yield resolve(self.base, link)

    def _embedded(self, link: str, element: ElementTree.Element) -> Iterator[str]:
        """What an object shows: a picture or document, or else what stands in it for readers that cannot."""
        shown: list[str] | None = None
        if link and _is_local(link) and self.depth:
            shown = _shown(resolve(self.base, link), self.book, self.depth - 1)
        if shown is not None:
            yield from shown
            return
        for child in element:
            yield from self._instead(child)

    def _instead(self, element: ElementTree.Element) -> Iterator[str]:
        self.book.patience.check()
        yield from self._own(element)
        if local_name(element.tag) not in ("picture", "object"):
            for child in element:
                yield from self._instead(child)

    def _style(self, wrapped: Element) -> Style:
        """What holds for an element and its pseudo-elements: of two declarations the stronger one."""
        style: Style = {}
        for _, _, pseudo, declared in sorted(self.rules.match(wrapped), key=lambda match: match[:2]):
            style |= {(pseudo or "", name): value for name, value in declared.items()}
        inline = wrapped.etree_element.get("style")
        own = declarations(inline, self.base) if inline else {}
        return style | {("", name): value for name, value in own.items()}


def _of_picture(element: ElementTree.Element) -> str | None:
    """What a ``picture`` shows: its ``img``, which every reader knows, or else its first source."""
    images = [inner for inner in element.iter() if local_name(inner.tag) == "img"]
    sources = [inner for inner in element.iter() if local_name(inner.tag) == "source"]
    for inner in images:
        link = inner.get("src") or _largest(inner.get("srcset", ""))
        if link:
            return link
    return next((link for inner in sources if (link := _largest(inner.get("srcset", "")))), None)


def _largest(srcset: str) -> str | None:
    """The address in ``a.png 1x, b.png 2x`` with the largest width or density."""
    candidates = []
    for part in srcset.split(","):
        words = part.split()
        if words:
            size = re.fullmatch(r"([\d.]+)[wx]", words[1]) if len(words) > 1 else None
            candidates.append((float(size.group(1)) if size else 1.0, words[0]))
    return max(candidates, default=(0.0, None), key=lambda candidate: candidate[0])[1]


def _may_be_page(link: str) -> bool:
    """Not what lies elsewhere, nor drawings: as a picture an SVG shows no other files."""
    return _is_local(link) and not re.search(r"\.svgz?\s*([?#]|$)", link, re.IGNORECASE)


def _is_local(link: str) -> bool:
    return bool(link) and ":" not in link


def local_name(tag: object) -> str:
    """The name of an element in small letters, without its namespace."""
    return str(tag).rpartition("}")[2].lower()
