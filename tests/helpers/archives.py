"""Small archives of every kind, and what discovery and packing make of them."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from mangacolor.core.types import Chapter
from mangacolor.formats.discovery import Plan, discover
from mangacolor.formats.limits import Limits
from mangacolor.formats.opened import OutputFormat

INFO = b"""<?xml version="1.0" encoding="utf-8"?>
<ComicInfo xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <Title>R&#233;sum&#xE9; &amp; more</Title>
  <BlackAndWhite>Yes</BlackAndWhite>
  <Manga>YesAndRightToLeft</Manga>
  <Pages>
    <Page Image="0" Type="FrontCover" ImageWidth="8" ImageHeight='9' ImageSize="77"/>
    <Page Image="1"/>
  </Pages>
</ComicInfo>
"""


def png(value: int = 128, size: tuple[int, int] = (8, 9)) -> bytes:
    target = io.BytesIO()
    PillowImage.fromarray(np.full(size[::-1], value, np.uint8)).save(target, "PNG")
    return target.getvalue()


def make_zip(path: Path, entries: dict[str, bytes], **parameters: object) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            info = zipfile.ZipInfo(name, (2011, 3, 4, 5, 6, 8))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
        archive.comment = parameters.get("comment", b"")  # type: ignore[assignment]
    return path


@dataclass(frozen=True)
class RawEntry:
    """An entry of a ZIP with its name as bytes, and whether it says that these are UTF-8."""

    name: bytes
    data: bytes = b""
    says_utf_8: bool = False
    extra: bytes = b""


class _RawInfo(zipfile.ZipInfo):
    entry = RawEntry(b"")

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 - zipfile's name
        return self.entry.name, self.flag_bits | (0x800 if self.entry.says_utf_8 else 0)


def make_raw_zip(path: Path, entries: list[RawEntry]) -> Path:
    """A ZIP as programs of any time and country write it."""
    with zipfile.ZipFile(path, "w") as archive:
        for number, entry in enumerate(entries):
            info = _RawInfo(f"{number}{'/' if entry.name.endswith(b'/') else ''}", (2011, 3, 4, 5, 6, 8))
            info.entry, info.extra = entry, entry.extra
            archive.writestr(info, entry.data)
    return path


def raw_entries(path: Path) -> list[RawEntry]:
    """The entries of a stored ZIP by its directory; sees that their own headers name them alike."""
    data = path.read_bytes()
    count, size, at = struct.unpack_from("<HII", data, data.rindex(b"PK\5\6") + 10)
    entries, end = [], at + size
    while at < end:
        flags, place = struct.unpack_from("<H", data, at + 8)[0], struct.unpack_from("<I", data, at + 42)[0]
        length, extra, comment = struct.unpack_from("<HHH", data, at + 28)
        packed = struct.unpack_from("<I", data, at + 20)[0]
        name = data[at + 46 : at + 46 + length]
        own_length, own_extra = struct.unpack_from("<HH", data, place + 26)
        start = place + 30 + own_length + own_extra
        assert data[place : place + 4] == b"PK\3\4" and data[place + 30 :].startswith(name)
        assert (length, flags) == (own_length, struct.unpack_from("<H", data, place + 6)[0])
        field = data[at + 46 + length : at + 46 + length + extra]
        entries.append(RawEntry(name, data[start : start + packed], bool(flags & 0x800), field))
        at += 46 + length + extra + comment
    assert len(entries) == count
    return entries


def plan_of(path: Path, form: OutputFormat = "same", limits: Limits | None = None) -> Plan:
    return discover([path], path.parent / "out", form, limits or Limits())


def only(plan: Plan) -> Chapter:
    assert len(plan.chapters) == 1
    return plan.chapters[0]


def page_names(plan: Plan) -> list[str]:
    return [page.name for chapter in plan.chapters for page in chapter.pages]


def finish(chapter: Chapter, folder: Path, suffix: str | None = None) -> dict[str, Path]:
    """Stand-ins for finished pages, twice the size: output name -> file."""
    files = {}
    for page in chapter.pages:
        path = folder / page.name
        path = path.with_suffix(suffix) if suffix else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(page.number, (16, 18)))
        files[page.name] = path
    return files


def pack(chapter: Chapter, tmp_path: Path, suffix: str | None = None) -> Path:
    assert chapter.container is not None
    target = tmp_path / "packed"
    assert chapter.container.pack(finish(chapter, tmp_path / "done", suffix), target) == ()
    return target


def make_old_tar(path: Path, entries: dict[str, bytes]) -> Path:
    """In the format of 1988, in which names are mere bytes."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        _fill_tar(archive, entries)
    return path


def make_tar(path: Path, entries: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        _fill_tar(archive, entries)
    return path


def _fill_tar(archive: tarfile.TarFile, entries: dict[str, bytes]) -> None:
    for name, data in entries.items():
        info = tarfile.TarInfo(name)
        info.size, info.mtime = len(data), 1_300_000_000
        archive.addfile(info, io.BytesIO(data))


def make_rar5(path: Path, entries: dict[str, bytes]) -> Path:
    """A RAR 5 archive of stored files, by the format's technical note."""

    def vint(value: int) -> bytes:
        out = b""
        while value > 127:
            out, value = out + bytes([value & 127 | 128]), value >> 7
        return out + bytes([value])

    def block(body: bytes) -> bytes:
        sized = vint(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized

    data = b"Rar!\x1a\x07\x01\x00" + block(vint(1) + vint(0) + vint(0))
    for name, content in entries.items():
        body = vint(2) + vint(2) + vint(len(content)) + vint(4) + vint(len(content)) + vint(0o100644)
        body += struct.pack("<I", zlib.crc32(content)) + vint(0) + vint(1)
        data += block(body + vint(len(name.encode())) + name.encode()) + content
    path.write_bytes(data + block(vint(5) + vint(0) + vint(0)))
    return path


def make_7z(path: Path, entries: dict[str, bytes]) -> Path:
    libarchive = pytest.importorskip("libarchive")
    with libarchive.file_writer(str(path), "7zip") as archive:
        for name, data in entries.items():
            archive.add_file_from_memory(name, len(data), data)
    return path


PAGES = {
    "10.png": png(10),
    "2.png": png(2),
    "sub/1.png": png(1),
    "ComicInfo.xml": INFO,
    "notes.txt": b"hello",
}
