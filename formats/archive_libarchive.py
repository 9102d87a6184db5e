"""RAR and 7z archives, and ZIP archives that were cut, by libarchive (``mangacolor[archives]``)."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mangacolor.core.errors import InputError
from mangacolor.core.installed import install_command
from mangacolor.core.system.kind import on_windows
from mangacolor.formats.archive_members import (
    Listing,
    Member,
    check_count,
    is_hidden_picture,
    list_as_far_as_it_goes,
    size_trouble,
    zip_time,
)
from mangacolor.formats.entry_names.stored import StoredName
from mangacolor.formats.limits import Limits
from mangacolor.formats.sniff import HEAD

# What libarchive calls a text that lists files of the disk, as which it takes most texts.
LIST_OF_FILES = b"mtree"


def list_other(path: Path, limits: Limits) -> Listing:
    """The entries of an archive of any kind that libarchive knows."""
    return list_as_far_as_it_goes(_members(path, limits))


def read_other(path: Path, member: Member, limit: int) -> bytes:
    """At least ``limit`` bytes of an entry, or all of it. Raises ``EOFError`` where the file ends early."""
    with _libarchive().file_reader(str(path)) as archive:
        for index, entry in enumerate(archive):
            if index == member.index:
                data = bytearray()
                for block in entry.get_blocks():
                    data += block
                    if len(data) >= limit:
                        break
                if len(data) < min(limit, member.size):
                    raise EOFError("the archive ends in the middle of it")
                return bytes(data)
    raise EOFError("it is not in the archive any more")


def _members(path: Path, limits: Limits) -> Iterator[Member]:
    with _libarchive().file_reader(str(path)) as archive:
        for index, entry in enumerate(archive):
            if archive.format_name == LIST_OF_FILES:
                raise ValueError("a text, and no archive")
            check_count(path, index, limits)
            trouble = None
            if entry.issym or entry.islnk:
                trouble = "it is a link"
            elif not (entry.isfile or entry.isdir):
                trouble = "it is a device"
            size = entry.size or 0
            trouble = trouble or size_trouble(size, size, limits)
            name, stored = entry.pathname or f"unnamed-{index}", None
            if isinstance(name, bytes):  # what is in no character set it knows
                stored = StoredName(name)
                name = stored.text
            picture = not trouble and size > 0 and is_hidden_picture(name, partial(_head, entry))
            time = zip_time(entry.mtime or 0)
            yield Member(index, name, size, time, bool(entry.isdir), trouble, stored, picture)


def _head(entry: Any) -> bytes:
    return bytes(next(iter(entry.get_blocks()), b"")[:HEAD])


def _library() -> str:
    """How the library comes to where it is found."""
    if on_windows():
        return "set the environment variable LIBARCHIVE to the path of libarchive's DLL"
    return "install the system's libarchive (apt install libarchive13, brew install libarchive)"


def _libarchive() -> Any:
    try:
        import libarchive
    except (ImportError, OSError, AttributeError, TypeError) as error:  # no package, or no library behind it
        raise InputError(
            f"reading RAR and 7z archives needs libarchive, which is not installed ({error})",
            f"Run: {install_command('archives')}, and {_library()}; or repack the archive as .cbz.",
        ) from error
    logging.getLogger("libarchive").setLevel(logging.ERROR)  # what it warns of is told as this house tells it
    return libarchive
