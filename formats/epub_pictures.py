"""Which pictures a document of an EPUB shows: elements of HTML and SVG, and backgrounds of style sheets."""

from __future__ import annotations

import html.entities
import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree
from xml.parsers import expat

import cssselect2
import tinycss2

from mangacolor.formats.sniff import image_kind

Read = Callable[[str], bytes | None]
Style = dict[tuple[str, str], tuple[str, str]]  # (pseudo-element, property): (value, folder of its links)
_LARGEST: Final = 16 * 2**20  # bytes of a document or style sheet
_DEEPEST: Final = 8  # documents within documents, and style sheets that import others
_XLINK: Final = "{http://www.w3.org/1999/xlink}href"
# The properties that decide what is shown; the shorthand sets its picture too.
_PROPERTIES: Final = {
    "background": "background-image",
    "background-image": "background-image",
    "content": "content",
    "display": "display",
}
_XML_ENTITIES: Final = {"amp", "lt", "gt", "quot", "apos"}


def shown_pictures(document: str, read: Read) -> list[str] | None:
    """Entry names of the pictures that a document shows, in its order; None if it cannot be read.

    ``read`` gives an entry's content, or None where there is no such entry. Counted are ``img`` (its
    ``src``, or the largest of its ``srcset``), ``picture``, ``object``, ``embed`` and SVG's ``image``, CSS
    backgrounds from ``style`` attributes, ``style`` elements and linked style sheets (matched to elements
    by cssselect2), and a document that is a picture itself. What CSS hides is not shown.
    """
    return _shown(document, read, _DEEPEST)


def resolve(base: str, link: str) -> str:
    """The entry that a link in a document of the folder ``base`` leads to."""
    path = re.split("[?#]", link, maxsplit=1)[0].strip()
    return posixpath.normpath(posixpath.join(base, unquote(path)))


def parse_xml(data: bytes | None) -> ElementTree.Element | None:
    """The root element; None for what is missing, too large, not well-formed, or defines entities.

    HTML's named characters (``&nbsp;``), which XML does not know, are understood.
    """
    if data is None or len(data) > _LARGEST or b"<!ENTITY" in data:
        return None
    try:
        return ElementTree.fromstring(re.sub(rb"&(\w+);", _plain_character, data))
    except (ElementTree.ParseError, expat.ExpatError, ValueError, LookupError):
        return None


def _plain_character(entity: re.Match[bytes]) -> bytes:
    name = entity.group(1).decode("ascii", "replace")
    text = html.entities.html5.get(f"{name};", "") if name not in _XML_ENTITIES else ""
    return "".join(f"&#{ord(letter)};" for letter in text).encode() or entity.group()


def _shown(document: str, read: Read, depth: int) -> list[str] | None:
    data = read(document)
    if data is not None and image_kind(data[:64]):
        return [document]
    root = parse_xml(data)
    if root is None:
        return None
    return list(_Document(document, root, read, depth).pictures())


@dataclass(slots=True)
class _Document:
    name: str
    root: ElementTree.Element
    read: Read
    depth: int
    rules: cssselect2.Matcher = field(default_factory=cssselect2.Matcher)

    @property
    def base(self) -> str:
        return posixpath.dirname(self.name)

    def pictures(self) -> Iterator[str]:
        for element in self.root.iter():
            tag = local_name(element.tag)
            if tag == "style":
                self._add_sheet("".join(element.itertext()), self.base, self.depth)
            elif tag == "link" and "stylesheet" in element.get("rel", "").lower():
                self._read_sheet(resolve(self.base, element.get("href", "")), self.depth)
        yield from self._below(cssselect2.ElementWrapper.from_xml_root(self.root))

    def _below(self, wrapped: cssselect2.ElementWrapper) -> Iterator[str]:
        style = self._style(wrapped)
        if style.get(("", "display"), ("", ""))[0].strip().lower() == "none":
            return
        for value, base in style.values():
            yield from (resolve(base, link) for link in _links(value) if _is_local(link))
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
        elif tag in ("object", "embed", "iframe"):
            yield from self._embedded(element.get("data") or element.get("src") or "", element)
        if link and _is_local(link):
            yield resolve(self.base, link)

    def _embedded(self, link: str, element: ElementTree.Element) -> Iterator[str]:
        """What an object shows: a picture or document, or else what stands in it for readers that cannot."""
        shown: list[str] | None = None
        if link and _is_local(link) and self.depth:
            shown = _shown(resolve(self.base, link), self.read, self.depth - 1)
        if shown is not None:
            yield from shown
            return
        for child in element:
            for inner in child.iter():
                yield from self._own(inner)

    # -- style sheets

    def _read_sheet(self, name: str, depth: int) -> None:
        data = self.read(name) if depth else None
        if data is not None and len(data) <= _LARGEST:
            self._add_sheet(data.decode("utf-8", "replace"), posixpath.dirname(name), depth - 1)

    def _add_sheet(self, text: str, base: str, depth: int) -> None:
        self._add_rules(tinycss2.parse_stylesheet(text, True, True), base, depth)

    def _add_rules(self, rules: list[Any], base: str, depth: int) -> None:
        for rule in rules:
            if rule.type == "at-rule" and rule.lower_at_keyword == "import":
                for link in _links(tinycss2.serialize(rule.prelude), quoted=True):
                    self._read_sheet(resolve(base, link), depth)
            elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports") and rule.content:
                if "print" not in tinycss2.serialize(rule.prelude).lower():
                    self._add_rules(tinycss2.parse_rule_list(rule.content, True, True), base, depth)
            elif rule.type == "qualified-rule":
                self._add_rule(rule, base)

    def _add_rule(self, rule: Any, base: str) -> None:
        declared = _declarations(rule.content, base)
        if not declared:
            return
        try:
            selectors = cssselect2.compile_selector_list(rule.prelude)
        except cssselect2.SelectorError:  # a selector newer than the library: a reader may know it
            return
        for selector in selectors:
            self.rules.add_selector(selector, declared)

    def _style(self, wrapped: cssselect2.ElementWrapper) -> Style:
        """What holds for an element and its pseudo-elements: of two declarations the stronger one."""
        style: Style = {}
        for _, _, pseudo, declared in sorted(self.rules.match(wrapped), key=lambda match: match[:2]):
            style |= {(pseudo or "", name): value for name, value in declared.items()}
        inline = wrapped.etree_element.get("style")
        own = _declarations(inline, self.base) if inline else {}
        return style | {("", name): value for name, value in own.items()}


def _declarations(content: Any, base: str) -> dict[str, tuple[str, str]]:
    parsed = tinycss2.parse_blocks_contents(content, True, True)
    rows = [row for row in parsed if row.type == "declaration" and row.lower_name in _PROPERTIES]
    rows.sort(key=lambda row: row.important)
    return {_PROPERTIES[row.lower_name]: (tinycss2.serialize(row.value), base) for row in rows}


def _links(value: str, quoted: bool = False) -> list[str]:
    """The addresses in a CSS value: of ``url()`` and ``image-set()``; ``quoted``: also bare strings."""
    links: list[str] = []
    for token in tinycss2.parse_component_value_list(value):
        if token.type == "url" or (quoted and token.type == "string"):
            links.append(str(token.value))
        elif token.type == "function" and token.lower_name == "url":
            links += [str(part.value) for part in token.arguments if part.type == "string"]
        elif token.type == "function" and token.lower_name.endswith("image-set"):
            links += _links(tinycss2.serialize(token.arguments), quoted=True)[:1]
    return links


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


def _is_local(link: str) -> bool:
    return bool(link) and ":" not in link


def local_name(tag: object) -> str:
    """The name of an element in small letters, without its namespace."""
    return str(tag).rpartition("}")[2].lower()
