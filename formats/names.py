"""Names: their order, what makes two of them clash, what is litter, and which an archive may not use.

Nothing is ever unpacked under the name an archive gives: ``PageNames`` makes a page's name.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache
from pathlib import PurePath, PurePosixPath
from typing import Any, Final

from natsort import natsort_keygen, ns

from mangacolor.core.errors import UsageError
from mangacolor.core.system.kind import on_windows
from mangacolor.core.wording import without_halves

STATE_FOLDER: Final = ".mangacolor"

_LITTER: Final = frozenset(
    {
        *("thumbs.db", "desktop.ini", ".ds_store", "__macosx", "@eadir"),
        *("lost+found", "system volume information", "$recycle.bin", "#recycle"),  # at the top of a disk
    }
)
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(\..*)?", re.IGNORECASE)
_NOT_ON_WINDOWS: Final = re.compile(r'[<>"|?*]')  # beside what is made safe everywhere; \\ and / part names
_LONGEST_PART: Final = 200  # bytes; file systems take 255, and stages add to it
_LONGEST_NAME: Final = 1000
# Names whose keys are kept: a library's, whose chapters are run one by one and named with regard to all.
_REMEMBERED: Final = 2**16
_natural = natsort_keygen(alg=ns.PATH | ns.IGNORECASE)


@lru_cache(_REMEMBERED)
def natural_key(name: str) -> tuple[Any, str]:
    """Sorts page 2 before 10 and ``Ch 1`` before ``Ch 1.5``; the name itself breaks ties."""
    return _natural(composed(name)), name


def composed(name: str) -> str:
    """Equal for names that people read as the same: ``é`` may be one character, or an ``e`` and its accent,
    as macOS writes it."""
    return unicodedata.normalize("NFC", name)


def is_litter(name: str) -> bool:
    """Whether a file or folder name is an operating system's by-product, never part of a chapter."""
    return name.startswith("._") or name.lower() in _LITTER


def clash_key(name: str) -> Hashable:
    """Equal for names that some file system takes for the same: without case, and NFC or NFD alike."""
    return composed(composed(name).casefold())


def check_clashes(planned: Iterable[tuple[str, str]]) -> None:
    """Raise ``UsageError`` if two outputs are one file, or one is the folder of another.

    ``planned`` holds (output name relative to OUT, what it comes from, for the message).
    """
    files: dict[Hashable, str] = {}
    folders: dict[Hashable, str] = {}
    for name, origin in planned:
        other = files.get(clash_key(name)) or folders.get(clash_key(name))
        if other:
            raise _clash(name, other, origin)
        files[clash_key(name)] = origin
        for parent in PurePosixPath(name).parents:
            key = clash_key(str(parent))
            if key in files:
                raise _clash(str(parent), files[key], origin)
            folders.setdefault(key, origin)


def _clash(name: str, first: str, second: str) -> UsageError:
    return UsageError(
        f"two inputs would be written to the same place, {name}: {first} and {second}",
        "Rename one of them, or colour them in two runs with two --out folders.",
    )


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


def numbered(name: str) -> Iterator[str]:
    """``a (2).png``, ``a (3).png`` and so on for ``a.png``: what to call another file of that name."""
    stem, dot, suffix = name.rpartition(".")
    if not stem or "/" in suffix:
        stem, dot, suffix = name, "", ""
    return (f"{stem} ({number}){dot}{suffix}" for number in itertools.count(2))


def with_other_suffix(name: str, suffix: str, others: Iterable[str]) -> str:
    """``012.webp`` as ``012.png``, or ``012.webp.png`` where one of the ``others`` is a page ``012``, too.

    Whatever that one's suffix is: it may have to change as well. ``others`` may hold ``name`` itself.
    """
    stem = str(PurePosixPath(name).with_suffix(""))
    stems = (str(PurePosixPath(other).with_suffix("")) for other in others if other != name)
    twins = any(clash_key(other) == clash_key(stem) for other in stems)
    return name + suffix if twins else stem + suffix


def readable(name: str) -> str:
    """The name with bytes that are no UTF-8 (Python's lone surrogates) shown as U+FFFD."""
    return without_halves(name)


def path_text(path: PurePath) -> str:
    """A path as it is told and kept, with ``/`` between its parts on every system."""
    return readable(path.as_posix())


def safe_part(part: str) -> str:
    """The name of a file or folder as the system holds it: Windows takes no ``?``, and no dot at the end."""
    text = "".join("_" if unicodedata.category(c) in ("Cc", "Cs") else c for c in part).replace(":", "_")
    if on_windows():
        text = _NOT_ON_WINDOWS.sub("_", text)
        text = text.rstrip(" .") or "_" * len(text)
    text = "__" if text == ".." else text
    return f"_{text}" if _DEVICES.fullmatch(text) else text


def _plain(part: str) -> str:
    text = safe_part(part)
    return _shortened(text, part) if len(text.encode()) > _LONGEST_PART else text


def _shortened(text: str, full: str) -> str:
    mark = hashlib.sha256(full.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    suffix = PurePosixPath(text).suffix[:10]
    return f"{text[:40]}~{mark}{suffix}"
