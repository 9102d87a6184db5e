"""The one file of a multipart form (RFC 7578), out of a body in memory: nothing sent goes to the disk."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from mangacolor.server.http.refusal import Refusal
from mangacolor.server.limits import FIELD_BYTES, FORM_FIELDS, FORM_FILES


@dataclass(slots=True)
class _Part:
    """A part of a form. ``is_file``: it came with a file's name, which nobody looks at."""

    header: bytes = b""
    value: bytes = b""
    name: str = ""
    is_file: bool = False
    data: bytearray = field(default_factory=bytearray)


def file_in(body: bytes, content_type: str, name: str) -> bytes:
    """The file that the form holds under ``name``. Raises ``Refusal`` for what is no such form."""
    kind, options = parse_options_header(content_type)
    if kind != b"multipart/form-data":
        raise Refusal(415, "the body is no multipart/form-data form")
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise Refusal(400, "the form has no boundary")
    files = [part for part in _Form().read(body, boundary) if part.name == name and part.is_file]
    if len(files) != 1:
        raise Refusal(422, f"the form has not one file {name!r}", f"Send the picture as its field {name}.")
    return bytes(files[0].data)


class _Form:
    """Gathers the parts while the parser calls back."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._ended = False

    def read(self, body: bytes, boundary: bytes) -> list[_Part]:
        """Raises ``Refusal`` for a form that is damaged, cut short or has too many parts."""
        try:
            parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin,
                    "on_part_data": self._add,
                    "on_header_field": self._name_header,
                    "on_header_value": self._give_header,
                    "on_header_end": self._end_header,
                    "on_end": self._end,
                },
            )
            parser.write(body)
        except FormParserError as error:
            raise Refusal(400, "the form cannot be read") from error
        if not self._ended:
            raise Refusal(400, "the form is cut short")
        return self._parts

    def _begin(self) -> None:
        self._parts.append(_Part())
        if (
            len(self._parts) > FORM_FILES + FORM_FIELDS
            or sum(part.is_file for part in self._parts) > FORM_FILES
        ):
            raise Refusal(400, "the form has too many parts")

    def _add(self, data: bytes, start: int, end: int) -> None:
        part = self._parts[-1]
        part.data += data[start:end]
        if not part.is_file and len(part.data) > FIELD_BYTES:
            raise Refusal(400, "a field of the form is too long")

    def _name_header(self, data: bytes, start: int, end: int) -> None:
        self._parts[-1].header += data[start:end]

    def _give_header(self, data: bytes, start: int, end: int) -> None:
        self._parts[-1].value += data[start:end]

    def _end_header(self) -> None:
        part = self._parts[-1]
        if part.header.lower() == b"content-disposition":
            _, options = parse_options_header(part.value)
            part.name = options.get(b"name", b"").decode("utf-8", "replace")
            part.is_file = b"filename" in options
        part.header = part.value = b""

    def _end(self) -> None:
        self._ended = True
