"""ZIP and TAR archives, by the standard library."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from mangacolor.formats.archive_libarchive import list_other
from mangacolor.formats.archive_members import (
    ENCRYPTED,
    Listing,
    Member,
    check_count,
    encrypted,
    is_hidden_picture,
    list_as_far_as_it_goes,
    size_trouble,
    zip_time,
)
from mangacolor.formats.entry_names.stored import StoredName
from mangacolor.formats.entry_names.zip_directory import open_zip
from mangacolor.formats.limits import Limits
from mangacolor.formats.sniff import HEAD

CUT_ZIP = "cut zip"  # the kind of a ZIP without its directory


def list_zip(path: Path, limits: Limits) -> Listing:
    """The entries by the directory at a ZIP's end; without it, by their own headers."""
    try:
        with open_zip(path) as (archive, names):
            comment = archive.comment
            check_count(path, len(names), limits)
            infos = zip(archive.infolist(), names, strict=True)
            members = tuple(_zip_member(archive, index, *entry, limits) for index, entry in enumerate(infos))
    except zipfile.BadZipFile as error:
        return _list_cut_zip(path, limits, error)
    files = [member for member in members if not member.folder]
    if files and all(member.trouble == ENCRYPTED for member in files):
        raise encrypted(path)
    return Listing(members, comment=comment)


def _zip_member(
    archive: zipfile.ZipFile, index: int, info: zipfile.ZipInfo, name: StoredName, limits: Limits
) -> Member:
    trouble = _zip_trouble(info, limits)

    def head() -> bytes:
        with archive.open(info) as file:
            return file.read(HEAD)

    picture = not trouble and info.file_size > 0 and is_hidden_picture(name.text, head)
    stored = None if name.is_plain else name
    return Member(index, name.text, info.file_size, info.date_time, info.is_dir(), trouble, stored, picture)


def read_zip(path: Path, member: Member, limit: int) -> bytes:
    """At most ``limit`` bytes of an entry."""
    with open_zip(path) as (archive, _), archive.open(archive.infolist()[member.index]) as file:
        return file.read(limit)


def _list_cut_zip(path: Path, limits: Limits, error: zipfile.BadZipFile) -> Listing:
    """libarchive finds a ZIP's entries by their own headers."""
    try:
        listing = list_other(path, limits)
    except Exception:
        raise error from None
    if not listing.members:
        raise error
    return replace(listing, kind=CUT_ZIP, damage=str(error))


def _zip_trouble(info: zipfile.ZipInfo, limits: Limits) -> str | None:
    if info.flag_bits & 0x1:
        return ENCRYPTED
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link"
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a device"
    return size_trouble(info.file_size, info.compress_size, limits)


def list_tar(path: Path, limits: Limits) -> Listing:
    """The entries of a TAR, also of a compressed one."""
    return list_as_far_as_it_goes(_tar_members(path, limits))


def read_tar(path: Path, member: Member, limit: int) -> bytes:
    """At most ``limit`` bytes of an entry. Raises ``EOFError`` where the archive ends too early."""
    with tarfile.open(path) as archive:
        for index, info in enumerate(archive):
            if index == member.index:
                file = archive.extractfile(info)
                if file is None:
                    break
                data = file.read(limit)
                if len(data) < min(limit, info.size):
                    raise EOFError("the archive ends in the middle of it")
                return data
    raise EOFError("it is not in the archive any more")


def _tar_members(path: Path, limits: Limits) -> Iterator[Member]:
    with tarfile.open(path, encoding="utf-8", errors="surrogateescape") as archive:
        for index, info in enumerate(archive):
            check_count(path, index, limits)
            trouble = _tar_trouble(info, limits)
            raw = info.name.encode("utf-8", "surrogateescape")
            stored = None if raw.isascii() else StoredName(raw, utf_8="path" in info.pax_headers)
            time, head = zip_time(info.mtime), partial(_tar_head, archive, info)
            picture = not trouble and info.size > 0 and is_hidden_picture(info.name, head)
            yield Member(index, info.name, info.size, time, info.isdir(), trouble, stored, picture)
        # tarfile takes a damaged header for the end; the real end is a block of zeros.
        assert archive.fileobj is not None
        archive.fileobj.seek(archive.offset)
        block = archive.fileobj.read(tarfile.BLOCKSIZE)
        if block != bytes(tarfile.BLOCKSIZE):
            raise EOFError("a header is damaged" if block else "the end of the file is missing")


def _tar_trouble(info: tarfile.TarInfo, limits: Limits) -> str | None:
    if info.issym() or info.islnk():
        return "it is a link"
    if not (info.isfile() or info.isdir()):
        return "it is a device"
    return size_trouble(info.size, info.size, limits)


def _tar_head(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    return file.read(HEAD) if file is not None else b""
