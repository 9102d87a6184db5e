"""Words of messages that need care: counted things, lists of names, sizes in memory, durations."""

from __future__ import annotations

import codecs
import difflib
import json
import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, TextIO

# Characters that turn the direction of what follows: a name with one would be read as another.
_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

# Surrogates that stand for no byte of a path.
_NO_BYTE: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


def printable(text: str) -> str:
    """The text with control characters written out, as ``\\x1b``, line breaks, too.

    Names of files may hold them, and to a terminal they are commands.
    """
    if text.isprintable():
        return text
    return "".join(
        ascii(char)[1:-1] if unicodedata.category(char) == "Cc" or char in _TURNING else char for char in text
    )


def printable_lines(text: str) -> str:
    """The same of each line of a text, whose line breaks stay."""
    return "\n".join(map(printable, text.split("\n")))


def without_halves(text: str) -> str:
    """The text with what is no letter shown as U+FFFD: bytes of a name that are no UTF-8, and halves of
    surrogate pairs, which file systems of Windows and JSON let through."""
    text = _NO_BYTE.sub("\ufffd", text)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def json_text(document: object, stream: TextIO | None = None) -> str:
    """A document as a line of JSON for a ``stream``, by default stdout; in ASCII for one that is not UTF-8.

    A pipe of Windows has the letters of one language, and who reads JSON takes it for UTF-8.
    """
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    return json.dumps(document, ensure_ascii=codecs.lookup(encoding).name != "utf-8")


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 page``, ``20 pages``, ``1,414 entries``; ``plural`` is for nouns that take more than an s."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def did_you_mean(text: str, names: Iterable[str]) -> str:
    """``Did you mean 003.png?`` for what is nearly one of the names; "" for what is near to none."""
    close = difflib.get_close_matches(text, names, 1)
    return f"Did you mean {close[0]}?" if close else ""


def first_few(names: Sequence[str], most: int) -> str:
    """``a, b, c and 4 more``: so many names, or one more where that is all."""
    shown = names if len(names) <= most + 1 else names[:most]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def chapter_names(names: Iterable[str]) -> list[str]:
    """Names of chapters for people: the one that is called ``.`` is all of OUT."""
    return [". (OUT itself)" if name == "." else name for name in names]


def byte_size(number: float) -> str:
    """``1.4 GiB``, ``320 MiB``, ``12 KiB``: as many digits as people read."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if number >= size:
            return f"{number / size:.1f} {unit}" if number < 10 * size else f"{number / size:.0f} {unit}"
    return f"{-(-int(number) // 2**10)} KiB"


def duration(seconds: float, *, rough: bool = False) -> str:
    """``3.2 s``, ``4 min 10 s``, ``2 h 5 min``; ``rough``, for guesses: ``3 s``, ``50 s``, ``4 min``."""
    if rough:
        seconds = _rounded(seconds)
    if round(seconds, 1) < 60:
        return f"{seconds:.0f} s" if rough else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest or not rough else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _rounded(seconds: float) -> float:
    """To 5 s up to a minute, to 10 s up to five, then to a minute."""
    step = 1 if seconds < 10 else 5 if seconds < 60 else 10 if seconds < 300 else 60
    return max(1, step * round(seconds / step))
