"""Style sheets of an EPUB, as far as they decide which pictures are shown."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote
from xml.etree import ElementTree

import cssselect2
import tinycss2
from tinycss2.bytes import decode_stylesheet_bytes

Read = Callable[[str], bytes | None]
Declared = dict[str, tuple[str, str]]  # property: (value, folder of its links)
Rule = tuple[Any, Declared]  # a compiled selector, and what it declares

_LARGEST: Final = 2 * 2**20  # bytes of a style sheet; parsing so much takes seconds
_PATIENCE: Final = 12.0  # seconds of the processor for all documents and sheets of a book; most take one
# The properties that decide what is shown; the shorthand sets its picture too.
_PROPERTIES: Final = {
    "background": "background-image",
    "background-image": "background-image",
    "content": "content",
    "display": "display",
}
_GROUPS: Final = ("media", "supports", "layer", "container")  # at-rules around other rules
# What compiling a selector raises: it is no selector, newer than the library, or nested without measure.
_NO_SELECTOR: Final = (cssselect2.SelectorError, RecursionError, SyntaxError, ValueError)


class Patience:
    """How long a book may take, without the reading of its files."""

    def __init__(self) -> None:
        self._until = time.thread_time() + _PATIENCE

    def check(self) -> None:
        """Raise ``TimeoutError`` when it has ended."""
        if time.thread_time() > self._until:
            raise TimeoutError("it takes too long")

    def reading(self, read: Read) -> Read:
        """``read``, whose time does not count."""

        def read_aside(name: str) -> bytes | None:
            started = time.thread_time()
            try:
                return read(name)
            finally:
                self._until += time.thread_time() - started

        return read_aside


class Sheets:
    """The style sheets of one book, each parsed once."""

    def __init__(self, read: Read, patience: Patience) -> None:
        self._read, self._patience = read, patience
        self._rules: dict[str, list[Rule]] = {}

    def of_file(self, name: str) -> list[Rule]:
        """The rules of a style sheet and of those it imports, in their order."""
        if name not in self._rules:
            self._rules[name] = []  # for one that imports itself
            data = self._read(name)
            if data is not None and len(data) <= _LARGEST:
                text, _ = decode_stylesheet_bytes(data)
                self._rules[name] = self.of_text(text, posixpath.dirname(name))
        return self._rules[name]

    def of_text(self, text: str, base: str) -> list[Rule]:
        """The rules of a ``style`` element in a document of the folder ``base``."""
        return self._collected(tinycss2.parse_stylesheet(text, True, True), base)

    def _collected(self, rules: list[Any], base: str) -> list[Rule]:
        found: list[Rule] = []
        for rule in rules:
            self._patience.check()
            if rule.type == "at-rule" and rule.lower_at_keyword == "import":
                for link in links(tinycss2.serialize(rule.prelude), quoted=True):
                    found += self.of_file(resolve(base, link))
            elif rule.type == "at-rule" and rule.lower_at_keyword in _GROUPS and rule.content:
                if not _is_for_paper(rule):
                    found += self._collected(tinycss2.parse_rule_list(rule.content, True, True), base)
            elif rule.type == "qualified-rule":
                found += _compiled(rule, base)
        return found


def _is_for_paper(rule: Any) -> bool:
    """Whether a ``@media`` rule is for printing only."""
    media = tinycss2.serialize(rule.prelude).lower().split(",")
    return all(re.match(r"\s*(only\s+)?print\b", medium) for medium in media)


def _compiled(rule: Any, base: str) -> list[Rule]:
    declared = declarations(rule.content, base)
    if not declared:
        return []
    try:
        return [(selector, declared) for selector in cssselect2.compile_selector_list(rule.prelude)]
    except _NO_SELECTOR:
        return []


class Element(cssselect2.ElementWrapper):  # type: ignore[misc]
    """An element that selectors are matched with.

    The library keeps tuples of all ancestors and siblings of each, which a hostile document makes huge.
    """

    def __init__(self, *place: Any, patience: Patience | None = None, **more: Any) -> None:
        super().__init__(*place, **more)
        self.patience: Patience = patience or self.parent.patience

    @classmethod
    def of_root(cls, root: ElementTree.Element, patience: Patience) -> Element:
        return cls(root, None, 0, None, False, patience=patience)

    @property
    def ancestors(self) -> Iterator[Element]:
        return self._chain("parent")

    @property
    def previous_siblings(self) -> Iterator[Element]:
        return self._chain("previous")

    def _chain(self, link: str) -> Iterator[Element]:
        other = getattr(self, link)
        while other is not None:
            self.patience.check()
            yield other
            other = getattr(other, link)


def declarations(content: Any, base: str) -> Declared:
    """What a rule or a ``style`` attribute declares of the properties that matter here."""
    parsed = tinycss2.parse_blocks_contents(content, True, True)
    rows = [row for row in parsed if row.type == "declaration" and _matters(row.lower_name)]
    rows.sort(key=lambda row: row.important)
    return {
        _PROPERTIES.get(row.lower_name, row.lower_name): (tinycss2.serialize(row.value), base) for row in rows
    }


def _matters(name: str) -> bool:
    return name in _PROPERTIES or name.startswith("--")  # a variable is there to be shown somewhere


def links(value: str, quoted: bool = False) -> list[str]:
    """The addresses in a CSS value: of ``url()`` and ``image-set()``; ``quoted``: also bare strings."""
    found: list[str] = []
    for token in tinycss2.parse_component_value_list(value):
        if token.type == "url" or (quoted and token.type == "string"):
            found.append(str(token.value))
        elif token.type == "function" and token.lower_name == "url":
            found += [str(part.value) for part in token.arguments if part.type == "string"]
        elif token.type == "function" and token.lower_name.endswith("image-set"):
            found += links(tinycss2.serialize(token.arguments), quoted=True)[:1]
    return found


def resolve(base: str, link: str) -> str:
    """The entry that a link in a document of the folder ``base`` leads to."""
    path = re.split("[?#]", link, maxsplit=1)[0].strip().replace("\\", "/")
    return posixpath.normpath(posixpath.join(base, unquote(path))).lstrip("/")
