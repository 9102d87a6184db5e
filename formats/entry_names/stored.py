"""Names as archives store them: bytes, what the archive says of these, and the text they are read as."""

from __future__ import annotations

import itertools
import struct
import zlib
from dataclasses import dataclass, replace
from typing import Final

_UNICODE_PATH: Final = 0x7075  # extra field of a ZIP's entry (APPNOTE 6.3.10, section 4.6.9)
_HEAD: Final = struct.Struct("<HH")  # of an extra field: its kind, and the bytes that follow
_CHECKED: Final = struct.Struct("<BL")  # version 1, and the CRC-32 of the name that the text stands for
# Control codes, which are no letters: as the lone surrogates by which Python escapes bytes.
_NO_LETTERS: Final = {code: 0xDC00 + code for code in range(0x80, 0xA0)}


@dataclass(frozen=True, slots=True)
class StoredName:
    """The name of an entry as it is stored.

    ``utf_8``: the archive says that ``raw`` is UTF-8. ``unicode``: the text that a ZIP's Unicode Path field
    gives for it. ``codec``: the Python codec that ``raw`` is read with.
    """

    raw: bytes
    utf_8: bool = False
    unicode: str | None = None
    codec: str = "utf_8"

    @property
    def is_guessed(self) -> bool:
        """Whether nobody says how the letters are written, or it is not true."""
        return self.unicode is None and not self.raw.isascii() and not (self.utf_8 and _is_utf_8(self.raw))

    @property
    def is_plain(self) -> bool:
        """Whether any program of today would store the name like this."""
        return self.unicode is None and self.utf_8 != self.raw.isascii() and _is_utf_8(self.raw)

    @property
    def text(self) -> str:
        """The name; bytes that its codec does not know, or has no letter for, are lone surrogates."""
        if self.unicode is not None:
            return self.unicode
        return self.raw.decode(self.codec, "surrogateescape").translate(_NO_LETTERS)

    @property
    def extra(self) -> bytes:
        """The extra field that gives ``unicode``; empty without it."""
        if self.unicode is None:
            return b""
        body = _CHECKED.pack(1, zlib.crc32(self.raw)) + self.unicode.encode("utf-8", "surrogateescape")
        return _HEAD.pack(_UNICODE_PATH, len(body)) + body

    def changed(self, after: str) -> StoredName:
        """The same name with another end, in the same encoding: a new suffix, a number behind the stem."""
        kept = _common_start(self.text, after)
        unicode = None if self.unicode is None else after
        try:
            end = len(self._encoded(self.text[len(kept) :]))
            raw = self.raw[: len(self.raw) - end] + self._encoded(after[len(kept) :])
        except UnicodeEncodeError:
            return StoredName(after.encode("utf-8", "surrogateescape"), utf_8=True)
        return replace(self, raw=raw, unicode=unicode)

    def _encoded(self, text: str) -> bytes:
        return text.encode(self.codec, "surrogateescape")


def unicode_path(raw: bytes, extra: bytes) -> str | None:
    """What the Unicode Path field among ``extra`` says of the name ``raw``, if it is there and about it."""
    while len(extra) >= _HEAD.size:
        kind, length = _HEAD.unpack_from(extra)
        body, extra = extra[_HEAD.size : _HEAD.size + length], extra[_HEAD.size + length :]
        if kind == _UNICODE_PATH and len(body) > _CHECKED.size:
            version, checked = _CHECKED.unpack_from(body)
            text = body[_CHECKED.size :]
            if version == 1 and checked == zlib.crc32(raw) and _is_utf_8(text):
                return text.decode().partition("\0")[0] or None
    return None


def _common_start(one: str, other: str) -> str:
    pairs = zip(one, other, strict=False)
    return "".join(a for a, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
