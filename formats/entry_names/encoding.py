"""Names in an archive that does not say how they are written: the best guess, one for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mangacolor.core.errors import UsageError
from mangacolor.formats.entry_names.letters import WRITINGS, likelihood

_TRIED: Final = "Page 01.png"  # stays itself in every encoding that names were ever written in
_ENOUGH: Final = 200  # different names by which an encoding is told; more only take time


def check_encoding(codec: str) -> None:
    """Raise ``UsageError`` for what Python cannot read names with."""
    try:
        known = _TRIED.encode().decode(codec) == _TRIED
    except (LookupError, UnicodeError):
        known = False
    if not known:
        raise UsageError(
            f"--names-encoding {codec}: no encoding that names are written in",
            "Use one such as cp932 (Shift-JIS), gbk, big5, euc-kr, cp1252, cp866, koi8-r or utf-8.",
        )


def spoken(codec: str) -> str:
    """What people call an encoding, and what to give to ``--names-encoding`` for it."""
    names = {writing.codec: writing.name for writing in WRITINGS}
    return f"{names[codec]} ({codec})" if codec in names else codec


def guess_encoding(names: Sequence[bytes]) -> str:
    """The Python codec that all names are most likely written in.

    UTF-8 where they are valid UTF-8, since hardly any other text is by chance; else the codec in whose
    languages such letters are the most likely, and ZIP's own code page 437 where none fits.
    """
    if all(_decoded(name, "utf_8") is not None for name in names):
        return "utf_8"
    told = list(dict.fromkeys(name for name in names if not name.isascii()))[:_ENOUGH]
    best, codec = float("-inf"), "cp437"
    for writing in WRITINGS:
        if any(_decoded(name, writing.codec) is None for name in names):
            continue
        found = sum(likelihood(name.decode(writing.codec), writing) for name in told)
        if found > best:
            best, codec = found, writing.codec
    return codec


def _decoded(name: bytes, codec: str) -> str | None:
    try:
        return name.decode(codec)
    except UnicodeDecodeError:
        return None
