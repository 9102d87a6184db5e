"""A ZIP opened whatever its names are: some say that they are UTF-8 and are not."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from mangacolor.formats.entry_names.stored import StoredName, unicode_path

UTF_8: Final = 0x800  # flag of an entry: its name is UTF-8 (APPNOTE 6.3.10, section 4.4.4)
_HEAD: Final = b"PK\x03\x04"  # what an entry begins with
_ENTRY: Final = b"PK\x01\x02"  # what it begins with in the directory
_HEAD_SIZE: Final = 30  # bytes, without the name
_FIXED: Final = 46  # bytes of such an entry in front of its name


@contextmanager
def open_zip(path: Path) -> Iterator[tuple[zipfile.ZipFile, list[StoredName]]]:
    """The archive, and the name of each entry of its directory. Raises what ``zipfile`` raises."""
    with _Directory(io.FileIO(path)) as file:
        try:
            archive = zipfile.ZipFile(file)
        except UnicodeDecodeError:  # from here on no name is said to be UTF-8
            file.denies_utf_8 = True
            archive = zipfile.ZipFile(file)
        with archive:
            yield archive, _names(archive, file.flags)


def _names(archive: zipfile.ZipFile, flags: list[int]) -> list[StoredName]:
    names = []
    for index, info in enumerate(archive.infolist()):
        says_utf_8 = bool((flags[index] if flags else info.flag_bits) & UTF_8)
        # Whatever does not say that it is UTF-8, ``zipfile`` reads as code page 437, which has every byte.
        raw = info.orig_filename.encode("utf-8" if info.flag_bits & UTF_8 else "cp437")
        raw = raw.partition(b"\0")[0]
        names.append(StoredName(raw, says_utf_8, unicode_path(raw, info.extra)))
    return names


class _Directory(io.BufferedReader):
    """A ZIP's file. With ``denies_utf_8`` it hides the flag, of which ``flags`` then are the true values."""

    denies_utf_8 = False

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw)
        self.flags: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if self.denies_utf_8 and size == _HEAD_SIZE and data.startswith(_HEAD):
            return _without_flag(bytearray(data), 6)
        if self.denies_utf_8 and not self.flags and len(data) > _FIXED and data.startswith(_ENTRY):
            data = self._without_flags(bytearray(data))
        return data

    def _without_flags(self, directory: bytearray) -> bytes:
        at = 0
        while directory.startswith(_ENTRY, at) and at + _FIXED <= len(directory):
            (flags,) = struct.unpack_from("<H", directory, at + 8)
            self.flags.append(flags)
            _without_flag(directory, at + 8)
            at += _FIXED + sum(struct.unpack_from("<HHH", directory, at + 28))  # name, extra field, comment
        return bytes(directory)


def _without_flag(header: bytearray, at: int) -> bytes:
    (flags,) = struct.unpack_from("<H", header, at)
    struct.pack_into("<H", header, at, flags & ~UTF_8)
    return bytes(header)
