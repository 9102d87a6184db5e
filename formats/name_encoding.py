"""Names in a ZIP that does not say how they are written: the best guess, one for all of an archive."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

# What programs on systems of their country wrote before ZIP knew UTF-8; the last is ZIP's own.
_CANDIDATES: Final = (
    "utf_8",
    "cp932",
    "gb18030",
    "big5",
    "cp949",
    "euc_jp",
    "cp1251",
    "cp1252",
    "cp437",
)
_NUMBERS: Final = re.compile(rb"[0-9]+")


def guess_encoding(names: Sequence[bytes]) -> str:
    """The Python codec that all names are most likely written in.

    UTF-8 where they are valid UTF-8, since hardly any other text is by chance; else by the statistics of
    charset-normalizer over all names together, and ZIP's own code page 437 where it cannot tell.
    """
    if all(_is_valid(name, "utf_8") for name in names):
        return "utf_8"
    from charset_normalizer import from_bytes

    told = b"\n".join(dict.fromkeys(_stripped(name) for name in names if not name.isascii()))
    possible = [codec for codec in _CANDIDATES if all(_is_valid(name, codec) for name in names)]
    best = from_bytes(told, cp_isolation=possible).best() if possible else None
    return best.encoding if best is not None else "cp437"


def _stripped(name: bytes) -> bytes:
    """A name without its suffix and its numbers, which say nothing of how letters are written.

    Other ASCII stays: it may be the second byte of a letter.
    """
    stem, _, suffix = name.rpartition(b".")
    return _NUMBERS.sub(b"", stem if stem and suffix.isascii() else name)


def _is_valid(name: bytes, codec: str) -> bool:
    try:
        name.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
