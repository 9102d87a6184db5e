"""Names of files and folders that somebody is still writing, or never meant to be seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from mangacolor.formats.names import is_litter

# What downloaders and copying programs append until a file is whole: Firefox, JDownloader, Chrome, Opera,
# Safari, qBittorrent, uTorrent, BitComet, aria2 (its control file), WinSCP, editors.
UNFINISHED: Final = (
    ".part",
    ".partial",
    ".crdownload",
    ".opdownload",
    ".download",
    ".tmp",
    ".temp",
    ".!qb",
    ".!ut",
    ".bc!",
    ".aria2",
    ".filepart",
    "~",
)
# Folders in which Mihon and its kin and SABnzbd put a chapter together.
_FOLDERS_AT_WORK: Final = ("_tmp",)
_FOLDERS_BEGIN: Final = ("_unpack_", "_failed_")


def is_unfinished(name: str) -> bool:
    """Whether a file's name says that it is hidden or still being written."""
    return name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)


def is_passed_over(folder: str) -> bool:
    """Whether a folder's name says that nothing in it is meant for readers, or not yet."""
    name = folder.lower()
    return (
        is_litter(folder)
        or is_unfinished(folder)
        or name.endswith(_FOLDERS_AT_WORK)
        or name.startswith(_FOLDERS_BEGIN)
    )


def has_unfinished_twin(name: str, others: Collection[str]) -> bool:
    """Whether a file ``x.cbz`` is a stand-in for ``x.cbz.part`` or, with ``x.cbz.aria2``, not whole yet.

    ``others``: the names in its folder in small letters.
    """
    return any(name.lower() + ending in others for ending in UNFINISHED)
