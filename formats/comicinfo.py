"""ComicInfo.xml, the metadata file of comic archives: read the direction, change what colour changes.

Everything else stays byte for byte: the file is never written anew, only spliced at the places that
the parser reports. Schema: https://anansi-project.github.io/docs/comicinfo/schemas/v2.0
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final
from xml.parsers import expat

from mangacolor.core.settings import Direction

FILE_NAME: Final = "comicinfo.xml"  # compared without case
NOTE: Final = "Coloured by mangacolor."
Size = tuple[int, int, int]  # of a page: width, height, bytes
_Edit = tuple[int, int, bytes]  # where it starts and ends in the file, and what comes in its place
_LARGEST: Final = 4 * 2**20
# Of a page's number, or of how many there are: Python reads none of thousands of digits.
_DIGITS: Final = r"\d{1,9}"
# The schema is a sequence: a note that is not there yet goes behind the last of these.
_BEFORE_NOTES: Final = (
    "Title Series Number Count Volume AlternateSeries AlternateNumber AlternateCount Summary".split()  # noqa: SIM905
)


@dataclass(slots=True)
class _Element:
    name: str
    start: int  # offset of "<"
    inside: int  # offset behind the opening tag
    close: int = 0  # offset of "</"
    end: int = 0  # offset behind the closing tag
    attributes: dict[str, str] = field(default_factory=dict)


def is_comicinfo(name: str) -> bool:
    return PurePosixPath(name).name.lower() == FILE_NAME


def direction(data: bytes) -> Direction | None:
    """What the ``Manga`` element says: ``rtl``, ``ltr``, or None where it does not say."""
    for element in _elements(data):
        if element.name == "Manga":
            word = data[element.inside : element.close].strip()
            return {b"YesAndRightToLeft": "rtl", b"No": "ltr"}.get(word)  # type: ignore[return-value]
    return None


def told_direction(files: Iterable[Path]) -> Direction | None:
    """The same of the file of this name among some; None where there is none, or it cannot be read."""
    file = next((file for file in files if is_comicinfo(file.name)), None)
    try:
        return direction(file.read_bytes()) if file is not None else None
    except OSError:
        return None


def update(data: bytes, sizes: Mapping[int, Size], gone: Collection[int] = ()) -> bytes:
    """The file with ``BlackAndWhite`` set to No, a note, and page sizes where there were some.

    ``sizes`` maps a page's index, from 0 in reading order, to its width, height and bytes. ``gone``: indices
    of pages that are left out, so that those behind them get smaller numbers. A file that is no well-formed
    ComicInfo in an ASCII-compatible encoding comes back unchanged.
    """
    elements = _elements(data)
    edits = [edit for element in elements for edit in _edits(data, element, sizes, gone)]
    return _spliced(data, [*edits, *_note(data, elements)])


def rearrange(data: bytes, places: Mapping[int, int], gained: int) -> bytes:
    """The file of another selection of the pages: ``places`` maps the index that a page had to the one that
    it has, and ``gained`` is how many pages more there are (fewer, below 0).

    Pages without a place are left out; those that came are not listed. Otherwise as ``update``.
    """
    edits = []
    for element in _elements(data):
        if element.name == "Page":
            number = places.get(_number_of(element))
            tag = (
                b""
                if number is None
                else _with_number(data[element.start : element.inside], b"Image", number)
            )
            edits.append((element.start, element.end if number is None else element.inside, tag))
        elif element.name == "PageCount":
            edits += _counted(data, element, gained)
    return _spliced(data, edits)


def _edits(
    data: bytes, element: _Element, sizes: Mapping[int, Size], gone: Collection[int]
) -> Iterator[_Edit]:
    """What is to change of one element."""
    if element.name == "BlackAndWhite":
        if element.inside == element.end:  # <BlackAndWhite/>
            yield element.start, element.end, b"<BlackAndWhite>No</BlackAndWhite>"
        else:
            yield element.inside, element.close, b"No"
    elif element.name == "Page":
        yield _page_edit(data, element, sizes, gone)
    elif element.name == "PageCount" and gone:
        yield from _counted(data, element, -len(gone))


def _counted(data: bytes, element: _Element, gained: int) -> Iterator[_Edit]:
    """What is to change of the number of pages."""
    count = data[element.inside : element.close].strip()
    if gained and re.fullmatch(_DIGITS.encode(), count):
        yield element.inside, element.close, b"%d" % max(0, int(count) + gained)


def _spliced(data: bytes, edits: Collection[_Edit]) -> bytes:
    for start, end, text in sorted(edits, reverse=True):
        data = data[:start] + text + data[end:]
    return data


def _page_edit(data: bytes, page: _Element, sizes: Mapping[int, Size], gone: Collection[int]) -> _Edit:
    """A page with its new size and number, or nothing in its place."""
    number = _number_of(page)
    if number in gone:
        return page.start, page.end, b""
    tag = _with_size(data[page.start : page.inside], sizes.get(number))
    if gone and number >= 0:
        tag = _with_number(tag, b"Image", number - sum(other < number for other in gone))
    return page.start, page.inside, tag


def _number_of(page: _Element) -> int:
    """The index that a page says it has; -1 for none."""
    index = page.attributes.get("Image", "")
    return int(index) if re.fullmatch(_DIGITS, index) else -1


def _note(data: bytes, elements: list[_Element]) -> list[_Edit]:
    text = NOTE.encode()
    notes = next((element for element in elements if element.name == "Notes"), None)
    if notes is not None:
        old = data[notes.inside : notes.close]
        if text in old:
            return []
        if notes.inside == notes.end:  # <Notes/>
            return [(notes.start, notes.end, b"<Notes>" + text + b"</Notes>")]
        return [(notes.close, notes.close, (b" " if old.strip() else b"") + text)]
    root = [element for element in elements if element.name == "ComicInfo"]
    if not root or data[root[0].inside - 2 : root[0].inside] == b"/>":
        return []
    at = max([element.end for element in elements if element.name in _BEFORE_NOTES], default=root[0].inside)
    return [(at, at, b"\n  <Notes>" + text + b"</Notes>")]


def _with_size(tag: bytes, size: Size | None) -> bytes:
    for name, value in zip((b"ImageWidth", b"ImageHeight", b"ImageSize"), size or (), strict=bool(size)):
        tag = _with_number(tag, name, value)
    return tag


def _with_number(tag: bytes, name: bytes, value: int) -> bytes:
    """A tag with the value of an attribute changed, if it has that attribute."""
    return re.sub(rb"(\s" + name + rb"\s*=\s*)(\"[^\"]*\"|'[^']*')", b'\\g<1>"%d"' % value, tag)


class _RefusedError(Exception):
    """The file holds what no ComicInfo needs and hostile files use."""


def _elements(data: bytes) -> list[_Element]:
    """The root, its children, and each Page, with offsets into ``data``; empty for a broken file."""
    if len(data) > _LARGEST or b"\0" in data[:64]:  # UTF-16: offsets would not be those of the bytes
        return []
    parser = expat.ParserCreate()
    found: list[_Element] = []
    open_elements: list[_Element | None] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        kept = len(open_elements) < 2 or name == "Page"
        at = parser.CurrentByteIndex
        element = _Element(name, at, _tag_end(data, at), attributes=attributes) if kept else None
        if element is not None:
            found.append(element)
        open_elements.append(element)

    def end(_name: str) -> None:
        element = open_elements.pop()
        if element is not None:
            at = parser.CurrentByteIndex
            empty = data[element.inside - 2 : element.inside] == b"/>"
            element.close = element.inside if empty else at
            element.end = element.inside if empty else _tag_end(data, at)

    def refuse(*_: Any) -> None:
        raise _RefusedError

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse  # entities can expand without end
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, _RefusedError, ValueError, LookupError):
        return []
    if not found or found[0].name != "ComicInfo":
        return []
    return found


def _tag_end(data: bytes, start: int) -> int:
    """The offset behind the ``>`` that closes the tag at ``start``; ``>`` may stand in quotes."""
    match = re.compile(rb"<(?:[^>\"']|\"[^\"]*\"|'[^']*')*>").match(data, start)
    if match is None:
        raise ValueError("a tag without an end")
    return match.end()
