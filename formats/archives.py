"""Reading archives: ZIP and TAR by the standard library, RAR and 7z by libarchive (an extra)."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from mangacolor.core.errors import InputError, PageError
from mangacolor.formats.limits import Limits

DateTime = tuple[int, int, int, int, int, int]
EPOCH: Final[DateTime] = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can hold
_ENCRYPTED: Final = "it is encrypted"
_PASSWORD: Final = "Unpack it with its password first."
_BETTER_COPY: Final = "Get a better copy of the archive, or unpack it and colour the folder."


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of an archive. ``trouble`` says why its content must not be read, if so."""

    index: int
    name: str
    size: int  # unpacked bytes, as the archive says
    time: DateTime
    folder: bool = False
    trouble: str | None = None

    @property
    def modified_ns(self) -> int | None:
        """``time`` as a time stamp, in UTC as ``zip_time`` takes it; None where the archive has none."""
        if self.time <= EPOCH:
            return None
        try:
            return int(datetime(*self.time, tzinfo=UTC).timestamp()) * 10**9
        except ValueError:  # a ZIP can hold the 31st of February
            return None


@dataclass(frozen=True, slots=True)
class Listing:
    """Every entry in the archive's own order, and a ZIP's comment (some readers keep metadata there).

    ``kind`` is what to give to ``read_member``. ``damage`` says what is wrong with an archive that could
    be listed only up to a point.
    """

    members: tuple[Member, ...]
    kind: str
    comment: bytes = b""
    damage: str | None = None


def list_archive(path: Path, kind: str, limits: Limits) -> Listing:
    """List an archive of ``kind`` (as ``sniff.container_kind`` names it).

    A damaged one is listed as far as it goes. Raises ``InputError`` if it cannot be opened at all, is
    encrypted as a whole or breaks ``limits``.
    """
    with _opened(path):
        if kind == "zip":
            listing = _list_zip(path, limits)
        elif kind == "tar":
            listing = _as_far_as_it_goes(_list_tar(path, limits), kind)
        else:
            listing = _as_far_as_it_goes(_list_other(path, limits), kind)
    _check_limits(path, listing.members, limits)
    return listing


def read_member(path: Path, kind: str, member: Member, limit: int) -> bytes:
    """The content of one entry, at most ``limit`` bytes. Raises ``PageError``."""
    where = f"{path}: {member.name}"
    if member.trouble:
        remedy = _PASSWORD if member.trouble == _ENCRYPTED else _BETTER_COPY
        raise PageError(f"{where}: refused, {member.trouble}", remedy)
    try:
        if kind == "zip":
            with zipfile.ZipFile(path) as archive, archive.open(archive.infolist()[member.index]) as file:
                data = file.read(limit + 1)
        elif kind == "tar":
            with tarfile.open(path) as tar:
                data = _read_tar(tar, member, limit + 1)
        else:
            data = _read_other(path, member, limit + 1)
    except InputError as error:
        raise PageError(error.message, error.remedy) from error
    except MemoryError:
        raise
    except Exception as error:  # damaged archives raise anything: zlib, struct, index and other errors
        if _is_encrypted(error):
            raise PageError(f"{where}: refused, {_ENCRYPTED}", _PASSWORD) from error
        raise PageError(f"{where}: cannot be unpacked ({_reason(error)})", _BETTER_COPY) from error
    if len(data) > limit:
        raise PageError(
            f"{where}: unpacks to more than the limit of {limit:,} bytes", "Raise --max-entry-size."
        )
    return data


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
            raise _encrypted(path) from error
        raise InputError(f"{path}: not a readable archive ({_reason(error)})", _BETTER_COPY) from error


def _is_encrypted(error: Exception) -> bool:
    return "ncrypt" in str(error)  # what libarchive says of headers and entries that it cannot decrypt


def _reason(error: Exception) -> str:
    # libarchive's own text, without the numbers and addresses that its binding puts behind it.
    return str(getattr(error, "msg", None) or error)


def _as_far_as_it_goes(members: Iterator[Member], kind: str) -> Listing:
    listed: list[Member] = []
    try:
        listed.extend(members)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # see ``read_member``
        if not listed:
            raise
        return Listing(tuple(listed), kind, damage=_reason(error))
    return Listing(tuple(listed), kind)


def _list_zip(path: Path, limits: Limits) -> Listing:
    try:
        with zipfile.ZipFile(path) as archive:
            infos, comment = archive.infolist(), archive.comment
    except zipfile.BadZipFile as error:
        return _list_cut_zip(path, limits, error)
    members = tuple(
        Member(
            index, info.filename, info.file_size, info.date_time, info.is_dir(), _zip_trouble(info, limits)
        )
        for index, info in enumerate(infos)
    )
    files = [member for member in members if not member.folder]
    if files and all(member.trouble == _ENCRYPTED for member in files):
        raise _encrypted(path)
    return Listing(members, "zip", comment)


def _list_cut_zip(path: Path, limits: Limits, error: zipfile.BadZipFile) -> Listing:
    """A ZIP without its directory, which stands at the end: libarchive finds entries by their own headers."""
    try:
        found = _as_far_as_it_goes(_list_other(path, limits), "cut zip")
    except Exception:
        raise error from None
    if not found.members:
        raise error
    return replace(found, damage=str(error))


def _encrypted(path: Path) -> InputError:
    return InputError(f"{path}: the archive is encrypted", _PASSWORD)


def _zip_trouble(info: zipfile.ZipInfo, limits: Limits) -> str | None:
    if info.flag_bits & 0x1:
        return _ENCRYPTED
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a symbolic link"
    mode = stat.S_IFMT(info.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "it is a device"
    return _size_trouble(info.file_size, info.compress_size, limits)


def _size_trouble(size: int, packed: int, limits: Limits) -> str | None:
    if size > limits.entry_bytes:
        return f"it unpacks to {size:,} bytes (the limit is {limits.entry_bytes:,}; --max-entry-size)"
    if size > limits.ratio_from and size > limits.ratio * max(packed, 1):
        return f"it unpacks to more than {limits.ratio} times its size (--max-ratio)"
    return None


def _list_tar(path: Path, limits: Limits) -> Iterator[Member]:
    with tarfile.open(path) as archive:
        for index, info in enumerate(archive):
            if index > limits.entries:
                raise _too_many(path, limits)
            trouble = None
            if info.issym() or info.islnk():
                trouble = "it is a link"
            elif not (info.isfile() or info.isdir()):
                trouble = "it is a device"
            else:
                trouble = _size_trouble(info.size, info.size, limits)
            yield Member(index, info.name, info.size, zip_time(info.mtime), info.isdir(), trouble)
        # tarfile takes a damaged header for the end; the real end is a block of zeros.
        assert archive.fileobj is not None
        archive.fileobj.seek(archive.offset)
        block = archive.fileobj.read(tarfile.BLOCKSIZE)
        if block != bytes(tarfile.BLOCKSIZE):
            raise EOFError("a header is damaged" if block else "the end of the file is missing")


def _read_tar(archive: tarfile.TarFile, member: Member, limit: int) -> bytes:
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


def _libarchive() -> Any:
    try:
        import libarchive
    except (ImportError, OSError, AttributeError, TypeError) as error:  # no package, or no library behind it
        raise InputError(
            f"reading RAR and 7z archives needs libarchive, which is not installed ({error})",
            'Run: pip install "mangacolor[archives]", and install the system\'s libarchive '
            "(apt install libarchive13, brew install libarchive); or repack the archive as .cbz.",
        ) from error
    return libarchive


def _list_other(path: Path, limits: Limits) -> Iterator[Member]:
    with _libarchive().file_reader(str(path)) as archive:
        for index, entry in enumerate(archive):
            if index > limits.entries:
                raise _too_many(path, limits)
            trouble = None
            if entry.issym or entry.islnk:
                trouble = "it is a link"
            elif not (entry.isfile or entry.isdir):
                trouble = "it is a device"
            size = entry.size or 0
            trouble = trouble or _size_trouble(size, size, limits)
            name = entry.pathname or f"unnamed-{index}"
            if isinstance(name, bytes):  # what is in no character set it knows
                name = name.decode("utf-8", "surrogateescape")
            yield Member(index, name, size, zip_time(entry.mtime or 0), bool(entry.isdir), trouble)


def _read_other(path: Path, member: Member, limit: int) -> bytes:
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


def zip_time(seconds: float) -> DateTime:
    """A time stamp as a ZIP holds it, in UTC: the same on every machine."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return EPOCH
    if not 1980 <= moment.year <= 2107:
        return EPOCH
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


def _check_limits(path: Path, members: tuple[Member, ...], limits: Limits) -> None:
    if len(members) > limits.entries:
        raise _too_many(path, limits)
    total = sum(member.size for member in members if not member.trouble)
    if total > limits.total_bytes:
        raise InputError(
            f"{path}: unpacks to {total:,} bytes, more than the limit of {limits.total_bytes:,}",
            "Raise --max-unpacked if you trust this file.",
        )


def _too_many(path: Path, limits: Limits) -> InputError:
    return InputError(
        f"{path}: holds more than {limits.entries:,} entries", "Raise --max-entries if you trust this file."
    )
