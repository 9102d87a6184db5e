"""Names: their order, what makes two of them clash, and what is litter."""

from __future__ import annotations

import unicodedata
from collections.abc import Hashable, Iterable
from pathlib import PurePosixPath
from typing import Any, Final

from natsort import natsort_keygen, ns

from mangacolor.core.errors import UsageError

STATE_FOLDER: Final = ".mangacolor"

_LITTER: Final = frozenset({"thumbs.db", "desktop.ini", ".ds_store", "__macosx", "@eadir"})
_natural = natsort_keygen(alg=ns.PATH | ns.IGNORECASE)


def natural_key(name: str) -> tuple[Any, str]:
    """Sorts page 2 before 10 and ``Ch 1`` before ``Ch 1.5``; the name itself breaks ties."""
    return _natural(unicodedata.normalize("NFC", name)), name


def is_litter(name: str) -> bool:
    """Whether a file or folder name is an operating system's by-product, never part of a chapter."""
    return name.startswith("._") or name.lower() in _LITTER


def clash_key(name: str) -> Hashable:
    """Equal for names that some file system takes for the same: without case, and NFC or NFD alike."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", folded)


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
