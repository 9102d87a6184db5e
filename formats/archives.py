"""The kinds of archives, as a table: how each is told, listed and read. Nothing is unpacked to the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.archive_libarchive import list_other, read_other
from mangacolor.formats.archive_members import (
    ENCRYPTED,
    PASSWORD,
    Listing,
    Member,
    check_count,
    encrypted,
    reason,
)
from mangacolor.formats.archive_stdlib import CUT_ZIP, list_tar, list_zip, read_tar, read_zip
from mangacolor.formats.entry_names.encoding import guess_encoding
from mangacolor.formats.limits import Limits

_BETTER_COPY: Final = "Get a better copy of the archive, or unpack it and colour the folder."


@dataclass(frozen=True, slots=True)
class ArchiveKind:
    """A kind of archive: a row of the table.

    ``suffixes`` begin with the one that comics have. ``signatures`` are (offset in the file, bytes), of
    which one must be there. ``list`` gives every entry, each with its trouble, within the limits;
    ``read`` the content of one, up to so many bytes. Both may raise anything: see ``list_archive`` and
    ``read_member``, which call them.
    """

    kind: str
    suffixes: tuple[str, ...]
    signatures: tuple[tuple[int, bytes], ...]
    list: Callable[[Path, Limits], Listing]
    read: Callable[[Path, Member, int], bytes]

    def fits(self, head: bytes) -> bool:
        """Whether a file that starts with ``head`` (``sniff.HEAD`` bytes) is of this kind."""
        return any(head[at : at + len(mark)] == mark for at, mark in self.signatures)


ARCHIVE_KINDS: Final[tuple[ArchiveKind, ...]] = (
    ArchiveKind(
        "zip",
        (".cbz", ".zip", ".epub"),
        ((0, b"PK\x03\x04"), (0, b"PK\x05\x06")),  # the second: an empty one
        list_zip,
        read_zip,
    ),
    ArchiveKind("rar", (".cbr", ".rar"), ((0, b"Rar!\x1a\x07"),), list_other, read_other),
    ArchiveKind("7z", (".cb7", ".7z"), ((0, b"7z\xbc\xaf\x27\x1c"),), list_other, read_other),
    ArchiveKind(
        "tar",
        (".cbt", ".tar", ".tgz", ".gz", ".bz2", ".xz"),
        # The last three are compressed files of any content: opening them tells.
        ((257, b"ustar"), (0, b"\x1f\x8b"), (0, b"BZh"), (0, b"\xfd7zXZ\0")),
        list_tar,
        read_tar,
    ),
    ArchiveKind(CUT_ZIP, (), (), list_other, read_other),  # told by no signature: see ``list_zip``
)


def archive_kind(head: bytes) -> str | None:
    """The kind of archive that starts with ``head``, or None."""
    return next((row.kind for row in ARCHIVE_KINDS if row.fits(head)), None)


def archive_suffixes() -> frozenset[str]:
    """What archives' names end in, with the dot and in small letters."""
    return frozenset(suffix for row in ARCHIVE_KINDS for suffix in row.suffixes)


def suffixes_of(kind: str) -> frozenset[str]:
    """The same of one kind."""
    return frozenset(_row(kind).suffixes)


def comic_suffixes() -> list[str]:
    """What comics' names end in, one of each kind: CBZ, CBR and so on."""
    return [row.suffixes[0].removeprefix(".").upper() for row in ARCHIVE_KINDS if row.suffixes]


def list_archive(path: Path, kind: str, limits: Limits, encoding: str | None = None) -> Listing:
    """List an archive of ``kind`` (as ``archive_kind`` names it).

    ``encoding``: the codec of names that do not say how they are written; None guesses it. A damaged
    archive is listed as far as it goes. Raises ``InputError`` if it cannot be opened at all, is encrypted
    as a whole or breaks ``limits``.
    """
    with _opened(path):
        listing = _row(kind).list(path, limits)
    _check_limits(path, listing.members, limits)
    listing = _read_names(listing, encoding)
    return listing if listing.kind else replace(listing, kind=kind)


def read_member(path: Path, kind: str, member: Member, limit: int) -> bytes:
    """The content of one entry, at most ``limit`` bytes. Raises ``PageError``."""
    where = f"{path}: {member.name}"
    if member.trouble:
        remedy = PASSWORD if member.trouble == ENCRYPTED else _BETTER_COPY
        raise PageError(f"{where}: refused, {member.trouble}", remedy)
    try:
        data = _row(kind).read(path, member, limit + 1)
    except InputError as error:
        raise PageError(error.message, error.remedy) from error
    except MemoryError:
        raise
    except Exception as error:  # damaged archives raise anything: zlib, struct, index and other errors
        if _is_encrypted(error):
            raise PageError(f"{where}: refused, {ENCRYPTED}", PASSWORD) from error
        raise PageError(f"{where}: cannot be unpacked ({reason(error)})", _BETTER_COPY) from error
    if len(data) > limit:
        raise PageError(
            f"{where}: unpacks to more than the limit of {limit:,} bytes", "Raise --max-entry-size."
        )
    return data


def _read_names(listing: Listing, asked: str | None) -> Listing:
    """The listing with every name that had to be guessed read with one codec, ``asked`` or the best guess."""
    guessed = [m.stored.raw for m in listing.members if m.stored is not None and m.stored.is_guessed]
    if not guessed:
        return listing
    codec = asked or guess_encoding(guessed)
    members = tuple(_with_codec(member, codec) for member in listing.members)
    return replace(listing, members=members, encoding=None if asked or codec == "utf_8" else codec)


def _with_codec(member: Member, codec: str) -> Member:
    if member.stored is None or not member.stored.is_guessed:
        return member
    stored = replace(member.stored, codec=codec)
    return replace(member, name=stored.text, stored=stored)


def _row(kind: str) -> ArchiveKind:
    return next(row for row in ARCHIVE_KINDS if row.kind == kind)


@contextmanager
def _opened(path: Path) -> Iterator[None]:
    try:
        yield
    except (InputError, MemoryError):
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})", _BETTER_COPY) from error
    except Exception as error:
        if _is_encrypted(error):
            raise encrypted(path) from error
        raise InputError(f"{path}: not a readable archive ({reason(error)})", _BETTER_COPY) from error


def _is_encrypted(error: Exception) -> bool:
    return "ncrypt" in str(error)  # what libarchive says of headers and entries that it cannot decrypt


def _check_limits(path: Path, members: tuple[Member, ...], limits: Limits) -> None:
    check_count(path, len(members), limits)
    total = sum(member.size for member in members if not member.trouble)
    if total > limits.total_bytes:
        raise InputError(
            f"{path}: unpacks to {total:,} bytes, more than the limit of {limits.total_bytes:,}",
            "Raise --max-unpacked if you trust this file.",
        )
