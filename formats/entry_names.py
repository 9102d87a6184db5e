"""Names inside archives: which are refused, and what each becomes as a page's own name.

Nothing is ever unpacked under the name an archive gives: a page's name is made here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Hashable
from pathlib import PurePosixPath
from typing import Final

from mangacolor.formats.names import clash_key

_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_LONGEST_PART: Final = 200  # bytes; file systems take 255, and stages add to it
_LONGEST_NAME: Final = 1000


def why_refused(name: str) -> str | None:
    """Why an entry of this name must not be taken for a file, or None if it is safe."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "its name is an absolute path"
    if ".." in parts:
        return "its name leads out of the archive"
    if any(unicodedata.category(character) == "Cc" for character in name):
        return "its name holds control characters"
    if any(_DEVICES.fullmatch(part) for part in parts):
        return "its name is a device on Windows"
    return None


class PageNames:
    """Hands out names for the pages of one archive: safe, short enough, and no two alike."""

    def __init__(self) -> None:
        self._taken: set[Hashable] = set()

    def make(self, entry: str) -> str:
        """``entry`` itself where it is a plain relative path, else the nearest name that is free."""
        parts = [_plain(part) for part in entry.replace("\\", "/").split("/") if part not in ("", ".")]
        name = "/".join(parts) or "unnamed"
        if len(name.encode()) > _LONGEST_NAME:
            name = _shortened(parts[-1], entry)
        wanted, count = PurePosixPath(name), 1
        while clash_key(name) in self._taken:
            count += 1
            name = str(wanted.with_name(f"{wanted.stem}~{count}{wanted.suffix}"))
        self._taken.add(clash_key(name))
        return name


def readable(name: str) -> str:
    """The name with bytes that are no UTF-8 (Python's lone surrogates) shown as U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _plain(part: str) -> str:
    text = "".join("_" if unicodedata.category(c) in ("Cc", "Cs") else c for c in part).replace(":", "_")
    text = "__" if text == ".." else text
    text = f"_{text}" if _DEVICES.fullmatch(text) else text
    return _shortened(text, part) if len(text.encode()) > _LONGEST_PART else text


def _shortened(text: str, full: str) -> str:
    mark = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    suffix = PurePosixPath(text).suffix[:10]
    return f"{text[:40]}~{mark}{suffix}"
