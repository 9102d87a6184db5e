"""What an archive holds, however it is packed: its entries, and why some of them must not be read."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from mangacolor.core.errors import InputError
from mangacolor.core.wording import counted
from mangacolor.formats.entry_names.stored import StoredName
from mangacolor.formats.limits import Limits
from mangacolor.formats.sniff import IMAGE_SUFFIXES, image_kind

DateTime = tuple[int, int, int, int, int, int]
EPOCH: Final[DateTime] = (1980, 1, 1, 0, 0, 0)  # the first moment that a ZIP can hold
ENCRYPTED: Final = "it is encrypted"
PASSWORD: Final = "Unpack it with its password first."


@dataclass(frozen=True, slots=True)
class Member:
    """An entry of an archive. ``trouble`` says why its content must not be read, if so.

    ``stored``: how the archive writes the name, where that is not plain UTF-8. It is no part of ``repr``,
    which enters the key of an archive (see ``archive_out.StoredEntry``). ``picture``: its content begins as
    a picture does, though its name does not end like one.
    """

    index: int
    name: str
    size: int  # unpacked bytes, as the archive says
    time: DateTime
    folder: bool = False
    trouble: str | None = None
    stored: StoredName | None = field(default=None, repr=False)
    picture: bool = field(default=False, repr=False)


@dataclass(frozen=True, slots=True)
class Listing:
    """Every entry in the archive's own order, and a ZIP's comment (some readers keep metadata there).

    ``kind`` is what to give to ``archives.read_member``; a lister leaves it empty, unless entries of what
    it lists are read as another kind. ``damage`` says what is wrong with an archive that could be listed
    only up to a point. ``encoding`` is the codec that names were taken for, where it had to be guessed and
    is not UTF-8.
    """

    members: tuple[Member, ...]
    kind: str = ""
    comment: bytes = b""
    damage: str | None = None
    encoding: str | None = None


def list_as_far_as_it_goes(members: Iterator[Member]) -> Listing:
    """The entries up to the damaged place, if there is one. Raises what the first entry raises."""
    listed: list[Member] = []
    try:
        listed.extend(members)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # see ``archives.read_member``
        if not listed:
            raise
        return Listing(tuple(listed), damage=reason(error))
    return Listing(tuple(listed))


def size_trouble(size: int, packed: int, limits: Limits) -> str | None:
    """Why an entry of ``packed`` bytes must not be unpacked to ``size`` bytes, if so."""
    if size > limits.entry_bytes:
        return f"it unpacks to {size:,} bytes (the limit is {limits.entry_bytes:,}; --max-entry-size)"
    if size > limits.ratio_from and size > limits.ratio * max(packed, 1):
        return f"it unpacks to more than {limits.ratio} times its size (--max-ratio)"
    return None


def is_hidden_picture(name: str, head: Callable[[], bytes]) -> bool:
    """Whether an entry of another suffix begins as a picture does. ``head`` reads its first bytes."""
    if PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES:
        return False
    try:
        return image_kind(head()) is not None
    except Exception:  # what is damaged is named when it is packed
        return False


def check_count(path: Path, count: int, limits: Limits) -> None:
    """Raise ``InputError`` for an archive of more than ``limits.entries`` entries."""
    if count > limits.entries:
        raise InputError(
            f"{path}: holds more than {counted(limits.entries, 'entry', 'entries')}",
            "Raise --max-entries if you trust this file.",
        )


def encrypted(path: Path) -> InputError:
    """The error for an archive that is encrypted as a whole."""
    return InputError(f"{path}: the archive is encrypted", PASSWORD)


def reason(error: Exception) -> str:
    """What an error says; of libarchive's, without the numbers and addresses that its binding adds."""
    return str(getattr(error, "msg", None) or error)


def zip_time(seconds: float) -> DateTime:
    """A time stamp as a ZIP holds it, in UTC: the same on every machine."""
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return EPOCH
    if not 1980 <= moment.year <= 2107:
        return EPOCH
    return (moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second)


def with_rights(info: zipfile.ZipInfo, folder: bool = False) -> zipfile.ZipInfo:
    """The head of a ZIP's entry, marked as a file or folder that everybody may read."""
    info.create_system = 3  # else it would depend on the machine that packs
    info.external_attr = (0o40755 << 16) | 0x10 if folder else 0o100644 << 16
    return info
